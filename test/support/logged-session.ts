/** A store on a log in memory, from its opening to its end, beside a model that says what must come of each call. */
import * as t from 'io-ts';
import { expect } from 'vitest';

import {
  openStore,
  table,
  type Batch,
  type DurableStore,
  type Keep,
  type LogPlan,
  type MemoirError,
} from '../../src/index.js';
import type { MemoryMedium, Trouble } from './memory-byte-log.js';

export interface Item {
  readonly id: string;
  readonly n: number;
}
export const tables = {
  items: table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id', indexes: { byN: ['n'] } }),
};
export type LoggedStore = DurableStore<typeof tables>;
export const ID_WINDOW = 4;

/** What a call is to do. */
export interface Call {
  readonly puts: readonly Item[];
  readonly deletes: readonly string[];
  readonly sequence: boolean;
  readonly throws: boolean;
  readonly id: string | undefined;
  readonly expect: 'right' | 'wrong' | undefined;
}

/** The state after a batch, by the model. */
export interface State {
  readonly rows: ReadonlyMap<string, Item>;
  readonly sequence: number;
  readonly id: string | undefined;
}

interface Made {
  /** What the model says comes of it, when the log does not fail: an offset for a batch of its own. */
  readonly wanted: number | 'empty' | 'repeated' | 'thrown' | 'Conflict';
  /** The batches that must have their fate first, its own included. */
  readonly after: number;
  /** True when the log had failed already. */
  readonly late: boolean;
  readonly id: string | undefined;
}

/** The appends that failed: which offsets, and how. */
interface Failure {
  readonly from: number;
  readonly to: number;
  readonly trouble: Trouble;
}

/** All that outlives a session. */
export interface World {
  readonly medium: MemoryMedium;
  /** By offset. */
  states: State[];
  /** The batches that `transact` gave, by offset. */
  readonly given: Map<number, Batch<typeof tables>>;
  clock: number;
}

export class Session {
  readonly #world: World;
  store!: LoggedStore;
  failure: Failure | undefined;
  acknowledged: number;
  #calls = 0;
  readonly #settled: number[] = [];
  readonly #promises: Promise<void>[] = [];
  readonly errors: unknown[] = [];
  /** What a subscriber calls, one when told of each batch. */
  readonly #nested: Call[];
  #closing = false;

  constructor(world: World, nested: readonly Call[] = []) {
    this.#world = world;
    this.#nested = [...nested];
    this.acknowledged = world.states.length - 1;
  }

