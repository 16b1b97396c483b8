import { Fault } from '../codecs/fault.js';
import type { Row } from '../codecs/index-plan.js';
import { plainReadingsOf, type RowReading } from '../codecs/row-reading.js';
import { ofTable, StateHash } from '../codecs/state-hash.js';
import type { AnyBatch } from './batch.js';
import { equalBytes } from './frame.js';
import {
  checkBytes,
  decodeSnapshot,
  type SnapshotEnd,
  type SnapshotFile,
  type SnapshotSink,
  type WrittenState,
} from './snapshot-decoder.js';

/** Takes in what a snapshot holds while that is verified, and the hash of the rows when it has been. */
export interface VerifyingSink extends SnapshotSink {
  verified(rows: StateHash): void;
}

/**
 * Compares the bytes of a snapshot with their checksum, and what they hold with the state hash, step by step; gives its
 * end. `also` is given what they hold meanwhile. @throws a `Fault` `Damaged`
 */
export function* proveSnapshot(file: SnapshotFile, also?: VerifyingSink): Generator<undefined, SnapshotEnd> {
  const end = yield* checkBytes(file);
  yield* proveState(file, end, also);
  return end;
}

/** The same for bytes that are known to be as their checksum says. @throws a `Fault` `Damaged` */
export function* proveState(file: SnapshotFile, end: SnapshotEnd, also?: VerifyingSink): Generator<undefined> {
  const sum = new Summing(also);
  yield* decodeSnapshot(file, plainReadingsOf(file.codec, file.schema), sum);
  if (sum.count !== end.rows || !equalBytes(sum.digest(), end.stateHash))
    throw new Fault('Damaged', 'does not hold the state that its end tells of: the state hash differs');
  also?.verified(sum.rows);
}

/** Sums up what it is given, and gives it on. */
class Summing implements SnapshotSink {
  /** The hash of the rows, and that of all else. */
  readonly rows = new StateHash();
  readonly #rest = new StateHash();
  /** How many rows there are. */
  count = 0;
  readonly #next: SnapshotSink | undefined;

  constructor(next: SnapshotSink | undefined) {
    this.#next = next;
  }

  /** The state hash: 16 bytes. */
  digest(): Uint8Array {
    const all = new StateHash();
    all.join(this.rows);
    all.join(this.#rest);
    return all.digest();
  }

  state(state: WrittenState): void {
    for (const sequence of state.sequences) this.#rest.add('sequence', sequence);
    for (const stream of state.streams) this.#rest.add('stream', stream);
    this.#next?.state(state);
  }

  row(row: Row, reading: RowReading): void {
    this.rows.add(ofTable(reading.table!), row);
    this.count++;
    this.#next?.row(row, reading);
  }

  batch(batch: AnyBatch): void {
    this.#rest.add('id', [batch.id, batch.offset]);
    this.#next?.batch(batch);
  }
}
