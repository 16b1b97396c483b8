import fc from 'fast-check';

// Set-up of the properties: how many runs each gets, and from which seed. MEMOIR_RUNS counts the runs of a property
// that says nothing; one that calls `runs(30)` gets its share. fast-check prints the seed of what failed, and
// MEMOIR_SEED repeats it.

const RUNS = 100;
const env = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {};
const wanted = Number(env['MEMOIR_RUNS'] ?? RUNS);
const seed = env['MEMOIR_SEED'];

if (!(wanted >= 1))
  throw new Error(`MEMOIR_RUNS is ${env['MEMOIR_RUNS']}: pass how often each property runs, e.g. 1000`);
fc.configureGlobal({ numRuns: wanted, ...(seed !== undefined && { seed: Number(seed) }) });

/** For a property that is dear or cheap: `usual` runs by default, and its share of more where MEMOIR_RUNS asks. */
export function runs(usual: number): number {
  return Math.ceil((usual * wanted) / RUNS);
}
