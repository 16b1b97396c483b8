import * as t from 'io-ts';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { createStore, table } from 'memoir';

import type { Row } from '../../src/codecs/index-plan.js';
import { ComputedIndex } from '../../src/projections/computed-index.js';
import { Engine } from '../../src/projections/engine.js';
import { Entries } from '../../src/projections/entries.js';
import { FieldIndex } from '../../src/projections/field-index.js';
import { HashTable } from '../../src/projections/hash-table.js';
import { IndexHistory } from '../../src/projections/index-history.js';
import { OrderedTree } from '../../src/projections/ordered-tree.js';
import { Removals } from '../../src/projections/removals.js';
import type { TableIndex } from '../../src/projections/table-index.js';
import { TableState } from '../../src/projections/table-state.js';
import { VersionChain } from '../../src/projections/version-chain.js';

const Item = t.strict({ id: t.string, n: t.number, tags: t.array(t.string) });
const items = table(Item, {
  primaryKey: 'id',
  indexes: {
    byN: { on: ['n'], unique: true },
    byTag: { each: 'tags' },
    byHalf: { by: ({ n }) => [Math.floor(n / 2)] },
    large: { on: ['n'], where: ({ n }) => n >= 3 },
  },
});

/** A store in which rows have come, changed and gone, and the engine under it. */
function lived() {
  const engines: Engine[] = [];
  const spy = vi.spyOn(Engine.prototype, 'settle').mockImplementation(function (this: Engine) {
    engines.push(this);
    return settle.call(this);
  });
  const store = createStore({ tables: { items } });
  store.transact((tx) => {
    for (let n = 0; n < 6; n++) tx.items.insert({ id: `r${n}`, n, tags: [`t${n}`, 'all'] });
  });
  store.transact((tx) => tx.items.update('r1', { n: 10, tags: ['new', 'all'] }));
  store.transact((tx) => tx.items.delete('r2'));
  spy.mockRestore();
  const engine = engines[0]!;
  return { store, engine, state: engine.tables.get('items')! };
}

const { settle } = Engine.prototype;
type Lived = ReturnType<typeof lived>;

/** What writes do: all that follows is broken on the way. */
function write({ store }: Lived): void {
  store.transact((tx) => tx.items.update('r3', { n: 30, tags: ['other'] }));
  store.transact((tx) => tx.items.update('r4', { n: 2 }));
  store.transact((tx) => tx.items.delete('r5'));
  store.transact((tx) => tx.items.update('r1', { n: 11 }));
}

const indexOf = ({ state }: Lived, name: string): TableIndex => state.indexes.find(({ plan }) => plan.name === name)!;

/** Breaks what a method of a prototype does while rows are written. */
const stubbed =
  <A extends object, K extends keyof A & string>(
    prototype: A,
    method: K,
    instead: (this: A, ...given: never[]) => unknown,
  ) =>
  (made: Lived): void => {
    const real = Object.getOwnPropertyDescriptor(prototype, method)!;
    Object.defineProperty(prototype, method, { ...real, value: instead });
    try {
      write(made);
    } finally {
      Object.defineProperty(prototype, method, real);
    }
  };

const { changes } = ComputedIndex.prototype;
const { insert } = OrderedTree.prototype;
const { push } = Removals.prototype;

/** An index of this name takes no notice of updates. */
const deaf = (name: string) =>
  stubbed(ComputedIndex.prototype, 'changes', function (slot: number, before: Row | undefined, after: Row | undefined) {
    const isUpdate = before !== undefined && after !== undefined;
    return this.plan.name === name && isUpdate ? false : changes.call(this, slot, before, after);
  });

/** Each breaks one structure. */
const faults: Readonly<Record<string, (made: Lived) => void>> = {
  'an index of elements that kept the keys of an older row': deaf('byTag'),
  'a computed index that kept the key of an older row': deaf('byHalf'),
  'a partial index that kept a row': deaf('large'),
  'an index of fields that kept a row where it was': stubbed(FieldIndex.prototype, 'changes', () => false),
  'an entry of the head that came in too late': stubbed(
    OrderedTree.prototype,
    'insert',
    function (ref: number, born: number) {
      insert.call(this, ref, born + 1);
    },
  ),
  'an entry of the head too few': (made) => indexOf(made, 'byTag').head.remove(0, new Entries(1)),
  'a row that is another than was indexed': ({ state }) => {
    state.rows[state.slotOf(['r3'])] = { id: 'r3', n: 3, tags: ['elsewhere', 'all'] };
  },
  'an entry of the past that was never noted': stubbed(IndexHistory.prototype, 'add', () => undefined),
  'an entry of the past that died too late': stubbed(Removals.prototype, 'push', function (
    this: Removals<unknown>,
    ...[source, slot, entry, died, since]: Parameters<typeof push>
  ) {
    push.call(this, source, slot, entry, died + 1, since);
  } as never),
  'an entry of the past that is of another slot': stubbed(Removals.prototype, 'push', function (
    this: Removals<unknown>,
    ...[source, slot, entry, died, since]: Parameters<typeof push>
  ) {
    push.call(this, source, slot + 1, entry, died, since);
  } as never),
  'an entry of the past too few': (made) => {
    const span = indexOf(made, 'byN').history.spansAt(1)[0]!;
    span.tree.remove(0, new Entries(1));
  },
  'a death in a span that moved': (made) => {
    indexOf(made, 'byTag').history.spansAt(1)[0]!.died[0]! += 1;
  },
  'a key that the hash of a unique index has not': stubbed(HashTable.prototype, 'add', () => false),
  'a key that the hash of a unique index has still': stubbed(HashTable.prototype, 'remove', () => undefined),
  'a row version that was not kept': stubbed(VersionChain.prototype, 'push', () => undefined),
  'row versions that nobody counts': ({ state }) => state.retained--,
  'a mark that outlives its transaction': stubbed(TableState.prototype, 'settleSlot', () => undefined),
  'a row that came by itself': ({ state }) => state.rows.push({ id: 'r9', n: 9, tags: [] }),
};

let broken: Engine | undefined;

afterEach(() => {
  // Whoever looks at every store after a test is not to see this one.
  if (broken !== undefined) Object.defineProperty(broken, 'check', { value: () => undefined });
});

describe('check', () => {
  it('finds nothing wrong with what was written', () => {
    const made = lived();
    write(made);
    made.store.check();
    for (const index of made.state.indexes) index.history.spansAt(2);
    made.store.check();
  });

  it.each(Object.entries(faults))('finds %s', (_, fault) => {
    const made = lived();
    broken = made.engine;
    fault(made);
    expect(() => made.engine.check()).toThrow(expect.objectContaining({ code: 'Defect' }) as Error);
  });
});
