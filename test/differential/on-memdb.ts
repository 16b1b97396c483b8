import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import { inject } from 'vitest';

import type { History } from './history.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The program that memdb/ is built into. */
    memdb: string;
  }
}

/** A running program that executes histories on go-memdb, one at a time. */
export class Memdb implements Disposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn(inject('memdb'), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** An answer for each step, or one that says with what go-memdb panicked. */
  async run(history: History): Promise<unknown[]> {
    this.#child.stdin.write(`${JSON.stringify(history)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('the program that runs go-memdb has ended');
    const answers = JSON.parse(line.value) as unknown[] | { readonly panic: string };
    return Array.isArray(answers) ? answers : [answers];
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

/** What the program shows of a known difference, by its name in memdb/differences.go. */
export function difference(name: string): unknown {
  const { stdout, stderr, status } = spawnSync(inject('memdb'), [name], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the program that runs go-memdb failed: ${stderr}`);
  return JSON.parse(stdout);
}
