import { median } from '../peers/statistics.js';
import type { Order, RunResults, Sample } from './launch.js';

/** What runs measured, the newest of each order: a run of some sizes adds to one of others. */
export class Figures {
  readonly #samples = new Map<string, readonly Sample[]>();

  /** @param runs oldest first */
  constructor(readonly runs: readonly RunResults[]) {
    for (const { samples } of runs) {
      for (const [key, group] of groups(samples)) this.#samples.set(key, group);
    }
  }

  /** The orders of a part, by ascending rows. */
  orders(part: string): readonly Order[] {
    return [...this.#samples.values()]
      .map((group) => group[0]!.order)
      .filter((order) => order.part === part)
      .toSorted((a, b) => a.rows - b.rows);
  }

  /** The median over the rounds. */
  median(order: Order, name: string): number | undefined {
    const values = this.byRound(order, name);
    return values.length === 0 ? undefined : median(values);
  }

  /** The figure of each round. */
  byRound(order: Order, name: string): readonly number[] {
    return this.#of(order).flatMap(({ figures }) => figures[name] ?? []);
  }

  /** The largest over the rounds. */
  max(order: Order, name: string): number {
    return Math.max(...this.#of(order).map(({ figures }) => figures[name] ?? NaN));
  }

  /** Figures by round of a process, one process after the other. */
  series(order: Order, name: string): readonly number[] {
    return this.#of(order).flatMap(({ series }) => series?.[name] ?? []);
  }

  rounds(order: Order): number {
    return this.#of(order).length;
  }

  /** One line about where and of what the figures are. */
  get about(): string {
    const lines = this.runs.map(({ commit, machine, versions, made }) => {
      const memory = `${Math.round(machine.memory / 2 ** 30)} GiB`;
      return `${commit}, ${made.slice(0, 10)}, ${machine.cores} × ${machine.cpu}, ${memory}, Node ${versions['node']}`;
    });
    return [...new Set(lines)].join('; ');
  }

  #of(order: Order): readonly Sample[] {
    return this.#samples.get(keyOf(order)) ?? [];
  }
}

/** An order but for the heap it may have. */
function keyOf(order: Order): string {
  return JSON.stringify({ ...order, heap: undefined });
}

function groups(samples: readonly Sample[]): ReadonlyMap<string, readonly Sample[]> {
  const found = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = keyOf(sample.order);
    found.set(key, [...(found.get(key) ?? []), sample]);
  }
  return found;
}
