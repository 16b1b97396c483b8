import * as t from 'io-ts';

import type { ByteCodec } from 'memoir';
import { commandOn, createFsm, Rejection } from 'memoir/fsm';

import { STATUSES } from '../peers/rows.js';
import { idOf } from '../scale/rows.js';
import { Task, tasksTable } from '../scale/tasks.js';

const tables = { tasks: tasksTable() };
const command = commandOn(tables);

/** How a machine is made, other than it is unless told. */
export interface MachineOptions {
  readonly codec?: ByteCodec;
  readonly stateHash?: boolean;
}

/** The state machine that `go/main.go` is in Go, as it runs in production. */
export function machine(options: MachineOptions = {}) {
  return createFsm({
    tables,
    mode: 'production',
    ...options,
    commands: {
      create: command(Task, (tx, row) => tx.tasks.insert(row).id),
      move: command(t.strict({ id: t.string, status: t.string, priority: t.number }), (tx, { id, ...to }) => {
        if (tx.tasks.getOrThrow(id).status === 'aborted') throw new Rejection('Aborted', id);
        return tx.tasks.update(id, to).priority;
      }),
    },
  });
}
export type Machine = ReturnType<typeof machine>;

/** The i-th move, of the i-th row in an order without one. */
export function moveOf(i: number, rows: number): { id: string; status: string; priority: number } {
  return { id: idOf((i * 7919) % rows), status: STATUSES[i % STATUSES.length]!, priority: (i * 31) % 1000 };
}