  /** Opens the store, and looks whether it is what it was. */
  async open(keep: Keep, every: number): Promise<void> {
    const { medium } = this.#world;
    const plan = medium.plan({ snapshotEvery: { batches: every } });
    const log: LogPlan = { ...plan, open: () => this.#watched(plan) };
    const onError = (error: unknown): unknown => this.errors.push(error);
    this.store = await openStore({
      tables,
      log,
      keep,
      idWindow: ID_WINDOW,
      stateHash: true,
      clock: () => this.#world.clock,
      onError,
    });
    const { store } = this;
    expect(store.head).toBe(this.#world.states.length - 1);
    this.look(store.head);
    for (let offset = store.floor; offset <= store.head; offset++) {
      const batch = this.#world.given.get(offset);
      if (batch !== undefined) expect(store.batch(offset)).toStrictEqual(batch);
    }
    store.check();
    let last = store.head;
    store.changes().subscribe(({ offset, at }) => {
      expect(offset).toBe(++last);
      expect(offset).toBeLessThanOrEqual(medium.floor + medium.entries.length - 1);
      expect(at).toBeGreaterThanOrEqual(
        store.head > store.floor && offset > store.floor ? store.batch(offset - 1).at : at,
      );
      this.look(offset);
      const nested = this.#closing ? undefined : this.#nested.shift();
      if (nested !== undefined) this.call(nested);
    });
    store
      .live((db) => [db.offset, [...db.items.scan('byN')]] as const)
      .subscribe(([offset, rows]) => expect(rows).toEqual(ranked(this.#world.states[offset]!)));
  }

  async #watched(plan: LogPlan) {
    const log = await plan.open();
    const append = log.append.bind(log);
    log.append = async (bodies, schema) => {
      const from = log.head + 1;
      try {
        await append(bodies, schema);
      } catch (error) {
        const trouble = (error as MemoirError).code === 'LogRefused' ? 'refused' : log.head < from ? 'lost' : 'lands';
        this.failure ??= { from, to: from + bodies.length - 1, trouble };
        throw error;
      }
    };
    return log;
  }

  /** What a state that can be seen is. */
  look(offset: number): void {
    const { store } = this;
    const wanted = ranked(this.#world.states[offset]!);
    let view;
    try {
      view = store.asOf(offset);
    } catch (error) {
      expect(error).toMatchObject({ code: 'OffsetCompacted', requested: offset });
      const { floor } = error as MemoirError;
      expect(floor).toBeGreaterThan(offset + 1);
      expect(floor).toBe(store.floor);
      store.asOf(floor! - 1).close();
      return;
    }
    expect([...view.items.scan('byN')]).toEqual(wanted);
    expect(view.items.size).toBe(wanted.length);
    view.close();
    expect(store.now().offset).toBe(store.head);
  }

  /** Makes a call, and says what must come of it. */
  call(call: Call): void {
    const number = this.#calls++;
    const made = this.#predict(call);
    const expected = call.expect === undefined ? {} : { expect: this.#head + (call.expect === 'wrong' ? 1 : 0) };
    // What the model has already taken in is one too many for a batch of its own.
    if (typeof made.wanted === 'number' && call.expect === 'right') expected.expect = made.wanted - 1;
    const returned = this.store.transact(
      (tx) => {
        if (call.sequence) tx.nextId('s');
        for (const id of call.deletes) tx.items.delete(id);
        for (const item of call.puts) tx.items.put(item);
        if (call.throws) throw new RangeError('thrown');
      },
      { ...expected, ...(call.id !== undefined && { id: call.id }) },
    );
    const settle = (came: unknown): void => {
      this.#settled.push(number);
      this.#judge(made, came);
    };
    this.#promises.push(returned.then(settle, settle));
  }

  get #head(): number {
    return this.#world.states.length - 1;
  }

  #predict(call: Call): Made {
    const { states } = this.#world;
    const head = this.#head;
    const made = { after: head, late: this.failure !== undefined, id: call.id };
    if (made.late) return { ...made, wanted: 'empty' };
    const known =
      call.id !== undefined && states.slice(Math.max(0, head - ID_WINDOW + 1)).some(({ id }) => id === call.id);
    if (known) return { ...made, wanted: 'repeated' };
    if (call.expect === 'wrong') return { ...made, wanted: 'Conflict' };
    if (call.throws) return { ...made, wanted: 'thrown' };
    const before = states[head]!;
    const rows = new Map(before.rows);
    for (const id of call.deletes) rows.delete(id);
    for (const item of call.puts) rows.set(item.id, item);
    const sequence = before.sequence + (call.sequence ? 1 : 0);
    const isSame = JSON.stringify(sorted(rows)) === JSON.stringify(sorted(before.rows));
    if (isSame && !call.sequence) return { ...made, wanted: 'empty' };
    states.push({ rows, sequence, id: call.id });
    return { ...made, wanted: head + 1, after: head + 1 };
  }

  /** Holds what came of a call to what the model says. */
  #judge({ wanted, after, late, id }: Made, came: unknown): void {
    const { failure } = this;
    if (late) {
      expect(came).toMatchObject({ code: expect.stringMatching(/^(LogRefused|Aborted)$/) as string });
      return;
    }
    if (failure !== undefined && after >= failure.from) {
      const own = typeof wanted === 'number' && wanted <= failure.to;
      const fate = failure.trouble === 'refused' ? 'LogRefused' : 'OutcomeUnknown';
      const named = { code: fate, offset: wanted, ...(id !== undefined && { id }) };
      expect(came).toMatchObject(own ? named : { code: 'Aborted' });
      if (own) expect((came as MemoirError).id).toBeTypeOf('string');
      return;
    }
    expect(this.store.head).toBeGreaterThanOrEqual(after);
    if (wanted === 'thrown') expect(came).toBeInstanceOf(RangeError);
    else if (wanted === 'Conflict') expect(came).toMatchObject({ code: 'Conflict' });
    else if (wanted === 'repeated') expect(came).toMatchObject({ repeated: true, id });
    else if (wanted === 'empty') expect(came).toMatchObject({ appended: false });
    else {
      const { result: _, ...batch } = came as Batch<typeof tables> & { readonly result: unknown };
      expect(batch.offset).toBe(wanted);
      expect(batch.id).toBeTypeOf('string');
      this.#world.given.set(wanted, batch);
      this.acknowledged = Math.max(this.acknowledged, wanted);
    }
  }

  /** Ends it, and leaves in the model what the log must have. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.store.close();
    await Promise.all(this.#promises);
    expect(this.#settled).toEqual(Array.from({ length: this.#calls }, (_, i) => i));
    const { failure } = this;
    const head = failure === undefined ? this.#head : failure.trouble === 'lands' ? failure.to : failure.from - 1;
    expect(head).toBeGreaterThanOrEqual(this.acknowledged);
    this.#world.states = this.#world.states.slice(0, head + 1);
  }
}

const sorted = (rows: ReadonlyMap<string, Item>) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));

function ranked({ rows }: State): readonly Item[] {
  return [...rows.values()].sort((a, b) => a.n - b.n || (a.id < b.id ? -1 : 1));
}
