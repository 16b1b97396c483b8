import * as t from 'io-ts';

import { table, type Projection, type Tables } from '../../src/index.js';
import { commandOn, createFsm, Rejection, type FsmOptions } from '../../src/fsm.js';

const Row = t.strict({ id: t.string, n: t.number });
export const tables = { rows: table(Row, { primaryKey: 'id' }) };
export const command = commandOn(tables);

const commands = {
  put: command(Row, (tx, row) => void tx.rows.put(row)),
  refuse: command(Row, () => {
    throw new Rejection('No', 'no');
  }),
  /** Draws from all that a command may draw from. */
  draw: command(t.strict({ id: t.string }), (tx, { id }, { at }) => {
    const n = tx.nextId('draws') + tx.random() + at;
    tx.rows.put({ id, n });
    return n;
  }),
};

type Options = Partial<
  Omit<FsmOptions<Tables, never>, 'tables' | 'commands' | 'projections'> & {
    readonly projections: readonly Projection[];
  }
>;

/** A machine of rows with a number each; projections change nothing of its types. */
export function machine(options: Options = {}) {
  return createFsm({ tables, ...(options as object), commands });
}

export type RowMachine = ReturnType<typeof machine>;

/** Applies one command, proposed when its index says. */
export function put(fsm: RowMachine, index: number, id: string, n = index) {
  return fsm.apply({ index, term: 1, data: fsm.encode('put', { id, n }, { at: index }) });
}

/** All of a machine's snapshot. */
export async function bytesOf(fsm: RowMachine): Promise<Uint8Array> {
  const snapshot = fsm.snapshot();
  const pieces: number[] = [];
  for await (const piece of snapshot.persist()) pieces.push(...piece);
  snapshot.release();
  return Uint8Array.from(pieces);
}
