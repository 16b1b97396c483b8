import { MemoirError } from 'memoir';
import { beforeEach, describe, expect, it } from 'vitest';

import {
  assign,
  assignedTo,
  BadDefinition,
  board,
  createTaskStore,
  define,
  type Definition,
  IllegalMove,
  inState,
  move,
  movesOf,
  start,
  type Step,
  steps,
  storyOf,
  type TaskStore,
  walkThrough,
} from '../../examples/task-server.js';

const parcel: Definition = {
  name: 'parcel',
  initial: 'packed',
  moves: { packed: ['sent', 'cancelled'], sent: ['delivered'], delivered: [], cancelled: [] },
};

let now: number;
let store: TaskStore;

/** Two parcels, both packed: batches 1 and 2. */
beforeEach(() => {
  now = 0;
  store = createTaskStore(() => now);
  store.transact((tx) => define(tx, parcel));
  store.transact((tx) => ['a book', 'a lamp'].map((title) => start(tx, 'parcel', title)));
});

const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

describe('a definition', () => {
  it('is refused when it leads to a state that it does not list', () => {
    const leading = { ...parcel, name: 'letter', moves: { packed: ['lost'] } };
    expect(thrownBy(() => store.transact((tx) => define(tx, leading)))).toBeInstanceOf(BadDefinition);
    const beginning = { ...parcel, name: 'letter', initial: 'written' };
    expect(thrownBy(() => store.transact((tx) => define(tx, beginning)))).toBeInstanceOf(BadDefinition);
    expect(store.now().definitions.has('letter')).toBe(false);
  });

  it('is replaced, unless an instance would be left in a state that is gone', () => {
    const { packed: _packed, ...moves } = parcel.moves;
    const without = { ...parcel, initial: 'sent', moves };
    expect(thrownBy(() => store.transact((tx) => define(tx, without)))).toMatchObject({
      message: 'parcel has no packed any more, and parcel-1 is packed',
    });
    store.transact((tx) => ['parcel-1', 'parcel-2'].forEach((id) => move(tx, id, 'sent')));
    store.transact((tx) => define(tx, without));
    expect(store.now().definitions.getOrThrow('parcel').initial).toBe('sent');
  });
});

describe('an instance', () => {
  it('starts in the initial state, with the next number of its definition', () => {
    now = 5000;
    expect(store.transact((tx) => start(tx, 'parcel', 'a map')).result).toEqual({
      id: 'parcel-3',
      definition: 'parcel',
      title: 'a map',
      assignee: null,
      state: 'packed',
      since: new Date(5000),
    });
  });

  it('takes no number when its start fails', () => {
    expect(thrownBy(() => store.transact((tx) => start(tx, 'letter', 'a map')))).toMatchObject({ code: 'RowNotFound' });
    thrownBy(() =>
      store.transact((tx) => {
        start(tx, 'parcel', 'a map');
        throw new Error('changed my mind');
      }),
    );
    expect(store.transact((tx) => start(tx, 'parcel', 'a map').id).result).toBe('parcel-3');
  });

  it('moves where its definition leads', () => {
    now = 5000;
    const { result } = store.transact((tx) => move(tx, 'parcel-1', 'sent'));
    expect(result).toMatchObject({ state: 'sent', since: new Date(5000) });
    expect(store.now().instances.get('parcel-1')).toEqual(result);
  });

  it('is refused any other move, with the list of those that are legal', () => {
    const error = thrownBy(() => store.transact((tx) => move(tx, 'parcel-1', 'delivered')));
    expect(error).toBeInstanceOf(IllegalMove);
    expect(error).toMatchObject({
      id: 'parcel-1',
      from: 'packed',
      to: 'delivered',
      legal: ['sent', 'cancelled'],
      message: 'parcel-1 is packed and cannot become delivered: sent or cancelled',
    });
    expect(store.head).toBe(2);
  });

  it('moves no more once it has come to an end', () => {
    store.transact((tx) => move(tx, 'parcel-1', 'cancelled'));
    const error = thrownBy(() => store.transact((tx) => move(tx, 'parcel-1', 'packed')));
    expect(error).toMatchObject({
      legal: [],
      message: 'parcel-1 is cancelled and cannot become packed: this is an end',
    });
  });

  it('that is not there is an error that names it', () => {
    expect(thrownBy(() => store.transact((tx) => move(tx, 'parcel-9', 'sent')))).toMatchObject({
      code: 'RowNotFound',
      table: 'instances',
      key: ['parcel-9'],
    });
  });

  it('does not move when another move of the same transaction is illegal', () => {
    const both = () =>
      store.transact((tx) => {
        move(tx, 'parcel-1', 'sent');
        move(tx, 'parcel-2', 'delivered');
      });
    expect(both).toThrow(IllegalMove);
    expect(store.now().instances.getOrThrow('parcel-1').state).toBe('packed');
  });

  it('moves once, however often the same request comes', () => {
    const request = () => store.transact((tx) => move(tx, 'parcel-1', 'sent'), { id: 'request-1' });
    expect(request()).toMatchObject({ offset: 3 });
    expect(request()).toMatchObject({ offset: 3, repeated: true });
    expect(store.head).toBe(3);
  });
});

