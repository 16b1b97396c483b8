import { equalPlain, MemoirError, type ReadableStore, type Tables } from '../index.js';
import type { Commands, Fsm } from './contract.js';

/** Where two replicas parted. */
export interface Divergence {
  /** The first entry after which their states differ. */
  readonly index: number;
  /** The offset of its batch. */
  readonly offset: number;
}

/** A replica as far as it is compared. */
type Replica = Pick<Fsm<Tables, Commands<Tables>>, 'indexOf' | 'appliedIndex'> & {
  readonly store: Pick<ReadableStore<Tables>, 'head' | 'floor' | 'stateHash'> & {
    batch(offset: number): { readonly meta: unknown };
  };
};

/**
 * Finds the entry at which two replicas of one log parted: by the state after each batch that both still have, and by
 * what these batches say came of their entries. It looks at one after the other, since states that differed can come to
 * be the same again: some microseconds a batch.
 *
 * @param a one replica, made with `stateHash`, as it is unless told
 * @param b another one of the same commands and log, and with projections of the same versions
 * @returns the first entry after which the two differ; undefined when they agree at every one that both have. Where
 *   they differ in the oldest state that both have, it is that one, and they may have parted before.
 * @throws `OffsetCompacted` where there is no state that both still have
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { table } from 'memoir';
 * import { bisect, commandOn, createFsm } from 'memoir/fsm';
 *
 * const tables = { rows: table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' }) };
 * const command = commandOn(tables);
 * let clock = 0;
 * const make = () =>
 *   createFsm({
 *     tables,
 *     // A fault: what is written depends on something outside.
 *     commands: { put: command(t.strict({ id: t.string }), (tx, { id }) => void tx.rows.put({ id, n: clock })) },
 *   });
 * const [a, b] = [make(), make()];
 * for (const index of [1, 2, 3]) {
 *   const entry = { index, term: 1, data: a.encode('put', { id: `r${index}` }, { at: 0 }) };
 *   a.apply(entry);
 *   if (index === 2) clock++;
 *   b.apply(entry);
 * }
 * console.log(bisect(a, b)); // { index: 2, offset: 2 }
 * ```
 */
export function bisect(a: Replica, b: Replica): Divergence | undefined {
  const oldest = Math.max(a.store.floor, b.store.floor) - 1;
  const newest = Math.min(a.store.head, b.store.head);
  if (newest < oldest) {
    const says = `one replica ends at offset ${newest}, and the other begins at ${oldest}`;
    throw new MemoirError('OffsetCompacted', `${says}: compare one that has more`, {
      requested: newest,
      floor: oldest + 1,
      head: newest,
    });
  }
  for (let offset = oldest; offset <= newest; offset++) {
    if (a.store.stateHash(offset) !== b.store.stateHash(offset) || (offset > oldest && toldApart(a, b, offset)))
      return { index: (knows(a, offset) ? a : b).indexOf(offset), offset };
  }
  return undefined;
}

/** True where a batch that both have is of another entry, or of another outcome. */
function toldApart(a: Replica, b: Replica, offset: number): boolean {
  return !equalPlain(a.store.batch(offset).meta, b.store.batch(offset).meta);
}

/** True where a replica has the batch of an offset, or nothing after it: then it says of which index that is. */
function knows({ store: { floor, head } }: Replica, offset: number): boolean {
  return offset >= floor || offset === head;
}
