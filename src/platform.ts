/** What the platform lends a store, each replaceable in the options. Nothing below this file reaches for any of it. */
export interface Platform {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** An id that nothing else has: of a log, of a batch. */
  readonly lineage: () => string;
  readonly onError: (error: unknown) => void;
  readonly reclaimer: Reclaimer;
  /** Milliseconds from whenever, never going back. */
  readonly elapsed: () => number;
  /** Resolves once everything that waits for its turn has had it: timers, messages, what the network brought. */
  readonly pause: () => Promise<void>;
  /** The same for work that may stay undone: a process that has nothing else to do ends. */
  readonly idle: () => Promise<void>;
  /** Resolves after so many milliseconds, or once it is aborted. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Releases what a dropped object held. A safety net: nothing may rest on when, or whether, it runs. */
export interface Reclaimer {
  watch(target: object, release: () => void): void;
}

/** The platform that memoir runs on. */
export const platform: Platform = {
  clock: () => Date.now(),
  lineage: randomIds(),
  onError: (error) => console.error('memoir: something failed that no caller is told of:', error),
  reclaimer: finalizing(),
  elapsed: () => performance.now(),
  pause,
  idle,
  wait,
};

/** Sixteen random bytes at a time, as hexadecimal digits; drawn by the page, for a call takes longer than the bytes. */
function randomIds(): () => string {
  const page = new Uint8Array(4096);
  const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
  let at = page.length;
  return () => {
    if (at === page.length) {
      crypto.getRandomValues(page);
      at = 0;
    }
    let id = '';
    for (const end = at + 16; at < end; at++) id += digits[page[at]!]!;
    return id;
  };
}

async function pause(): Promise<void> {
  await new Promise<void>((resolve) => {
    // Browsers have no setImmediate, and make a timer wait a little longer than it need.
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
  });
}

async function idle(): Promise<void> {
  await new Promise<void>((resolve) => {
    // Not an immediate: one for which a process need not stay has no turn either while that waits for a timer.
    const timer: unknown = setTimeout(resolve, 0);
    if (typeof timer === 'object') (timer as { unref(): void }).unref();
  });
}

function finalizing(): Reclaimer {
  const registry = new FinalizationRegistry<() => void>((release) => release());
  return { watch: (target, release) => registry.register(target, release) };
}
