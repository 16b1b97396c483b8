import * as t from 'io-ts';

import { bytes, createStore, date, table, type DurableStore, type Store, type StoreOptions } from '../../src/index.js';

interface Tree {
  readonly label: string;
  readonly kids: Tree[];
}
const Tree: t.Type<Tree> = t.recursion('Tree', () => t.strict({ label: t.string, kids: t.array(Tree) }));

const Everything = t.intersection([
  t.strict({
    id: t.string,
    text: t.string,
    real: t.number,
    whole: t.Int,
    large: t.bigint,
    flag: t.boolean,
    when: date,
    raw: bytes,
    list: t.array(t.union([t.string, t.null])),
    map: t.record(t.string, t.number),
    word: t.keyof({ open: null, 'half-done': null }),
    pair: t.tuple([t.string, t.Int]),
    shape: t.union([
      t.strict({ kind: t.literal('circle'), radius: t.number }),
      t.strict({ kind: t.literal('square'), side: t.number }),
    ]),
    tree: Tree,
    any: t.unknown,
  }),
  t.partial({ maybe: t.string, perhaps: t.union([t.string, t.null]) }),
]);

/** Tables that have everything that a codec can say. */
export const goldenTables = {
  everything: table(Everything, { primaryKey: 'id' }),
  'odd-name': table(t.strict({ a: t.string, 'b-c': t.number }), { primaryKey: ['a', 'b-c'] }),
};
type Tables = typeof goldenTables;
type Options = Pick<StoreOptions<Tables>, 'codec' | 'lineage'>;

const row = (id: string, more: object = {}): t.TypeOf<typeof Everything> =>
  ({
    ...{ id, text: 'ü😀\u0000', real: -0.1, whole: -(2 ** 52) - 1, large: -(2n ** 63n), flag: true },
    ...{ when: new Date(-1), raw: Uint8Array.of(0, 255), list: ['a', null], map: { z: 1, __proto: -0, a: Infinity } },
    ...{ word: 'half-done', pair: ['p', 1], shape: { kind: 'square', side: 2 } },
    ...{ tree: { label: 'root', kids: [{ label: 'leaf', kids: [] }] }, any: { $date: [1n, new Date(7)] } },
    ...more,
  }) as never;

const STEPS: readonly ((tx: Parameters<Parameters<Store<Tables>['transact']>[0]>[0]) => unknown)[] = [
  (tx) => [tx.everything.insert(row('one')), tx['odd-name'].insert({ a: 'k', 'b-c': 1.5 }), tx.nextId('s')],
  (tx) => tx.everything.insert(row('two', { maybe: '', perhaps: null, shape: { kind: 'circle', radius: 1 } })),
  (tx) => tx.everything.update('one', { perhaps: 'yes', real: NaN, any: null }),
  (tx) => [tx['odd-name'].delete(['k', 1.5]), tx.nextId('s'), tx.nextId('other')],
  (tx) => tx.everything.delete('two'),
];

const optionsOf = (i: number) => ({ id: `step ${i}`, meta: { actor: 'ada', at: new Date(i), odd: [i, -0, 2n] } });

/** When the batch after an offset is made. */
export function timeAfter(head: number): number {
  return 1_700_000_000_000 + 1000 * head;
}

/** Writes the history that the files of every format have, with a snapshot in its midst. */
export async function write(store: DurableStore<Tables>): Promise<void> {
  for (const [i, step] of STEPS.entries()) {
    await store.transact((tx) => void step(tx), optionsOf(i));
    if (i === 2) await store.saveSnapshot();
  }
}

/** The same history in memory, at the same times; of some of its steps, if told. */
export function inMemory({ steps = STEPS.length, ...options }: Partial<Options> & { steps?: number } = {}) {
  const store: Store<Tables> = createStore({ tables: goldenTables, clock: () => timeAfter(store.head), ...options });
  for (const [i, step] of STEPS.slice(0, steps).entries()) store.transact((tx) => void step(tx), optionsOf(i));
  return store;
}
