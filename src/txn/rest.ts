/** A step of work that is done; or how long to wait before it can be, in milliseconds. */
export type Step = number | undefined;

/** What is left to be folded. */
export interface Rest {
  /** The last batch that is not needed any more, and when that was. */
  readonly head: number;
  readonly at: number;
  /** Steps of work that are left. */
  readonly left: number;
  /** Takes note of what has come. */
  note(): void;
  /** Folds what is left when this begins, step by step. */
  work(): Iterable<Step>;
}

/** Nothing has been begun. */
export const NOTHING: Rest = { head: 0, at: -Infinity, left: 0, note: () => {}, work: () => [] };
