import type { ByteCodec } from '../../codecs/byte-codec.js';
import { ByteReader } from '../../codecs/byte-reader.js';
import { readBlocks, readHead, type ContainerBlock } from '../../codecs/container.js';
import { crc32c } from '../../codecs/crc32c.js';
import { Fault } from '../../codecs/fault.js';
import { openSnapshot, type SnapshotEnd } from '../snapshot-decoder.js';
import { SNAPSHOT_FORMAT } from '../snapshot-layout.js';
import { proveState } from '../snapshot-proof.js';

/** How far a snapshot is what was written. */
export interface SnapshotCheck {
  /** Blocks that are whole, up to the first fault. */
  readonly entries: number;
  readonly wholeBytes: number;
  readonly fault?: string;
}

/** The last block of a snapshot, and the checksum of all before it. */
interface Last {
  readonly block: ContainerBlock;
  readonly crc: number;
}

/**
 * Compares the bytes of a snapshot with the checksum at its end, its offset with that of its name, and its rows with
 * the state hash, step by step; the bytes alone, where it cannot be read here.
 */
export function* checkSnapshot(
  bytes: Uint8Array,
  offset: number,
  codecs: readonly ByteCodec[],
): Generator<undefined, SnapshotCheck> {
  const reader = new ByteReader(bytes);
  let entries = 0;
  let wholeBytes = 0;
  try {
    const { notes, sync, isChanged } = readHead(reader);
    if (isChanged) return { entries, wholeBytes, fault: 'has a head that is not what was written' };
    wholeBytes = reader.at;
    let crc = crc32c(bytes, 0, reader.at);
    let last: Last | undefined;
    for (const block of readBlocks(reader, sync)) {
      last = { block, crc };
      crc = crc32c(bytes, block.at, reader.at, crc);
      entries++;
      wholeBytes = reader.at;
      yield;
    }
    const end = last && endOf(last);
    // Where all blocks are whole as blocks, nobody knows in which of them the fault is.
    if (end === undefined)
      return { entries: 0, wholeBytes: 0, fault: 'is not what was written, or not all of it: its checksum differs' };
    const said = notes.get('memoir.offset');
    if (said !== String(offset))
      return { entries, wholeBytes, fault: `is of offset ${said}, and its name says ${offset}` };
    // What is before the end is as it was: if anything is not, it is the end.
    [entries, wholeBytes] = [entries - 1, last!.block.at];
    if (isReadable(notes, codecs)) yield* proveState(openSnapshot(bytes, codecs), end);
    return { entries: entries + 1, wholeBytes: bytes.length };
  } catch (error) {
    if (error instanceof Fault) return { entries, wholeBytes, fault: error.says };
    throw error;
  }
}

/** False for what a newer memoir has written, or a codec that is not at hand: nothing says that it is damaged. */
function isReadable(notes: ReadonlyMap<string, string>, codecs: readonly ByteCodec[]): boolean {
  const isKnown = !(Number(notes.get('memoir.format')) > SNAPSHOT_FORMAT);
  return isKnown && codecs.some(({ name }) => name === notes.get('memoir.codec'));
}

/** The end of a snapshot: its branch, how many rows there are, the state hash, and the checksum; undefined for none. */
function endOf({ block: { count, data }, crc }: Last): SnapshotEnd | undefined {
  try {
    data.long();
    const rows = data.long();
    const stateHash = data.fixed(16);
    return count === 1 && data.uint32() === crc && data.done ? { rows, stateHash } : undefined;
  } catch {
    return undefined;
  }
}
