/**
 * A projection that follows a store is what a plain fold of the log says, at each offset that can be read of it.
 *
 * Strategy: random transactions on a store with a projection of its own, of long retention or hardly any, and one
 * projection that follows it, from rows (of the other projection, too) or from the log, a few batches a turn. In
 * between it is given turns, some or until it has caught up; folds of a batch, or of the rows that it begins with,
 * fail once or twice, or always, for orders of one customer; what is parked is replayed with mended folds, any offset
 * with the same ones; it is closed and goes on from a checkpoint or begins anew; the store is restored, compacted, or
 * has its projection rebuilt.
 *
 * Invariants, after each step: at each offset of its window, `asOf` is the naive fold of all batches that led there,
 * those batches and changes apart that are parked, in its tables and in those it follows, and its state hash is the sum
 * over these rows; what is parked could not be folded, and is no more than may be; it ends with a failure only where
 * batches are gone or there would be more of it.
 * What its stream has told leads to its state, and its structures verify.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { ofTable, StateHash } from '../../src/codecs/state-hash.js';
import { createStore, readSnapshot, type MemoirError, type VerifiedSnapshot } from '../../src/index.js';
import {
  tallies,
  talliesOf,
  trails,
  trailsOf,
  type Expected,
  type Folded,
  type Left,
  type Trouble,
} from '../support/following-projections.js';
import { base, events, totals } from '../support/ledger-projections.js';
import { runs } from '../support/runs.js';

const order = fc.record({
  id: fc.constantFrom('o1', 'o2', 'o3', 'o4'),
  customer: fc.constantFrom('ada', 'bob', 'ada', 'bob', 'sour'),
  cents: fc.integer({ min: -5, max: 9 }),
});
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ put: fc.array(order, { minLength: 1, maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.constantFrom('o1', 'o2', 'o3', 'o4') }) },
  { weight: 2, arbitrary: fc.record({ pay: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ turns: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ failing: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ replay: fc.nat(6), mended: fc.boolean(), waits: fc.boolean() }) },
  { weight: 6, arbitrary: fc.constantFrom('catch up', 'catch up', 'checkpoint', 'resume', 'mend', 'rebuild') },
  { weight: 2, arbitrary: fc.constantFrom('save', 'restore', 'compact', 'begin') },
);
type Step = typeof step extends fc.Arbitrary<infer A> ? A : never;

const settings = fc.record({
  from: fc.constantFrom('rows', 'log'),
  kept: fc.constantFrom(2, 6, 1000),
  ownKept: fc.constantFrom(1, 4, 1000),
  near: fc.constantFrom(1, 3, 1000),
  batches: fc.integer({ min: 1, max: 3 }),
  hold: fc.boolean(),
  parkedMax: fc.constantFrom(2, 1000, 1000),
});
type Settings = typeof settings extends fc.Arbitrary<infer A> ? A : never;

const make = ({ kept, near }: Settings, onError: (error: unknown) => void) =>
  createStore({
    ...{ tables: base, events, projections: [totals()] as const, stateHash: true, onError },
    ...{ keep: { batches: kept }, history: { batches: near, checkpointEvery: 2 } },
  });
type Store = ReturnType<typeof make>;
type Follower = Awaited<ReturnType<Store['project']>>;
type Rows = Readonly<Record<string, { scan(): Iterable<unknown> }>>;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The rows of a table that a stream has told of, by key. */
type Told = Map<string, Map<string, unknown>>;

class Life {
  readonly #settings: Settings;
  readonly #store: Store;
  readonly #errors: unknown[] = [];
  /** All batches that led to each state, by lineage. */
  readonly #logs = new Map<string, readonly Folded[]>();
  #trouble: Trouble = { flaky: new Map(), isSour: true };
  #follower: Follower | undefined;
  #told: Told = new Map();
  #saved: VerifiedSnapshot | undefined;
  #checkpoint: VerifiedSnapshot | undefined;
  /** What the checkpoint goes without, and what the one does that was gone on from: neither says so by itself. */
  #leftThere: readonly Left[] = [];
  #leftBefore: readonly Left[] = [];
  #version = 1;

  constructor(given: Settings) {
    this.#settings = given;
    this.#store = make(given, (error) => void this.#errors.push(error));
    this.#logs.set(this.#store.lineage, []);
  }

