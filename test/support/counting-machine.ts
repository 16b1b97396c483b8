import * as t from 'io-ts';

import { table } from '../../src/index.js';
import { commandOn, createFsm, Rejection } from '../../src/fsm.js';

const tables = {
  things: table(t.strict({ id: t.string, n: t.Int, at: t.number }), { primaryKey: 'id', indexes: { byN: ['n'] } }),
};
const command = commandOn(tables);

/** What a fault may do where the machine is to do nothing of its own: it gives a number that is written. */
export type Fault = () => number;

/** A machine with sequences, chance, times and refusals; with a fault, or other options, when they are given. */
export function create(fault: Fault = () => 0, options: { contiguous?: boolean; stateHash?: boolean } = {}) {
  return createFsm({
    tables,
    mode: 'production',
    onInvalid: 'skip',
    ...options,
    commands: {
      add: command(t.strict({ id: t.string, tags: t.array(t.string) }), (tx, { id, tags }, { at }) => {
        tx.things.insert({ id, n: tx.nextId('things') + tags.length, at: at + fault() });
        return { id, chance: tx.random() };
      }),
      drop: command(t.strict({ id: t.string }), (tx, { id }) => {
        if (!tx.things.delete(id)) throw new Rejection('NotThere', `there is no ${id}`, { size: tx.things.size });
      }),
    },
  });
}

/** A machine that differs from process to process. */
export function createOfHere() {
  return create(() => process.pid);
}
