import { ByteWriter } from '../codecs/byte-writer.js';
import { containerHead, writeBlock } from '../codecs/container.js';
import { crc32c } from '../codecs/crc32c.js';
import { blame } from '../codecs/fault.js';
import { ofTable, StateHash } from '../codecs/state-hash.js';
import type { AnyBatch } from '../log/batch.js';
import { writeSequences } from '../log/batch-coder.js';
import type { SnapshotLayout } from '../log/snapshot-layout.js';
import type { PinnedView } from './view.js';

/** The state that a snapshot holds, captured at once. */
export interface Captured {
  readonly view: PinnedView;
  /** When the newest batch was made; −Infinity before all. */
  readonly at: number;
  readonly sequences: ReadonlyMap<string, number>;
  /** The last position of each event stream. */
  readonly streams: ReadonlyMap<string, number>;
  /** The batches whose ids are remembered, in the order of their offsets. */
  readonly remembered: Iterable<AnyBatch>;
}

/** Blocks grow to about this many bytes. It counts bytes and no time, so that equal states are equal bytes. */
const BLOCK_BYTES = 1 << 16;

/**
 * The bytes of a snapshot: its header, and block after block as they are full. Gives undefined in between, row by row,
 * where the caller may look at the time.
 */
export function* encodeSnapshot(layout: SnapshotLayout, state: Captured): Generator<Uint8Array | undefined> {
  const { lineage, offset } = state.view;
  const head = containerHead(layout.avro, layout.notes({ lineage, offset }));
  let crc = crc32c(head.bytes);
  yield head.bytes;
  const hash = new StateHash();
  const to = new ByteWriter(2 * BLOCK_BYTES);
  let [entries, rows] = [0, 0];
  const block = (): Uint8Array => {
    const made = new ByteWriter(to.at + 64);
    writeBlock(made, entries, to.bytes.subarray(0, to.at), head.sync);
    [to.at, entries] = [0, 0];
    return made.since(0);
  };
  for (const isRow of writeEntries(layout, state, to, hash)) {
    entries++;
    if (isRow) rows++;
    const made = to.at < BLOCK_BYTES ? undefined : block();
    if (made !== undefined) crc = crc32c(made, 0, made.length, crc);
    yield made;
  }
  if (entries > 0) {
    const made = block();
    crc = crc32c(made, 0, made.length, crc);
    yield made;
  }
  to.long(layout.endBranch);
  to.long(rows);
  to.fixed(hash.digest());
  to.uint32(crc);
  entries = 1;
  yield block();
}

/** Writes entry after entry and says of each whether it is a row. */
function* writeEntries(
  layout: SnapshotLayout,
  { view, at, sequences, streams, remembered }: Captured,
  to: ByteWriter,
  hash: StateHash,
): Generator<boolean> {
  to.long(layout.stateBranch);
  to.long(view.offset);
  to.long(at === -Infinity ? 0 : 1);
  if (at !== -Infinity) to.long(at);
  writeSequences(sequences, to);
  for (const sequence of sequences) hash.add('sequence', sequence);
  if (layout.schema.events !== undefined) writeSequences(streams, to);
  for (const stream of streams) hash.add('stream', stream);
  yield false;
  for (const [i, { name }] of layout.schema.tables.entries()) {
    const { write } = layout.coders[i]!;
    for (const row of view.reader(name).scan()) {
      to.long(layout.rowBranch(i));
      try {
        write(row, to);
      } catch (error) {
        throw blame(error, `at offset ${view.offset}, a row of ${name}`, { table: name });
      }
      hash.add(ofTable(name), row);
      yield true;
    }
  }
  for (const batch of remembered) {
    to.long(layout.batchBranch);
    try {
      layout.batches.write(batch, to);
    } catch (error) {
      throw blame(error, `batch ${batch.offset}`);
    }
    hash.add('id', [batch.id, batch.offset]);
    yield false;
  }
}
