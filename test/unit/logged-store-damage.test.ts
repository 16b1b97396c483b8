import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { MemoirError, openStore, table } from '../../src/index.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';

const Note = t.intersection([t.strict({ id: t.string, n: t.number }), t.exact(t.partial({ text: t.string }))]);
const tables = { notes: table(Note, { primaryKey: 'id', indexes: { byN: ['n'] } }) };

interface Made {
  readonly disk: SimulatedDisk;
  readonly host: SimulatedHost;
  /** The rows at each offset, as text. */
  readonly states: readonly string[];
}

/** A log of some segments and two snapshots, whose beginning is gone; closed or not. */
async function written(isClosed: boolean): Promise<Made> {
  const disk = new SimulatedDisk();
  const host = new SimulatedHost();
  const log = host.plan(disk, { segmentBytes: 2000, keep: { batches: 1 } });
  const store = await openStore({ tables, log });
  const states = ['[]'];
  for (let n = 1; n <= 24; n++) {
    await store.transact((tx) => {
      tx.notes.put({ id: `note ${n % 5}`, n, ...(n % 2 === 0 && { text: `text ${n}` }) });
      if (n % 3 === 0) tx.notes.delete(`note ${(n + 1) % 5}`);
    });
    states.push(JSON.stringify([...store.now().notes.scan()]));
    if (n % 7 === 0) await store.saveSnapshot();
  }
  if (isClosed) await store.close();
  else host.kill();
  return { disk, host, states };
}

/** What a store is on a disk whose file has other bytes: its offset and rows, or the error. */
async function opened(host: SimulatedHost, disk: SimulatedDisk): Promise<readonly [number, string] | MemoirError> {
  host.kill();
  try {
    const store = await openStore({ tables, log: host.plan(disk), onError: () => undefined });
    store.check();
    const found = [store.head, JSON.stringify([...store.now().notes.scan()])] as const;
    await store.close();
    return found;
  } catch (error) {
    if (error instanceof MemoirError) return error;
    throw error;
  }
}

/** Damages a file in one way: it is the right state, or an error; and after a repair it is a state that was. */
async function survives(made: Made, path: string, bytes: Uint8Array, [what, least]: readonly [string, number]) {
  const { disk, host, states } = made;
  const copy = disk.copy();
  copy.plant(path, bytes);
  const found = await opened(host, copy.copy());
  if (found instanceof MemoirError)
    expect(found, what).toMatchObject({ code: expect.stringMatching(CODES), file: path });
  else expect(found, what).toEqual([found[0], states[found[0]]]);
  if (!(found instanceof MemoirError)) expect(found[0], what).toBeGreaterThanOrEqual(least);
  if (path.includes('lock')) return;
  host.kill();
  await host.plan(copy).repair();
  const repaired = await opened(host, copy);
  if (repaired instanceof MemoirError) expect.unreachable(`${what}: ${repaired.message}`);
  expect(repaired, what).toEqual([repaired[0], states[repaired[0]]]);
}

/** Some bits and lengths stand for all; none of what is tried has a reason to be told from its neighbours. */
const BITS = 509;
const LENGTHS = 173;

const CODES = /^(?:Damaged|FormatUnknown|LogLocked)$/;

describe.each([true, false])('a store on a log that was closed (%s)', (isClosed) => {
  it(
    'is what it was, or says what is damaged, whatever bit is changed, wherever a file is cut',
    { timeout: 60_000 },
    async () => {
      const made = await written(isClosed);
      const names = await made.disk.list('log');
      // What was cut of the newest segment may be a torn tail, where the log was not closed.
      const newest = Math.max(...names.map((name) => Number(/^log-(\d+)/.exec(name)?.[1] ?? 0)));
      for (const name of names) {
        const path = `log/${name}`;
        const bytes = made.disk.bytesOf(path);
        for (let bit = 0; bit < 8 * bytes.length; bit += BITS) {
          const changed = bytes.slice();
          changed[bit >> 3]! ^= 1 << (bit & 7);
          await survives(made, path, changed, [`bit ${bit} of ${path}`, isClosed ? 24 : 23]);
        }
        for (let length = 0; length < bytes.length; length += LENGTHS)
          await survives(made, path, bytes.slice(0, length), [
            `${length} bytes of ${path}`,
            isClosed ? 24 : newest - 1,
          ]);
      }
    },
  );
});
