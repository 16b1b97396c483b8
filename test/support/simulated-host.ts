import { fileLog, type Disk, type FileLogOptions, type FileLogPlan, type Host } from '../../src/log-file.js';

/** The machine of a simulated log: its processes, its chance, and its timers, which ring when they are told to. */
export class SimulatedHost {
  #process = 1;
  #tokens = 0;
  readonly #timers = new Map<number, () => void>();

  /** Ends the process that runs; another begins. */
  kill(): void {
    this.#process++;
    this.#timers.clear();
  }

  /** Lets all timers ring. */
  ring(): void {
    const timers = [...this.#timers.values()];
    this.#timers.clear();
    for (const timer of timers) timer();
  }

  plan(disk: Disk, options: Partial<FileLogOptions> = {}): FileLogPlan {
    return fileLog({ dir: 'log', segmentBytes: 600, ...options, host: { ...this.#parts(), disk } });
  }

  #parts(): Partial<Host> {
    const me = { pid: this.#process, host: 'simulated' };
    return {
      me,
      isAlive: ({ pid }) => Promise.resolve(pid === this.#process),
      token: () => (++this.#tokens).toString(16).padStart(32, '0'),
      after: (_, then) => {
        const id = ++this.#tokens;
        this.#timers.set(id, then);
        return () => this.#timers.delete(id);
      },
      watch: () => () => undefined,
    };
  }
}
