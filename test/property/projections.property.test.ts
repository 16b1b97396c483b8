/**
 * Projections are what a plain fold of the log says, at every offset, whatever happens to the store.
 *
 * Strategy: random transactions on a store with three projections (of changes, of events and of another projection's
 * tables, of one value), some of which are thrown out by their body or by a fold. Now and then the store is closed and
 * opened again on its log, is made anew from a snapshot, restores one, of now or of before, or rebuilds projections:
 * with the same folds, two at once with other ones, or one while it is written to; beside it one follows at its own
 * pace.
 *
 * Invariants: each projection is the naive fold of all batches that led to each state that can be read, those too that
 * the log has lost by a restore; a transaction that a fold throws out has changed nothing; a replay of the log is the
 * state (`check`); the state hash of a store that has lived is that of one that was only replayed.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { createStore, MemoirError, openStore, readSnapshot } from '../../src/index.js';
import { base, debts, events, found, naive, paid, totals } from '../support/ledger-projections.js';
import { MemoryMedium } from '../support/memory-byte-log.js';
import { runs } from '../support/runs.js';

/** Which versions there are; of payments each gives that many times the cents, of totals all give the same. */
interface Versions {
  readonly paid: number;
  readonly totals: number;
}
const projections = (versions: Versions) => [debts(), totals(versions.totals), paid(versions.paid)] as const;

const customer = fc.constantFrom('ada', 'bob', 'cy', 'poison');
const order = fc.record({
  id: fc.constantFrom('o1', 'o2', 'o3', 'o4'),
  customer,
  cents: fc.integer({ min: -5, max: 9 }),
});
type Step =
  | { readonly put: readonly Order[]; readonly throws: boolean }
  | { readonly remove: string }
  | { readonly pay: { readonly customer: string; readonly cents: number } };
type Order = { readonly id: string; readonly customer: string; readonly cents: number };
const transaction: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ put: fc.array(order, { minLength: 1, maxLength: 3 }), throws: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.constantFrom('o1', 'o2', 'o3', 'o4') }) },
  {
    weight: 3,
    arbitrary: fc.record({ pay: fc.record({ customer: fc.constantFrom('ada', 'bob'), cents: fc.nat(9) }) }),
  },
);
const step = fc.oneof(
  { weight: 11, arbitrary: transaction },
  { weight: 1, arbitrary: fc.constantFrom('reopen', 'rebuild', 'rebuild two', 'snapshot', 'restore') },
  { weight: 1, arbitrary: fc.record({ beside: fc.array(transaction, { maxLength: 4 }) }) },
);

async function openOn(medium: MemoryMedium, versions: Versions) {
  return openStore({
    tables: base,
    events,
    projections: projections(versions),
    log: medium.plan({ keep: 'all' }),
    stateHash: true,
  });
}
type Opened = Awaited<ReturnType<typeof openOn>>;

/** Does a step that is a transaction. */
async function transact(store: Opened, one: Step): Promise<void> {
  try {
    await store.transact((tx) => {
      if ('put' in one) for (const row of one.put) tx.orders.put(row);
      if ('remove' in one) tx.orders.delete(one.remove);
      if ('pay' in one) tx.emit('Paid', one.pay);
      if ('throws' in one && one.throws) throw new Error('thrown out');
    });
  } catch (error) {
    const isPoison = error instanceof MemoirError && error.code === 'ProjectionFailed';
    if (!isPoison) expect((error as Error).message).toBe('thrown out');
    else expect(error).toMatchObject({ projection: 'totals', table: 'orders', cause: { message: 'poison' } });
  }
}

type Made = ReturnType<Opened['batch']>;

/** A store, and what a plain fold needs to say what it ought to have. */
class Life {
  readonly #medium = new MemoryMedium();
  store!: Opened;
  versions: Versions = { paid: 1, totals: 1 };
  /** All batches that led to the state. */
  history: readonly Made[] = [];
  /** From which offset on there is which version of the payments. */
  #paid: readonly (readonly [offset: number, version: number])[] = [[0, 1]];
  #saved: { readonly bytes: Uint8Array; readonly versions: Versions; readonly head: number } | undefined;

