import { count, say } from './terminal.js';

const DRAW_EVERY_MS = 100;
const BAR_COLUMNS = 30;

/** Shows on a terminal how far the reading has come, and says at its end, there and anywhere, what it took. */
export class ProgressBar {
  readonly #terminal = process.stderr.isTTY;
  readonly #beganAt = performance.now();
  #drawnAt = 0;
  #ended = false;

  update(done: number, total: number): void {
    if (this.#ended) return;
    const now = performance.now();
    if (done >= total) {
      this.#clear();
      say(`Read ${count(total, 'commit')} in ${((now - this.#beganAt) / 1000).toFixed(1)} s.`);
    } else if (this.#terminal && now - this.#drawnAt >= DRAW_EVERY_MS) {
      this.#drawnAt = now;
      const part = done / total;
      const bar = '█'.repeat(Math.round(BAR_COLUMNS * part)).padEnd(BAR_COLUMNS, '░');
      process.stderr.write(`\r\x1b[K${bar} ${Math.floor(100 * part)}% of ${count(total, 'commit')}`);
    }
  }

  /** Says nothing from now on. */
  end(): void {
    this.#clear();
    this.#ended = true;
  }

  #clear(): void {
    if (this.#drawnAt > 0) process.stderr.write('\r\x1b[K');
    this.#drawnAt = 0;
  }
}
