import { Buffer } from 'node:buffer';

import { describe, expect, it } from 'vitest';

import { LogParser } from '../../examples/git-time-machine/log-parser.js';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const NONE = '0'.repeat(40);
const header = (id: string, parents = '') => `\x01${id}\0${parents}\0Ada\0ada@example.com\x0012\x0034\0Subject\0`;

function parse(...chunks: readonly string[]) {
  const parser = new LogParser();
  const commits = chunks.flatMap((chunk) => parser.push(Buffer.from(chunk, 'latin1')));
  return [...commits, ...parser.end()];
}

describe('LogParser', () => {
  it('reads commits with and without changes', () => {
    const changes = `\n:000000 100644 ${NONE} ${A} A\0a b\0:100755 000000 ${B} ${NONE} D\0c\0`;
    expect(parse(header(A) + header(B, `${A} ${NONE}`) + changes)).toEqual([
      {
        id: A,
        parents: [],
        author: { name: 'Ada', email: 'ada@example.com' },
        authoredAt: 12,
        committedAt: 34,
        subject: 'Subject',
        changes: [],
      },
      expect.objectContaining({
        id: B,
        parents: [A, NONE],
        changes: [
          { kind: 'put', path: 'a b', mode: '100644', blob: A },
          { kind: 'delete', path: 'c', mode: '100755', blob: B },
        ],
      }),
    ]);
  });

  it('takes a path for a path, whatever it looks like', () => {
    const paths = ['\x01', `\x01${A}`, ':100644', '\n:', '1\t2\t3', '-\t-\tx'];
    const changes = paths.map((path) => `:100644 100644 ${A} ${B} M\0${path}\0`).join('');
    const lines = paths.map((path, i) => `${i}\t1\t${path}\0`).join('');
    const [commit] = parse(`${header(A)}\n${changes}${lines}`);
    expect(commit?.changes.map(({ path, lines: count }) => [path, count?.added])).toEqual(
      paths.map((path, i) => [path, i]),
    );
  });

  it('gives a commit once the next begins', () => {
    const parser = new LogParser();
    expect(parser.push(Buffer.from(header(A)))).toEqual([]);
    expect(parser.push(Buffer.from(header(B)))).toHaveLength(1);
    expect(parser.end()).toHaveLength(1);
    expect(parser.end()).toEqual([]);
  });

  it('has ids of either length', () => {
    const long = 'c'.repeat(64);
    const [commit] = parse(`${header(long)}\n:000000 160000 ${'0'.repeat(64)} ${long} A\0sub\0`);
    expect(commit).toMatchObject({ id: long, changes: [{ mode: '160000', blob: long }] });
  });

  it('bounds dates that no Date can hold, and has 1970 for those that are none', () => {
    const [commit] = parse(`\x01${A}\0\0\0\0\x0099999999999999999999\0\0`);
    expect(commit).toMatchObject({ authoredAt: 0, committedAt: 8_640_000_000_000 });
  });

  it('refuses output that ends too soon', () => {
    const change = `\n:000000 100644 ${NONE} ${A} A\0`;
    for (const text of [header(A).slice(0, -1), `\x01${A}\0`, header(A) + change, `${header(A)}${change}pa`])
      expect(() => parse(text), JSON.stringify(text)).toThrow(/ends/);
  });

  it('refuses output that it does not know', () => {
    const texts = ['garbage\0', `${header(A)}garbage\0`, `${header(A)}\n:100664 040000 ${A} ${B} M\0`];
    for (const text of texts) expect(() => parse(text), JSON.stringify(text)).toThrow(/unknown here/);
  });
});
