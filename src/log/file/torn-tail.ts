import { ByteReader } from '../../codecs/byte-reader.js';
import { ByteWriter } from '../../codecs/byte-writer.js';
import { writeBlock } from '../../codecs/container.js';
import { Fault } from '../../codecs/fault.js';
import { findFrame, type Digest } from '../frame.js';
import { Chain, type Link } from './chain.js';

/** What can be saved of a block that may not be whole. */
interface Saved {
  /** The entries that are whole, as a block of their own; no bytes when there are none. */
  readonly block: Uint8Array;
  /** The byte behind them. */
  readonly at: number;
}

/** Takes the whole entries that stand behind the last whole block, in order, up to the first that is not. */
export function wholeEntries(bytes: Uint8Array, chain: Chain, sync: Uint8Array): Saved {
  const before = chain.offset;
  const from = dataOf(bytes);
  let at = from;
  try {
    while (at < bytes.length) at = chain.take(bytes, at, bytes.length).end;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  const to = new ByteWriter(at - from + 64);
  if (chain.offset > before) writeBlock(to, chain.offset - before, bytes.subarray(from, at), sync);
  return { block: to.since(0), at };
}

/**
 * What an append that was interrupted has left behind the last whole block of a log. Where an entry can be made out
 * behind the tear, more than one append is broken: that is damage, and undefined.
 */
export function tornTail(
  bytes: Uint8Array,
  before: Link,
  sync: Uint8Array,
  digest: Digest,
): { readonly block: Uint8Array; readonly last: Link } | undefined {
  const last = new Chain(before, digest);
  const { block, at } = wholeEntries(bytes, last, sync);
  return findFrame(bytes, at, last.offset) === undefined ? { block, last } : undefined;
}

/** Where the entries of a block begin that may not be whole. */
function dataOf(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes);
  try {
    reader.long();
    reader.long();
    return reader.at;
  } catch {
    return 0;
  }
}
