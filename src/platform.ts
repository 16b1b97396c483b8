/** What the platform lends a store, each replaceable in the options. Nothing below this file reaches for any of it. */
export interface Platform {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** An id that no other log has. */
  readonly lineage: () => string;
  readonly onError: (error: unknown) => void;
  readonly reclaimer: Reclaimer;
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
};

function finalizing(): Reclaimer {
  const registry = new FinalizationRegistry<() => void>((release) => release());
  return { watch: (target, release) => registry.register(target, release) };
}
