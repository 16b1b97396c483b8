import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { createStore, table } from '../../src/index.js';
import { machine, put } from '../support/row-machine.js';

const rows = table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id', indexes: { byN: ['n'] } });
const open = () => createStore({ tables: { rows }, keep: { batches: 3 } });
const insert = (store: ReturnType<typeof open>, n: number) => store.transact((tx) => tx.rows.put({ id: `r${n}`, n }));

describe('transactions that are told of together', () => {
  it('are a batch each, read at once, and told of in order when the work has ended', () => {
    const store = open();
    const heard: string[] = [];
    store.changes().subscribe(({ offset }) => heard.push(`batch ${offset} at ${store.head}`));
    store.live((db) => db.rows.size).subscribe((size) => heard.push(`size ${size}`));
    heard.length = 0;
    const returned = store.together(() => {
      for (let n = 1; n <= 3; n++) insert(store, n);
      expect([store.head, store.now().rows.size, heard]).toEqual([3, 3, []]);
      return 'what the work returned';
    });
    expect(returned).toBe('what the work returned');
    expect(heard.filter((line) => line.startsWith('batch'))).toEqual(['batch 1 at 3', 'batch 2 at 3', 'batch 3 at 3']);
    expect(heard.filter((line) => line.startsWith('size'))).toEqual(['size 3']);
    store.check();
  });

  it('are told of where the work throws, too, and retention is held to at its end', () => {
    const store = open();
    const heard: number[] = [];
    store.changes().subscribe(({ offset }) => heard.push(offset));
    const work = () =>
      store.together(() => {
        for (let n = 1; n <= 10; n++) insert(store, n);
        expect(store.floor).toBe(1);
        throw new Error('enough');
      });
    expect(work).toThrow('enough');
    expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(store.floor).toBe(8);
    insert(store, 11);
    expect(heard.at(-1)).toBe(11);
  });

  it('may be made within work, or by a subscriber, of which all is told after what is under way', () => {
    const store = open();
    const heard: number[] = [];
    store.changes().subscribe(({ offset }) => {
      heard.push(offset);
      if (offset === 1) store.together(() => [insert(store, 20), insert(store, 21)]);
    });
    store.together(() => store.together(() => [insert(store, 1), insert(store, 2)]));
    expect(heard).toEqual([1, 2, 3, 4]);
    expect(() => store.transact(() => store.together(() => insert(store, 5)) as never)).toThrow(
      expect.objectContaining({ code: 'NestedTransaction' }) as Error,
    );
    store.close();
    expect(() => store.together(() => 1)).toThrow(expect.objectContaining({ code: 'StoreClosed' }) as Error);
  });
});

describe('entries that are applied together', () => {
  it('have a live query run once, and are told of each by its own batch, halting or not', () => {
    const fsm = machine();
    let ran = 0;
    const heard: unknown[] = [];
    fsm.store.live((db) => (ran++, db.rows.size)).subscribe();
    fsm.store.changes().subscribe(({ meta }) => heard.push((meta as { index: number }).index));
    ran = 0;
    const entry = (index: number) => ({
      ...{ index, term: 1 },
      data: fsm.encode('put', { id: `r${index}`, n: index }, { at: index }),
    });
    expect(fsm.applyBatch([1, 2, 3, 5, 8].map(entry)).map(({ status }) => status)).toEqual(Array(5).fill('accepted'));
    expect([ran, heard]).toEqual([1, [1, 2, 3, 5, 8]]);
    const many = machine({ keep: { batches: 10 } });
    const floors: number[] = [];
    many.store.changes().subscribe(({ offset }) => void (offset % 1024 === 1 && floors.push(many.store.floor)));
    expect(many.applyBatch(Array.from({ length: 3000 }, (_, i) => entry(i + 1)))).toHaveLength(3000);
    expect(floors).toEqual([1, 1015, 2039]);
    expect(() => fsm.applyBatch([entry(9), { index: 10, term: 1, data: new Uint8Array() }, entry(11)])).toThrow();
    expect([fsm.appliedIndex, ran, heard.at(-1)]).toEqual([9, 2, 9]);
    expect(() => put(fsm, 12, 'a')).toThrow();
  });
});
