import { verifySnapshot, type ReadSnapshotOptions, type VerifiedSnapshot } from './projections/verified-snapshot.js';
import { platform } from './platform.js';

/**
 * Reads the bytes of a snapshot and verifies all of them: the checksum, every row, and the state hash. It works in
 * slices, so that everything else has its turn.
 *
 * @param bytes what `toBytes()` or `chunks()` of a snapshot gave
 * @param options the codec that it was written with, if not JSON; see {@link ReadSnapshotOptions}
 * @returns what `createStore({ snapshot })` and `restore` take
 * @throws (rejects) `Damaged` when the bytes are not what was written; `FormatUnknown` when they are no snapshot, or
 *   need another codec or a newer memoir; `OptionInvalid`
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { createStore, readSnapshot, table } from 'memoir';
 *
 * const tables = { tasks: table(t.strict({ id: t.string, done: t.boolean }), { primaryKey: 'id' }) };
 * const store = createStore({ tables });
 * store.transact((tx) => tx.tasks.insert({ id: 't1', done: false }));
 * const bytes = await store.snapshot().toBytes();
 *
 * const again = createStore({ tables, snapshot: await readSnapshot(bytes) });
 * console.log(again.head, again.now().tasks.get('t1')?.done); // 1 false
 * ```
 */
export async function readSnapshot(bytes: Uint8Array, options: ReadSnapshotOptions = {}): Promise<VerifiedSnapshot> {
  return verifySnapshot(bytes, options, platform);
}
