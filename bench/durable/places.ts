import { join, resolve } from 'node:path';

/** Where things are, seen from the root, where npm and the harness run this. Git does not follow what is made. */
export const HERE = resolve('bench/durable');
export const BBOLT = join(HERE, 'dist/bbolt');

/** The variable that names the folder in which stores are made. */
export const FOLDER = 'MEMOIR_BENCH_FOLDER';

/** The folder of a store that is made once, for all rounds. */
export function filled(folder: string, peer: string, suffix: number): string {
  return join(folder, `filled-${peer}-${suffix}`);
}
