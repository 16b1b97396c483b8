import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { json, MemoirError, table } from '../../src/index.js';
import { avro } from '../../src/avro.js';
import { commandOn, createFsm } from '../../src/fsm.js';

const Task = t.strict({ id: t.string, done: t.boolean, at: t.number });
const tables = { tasks: table(Task, { primaryKey: 'id' }) };
const command = commandOn(tables);

describe('commands that emit', () => {
  it('leave their events in the batch of the entry, and what is refused leaves none', () => {
    const events = { TaskAdded: t.strict({ id: t.string }) };
    const on = commandOn(tables, events);
    const fsm = createFsm({
      tables,
      events,
      commands: {
        add: on(t.strict({ id: t.string }), (tx, { id }) => {
          tx.emit('TaskAdded', { id }, { stream: 'tasks' });
          tx.tasks.insert({ id, done: false, at: 0 });
        }),
      },
    });
    const add = (index: number, id: string) =>
      fsm.apply({ index, term: 1, data: fsm.encode('add', { id }, { at: index }) }).status;
    expect([add(1, 'a'), add(2, 'a'), add(3, 'b')]).toEqual(['accepted', 'rejected', 'accepted']);
    expect([...fsm.store.stream('tasks').read()].map(({ data, position }) => [data.id, position])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(fsm.store.batch(2)).toMatchObject({ events: [], changes: [] });
  });
});

describe('commands of older versions', () => {
  const Old = t.strict({ task: t.string });
  const Middle = t.strict({ id: t.string });
  const Now = t.strict({ id: t.string, done: t.boolean });
  type Input = t.TypeOf<typeof Now>;
  const put = (tx: { readonly tasks: { put(row: t.TypeOf<typeof Task>): unknown } }, { id, done }: Input) =>
    void tx.tasks.put({ id, done, at: 0 });

  it.each([
    ['json', json],
    ['avro', avro],
  ] as const)('become today’s, so that old and new code agree, in %s', (_name, codec) => {
    const old = createFsm({
      tables,
      codec,
      commands: { put: command(Old, (tx, { task }) => put(tx, { id: task, done: false })) },
    });
    const now = createFsm({
      tables,
      codec,
      commands: {
        put: command(Now, (tx, input) => put(tx, input), {
          version: 3,
          upcasts: {
            1: { codec: Old, to: ({ task }: t.TypeOf<typeof Old>) => ({ id: task }) },
            2: { codec: Middle, to: ({ id }: t.TypeOf<typeof Middle>) => ({ id, done: false }) },
          },
        }),
      },
    });
    for (let index = 1; index <= 20; index++) {
      const data = old.encode('put', { task: `t${index % 7}` }, { at: index });
      expect(now.apply({ index, term: 1, data })).toEqual(old.apply({ index, term: 1, data }));
      expect(now.stateHash()).toBe(old.stateHash());
    }
    const data = now.encode('put', { id: 't1', done: true }, { at: 30 });
    expect(now.apply({ index: 21, term: 1, data })).toMatchObject({ status: 'accepted' });
    expect(() => old.apply({ index: 21, term: 1, data })).toThrow(MemoirError);
  });
});
