import type { Codec, Events, NoEvents, ReadableStore, Tables, Transaction } from '../index.js';

/** One entry of a replicated log, as whoever runs the log delivers it. */
export interface Entry {
  /** Its place in the replicated log. Indexes strictly increase; gaps are normal. */
  readonly index: number;
  readonly term: number;
  /** A command, as `encode` made it. */
  readonly data: Uint8Array;
}

/** What a command knows of its entry. There is no other clock: a command that reads one differs from node to node. */
export interface EntryInfo {
  readonly index: number;
  readonly term: number;
  /** When it was proposed, in milliseconds since 1970, by the clock of who proposed it. */
  readonly at: number;
}

/** What a command does: reads and writes through `tx`, and returns its answer. */
export type Handler<S extends Tables, I, A, E extends Events = NoEvents> = (
  tx: Transaction<S, E>,
  input: I,
  entry: EntryInfo,
) => A extends PromiseLike<unknown> ? never : A;

/** A command, as the function that `commandOn` gives made it. */
export interface Command<S extends Tables, I, A, E extends Events = NoEvents> {
  readonly codec: Codec;
  readonly handler: Handler<S, I, A, E>;
  /** Its input's type is that of the handler's. */
  readonly options: CommandOptions<unknown>;
}

/** How inputs of older versions of a command become inputs of today. */
export interface CommandOptions<I> {
  /** The version of inputs today; 1 unless told. */
  readonly version?: number;
  /** By version, how its inputs were laid down, and what they are in the version after it: every one before today's. */
  readonly upcasts?: Readonly<Record<number, Upcast<I>>>;
}

/** A step from one version of a command's inputs to the next. */
export interface Upcast<I> {
  readonly codec: Codec;
  readonly to: (input: never) => I | Readonly<Record<string, unknown>>;
}

/** The commands of a state machine, by name. */
export type Commands<S extends Tables, E extends Events = NoEvents> = Readonly<
  Record<string, Command<S, never, unknown, E>>
>;

/** The input of a command. */
export type InputOf<C> = C extends { readonly handler: (tx: never, input: infer I, entry: EntryInfo) => unknown }
  ? I
  : never;

/** What the commands of a state machine answer. */
export type AnswerOf<C> = {
  [N in keyof C]: C[N] extends { readonly handler: (...given: never) => infer A } ? A : never;
}[keyof C];

/** What came of an entry: the same on every node. */
export type Answer<A> =
  | { readonly status: 'accepted'; readonly index: number; readonly offset: number; readonly value: A }
  | {
      readonly status: 'rejected';
      readonly index: number;
      readonly offset: number;
      /** Of the `Rejection` or `MemoirError` that the command threw; `CommandFailed` for anything else. */
      readonly code: string;
      readonly message: string;
      /** What the `Rejection` carried. */
      readonly data?: unknown;
    }
  /** Its command is not known here, or its bytes make no sense, and the machine was told to pass it over. */
  | { readonly status: 'skipped'; readonly index: number; readonly offset: number; readonly message: string }
  /** It had been applied before. */
  | { readonly status: 'repeated'; readonly index: number };

/** The state on its way out, while later entries are applied. */
export interface FsmSnapshot {
  /** The newest entry that it has. */
  readonly index: number;
  readonly term: number;
  /** Its bytes, piece by piece: a snapshot of the store. Once. */
  persist(): AsyncIterable<Uint8Array>;
  /** Lets go of what it holds; to be called in the end, whether it was persisted or not. */
  release(): void;
}

/** How to stop waiting. */
export interface WaitOptions {
  readonly signal?: AbortSignal;
}

/** How a blocking query waits. */
export interface WatchOptions extends WaitOptions {
  /** The index of the answer that the caller has: the next one that differs is waited for. */
  readonly since: number;
  /** How long to wait at the most, in milliseconds, Infinity for ever; then the present answer is given. */
  readonly timeoutMs: number;
}

/** A state machine behind a replicated log: whoever runs the log delivers entries, and every node answers alike. */
export interface Fsm<S extends Tables, C extends Commands<S, E>, E extends Events = NoEvents> extends Disposable {
  /** Everything that can be read: views, indexes, live queries, streams, history. Nothing can be written here. */
  readonly store: ReadableStore<S, E>;
  /** The newest entry that was applied, or that a restored snapshot has; 0 before all. */
  readonly appliedIndex: number;
  /** The bytes of a command, to be proposed: the same for the same input and time. @throws `RowInvalid` */
  encode<N extends keyof C & string>(name: N, input: InputOf<C[N]>, options?: { readonly at?: number }): Uint8Array;
  /**
   * Applies an entry: one batch, whatever came of it. An entry at or below `appliedIndex` is passed over.
   * @throws `EntryInvalid` for one that cannot be applied, and `ImpureFold`, after which the machine has halted;
   *   `HistoryFull`, after which the same entry can be applied once history has been let go of; `OptionInvalid` while a
   *   snapshot is being restored
   */
  apply(entry: Entry): Answer<AnswerOf<C>>;
  /**
   * Applies entries in turn, and gives their answers. Who follows the store hears of them at the end.
   * @throws what `apply` does; those before have been applied
   */
  applyBatch(entries: readonly Entry[]): readonly Answer<AnswerOf<C>>[];
  /** The state now, at once. */
  snapshot(): FsmSnapshot;
  /**
   * Puts a snapshot in the place of everything: verified before the swap, all of it or nothing. Streams with markers
   * and live queries of the store go on, and its `lineage` is that of the snapshot. Projections that this has as other
   * versions made them, or not at all, are built of its rows. No entry can be applied meanwhile.
   * @throws (rejects) `Damaged`, `FormatUnknown`, also for a snapshot that is of no machine, `SchemaIncompatible`,
   *   `ProjectionStale` for a projection that follows the log, `OptionInvalid` while another is being restored
   */
  restore(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** The offset of an index's batch; of the newest before it where the index is in a gap. @throws `OffsetCompacted` */
  offsetOf(index: number): number;
  /** The index of the batch at an offset. @throws `OffsetCompacted`, `OffsetInFuture` */
  indexOf(offset: number): number;
  /**
   * Resolves once an index has been applied: to read what one has written.
   * @throws (rejects) `WaitAborted`, `StoreClosed`, `OffsetInvalid`; what a machine has halted with
   */
  waitFor(index: number, options?: WaitOptions): Promise<void>;
  /**
   * A blocking query: gives the answer as soon as it differs from that at `since`, with the index to ask with next. An
   * index that is not applied yet is waited for first.
   * @throws (rejects) `WaitAborted`, `StoreClosed`, `OffsetInvalid`, and what the query throws; while it waits for an
   *   index, what the machine has halted with
   */
  watch<A>(query: (view: ReturnType<ReadableStore<S, E>['now']>) => A, options: WatchOptions): Promise<Watched<A>>;
  /** What nodes that have applied the same entries agree on, at an index. @throws `OffsetCompacted` */
  stateHash(index?: number): string;
  /** Ends streams, live queries and waits. */
  close(): void;
}

/** An answer, and the index at which it was found. */
export interface Watched<A> {
  readonly index: number;
  readonly value: A;
}
