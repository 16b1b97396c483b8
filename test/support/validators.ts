import { isDeepStrictEqual } from 'node:util';

/** A change as validators see it. */
export interface SeenChange {
  readonly table: string;
  readonly key: unknown;
  readonly before: unknown;
  readonly after: unknown;
}

/** A batch as a subscriber was told of it. */
export interface SeenBatch {
  readonly offset: number;
  readonly at: number;
  readonly changes: readonly SeenChange[];
}

/** Rows by table and key. */
export type Rows = ReadonlyMap<string, unknown>;

/** What was seen of a store while it lived. */
export interface History {
  /** What a subscriber was told, from the beginning. */
  readonly batches: readonly SeenBatch[];
  /** The whole state that `now()` showed while the subscriber was told of each batch. */
  readonly told: readonly Rows[];
  /** The state at each offset, read again at the end; `states[0]` is before all. */
  readonly states: readonly Rows[];
  /** What subscribers that came later were told, by the offset they began at. */
  readonly resumed: ReadonlyMap<number, readonly SeenBatch[]>;
  /** The keys that must be unique, of each state. */
  readonly uniqueKeys: readonly (readonly unknown[])[];
  /** The same transactions in another store. */
  readonly twin: readonly SeenBatch[];
  readonly keep: number;
  readonly floor: number;
}

const place = ({ table, key }: SeenChange): string => JSON.stringify([table, key]);

/** The state after a batch, by `after` alone. */
export function folded(state: Rows, { changes }: SeenBatch): Rows {
  const next = new Map(state);
  for (const change of changes) {
    if (change.after === undefined) next.delete(place(change));
    else next.set(place(change), change.after);
  }
  return next;
}

/** One validator for each guarantee of docs/guarantees.md: what is wrong with a history, or undefined. */
export const validators: Readonly<Record<string, (history: History) => string | undefined>> = {
  Ordered: ({ batches }) =>
    firstWrong(batches, ({ offset, at }, i) => offset === i + 1 && at >= (batches[i - 1]?.at ?? -Infinity)),

  // All of a batch's changes and nothing else lead from one state to the next, and each begins where the row stood.
  Atomic: ({ batches, states }) =>
    firstWrong(
      batches,
      (batch, i) =>
        isDeepStrictEqual(folded(states[i]!, batch), states[i + 1]) &&
        batch.changes.every((change) => isDeepStrictEqual(change.before, states[i]!.get(place(change)))),
    ),

  Unique: ({ uniqueKeys }) =>
    firstWrong(uniqueKeys, (keys) => new Set(keys.map((key) => JSON.stringify(key))).size === keys.length),

  // What was shown when a batch was told of is what that offset still shows: never torn, never changed.
  Isolated: ({ told, states }) => firstWrong(told, (state, i) => isDeepStrictEqual(state, states[i + 1])),

  Resumable: ({ batches, resumed }) =>
    firstWrong([...resumed], ([from, suffix]) => isDeepStrictEqual(suffix, batches.slice(from - 1))),

  'Replay-equal': ({ batches, states }) => {
    const replayed = batches.reduce<Rows>(folded, new Map());
    return isDeepStrictEqual(replayed, states.at(-1)) ? undefined : 'replay gives another state';
  },

  Deterministic: ({ batches, twin }) =>
    isDeepStrictEqual(batches, twin) ? undefined : 'the same transactions gave other batches',

  Bounded: ({ batches, keep, floor }) =>
    batches.length - floor + 1 <= keep
      ? undefined
      : `${batches.length - floor + 1} batches are kept, and ${keep} were to be`,
};

function firstWrong<A>(all: readonly A[], right: (one: A, i: number) => boolean): string | undefined {
  const wrong = all.findIndex((one, i) => !right(one, i));
  return wrong < 0 ? undefined : `number ${wrong} breaks it`;
}