  async take(one: Step): Promise<void> {
    if (one === 'catch up') await this.#catchUp();
    else if (one === 'checkpoint') await this.#save();
    else if (one === 'resume') await this.#resume();
    else if (one === 'begin') await this.#begin();
    else if (one === 'mend') await this.#mend();
    else if (one === 'save') this.#saved = await readSnapshot(await this.#store.snapshot().toBytes());
    else if (one === 'restore') await this.#restore();
    else if (one === 'compact') this.#store.compact(this.#store.head + 1);
    else if (one === 'rebuild') await this.#rebuild();
    else if ('turns' in one) for (let n = 0; n < one.turns; n++) await turn();
    else if ('failing' in one) this.#trouble.flaky.set(this.#store.head + 1, one.failing);
    else if ('replay' in one) await this.#replay(this.#store.head - one.replay, one.mended, one.waits);
    else this.#transact(one);
    // Where its folds cannot go on, mended ones can.
    if (this.#follower === undefined && one !== 'begin') {
      this.#trouble = { flaky: new Map(), isSour: false };
      await this.#begin();
    }
    this.verify();
  }

  #transact(one: Step & object): void {
    this.#store.transact((tx) => {
      if ('put' in one) for (const row of one.put) tx.orders.put(row);
      if ('remove' in one) tx.orders.delete(one.remove);
      if ('pay' in one) tx.emit('Paid', { customer: 'ada', cents: one.pay });
    });
    this.#record();
  }

  #record(): void {
    const { lineage, head } = this.#store;
    const log = this.#logs.get(lineage)!;
    const come = Array.from({ length: head - log.length }, (_, i) => this.#store.batch(log.length + 1 + i));
    this.#logs.set(lineage, [...log, ...(come as unknown as Folded[])]);
  }

  #projection() {
    return (this.#settings.from === 'rows' ? tallies : trails)(this.#trouble) as unknown as ReturnType<typeof totals>;
  }

  /** Goes on from the last checkpoint, where there is one. */
  async #resume(): Promise<void> {
    if (this.#checkpoint !== undefined) await this.#begin(this.#checkpoint);
    // One that cannot be gone on from is of no use any more.
    if (this.#follower === undefined) this.#checkpoint = undefined;
  }

  /** Ends the follower there is, and begins another one where that can be had. */
  async #begin(snapshot?: VerifiedSnapshot): Promise<void> {
    this.#follower?.close();
    this.#follower = undefined;
    this.#leftBefore = snapshot === undefined ? [] : this.#leftThere;
    const { ownKept, batches, hold, parkedMax } = this.#settings;
    const { lineage, floor } = this.#store;
    const options = { batches, hold, parkedMax, keep: { batches: ownKept }, retry: { times: 2, firstMs: 0 } };
    try {
      this.#follower = (await this.#store.project(this.#projection(), {
        ...options,
        ...(snapshot !== undefined && { snapshot }),
      })) as unknown as Follower;
    } catch (error) {
      const { code, limit } = error as MemoirError;
      if (code === 'LineageChanged') expect(snapshot?.lineage).not.toBe(lineage);
      else if (code === 'OffsetCompacted') expect(floor).toBeGreaterThan((snapshot?.offset ?? 0) + 1);
      else expect([code, limit, snapshot]).toEqual(['ProjectionFailed', parkedMax, undefined]);
    }
    this.#listen();
  }

  /** Follows what its stream tells, from the state that it has when it begins, or begins anew. */
  #listen(): void {
    const follower = this.#follower;
    if (follower === undefined) return;
    const read = (): void => {
      this.#told = new Map(Object.entries(this.#found(follower.head)).map(([name, rows]) => [name, byKey(rows)]));
    };
    read();
    follower.changes({ markers: true }).subscribe((item) => {
      if ('marker' in item) {
        if (item.marker === 'reset') read();
        return;
      }
      for (const { table, before, after } of item.changes) {
        const rows = this.#told.get(table)!;
        if (after === undefined) rows.delete(keyOf(before));
        else rows.set(keyOf(after), after);
      }
    });
  }

  async #save(): Promise<void> {
    const follower = this.#follower;
    if (follower === undefined) return;
    this.#leftThere = this.#left;
    const image = await readSnapshot(await follower.snapshot().toBytes());
    this.#checkpoint = image;
    // It may have gone on meanwhile, and its past may be gone.
    if (image.offset === follower.head && image.lineage === follower.lineage)
      expect(image.stateHash).toBe(follower.stateHash());
  }

  /** What the follower goes without. */
  get #left(): readonly Left[] {
    const before = (parked: Left): readonly Left[] => this.#leftBefore.filter(({ offset }) => offset === parked.offset);
    return this.#follower!.parked.flatMap((one) =>
      one.error.message.includes('before the snapshot') ? before(one) : [one],
    );
  }

  async #mend(): Promise<void> {
    const [first] = this.#follower?.parked ?? [];
    if (first !== undefined) await this.#replay(first.offset, true, true);
  }

  async #replay(offset: number, isMended: boolean, waits: boolean): Promise<void> {
    const follower = this.#follower;
    if (follower === undefined || offset < 1) return;
    if (isMended) this.#trouble = { ...this.#trouble, isSour: false };
    const replaying = follower.replay(offset, isMended ? this.#projection() : undefined).catch((error: MemoirError) => {
      expect(error.code).toMatch(/^(OffsetCompacted|OffsetInFuture|StoreClosed|ProjectionFailed)$/u);
    });
    if (waits) await replaying;
  }

  async #restore(): Promise<void> {
    const saved = this.#saved ?? (await readSnapshot(await this.#store.snapshot().toBytes()));
    const before = this.#logs.get(this.#store.lineage)!;
    await this.#store.restore(saved);
    this.#logs.set(this.#store.lineage, before.slice(0, saved.offset));
  }

  /** What was saved before can be restored no more. */
  async #rebuild(): Promise<void> {
    this.#saved = undefined;
    await this.#store.rebuild(totals(++this.#version, this.#version));
    this.#record();
  }

  async #catchUp(): Promise<void> {
    const follower = this.#follower;
    if (follower === undefined) return;
    const isBehind = () => follower.lag > 0 || follower.lineage !== this.#store.lineage;
    for (const end = performance.now() + 5000; isBehind() && follower.failure === undefined;) {
      if (performance.now() > end) throw new Error(`it is ${follower.lag} behind, and stays so`);
      await turn();
    }
  }

  #found(offset: number): Expected {
    const view = this.#follower!.asOf(offset) as unknown as Rows & { close(): void };
    const names = Object.keys(this.#expected(this.#follower!.lineage, 0, []));
    const found = Object.fromEntries(names.map((name) => [name, [...view[name]!.scan()]]));
    view.close();
    return found;
  }

  #expected(lineage: string, offset: number, left: readonly Left[]): Expected {
    const batches = this.#logs.get(lineage)!.slice(0, offset);
    return (this.#settings.from === 'rows' ? talliesOf : trailsOf)(batches, left);
  }

  verify(): void {
    const follower = this.#follower;
    if (follower === undefined) return;
    const { lineage, floor, head, parked, failure } = follower;
    const log = this.#logs.get(lineage)!;
    expect(parked.length).toBeLessThanOrEqual(this.#settings.parkedMax);
    for (const { error } of parked) expect(error.code).toBe('ProjectionFailed');
    for (const { offset, change } of this.#left)
      expect(JSON.stringify(change ?? log[offset - 1]!.changes)).toContain('sour');
    for (let offset = floor - 1; offset <= head; offset++) {
      const left = this.#left.filter((one) => one.offset <= offset);
      const expected = this.#expected(lineage, offset, left);
      expect({ offset, ...this.#found(offset) }).toEqual({ offset, ...expected });
      expect(follower.stateHash(offset)).toBe(hashOf(this.#projection().name, expected, left));
    }
    const now = Object.entries(this.#found(head));
    expect(this.#told).toEqual(new Map(now.map(([name, rows]) => [name, byKey(rows)])));
    if (failure === undefined) return;
    expect(failure.code).toMatch(/^(OffsetCompacted|ProjectionFailed)$/u);
    this.#follower = undefined;
  }

  async end(): Promise<void> {
    await this.#catchUp();
    this.verify();
    this.#follower?.check();
    if (this.#follower !== undefined) {
      // Mended, it is what it would be had nothing ever failed.
      await this.#mend();
      await this.#catchUp();
      this.verify();
    }
    this.#follower?.close();
    expect(this.#store.holders().filter(({ kind }) => kind === 'cursor')).toEqual([]);
    this.#store.check();
    this.#store.close();
    for (const error of this.#errors)
      expect((error as MemoirError).code).toMatch(/^(ProjectionFailed|OffsetCompacted)$/u);
  }
}

function keyOf(row: unknown): string {
  const { id, customer, key } = row as Record<string, string>;
  return (id ?? key ?? customer)!;
}

function byKey(rows: readonly unknown[]): Map<string, unknown> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

/** The hash of a state, summed up anew. */
function hashOf(name: string, tables: Expected, left: readonly Left[]): string {
  const sum = new StateHash();
  for (const [table, rows] of Object.entries(tables)) for (const row of rows) sum.add(ofTable(table), row);
  sum.add('sequence', [`memoir.projection.${name}`, 1]);
  for (const offset of new Set(left.map((one) => one.offset))) sum.add('sequence', [`memoir.parked.${offset}`, offset]);
  return Buffer.from(sum.digest()).toString('hex');
}

it('what follows a store is the naive fold of its log at every offset, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { minLength: 1, maxLength: 50, size: 'max' }), async (given, steps) => {
      const life = new Life(given);
      await life.take('begin');
      for (const one of steps) await life.take(one);
      await life.end();
    }),
    { numRuns: runs(60) },
  );
});
