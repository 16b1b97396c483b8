/** What a state machine needs of where it runs; nothing of it reaches the state. */
export interface Host {
  /** Milliseconds since 1970: when a command is proposed, unless its proposer says. */
  readonly now: () => number;
  /** Does something in so many milliseconds, never for Infinity; returns how to call it off. */
  readonly after: (ms: number, act: () => void) => () => void;
}

/** What a timer of the platform can wait at the most; one that is to wait longer would not wait at all. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The host that it runs on. */
export const host: Host = {
  now: () => Date.now(),
  after: (ms, act) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (left: number): void => {
      const next = Math.min(left, TIMER_MAX_MS);
      timer = setTimeout(() => (left > next ? wait(left - next) : act()), next);
    };
    if (ms !== Infinity) wait(ms);
    return () => clearTimeout(timer);
  },
};
