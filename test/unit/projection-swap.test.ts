import { afterEach, describe, expect, it } from 'vitest';

import { createStore, openStore, readSnapshot, type LogPlan } from '../../src/index.js';
import { base, debts, events, paid, totals } from '../support/ledger-projections.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const errors: unknown[] = [];
afterEach(() => expect(errors.splice(0)).toEqual([]));

const options = { tables: base, events, onError: (error: unknown) => void errors.push(error) };
const make = () => createStore({ ...options, projections: [totals(), debts(), paid()] });
const open = (log: LogPlan) => openStore({ ...options, log, projections: [paid()] });
type Opened = Awaited<ReturnType<typeof open>>;
const pay = (store: Opened) => store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 }));
const cents = (store: Opened) => store.read(paid().read).cents;

const turns = async (count = 20) => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
};

/** What holds whoever awaits it back until it is let go. */
function gate(): { readonly closed: Promise<void>; readonly open: () => void } {
  let letGo = (): void => undefined;
  const closed = new Promise<void>((resolve) => (letGo = resolve));
  return { closed, open: () => letGo() };
}

/** A store of five payments, its log, and its snapshot. */
async function five(medium = new MemoryMedium(), log = medium.plan()) {
  const store = await open(log);
  for (let n = 0; n < 5; n++) await pay(store);
  return { medium, store, image: await readSnapshot(await store.snapshot().toBytes()) };
}

describe('two rebuilds at once', () => {
  it('swap each its own projection, and leave the other one as it is', async () => {
    const store = make();
    for (let n = 1; n <= 200; n++)
      store.transact((tx) => {
        tx.orders.put({ id: `o${n}`, customer: `c${n % 3}`, cents: 1 });
        tx.emit('Paid', { customer: 'ada', cents: 1 });
      });
    const reports = await Promise.all([store.rebuild(paid(2)), store.rebuild(totals(2, 10))]);
    expect(reports.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [1, 2],
    ]);
    store.transact((tx) => {
      tx.orders.put({ id: 'o201', customer: 'c9', cents: 1 });
      tx.emit('Paid', { customer: 'ada', cents: 1 });
    });
    expect(store.read(paid().read).cents).toBe(402);
    expect(store.now().totals.get('c9')?.cents).toBe(10);
    store.check();
  });

  it('of one projection: the one that is over last is there', async () => {
    const store = make();
    for (let n = 1; n <= 10; n++) store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 }));
    const reports = await Promise.all([store.rebuild(paid(2)), store.rebuild(paid(3))]);
    const [first, second] = reports;
    const { to } = first.offset > second.offset ? first : second;
    store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 }));
    expect(store.read(paid().read).cents).toBe(11 * to);
  });
});

describe('a restore beside a rebuild', () => {
  it('is refused when the swap came before it, though it was loaded before that', async () => {
    const medium = new MemoryMedium();
    const held = gate();
    let isHeld = false;
    const plan = medium.plan();
    const slow: LogPlan = {
      ...plan,
      async open() {
        const log = await plan.open();
        const save = log.shelf.save.bind(log.shelf);
        log.shelf.save = async (offset, chunks) => {
          if (isHeld) await held.closed;
          await save(offset, chunks);
        };
        return log;
      },
    };
    const { store, image } = await five(medium, slow);
    isHeld = true;
    const saving = store.saveSnapshot();
    const restoring = store.restore(image);
    await turns();
    await store.rebuild(paid(2));
    held.open();
    await saving;
    await expect(restoring).rejects.toMatchObject({ code: 'ProjectionStale', projection: 'paid' });
    await pay(store);
    expect(cents(store)).toBe(12);
    await store.close();
  });

  it('takes the folds back of a swap that it abandons', async () => {
    const { medium, store, image } = await five();
    const held = gate();
    medium.gate = held.closed;
    const pending = pay(store);
    const restoring = store.restore(image);
    await turns();
    const told: number[] = [];
    store.live(paid().read).subscribe((answer) => {
      told.push(answer.cents);
      // Whoever writes when they hear of it, writes to what there is now.
      if (told.length === 3) void pay(store);
    });
    const rebuilding = store.rebuild(paid(2));
    const outcome = expect(rebuilding).rejects.toMatchObject({ code: 'Aborted' });
    await turns();
    held.open();
    await Promise.all([pending, restoring, outcome]);
    await turns();
    expect(told).toEqual([5, 6, 5, 6]);
    await pay(store);
    expect(cents(store)).toBe(7);
    await store.close();
  });

  it('keeps the swap that the log had, and takes back the one that came after', async () => {
    const { medium, store } = await five();
    await store.rebuild(paid(2));
    const image = await readSnapshot(await store.snapshot().toBytes());
    const held = gate();
    medium.gate = held.closed;
    const restoring = store.restore(image);
    await turns();
    const outcome = expect(store.rebuild(paid(3))).rejects.toMatchObject({ code: 'Aborted' });
    await turns();
    held.open();
    await Promise.all([restoring, outcome]);
    await pay(store);
    expect(cents(store)).toBe(12);
    await store.close();
  });
});

describe('accept', () => {
  it('is asked with what differs before anything does, and can refuse it', async () => {
    const store = make();
    for (let n = 1; n <= 3; n++) store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 }));
    const seen: unknown[] = [];
    const refusing = store.rebuild(paid(2), {
      accept(changes) {
        seen.push(...changes);
        return false;
      },
    });
    await expect(refusing).rejects.toMatchObject({ code: 'WaitAborted', projection: 'paid' });
    expect(seen).toMatchObject([{ table: 'paid', before: { value: { cents: 3 } }, after: { value: { cents: 6 } } }]);
    expect([store.head, store.read(paid().read).cents]).toEqual([3, 3]);
    store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 }));
    expect(store.read(paid().read).cents).toBe(4);
    const { changes } = await store.rebuild(paid(2), { accept: ([change]) => change?.after?.value.cents === 8 });
    expect([changes.length, store.read(paid().read).cents]).toEqual([1, 8]);
    store.check();
  });

  it.each([
    ['a promise', () => Promise.reject(new Error('late')), 'OptionInvalid'],
    ['no answer', () => undefined, 'OptionInvalid'],
    ['what is no function', true, 'OptionInvalid'],
  ])('refuses %s', async (_, accept, code) => {
    const store = make();
    store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 }));
    await expect(store.rebuild(paid(2), { accept: accept as never })).rejects.toMatchObject({ code });
    expect([store.head, store.read(paid().read).cents]).toEqual([1, 1]);
  });

  it('must not write, and what it throws is thrown on', async () => {
    const store = make();
    store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 }));
    const nested = store.rebuild(paid(2), {
      accept: () => store.transact((tx) => tx.emit('Paid', { customer: 'ada', cents: 1 })).offset > 0,
    });
    await expect(nested).rejects.toMatchObject({ code: 'NestedTransaction' });
    const thrown = store.rebuild(paid(2), {
      accept: () => {
        throw new Error('mine');
      },
    });
    await expect(thrown).rejects.toThrow('mine');
    expect([store.head, store.read(paid().read).cents]).toEqual([1, 1]);
  });
});
