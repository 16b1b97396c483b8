import * as t from 'io-ts';

import { bytes, createStore, date, table, type DurableStore, type Store } from '../../src/index.js';
import { timeAfter } from './history.js';

const Line = t.strict({ sku: t.string, n: t.Int });

/** Event types that have everything that events add to files. */
export const goldenEvents = {
  Placed: t.strict({ order: t.string, lines: t.array(Line), first: Line, at: date }),
  'odd-type': t.intersection([t.strict({ raw: bytes }), t.partial({ maybe: t.union([t.string, t.null]) })]),
  Empty: t.strict({}),
};
export const eventTables = { items: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
type Tables = typeof eventTables;
type Golden = typeof goldenEvents;

const line = { sku: 'ü😀', n: -1 };
const STEPS: readonly ((tx: Parameters<Parameters<Store<Tables, Golden>['transact']>[0]>[0]) => unknown)[] = [
  (tx) => tx.emit('Placed', { order: 'o', lines: [line, line], first: line, at: new Date(-1) }, { stream: 'order o' }),
  (tx) => [tx.items.insert({ id: 'a' }), tx.emit('Empty', {}), tx.emit('Empty', {}, { stream: '__proto__' })],
  (tx) => [tx.items.delete('a'), tx.nextId('s')],
  (tx) => tx.emit('odd-type', { raw: Uint8Array.of(0, 255), maybe: null }, { stream: 'order o' }),
  (tx) => tx.emit('odd-type', { raw: new Uint8Array() }),
];

/** Writes the history that the files with events have, with a snapshot in its midst. */
export async function writeEvents(store: DurableStore<Tables, Golden>): Promise<void> {
  for (const [i, step] of STEPS.entries()) {
    await store.transact((tx) => void step(tx), { id: `step ${i}` });
    if (i === 2) await store.saveSnapshot();
  }
}

/** The same history in memory, at the same times. */
export function eventsInMemory(): Store<Tables, Golden> {
  const options = { tables: eventTables, events: goldenEvents, clock: () => timeAfter(store.head) };
  const store: Store<Tables, Golden> = createStore(options);
  for (const [i, step] of STEPS.entries()) store.transact((tx) => void step(tx), { id: `step ${i}` });
  return store;
}
