/** What the platform lends a store, each replaceable in the options. Nothing below this file reaches for any of it. */
export interface Platform {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** An id that no other log has. */
  readonly lineage: () => string;
  readonly onError: (error: unknown) => void;
  readonly reclaimer: Reclaimer;
  /** Milliseconds from whenever, never going back. */
  readonly elapsed: () => number;
  /** Resolves once everything that waits for its turn has had it: timers, messages, what the network brought. */
  readonly pause: () => Promise<void>;
}

/** Releases what a dropped object held. A safety net: nothing may rest on when, or whether, it runs. */
export interface Reclaimer {
  watch(target: object, release: () => void): void;
}

/** The platform that memoir runs on. */
export const platform: Platform = {
  clock: () => Date.now(),
  lineage: () =>
    [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  onError: (error) => console.error('memoir: a subscriber threw and was unsubscribed:', error),
  reclaimer: finalizing(),
  elapsed: () => performance.now(),
  pause,
};

async function pause(): Promise<void> {
  await new Promise<void>((resolve) => {
    // Browsers have no setImmediate, and make a timer wait a little longer than it need.
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

function finalizing(): Reclaimer {
  const registry = new FinalizationRegistry<() => void>((release) => release());
  return { watch: (target, release) => registry.register(target, release) };
}
