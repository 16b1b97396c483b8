import * as t from 'io-ts';

import { createStore, table } from 'memoir';

export const Task = t.readonly(
  t.strict({
    id: t.string,
    queue: t.string,
    status: t.keyof({ open: null, done: null }),
    priority: t.Int,
    assignee: t.union([t.string, t.null]),
    tags: t.readonlyArray(t.string),
    labels: t.readonly(t.record(t.string, t.number)),
  }),
);

export const Seat = t.intersection([t.strict({ row: t.string, place: t.number }), t.partial({ holder: t.string })]);

export const tables = {
  tasks: table(Task, {
    primaryKey: 'id',
    indexes: {
      byQueue: ['queue', 'priority'],
      byStatus: ['status'],
      byTag: { each: 'tags' },
      byLabel: { entries: 'labels' },
      byLabelName: { keys: 'labels' },
      byName: { on: ['queue', 'assignee'], unique: true },
      open: { on: ['priority'], where: (task) => task.status === 'open' },
      byLower: { by: (task) => [task.queue.toLowerCase(), task.priority] },
    },
  }),
  seats: table(Seat, { primaryKey: ['row', 'place'], indexes: { byHolder: { on: ['holder'], sparse: true } } }),
};

export const store = createStore({ tables });
