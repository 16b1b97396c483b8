import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { root } from './repository.js';

/** A folder for logs, and the file log as plain JavaScript, which a process begins with at once. */
export class Workshop {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'memoir-processes-'));
  readonly #started: LogProcess[] = [];

  constructor() {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(this.dir, 'built')];
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...options], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the file log does not build: ${stdout}`);
    writeFileSync(join(this.dir, 'package.json'), '{"type":"module"}');
    // For avsc, which is beside what is built only in the repository.
    symlinkSync(join(root, 'node_modules'), join(this.dir, 'node_modules'));
  }

  start(log: string, role: 'write' | 'hold' | 'follow'): LogProcess {
    const script = join(root, 'test/support/file-log-writer.mjs');
    const process = new LogProcess([script, join(this.dir, 'built/log-file.js'), join(this.dir, log), role]);
    this.#started.push(process);
    return process;
  }

  /** Ends what a test that failed has left running: it would keep the runner from ending. */
  async remove(): Promise<void> {
    await Promise.all(this.#started.map((process) => process.kill()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A process that has a log open, and says what it does. */
export class LogProcess {
  readonly #child: ChildProcess;
  readonly lines: string[] = [];
  /** The newest entry it has said it has. */
  have = 0;
  #wake: () => void = () => undefined;
  readonly #ended: Promise<void>;
  #isOver = false;

  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#child.stdout! });
    lines.on('line', (line) => {
      this.lines.push(line);
      if (line.startsWith('have ')) this.have = Number(line.slice(5));
      this.#wake();
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', () => {
        this.#isOver = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** Resolves when something holds for it. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#isOver) throw new Error(`the process has ended; it said ${this.lines.join(', ')}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** How it found the log: `open` and the head, or `refused` and why. */
  async found(): Promise<string> {
    await this.until(() => this.lines.length > 0);
    return this.lines[0]!;
  }

  /** Ends it at once, as nothing else does; resolves when all it has said was heard. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
