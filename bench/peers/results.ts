import { median, ratioOf, type Ratio } from './statistics.js';
import type { Measured } from './workload.js';

/** What one process measured. */
export interface Sample extends Measured {
  readonly peer: string;
  readonly rows: number;
  /** From 1. */
  readonly round: number;
}

/** A workload for which a peer read something else than the others. */
export interface Mismatch {
  readonly peer: string;
  readonly workload: string;
  readonly rows: number;
  readonly round: number;
  readonly got: number;
  readonly expected: number;
  readonly of: string;
}

/** What is told of a run: a time per operation, or a number of bytes. */
export type Figure = (sample: Sample) => number | undefined;

/** The samples of peers that ran with so many rows. */
export class Results {
  readonly rows: number;
  readonly peers: readonly string[];
  readonly #samples: readonly Sample[];

  constructor(rows: number, samples: readonly Sample[]) {
    this.rows = rows;
    this.#samples = samples.filter((sample) => sample.rows === rows);
    this.peers = [...new Set(this.#samples.map(({ peer }) => peer))];
  }

  /** How often a peer ran. */
  rounds(peer: string): number {
    return new Set(this.#samples.filter((sample) => sample.peer === peer).map(({ round }) => round)).size;
  }

  /** The median over all rounds; undefined when the peer has no such figure. */
  median(peer: string, figure: Figure): number | undefined {
    const values = this.#values(peer, figure);
    return values.length === 0 ? undefined : median(values);
  }

  /** How many times less a peer takes than another. */
  ratio(peer: string, than: string, figure: Figure): Ratio | undefined {
    const [ours, theirs] = [this.#values(peer, figure), this.#values(than, figure)];
    return ours.length === 0 || ours.length !== theirs.length ? undefined : ratioOf(ours, theirs);
  }

  /** Where peers differ in what they read, from go-memdb if it ran, else from the first peer. */
  mismatches(): readonly Mismatch[] {
    const first = this.#samples.toSorted((a, b) => Number(b.peer === 'go-memdb') - Number(a.peer === 'go-memdb'));
    const expected = new Map<string, { readonly value: number; readonly of: string }>();
    for (const { peer, checks } of first) {
      for (const [name, value] of Object.entries(checks)) {
        if (!expected.has(name)) expected.set(name, { value, of: peer });
      }
    }
    return this.#samples.flatMap(({ peer, round, checks }) =>
      Object.entries(checks).flatMap(([workload, got]) => {
        const { value, of } = expected.get(workload)!;
        return got === value ? [] : [{ peer, workload, rows: this.rows, round, got, expected: value, of }];
      }),
    );
  }

  /** Values by round. */
  #values(peer: string, figure: Figure): readonly number[] {
    const samples = this.#samples.filter((sample) => sample.peer === peer).toSorted((a, b) => a.round - b.round);
    return samples.flatMap((sample) => figure(sample) ?? []);
  }
}
