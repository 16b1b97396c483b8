import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { bisect, createFsm } from '../../src/fsm.js';
import { command, machine, put, tables, type RowMachine } from '../support/row-machine.js';

const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;
const entryOf = (fsm: RowMachine, index: number) => ({
  ...{ index, term: 1 },
  data: fsm.encode('put', { id: `r${index}`, n: index }, { at: index }),
});

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const list: Uint8Array[] = [];
  for await (const piece of pieces) list.push(piece);
  return Uint8Array.from(list.flatMap((piece) => [...piece]));
}

describe('a subscriber that applies entries itself', () => {
  it('has them applied at once, and everyone told of them after those under way', () => {
    const fsm = machine();
    const heard: unknown[] = [];
    const answers: unknown[] = [];
    fsm.store.changes().subscribe(({ offset }) => {
      if (offset === 1) answers.push(fsm.apply(entryOf(fsm, 2)), fsm.applyBatch([entryOf(fsm, 3), entryOf(fsm, 3)]));
    });
    fsm.store.changes().subscribe(({ offset }) => heard.push(offset));
    expect(fsm.apply(entryOf(fsm, 1))).toMatchObject({ status: 'accepted', index: 1, offset: 1 });
    expect(answers).toMatchObject([
      { status: 'accepted', index: 2, offset: 2 },
      [
        { status: 'accepted', index: 3, offset: 3 },
        { status: 'repeated', index: 3 },
      ],
    ]);
    expect([heard, fsm.appliedIndex]).toEqual([[1, 2, 3], 3]);
  });

  it('does not come between entries that are applied together', () => {
    const fsm = machine();
    fsm.store.changes().subscribe(({ offset }) => {
      if (offset === 1) fsm.apply(entryOf(fsm, 9));
    });
    const statuses = fsm.applyBatch([1, 2, 3].map((index) => entryOf(fsm, index))).map(({ status }) => status);
    expect(statuses).toEqual(['accepted', 'accepted', 'accepted']);
    expect([fsm.appliedIndex, fsm.store.head]).toEqual([9, 4]);
  });
});

describe('a snapshot in the hands of a host', () => {
  it('gives the bytes of its moment, though the machine is restored to another state meanwhile', async () => {
    const [fsm, other] = [machine(), machine()];
    for (let index = 1; index <= 2000; index++) put(fsm, index, `row ${index}`);
    put(other, 7, 'other');
    const expected = await all(fsm.snapshot().persist());
    const taken = fsm.snapshot();
    const pieces = taken.persist()[Symbol.asyncIterator]();
    const first = (await pieces.next()).value as Uint8Array;
    await fsm.restore(await all(other.snapshot().persist()));
    expect([fsm.appliedIndex, fsm.store.now().rows.size]).toEqual([7, 1]);
    put(fsm, 8, 'later');
    const rest = await all({ [Symbol.asyncIterator]: () => pieces });
    expect([...first, ...rest]).toEqual([...expected]);
    taken.release();
    fsm.store.check();
  });

  it('can be released twice, and before or while it is persisted, after which it gives nothing', async () => {
    const fsm = machine();
    for (let index = 1; index <= 2000; index++) put(fsm, index, `row ${index}`);
    const dropped = fsm.snapshot();
    dropped.release();
    dropped.release();
    await expect(all(dropped.persist())).rejects.toThrow(code('ViewClosed'));
    const taken = fsm.snapshot();
    const pieces = taken.persist()[Symbol.asyncIterator]();
    await pieces.next();
    taken.release();
    await expect(all({ [Symbol.asyncIterator]: () => pieces })).rejects.toThrow(code('ViewClosed'));
    const once = fsm.snapshot();
    await all(once.persist());
    await expect(all(once.persist())).rejects.toThrow(code('ViewClosed'));
    expect(fsm.store.holders()).toEqual([]);
  });
});

describe('an upcast that throws', () => {
  const V1 = t.strict({ name: t.string });
  const make = (onInvalid: 'halt' | 'skip') =>
    createFsm({
      tables,
      onInvalid,
      commands: {
        add: command(t.strict({ id: t.string }), (tx, { id }) => void tx.rows.put({ id, n: 1 }), {
          version: 2,
          upcasts: {
            1: {
              codec: V1,
              to: ({ name }: t.TypeOf<typeof V1>) => {
                if (name === 'bad') throw new Error('no such name any more');
                return { id: name };
              },
            },
          },
        }),
      },
    });
  const old = createFsm({ tables, commands: { add: command(V1, () => 1) } });
  const entry = (index: number, name: string) => ({ index, term: 1, data: old.encode('add', { name }, { at: 0 }) });

  it('makes its entry one that cannot be applied: it halts the machine, or is passed over by all', () => {
    const halting = make('halt');
    expect(() => halting.apply(entry(1, 'bad'))).toThrow(code('EntryInvalid'));
    expect([halting.appliedIndex, halting.store.head]).toEqual([0, 0]);
    const skipping = make('skip');
    expect(skipping.apply(entry(1, 'bad'))).toMatchObject({ status: 'skipped', offset: 1 });
    expect(skipping.apply(entry(2, 'good'))).toMatchObject({ status: 'accepted', offset: 2 });
  });
});

describe('replicas with logs of different lengths', () => {
  it('are compared as far as both go', () => {
    const [a, b] = [machine(), machine()];
    for (let index = 1; index <= 8; index++) {
      put(a, index, `r${index}`);
      if (index <= 4) put(b, index, `r${index}`);
    }
    expect([bisect(a, b), bisect(b, a)]).toEqual([undefined, undefined]);
    put(b, 5, 'another');
    expect([bisect(a, b), bisect(b, a)]).toEqual([
      { index: 5, offset: 5 },
      { index: 5, offset: 5 },
    ]);
  });
});
