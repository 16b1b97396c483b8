/** What a state machine needs of where it runs; nothing of it reaches the state. */
export interface Host {
  /** Milliseconds since 1970: when a command is proposed, unless its proposer says. */
  readonly now: () => number;
  /** Does something in so many milliseconds; returns how to call it off. */
  readonly after: (ms: number, act: () => void) => () => void;
}

/** The host that it runs on. */
export const host: Host = {
  now: () => Date.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
