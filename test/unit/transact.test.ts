import * as t from 'io-ts';
import { afterEach, describe, expect, it } from 'vitest';

import { createStore, MemoirError, table, type StoreOptions, type Transaction } from '../../src/index.js';

/** What a call is refused with; any other error goes on. */
function refusal(act: () => unknown): MemoirError {
  try {
    act();
  } catch (error) {
    if (error instanceof MemoirError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const items = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id', indexes: { byN: ['n'] } });
const tables = { items };
type Tx = Transaction<typeof tables>;

/** What subscribers threw: an expectation that fails in one of them would go unnoticed. */
const thrown: unknown[] = [];
afterEach(() => expect(thrown.splice(0)).toEqual([]));

function open(options: Partial<StoreOptions<typeof tables>> = {}) {
  const onError = (error: unknown) => thrown.push(error);
  const store = createStore({ tables, clock: () => 1000, lineage: 'here', onError, ...options });
  const put = (id: string, n = 0, how: { readonly id?: never } = {}) =>
    store.transact((tx) => tx.items.put({ id, n }), how);
  return { store, put };
}
const never = (): never => {
  throw new Error('the body ran');
};

describe('expect', () => {
  it('lets a transaction through when the head is where it was', () => {
    const { store, put } = open();
    expect(store.transact((tx) => tx.items.put({ id: 'a', n: 1 }), { expect: 0 }).offset).toBe(1);
    expect(
      store.transact((tx) => tx.items.put({ id: 'a', n: 2 }), { expect: { lineage: 'here', offset: 1 } }).offset,
    ).toBe(2);
    expect(put('a', 3).offset).toBe(3);
  });

  it.each<[number | { lineage: string; offset: number }, object]>([
    [0, { code: 'Conflict', requested: 0, head: 1 }],
    [2, { code: 'Conflict', requested: 2, head: 1 }],
    [
      { lineage: 'here', offset: 0 },
      { code: 'Conflict', requested: 0, head: 1 },
    ],
    [
      { lineage: 'there', offset: 1 },
      { code: 'LineageChanged', lineage: 'here', requested: 'there' },
    ],
    [-1, { code: 'OffsetInvalid' }],
    [0.5, { code: 'OffsetInvalid' }],
    [null as never, { code: 'OffsetInvalid' }],
    ['1' as never, { code: 'OffsetInvalid' }],
  ])('refuses %j and does not run the body', (expected, error) => {
    const { store, put } = open();
    put('a');
    expect(refusal(() => store.transact(never, { expect: expected }))).toMatchObject(error);
    expect(store.head).toBe(1);
  });
});

describe('an id', () => {
  const named = (store: ReturnType<typeof open>['store'], id: string, n: number) =>
    store.transact((tx) => tx.items.put({ id: 'a', n }), { id });

  it('is done once: a repeat gives the first batch, no result, and runs nothing', () => {
    const { store, put } = open();
    const { result, ...first } = named(store, 'x', 1);
    put('b');
    const again = store.transact(never, { id: 'x', expect: 0 });
    expect(result).toEqual({ id: 'a', n: 1 });
    expect(again).toEqual({ ...first, repeated: true });
    expect('result' in again).toBe(false);
    expect([store.head, first.offset]).toEqual([2, 1]);
    expect(again).toMatchObject({ id: 'x' });
  });

  it('is not remembered by a transaction that failed or changed nothing', () => {
    const { store } = open();
    expect(() => store.transact(never, { id: 'x' })).toThrow('the body ran');
    expect(store.transact(() => 5, { id: 'x' })).toEqual({
      appended: false,
      offset: 0,
      changes: [],
      events: [],
      result: 5,
    });
    expect(named(store, 'x', 1)).toMatchObject({ offset: 1, result: { n: 1 } });
  });

  it('is not taken by a dry run', () => {
    const { store } = open();
    store.with((tx) => tx.items.put({ id: 'a', n: 1 }));
    expect(named(store, 'x', 2).repeated).toBeUndefined();
  });

  it('is remembered for so many batches, and forgotten after', () => {
    const { store, put } = open({ idWindow: 3 });
    named(store, 'x', 1);
    for (let n = 0; n < 2; n++) put('b', n);
    expect(named(store, 'x', 2)).toMatchObject({ offset: 1, repeated: true });
    put('b', 7);
    expect(named(store, 'x', 2)).toMatchObject({ offset: 5, result: { n: 2 } });
    expect(named(store, 'x', 3)).toMatchObject({ offset: 5, repeated: true });
  });

  it('is remembered whatever retention drops', () => {
    const { store, put } = open({ keep: { batches: 0 } });
    named(store, 'x', 1);
    put('b');
    expect(refusal(() => store.batch(1)).code).toBe('OffsetCompacted');
    expect(named(store, 'x', 2)).toMatchObject({ offset: 1, repeated: true, changes: [{ after: { n: 1 } }] });
  });

  it('is never remembered where the window is 0', () => {
    const { store } = open({ idWindow: 0 });
    named(store, 'x', 1);
    expect(named(store, 'x', 2)).toMatchObject({ offset: 2, result: { n: 2 } });
  });

  it.each(['', 5, null, {}, '\ud800'])('that is %j is refused', (id) => {
    expect(refusal(() => open().store.transact(never, { id: id as string })).code).toBe('OptionInvalid');
  });
});

describe('meta', () => {
  it('is kept with the batch as a copy, to its leaves', () => {
    const { store } = open();
    const meta = { actor: 'ada', deep: { list: [1, { when: new Date(5) }] }, none: undefined, ['__proto__']: { x: 1 } };
    store.transact((tx) => tx.items.put({ id: 'a', n: 1 }), { meta });
    meta.deep.list.push(2);
    const kept = store.batch(1).meta;
    expect(kept['deep']).toEqual({ list: [1, { when: new Date(5) }] });
    expect(Object.keys(kept).toSorted()).toEqual(['__proto__', 'actor', 'deep']);
    expect('x' in kept).toBe(false);
    expect(() => Object.assign(kept, { actor: 'eve' })).toThrow(TypeError);
  });

  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  it.each<[string, unknown]>([
    ['null', null],
    ['a string', 'ada'],
    ['a list', ['ada']],
    ['an instance', new Map()],
    ['a Date', new Date(0)],
    ['with a function', { act: never }],
    ['with a symbol', { act: Symbol('x') }],
    ['with an invalid Date', { at: new Date(NaN) }],
    ['with an instance', { deep: { at: new Set() } }],
    ['with a lone surrogate', { text: '\udc00' }],
    ['cyclic', cyclic],
  ])('that is %s is refused, and the body not run', (_what, meta) => {
    const { store } = open();
    expect(refusal(() => store.transact(never, { meta: meta as never })).code).toBe('MetaInvalid');
    expect(store.head).toBe(0);
  });
});

describe('an empty transaction', () => {
  it('appends nothing and tells nobody', () => {
    const { store, put } = open();
    put('a', 1);
    const told: number[] = [];
    store.changes().subscribe((batch) => told.push(batch.offset));
    const outcome = store.transact((tx) => [tx.items.put({ id: 'a', n: 1 }), tx.items.delete('z'), tx.random()][1]);
    expect(outcome).toEqual({ appended: false, offset: 1, changes: [], events: [], result: false });
    expect([store.head, told]).toEqual([1, []]);
  });
});

describe('a body that is asynchronous', () => {
  it('is refused and undone, and what it does later fails unheard', async () => {
    const { store } = open();
    let late: unknown;
    const body = async (tx: Tx) => {
      tx.items.put({ id: 'a', n: 1 });
      await Promise.resolve();
      late = refusal(() => tx.items.put({ id: 'b', n: 1 })).code;
      throw new Error('nobody waits for this');
    };
    expect(refusal(() => store.transact(body as never))).toMatchObject({ code: 'AsyncBody' });
    expect(refusal(() => store.with(body as never)).code).toBe('AsyncBody');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([late, store.head, store.now().items.size]).toEqual(['TransactionEnded', 0, 0]);
  });

  it('is one that returns anything with a method called then', () => {
    const { store } = open();
    const name = ['th', 'en'].join('');
    const named = (then: unknown) => Object.fromEntries([[name, then]]);
    expect(refusal(() => store.transact(() => named(() => undefined))).code).toBe('AsyncBody');
    expect(store.transact(() => named(5)).result).toEqual(named(5));
  });
});

describe('nesting', () => {
  it.each<[string, (store: ReturnType<typeof open>['store'], tx: Tx) => unknown]>([
    ['transact in a body', (store) => store.transact(() => 1)],
    ['with in a body', (store) => store.with(() => 1)],
    [
      'transact in an update’s function',
      (store, tx) => tx.items.update('a', (row) => [row, store.transact(() => 1)][0] as typeof row),
    ],
  ])('is refused: %s; the body may catch it and go on', (_what, act) => {
    const { store, put } = open();
    put('a', 1);
    expect(refusal(() => store.transact((tx) => void act(store, tx)))).toMatchObject({ code: 'NestedTransaction' });
    store.transact((tx) => {
      expect(refusal(() => act(store, tx)).code).toBe('NestedTransaction');
      tx.items.put({ id: 'b', n: 2 });
    });
    expect([store.head, store.now().items.size]).toEqual([2, 2]);
    store.check();
  });

  it('is refused in a body of `with`, and in the callbacks of an index', () => {
    let nested: () => unknown = () => undefined;
    const pure = table(t.strict({ id: t.string }), {
      primaryKey: 'id',
      indexes: {
        by: { by: ({ id }) => [nested() === undefined ? id : ''] },
        where: { on: ['id'], where: () => nested() === undefined },
      },
    });
    const store = createStore({ tables: { pure } });
    expect(refusal(() => store.with(() => void store.transact(() => 1))).code).toBe('NestedTransaction');
    nested = () => store.transact((tx) => void tx.pure.put({ id: 'x' }));
    expect(refusal(() => store.transact((tx) => tx.pure.put({ id: 'a' }))).code).toBe('NestedTransaction');
    nested = () => undefined;
    expect(store.transact((tx) => tx.pure.put({ id: 'a' })).offset).toBe(1);
    store.check();
  });

  it('is fine between two stores', () => {
    const [one, two] = [open(), open()];
    one.store.transact((tx) => [tx.items.put({ id: 'a', n: two.put('b').offset })]);
    expect([one.store.now().items.get('a')?.n, two.store.head]).toEqual([1, 1]);
  });

  it('from a subscriber commits at once, and is told of after what is under way', () => {
    const { store, put } = open();
    const [first, second]: [number[], number[]] = [[], []];
    store.changes().subscribe(({ offset }) => {
      first.push(offset);
      if (offset === 1) {
        expect([put('b').offset, put('c').offset, store.now().offset]).toEqual([2, 3, 3]);
        expect(store.now().items.size).toBe(3);
        expect([first, second]).toEqual([[1], []]);
      }
    });
    store.changes().subscribe(({ offset }) => void second.push(offset));
    expect(put('a').offset).toBe(1);
    expect([first, second]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('from a live query and its subscriber commits at once', () => {
    const { store, put } = open();
    const sizes: number[] = [];
    const told: number[] = [];
    store.changes().subscribe(({ offset }) => void told.push(offset));
    store
      .live((db) => db.items.size)
      .subscribe((size) => {
        sizes.push(size);
        if (size < 3) put(`k${size}`);
      });
    expect([sizes, told]).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3],
    ]);
    let writes = 0;
    const answers: number[] = [];
    store
      .live((db) => (writes++ === 0 && put('q', 1), db.items.count('byN', { prefix: [1] })))
      .subscribe((n) => answers.push(n));
    expect(answers.at(-1)).toBe(1);
  });

  it('a subscriber that fails to write hears of it, not the writer', () => {
    const failures: unknown[] = [];
    const { store, put } = open({ onError: (error) => failures.push(error) });
    store.changes().subscribe(() => store.transact(never));
    expect(put('a').offset).toBe(1);
    expect(failures).toEqual([new Error('the body ran')]);
  });
});

describe('a dry run', () => {
  it('tells what would come of a body, and leaves nothing behind', () => {
    const { store, put } = open();
    put('a', 1);
    const told: unknown[] = [];
    store.changes().subscribe((batch) => told.push(batch));
    const dry = store.with((tx) => {
      tx.items.update('a', { n: 2 });
      tx.items.insert({ id: 'b', n: tx.nextId('n') });
      return tx.items.size;
    });
    expect(dry).toMatchObject({
      result: 2,
      violations: [],
      changes: [
        { kind: 'update', key: 'a' },
        { kind: 'insert', key: 'b' },
      ],
    });
    expect([store.head, store.now().items.get('a'), store.now().items.size, told]).toEqual([
      1,
      { id: 'a', n: 1 },
      1,
      [],
    ]);
    expect(store.transact((tx) => tx.nextId('n')).result).toBe(1);
    store.check();
  });

  it('lists every refused statement in order, caught or not', () => {
    const { store, put } = open();
    put('a', 1);
    const dry = store.with((tx) => {
      tx.items.insert({ id: 'b', n: 1 });
      expect(refusal(() => tx.items.insert({ id: 'a', n: 5 })).code).toBe('UniqueViolation');
      tx.items.update('z', { n: 1 });
      return 'not reached';
    });
    expect(dry.violations.map(({ code }) => code)).toEqual(['UniqueViolation', 'RowNotFound']);
    expect([dry.result, dry.changes.length]).toEqual([undefined, 1]);
  });

  it('throws on what is no violation, and works where nothing can be written', () => {
    const { store, put } = open({ pinnedBytesMax: 0, keep: { batches: 0 } });
    expect(() => store.with(never)).toThrow('the body ran');
    store.now();
    put('a');
    expect(refusal(() => put('b')).code).toBe('HistoryFull');
    store.close();
    expect(store.with((tx) => tx.items.insert({ id: 'b', n: 1 })).changes).toHaveLength(1);
  });
});
