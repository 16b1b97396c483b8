import { refused } from './damage.js';
import { nodeDisk } from './node-disk.js';
import { writeWhole } from './whole-file.js';

/**
 * Writes a snapshot to a file of its own, which is there whole or not at all: under another name first, synced, then
 * renamed. What had the name is replaced. `readSnapshot` takes the bytes of the file.
 *
 * @param path of the file, in a folder that is there
 * @param snapshot what `store.snapshot()` gave; it is encoded in slices, while the store goes on
 * @throws (rejects) `LogRefused` when the disk does not take it; what was there is there still
 *
 * @example
 * ```ts
 * import { mkdtempSync, readFileSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import * as t from 'io-ts';
 * import { createStore, readSnapshot, table } from 'memoir';
 * import { writeSnapshot } from 'memoir/log/file';
 *
 * const store = createStore({ tables: { tasks: table(t.strict({ id: t.string }), { primaryKey: 'id' }) } });
 * store.transact((tx) => tx.tasks.insert({ id: 't1' }));
 * const path = join(mkdtempSync(join(tmpdir(), 'state-')), 'state.avro');
 * await writeSnapshot(path, store.snapshot());
 * console.log((await readSnapshot(readFileSync(path))).rows); // 1
 * ```
 */
export async function writeSnapshot(
  path: string,
  snapshot: { chunks(): AsyncIterable<Uint8Array>; close(): void },
): Promise<void> {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  const dir = cut < 0 ? '.' : cut === 0 ? '/' : path.slice(0, cut);
  try {
    await writeWhole(nodeDisk, dir, path.slice(cut + 1), snapshot.chunks());
  } catch (cause) {
    throw refused(`${path} could not be written`, cause);
  } finally {
    // A disk that fails before anything was read leaves it open.
    snapshot.close();
  }
}
