import type { ByteCodec } from '../codecs/byte-codec.js';
import { blame } from '../codecs/fault.js';
import type { SchemaToday } from '../codecs/evolution.js';
import { readingsOf } from '../codecs/row-reading.js';
import type { Listener } from '../log/feed.js';
import type { Log } from '../log/log.js';
import type { Engine } from './engine.js';
import type { Horizon } from './horizon.js';
import type { Turns } from './slices.js';
import { Snapshot } from './snapshot.js';
import { decodeSnapshot, openSnapshot, type SnapshotSink } from '../log/snapshot-decoder.js';
import type { SnapshotLayout } from '../log/snapshot-layout.js';
import { PinnedView } from './view.js';

/** What checkpoints are laid down with. */
export interface CheckpointParts {
  readonly engine: Engine;
  readonly log: Log;
  readonly horizon: Horizon;
  readonly codec: ByteCodec;
  /** How a snapshot is laid down now. */
  readonly layout: () => SnapshotLayout;
  readonly turns: Turns;
  readonly onError: (error: unknown) => void;
}

/** How long it works at a time, in milliseconds. */
const SLICE_MS = 2;

/** The state at an offset, as bytes. */
export class Checkpoint {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly #codec: ByteCodec;

  constructor(offset: number, bytes: Uint8Array, codec: ByteCodec) {
    this.offset = offset;
    this.bytes = bytes;
    this.#codec = codec;
  }

  /** Gives what it holds, as rows of the tables of today, step by step. */
  load(today: SchemaToday, sink: SnapshotSink): Generator<undefined> {
    // Its bytes have never left the process: there is nothing to verify.
    const file = openSnapshot(this.bytes, [this.#codec]);
    return decodeSnapshot(file, readingsOf(file.codec, file.schema, today, 'a checkpoint'), sink);
  }
}

/**
 * States as bytes, so many batches apart, below those that are at hand as rows: where ways to states between begin.
 * Each is laid down off the path of writes, in short slices, before its row versions are given back, and goes when
 * retention has passed it.
 */
export class Checkpoints implements Listener {
  readonly #parts: CheckpointParts;
  #laid: Checkpoint[] = [];
  /** What is being encoded. */
  #making: Snapshot | undefined;
  #busy = false;
  #ended = false;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
  }

  /** Those there are, oldest first. */
  get laid(): readonly Checkpoint[] {
    return this.#laid;
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#laid.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  deliver(): void {
    this.trim();
    if (this.#busy || this.#parts.horizon.due === undefined) return;
    this.#busy = true;
    void this.#work();
  }

  /** Drops what the floor has passed: there is no way up from there, for the next batch is gone. */
  trim(): void {
    const oldest = this.#parts.log.floor - 1;
    while (this.#laid.length > 0 && this.#laid[0]!.offset < oldest) this.#laid.shift();
    if (this.#making !== undefined && this.#making.offset < oldest) this.#giveUp();
  }

  reset(): void {
    this.#laid = [];
    this.#giveUp();
    // A log that was recovered may have more than is to stay at hand.
    this.deliver();
  }

  end(): void {
    // What is not laid down stays at hand as rows: nothing comes any more that would need the room.
    this.#ended = true;
    this.#giveUp();
  }

  async #work(): Promise<void> {
    const { horizon, turns } = this.#parts;
    await turns.pause();
    for (let { due } = horizon; due !== undefined && !this.#ended; { due } = horizon) {
      await this.#layDown(due);
      // What waited for it goes now, and not with batches that may never come.
      do {
        horizon.advance();
        this.trim();
        await turns.pause();
      } while (horizon.isBehind);
    }
    this.#busy = false;
  }

  async #layDown(offset: number): Promise<void> {
    const { engine, log, horizon, codec, layout, turns, onError } = this.#parts;
    // Row versions wait for what is due, so that nothing need be pinned, which might be too much and stop a writer.
    const version = horizon.timeline.versionOf(offset);
    const lease = { version, offset, tables: engine.tables, release: () => {} };
    const view = new PinnedView(engine, lease, log.lineage);
    // Views know nothing of ids, sequences and time.
    const state = {
      view,
      at: -Infinity,
      sequences: new Map<string, number>(),
      streams: new Map<string, number>(),
      remembered: [],
    };
    const snapshot = new Snapshot(layout(), state, turns);
    this.#making = snapshot;
    try {
      const bytes = await snapshot.toBytes({ sliceMs: SLICE_MS });
      if (this.#isDue(snapshot)) this.#laid.push(new Checkpoint(offset, bytes, codec));
    } catch (error) {
      // A value, say, that the codec cannot take: the way to the states about it is longer then.
      if (this.#isDue(snapshot)) onError(blame(error, `the checkpoint at offset ${offset}`));
    }
    if (this.#isDue(snapshot)) horizon.laidDown();
    if (this.#making === snapshot) this.#making = undefined;
  }

  /** False for one that was given up, or that retention has overtaken: then its row versions have not waited for it. */
  #isDue(snapshot: Snapshot): boolean {
    return this.#making === snapshot && this.#parts.horizon.due === snapshot.offset;
  }

  #giveUp(): void {
    const making = this.#making;
    this.#making = undefined;
    making?.close();
  }
}
