import { ByteReader } from '../../codecs/byte-reader.js';
import { readBlocks, readHead, type ContainerBlock } from '../../codecs/container.js';
import { crc32c } from '../../codecs/crc32c.js';
import { Fault } from '../../codecs/fault.js';

/** How far a snapshot is what was written. */
export interface SnapshotCheck {
  /** Blocks that are whole, up to the first fault. */
  readonly entries: number;
  readonly wholeBytes: number;
  readonly fault?: string;
}

/** The last block of a snapshot, and the checksum of all before it. */
interface End {
  readonly block: ContainerBlock;
  readonly crc: number;
}

/**
 * Compares the bytes of a snapshot with the checksum at its end, and its offset with that of its name. Rows are not
 * decoded: that they come to the state hash is for whoever loads them to see.
 */
export function checkSnapshot(bytes: Uint8Array, offset: number): SnapshotCheck {
  const reader = new ByteReader(bytes);
  let entries = 0;
  let wholeBytes = 0;
  try {
    const { notes, sync } = readHead(reader);
    wholeBytes = reader.at;
    let crc = crc32c(bytes, 0, reader.at);
    let end: End | undefined;
    for (const block of readBlocks(reader, sync)) {
      end = { block, crc };
      crc = crc32c(bytes, block.at, reader.at, crc);
      entries++;
      wholeBytes = reader.at;
    }
    // Where all blocks are whole as blocks, nobody knows in which of them the fault is.
    if (end === undefined || !isEnd(end))
      return { entries: 0, wholeBytes: 0, fault: 'is not what was written, or not all of it: its checksum differs' };
    const said = notes.get('memoir.offset');
    if (said !== String(offset))
      return { entries, wholeBytes, fault: `is of offset ${said}, and its name says ${offset}` };
    return { entries, wholeBytes };
  } catch (error) {
    if (error instanceof Fault) return { entries, wholeBytes, fault: error.says };
    throw error;
  }
}

/** True for the end of a snapshot: its branch, how many rows there are, the state hash, and the checksum. */
function isEnd({ block: { count, data }, crc }: End): boolean {
  try {
    data.long();
    data.long();
    data.fixed(16);
    return count === 1 && data.uint32() === crc && data.done;
  } catch {
    return false;
  }
}
