import type { Entry, FsmSnapshot } from './contract.js';

/**
 * What an ordered log asks of a state machine, and nothing more: whatever runs a log can drive one by this. Every
 * machine of `memoir/fsm` is one.
 */
export interface Driven {
  /** The newest entry that it has applied; what follows is delivered from there. */
  readonly appliedIndex: number;
  /** Applies an entry, at once, and answers; one at or below `appliedIndex` changes nothing. */
  apply(entry: Entry): unknown;
  /** Applies entries that come together, with an answer to each: all is as if they had come one by one. */
  applyBatch(entries: readonly Entry[]): readonly unknown[];
  /** The state now, to be written while later entries are applied. */
  snapshot(): FsmSnapshot;
  /** Puts a snapshot in the place of everything. */
  restore(source: Uint8Array): Promise<void>;
  /** What machines with the same state agree on. */
  stateHash(): string;
  close(): void;
}