  async open(): Promise<void> {
    this.store = await openOn(this.#medium, this.versions);
  }

  async take(one: typeof step extends fc.Arbitrary<infer A> ? A : never): Promise<void> {
    const { store } = this;
    if (typeof one === 'object') {
      if ('beside' in one) await this.#rebuildBeside(one.beside);
      else await transact(store, one);
    } else if (one === 'reopen') {
      await store.close();
      await this.open();
    } else if (one === 'snapshot') await this.#save();
    else if (one === 'restore') await this.#restore();
    else if (one === 'rebuild') await this.#rebuildAll();
    else await this.#rebuildTwo();
    const { head } = this.store;
    const come = Array.from({ length: head - this.history.length }, (_, i) =>
      this.store.batch(this.history.length + 1 + i),
    );
    this.history = [...this.history, ...come];
  }

  async #save(): Promise<void> {
    const bytes = await this.store.snapshot().toBytes();
    this.#saved = { bytes, versions: this.versions, head: this.store.head };
  }

  /** What was saved last, or what there is. */
  async #restore(): Promise<void> {
    if (this.#saved === undefined) await this.#save();
    const { bytes, versions, head } = this.#saved!;
    this.#saved = undefined;
    const restoring = this.store.restore(await readSnapshot(bytes));
    const isStale = versions.paid !== this.versions.paid || versions.totals !== this.versions.totals;
    if (isStale && head > 0) return expect(restoring).rejects.toMatchObject({ code: 'ProjectionStale' });
    await restoring;
    this.history = this.history.slice(0, head);
    this.#paid = this.#paid.filter(([offset]) => offset <= head);
    if (head === 0) this.#paid = [[0, this.versions.paid]];
  }

  /** With the same folds nothing differs. */
  async #rebuildAll(): Promise<void> {
    const { store, versions } = this;
    expect((await store.rebuild(totals(versions.totals))).changes).toEqual([]);
    if (store.floor > 1)
      return expect(store.rebuild(paid(versions.paid))).rejects.toMatchObject({ code: 'OffsetCompacted' });
    expect((await store.rebuild(debts())).changes).toEqual([]);
    expect((await store.rebuild(paid(versions.paid))).changes).toEqual([]);
  }

  async #rebuildTwo(): Promise<void> {
    if (this.store.floor > 1) return;
    const next = { paid: this.versions.paid + 1, totals: this.versions.totals + 1 };
    const [{ offset }] = await Promise.all([
      this.store.rebuild(paid(next.paid)),
      this.store.rebuild(totals(next.totals)),
    ]);
    this.#swapped(offset, next);
  }

  async #rebuildBeside(writes: readonly Step[]): Promise<void> {
    if (this.store.floor > 1) return;
    const next = { ...this.versions, paid: this.versions.paid + 1 };
    const rebuilding = this.store.rebuild(paid(next.paid), { sliceMs: 0.001 });
    for (const one of writes) await transact(this.store, one);
    this.#swapped((await rebuilding).offset, next);
  }

  #swapped(offset: number, versions: Versions): void {
    this.versions = versions;
    this.#paid = [...this.#paid, [offset, versions.paid]];
  }

  /** What a plain fold says of the state after an offset. */
  expected(offset: number): unknown {
    const folded = naive(this.history.slice(0, offset));
    const [, times] = this.#paid.findLast(([from]) => from <= offset)!;
    return { ...folded, paid: { ...folded.paid, cents: folded.paid.cents * times } };
  }
}

it('projections are the naive fold of the log at every offset, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const life = new Life();
      await life.open();
      for (const one of steps) await life.take(one);
      const { store, versions } = life;
      store.check();
      const { floor, head } = store;
      for (let offset = floor - 1; offset <= head; offset++)
        expect(found(store.asOf(offset))).toEqual(life.expected(offset));
      const follower = await store.project(totals());
      await follower.waitFor(head);
      expect([...follower.now().totals.scan()]).toEqual([...store.now().totals.scan()]);
      follower.check();
      follower.close();
      const image = await readSnapshot(await store.snapshot().toBytes());
      const options = { tables: base, events, projections: projections(versions), stateHash: true };
      const again = createStore({ ...options, snapshot: image });
      expect(found(again.now())).toEqual(found(store.now()));
      expect(again.stateHash()).toBe(store.stateHash());
      await store.close();
    }),
    { numRuns: runs(60) },
  );
});
