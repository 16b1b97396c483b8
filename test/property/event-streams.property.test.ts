/**
 * Event streams against a list of all events.
 *
 * Strategy: transactions that emit into a few streams and into none, aborted ones, compaction, snapshots beside the log
 * and reopening, with little history kept or all of it; reads of every kind of range, through the store and within a
 * transaction that has emitted, while batches are on their way to the log.
 *
 * Invariants: a read gives what the list has between its bounds, in its order, or `OffsetCompacted` when it wants what
 * is gone; nothing is gone but with its batch; positions go on through aborts, compaction and recovery; a stream that
 * was opened shows what there was then.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { MemoirError, openStore, table, type DurableStore, type StreamRange } from '../../src/index.js';
import { MemoryMedium } from '../support/memory-byte-log.js';
import { runs } from '../support/runs.js';

const tables = { items: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
const events = { Counted: t.strict({ n: t.Int }), Named: t.strict({ name: t.string }) };
const STREAMS = ['a', 'b', '__proto__'] as const;

interface Fact {
  readonly offset: number;
  readonly stream: string;
  readonly position: number;
  readonly data: object;
}

const stream = fc.constantFrom(...STREAMS);
const range: fc.Arbitrary<StreamRange> = fc.record(
  { from: fc.nat(12), to: fc.nat(12), reverse: fc.boolean(), limit: fc.nat(4) },
  { requiredKeys: [] },
);
const emits = fc.array(fc.option(stream, { nil: undefined }), { minLength: 1, maxLength: 4 });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ emit: emits, wait: fc.boolean(), fails: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ read: stream, range, own: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ compact: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ save: true }) },
  { weight: 1, arbitrary: fc.constant({ reopen: true }) },
);

/** What a read is to give of the facts of a stream, where the batches before an offset are gone. */
function wanted(facts: readonly Fact[], floor: number, { from = 1, to = Infinity, reverse, limit }: StreamRange) {
  const within = facts.filter(({ position }) => position >= from && position <= to);
  const ordered = reverse === true ? within.toReversed() : within;
  const taken = ordered.slice(0, limit ?? Infinity);
  return taken.some(({ offset }) => offset < floor) ? 'OffsetCompacted' : taken.map(({ data }) => data);
}

function outcome(read: () => Iterable<{ readonly data: object }>): unknown {
  try {
    return Array.from(read(), ({ data }) => data);
  } catch (error) {
    if (error instanceof MemoirError) return error.code;
    throw error;
  }
}

class World {
  readonly #medium = new MemoryMedium();
  readonly #keep: number;
  readonly #facts: Fact[] = [];
  #store!: DurableStore<typeof tables, typeof events>;
  #n = 0;
  /** The newest batch, whether the log has it already or not. */
  #offset = 0;

  constructor(keep: number) {
    this.#keep = keep;
  }

  async open(): Promise<void> {
    const keep = { batches: this.#keep };
    this.#store = await openStore({ tables, events, log: this.#medium.plan(), keep });
  }

  async run(given: object): Promise<void> {
    const one = given as {
      emit?: (string | undefined)[];
      wait: boolean;
      fails: boolean;
      read?: string;
      range: StreamRange;
      own: number;
      compact?: number;
      save?: true;
      reopen?: true;
    };
    if (one.emit !== undefined) await this.#emit(one.emit, one.wait, one.fails);
    if (one.read !== undefined) this.#read(one.read, one.range, one.own);
    if (one.compact !== undefined) this.#store.compact(Math.max(0, this.#store.head - one.compact));
    if (one.save === true) await this.#store.saveSnapshot();
    if (one.reopen !== true) return;
    await this.end();
    await this.open();
  }

  async #emit(streams: readonly (string | undefined)[], wait: boolean, fails: boolean): Promise<void> {
    const made: Fact[] = [];
    const under = this.#store.transact((tx) => {
      for (const name of streams) {
        const event = tx.emit('Counted', { n: ++this.#n }, name === undefined ? {} : { stream: name });
        if (name !== undefined) made.push({ offset: 0, stream: name, position: event.position!, data: event.data });
      }
      if (fails) throw new Error('mine');
    });
    if (fails) {
      await expect(under).rejects.toThrow('mine');
      return;
    }
    // The body has run, and nothing fails: the batch is one more than those before.
    this.#offset++;
    for (const fact of made) this.#facts.push({ ...fact, offset: this.#offset });
    for (const fact of made)
      expect(fact.position).toBe(this.#of(fact.stream).findIndex((f) => f.data === fact.data) + 1);
    if (wait) await under;
    else void under;
  }

  #of(name: string): readonly Fact[] {
    return this.#facts.filter((fact) => fact.stream === name);
  }

  #read(name: string, asked: StreamRange, own: number): void {
    const { floor, head } = this.#store;
    const all = this.#of(name);
    const seen = all.filter(({ offset }) => offset <= head);
    const found = this.#store.stream(name);
    expect(found.head).toBe(seen.length);
    const first = seen.find(({ offset }) => offset >= floor);
    expect(found.floor).toBe(first?.position ?? (floor === 1 ? 1 : seen.length + 1));
    expect(outcome(() => found.read(asked))).toEqual(wanted(seen, floor, asked));
    this.#store.with((tx) => {
      const more = Array.from({ length: own }, () => tx.emit('Named', { name }, { stream: name }).data);
      const mine = more.map((data, i) => ({ offset: Infinity, stream: name, position: all.length + 1 + i, data }));
      const inside = tx.stream(name);
      expect(inside.head).toBe(all.length + own);
      tx.emit('Named', { name: 'later' }, { stream: name });
      expect(outcome(() => inside.read(asked))).toEqual(wanted([...all, ...mine], floor, asked));
    });
  }

  async end(): Promise<void> {
    await this.#store.close();
  }
}

it('event streams give what a list of all events has', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30, size: 'max' }),
      fc.constantFrom(3, 8, Infinity),
      async (all, keep) => {
        const world = new World(keep);
        await world.open();
        for (const one of all) await world.run(one);
        await world.end();
      },
    ),
    { numRuns: runs(150) },
  );
});
