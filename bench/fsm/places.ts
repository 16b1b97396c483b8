import { join, resolve } from 'node:path';

/** Where things are, seen from the root, where npm and the harness run this. Git does not follow what is made. */
export const HERE = resolve('bench/fsm');
export const GO_FSM = join(HERE, 'dist/go-fsm');