describe('the queries', () => {
  it('list the instances in a state, the one that has been there longest first', () => {
    now = 1000;
    store.transact((tx) => move(tx, 'parcel-2', 'sent'));
    now = 2000;
    store.transact((tx) => move(tx, 'parcel-1', 'sent'));
    const ids = inState('parcel', 'sent')(store.now()).map(({ id }) => id);
    expect(ids).toEqual(['parcel-2', 'parcel-1']);
    expect(inState('parcel', 'packed')(store.now())).toEqual([]);
  });

  it('list what somebody has to do, and nothing for nobody', () => {
    store.transact((tx) => assign(tx, 'parcel-2', 'bob'));
    const ids = (who: string) => assignedTo(who)(store.now()).map(({ id }) => id);
    expect(ids('bob')).toEqual(['parcel-2']);
    store.transact((tx) => assign(tx, 'parcel-2', null));
    expect(ids('bob')).toEqual([]);
  });

  it('answer alike now, in the past, live and inside a transaction', () => {
    const seen: unknown[] = [];
    store.live(board('parcel')).subscribe((counts) => seen.push(counts));
    const inside = store.transact((tx) => {
      move(tx, 'parcel-1', 'sent');
      return board('parcel')(tx);
    }).result;
    const before = { packed: 2, sent: 0, delivered: 0, cancelled: 0 };
    const after = { ...before, packed: 1, sent: 1 };
    expect([board('parcel')(store.asOf(2)), board('parcel')(store.now()), inside]).toEqual([before, after, after]);
    expect(seen).toEqual([before, after]);
  });

  it('tell which moves are legal', () => {
    expect(store.read(movesOf('parcel-1'))).toEqual(['sent', 'cancelled']);
    expect(() => store.read(movesOf('parcel-9'))).toThrow(MemoirError);
  });
});

describe('the log', () => {
  it('knows the story of an instance: each state, since when, and who put it there', () => {
    now = 1000;
    store.transact((tx) => assign(tx, 'parcel-1', 'bob'), { meta: { actor: 'ada' } });
    store.transact((tx) => move(tx, 'parcel-1', 'sent'), { meta: { actor: 'bob' } });
    expect(storyOf(store, 'parcel-1')).toEqual([
      { offset: 2, id: 'parcel-1', from: undefined, to: 'packed', by: undefined, at: new Date(0) },
      { offset: 4, id: 'parcel-1', from: 'packed', to: 'sent', by: 'bob', at: new Date(1000) },
    ]);
  });

  it('streams the steps of all instances, past and coming, and resumes after any', () => {
    const read = (into: Step[], from?: number) => steps(store, from).subscribe((step) => into.push(step));
    const all: Step[] = [];
    const late: Step[] = [];
    read(all);
    store.transact((tx) => move(tx, 'parcel-1', 'sent'));
    read(late, 3);
    store.transact((tx) => move(tx, 'parcel-1', 'delivered'));
    const told = (list: readonly Step[]) => list.map(({ id, to }) => `${id} ${to}`);
    expect(told(all)).toEqual(['parcel-1 packed', 'parcel-2 packed', 'parcel-1 sent', 'parcel-1 delivered']);
    expect(told(late)).toEqual(['parcel-1 sent', 'parcel-1 delivered']);
  });
});

it('the walk-through ends as it tells', () => {
  const lines: string[] = [];
  const { head } = walkThrough((line) => lines.push(line));
  expect(head).toBe(4);
  expect(lines.filter((line) => !/^(board|step)/.test(line))).toEqual([
    'refused: parcel-1 is sent and cannot become packed: delivered or lost',
    'refused: parcel has no sent any more, and parcel-1 is sent',
    'request-17 again: batch 3, repeated: true',
    'refused: parcel-2 is packed and cannot become delivered: sent or cancelled',
    'parcel-1 may become: nothing more',
    'story: 09:00 new → packed by ada',
    'story: 09:05 packed → sent by bob',
    'story: 09:10 sent → delivered by bob',
  ]);
});
