import { join } from 'node:path';

/** Where things are. What is made stands in folders that git does not follow. */
export const ROOT = join(import.meta.dirname, '../..');
export const HERE = join(ROOT, 'bench/peers');
export const BUILT = join(HERE, 'dist');
export const DRIVER = join(BUILT, 'driver.js');
export const GO_HARNESS = join(BUILT, 'go-memdb');
export const RESULTS = join(ROOT, 'bench/results');
export const MEMOIR = join(ROOT, 'dist/index.js');
