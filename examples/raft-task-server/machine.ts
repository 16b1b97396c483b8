/** The task server's commands, as entries of a replicated log. What they do stands in ../task-server.ts. */
import * as t from 'io-ts';
import { commandOn, createFsm, Rejection } from 'memoir/fsm';

import { assign, BadDefinition, define, IllegalMove, move, start, tables } from '../task-server.js';

const command = commandOn(tables);
const moves = t.readonly(t.record(t.string, t.readonlyArray(t.string)));

/** What the rules of the task server refuse is an answer with a code. */
function ruled<A>(act: () => A): A {
  try {
    return act();
  } catch (error) {
    if (error instanceof IllegalMove) throw new Rejection('IllegalMove', error.message, { legal: error.legal });
    if (error instanceof BadDefinition) throw new Rejection('BadDefinition', error.message);
    throw error;
  }
}

/** Makes the state machine of a node, empty. */
export function createTaskMachine() {
  return createFsm({
    tables,
    // The same on every node: where a reader of one has come to, it can go on with on another.
    lineage: 'raft-task-server',
    mode: 'production',
    commands: {
      define: command(t.strict({ name: t.string, initial: t.string, moves }), (tx, definition) =>
        ruled(() => define(tx, definition)),
      ),
      start: command(t.strict({ definition: t.string, title: t.string }), (tx, { definition, title }) =>
        ruled(() => start(tx, definition, title).id),
      ),
      move: command(t.strict({ id: t.string, to: t.string }), (tx, { id, to }) => ruled(() => move(tx, id, to).state)),
      assign: command(t.strict({ id: t.string, to: t.union([t.string, t.null]) }), (tx, { id, to }) =>
        ruled(() => assign(tx, id, to).assignee),
      ),
    },
  });
}
export type TaskMachine = ReturnType<typeof createTaskMachine>;
