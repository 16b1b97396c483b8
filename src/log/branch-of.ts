import type { ByteReader } from '../codecs/byte-reader.js';
import { Fault } from '../codecs/fault.js';

/** The number of a union's branch. */
export function branchOf(from: ByteReader, branches: number): number {
  const place = from.at;
  const branch = from.long();
  if (branch < 0 || branch >= branches) throw new Fault('Damaged', `has no branch ${branch}, at byte ${place}`);
  return branch;
}
