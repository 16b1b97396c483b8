import type { Held, Peer, Update } from './peer.js';
import { randomFrom } from './random.js';
import { NAMESPACES, PRIORITIES, STATUSES, type Row } from './rows.js';

/** Every workload, in the order in which a run goes through them; the Go harness has the same list. */
export const WORKLOADS = [
  ...['W1', 'W5hit', 'W5miss', 'W6', 'W7', 'W8', 'W9', 'W9s', 'W2', 'W3', 'W4a', 'W4b'],
  ...['W11ref', 'W11', 'W11read', 'W10a', 'W10b', 'W12', 'W12restore', 'W12json', 'W12jsonRestore'],
] as const;
export type Workload = (typeof WORKLOADS)[number];

const HELD = 1000;
const UPDATES_WHILE_HELD = 10_000;
/** The first range scans are summed apart, so that peers that run no more than these can be checked. */
export const FIRST_RANGES = 300;

/** What a run is asked for. */
export interface Plan {
  /** How many rows are loaded; a tenth of it, or `cap`, is how many are written in each workload that writes. */
  readonly rows: number;
  readonly cap: number;
  /** Nothing else is reported, and what comes after the last of them is not run. */
  readonly only: readonly string[];
  readonly lookups: number;
  readonly ranges: number;
}

/** What a run measured. */
export interface Measured {
  /** Nanoseconds per operation. */
  readonly ns: Record<string, number>;
  /** What was read, to be the same for every peer. */
  readonly checks: Record<string, number>;
  /** Bytes per row, update or serialised row. */
  readonly bytes: Record<string, number>;
}

/** How a run measures: heap and time. */
export interface Gauge {
  /** Bytes in use, after collecting. */
  heap(): number;
  /** Collects before what is timed. */
  collect(): void;
}

/** One run of one peer through the workloads. */
export class Run {
  readonly measured: Measured = { ns: {}, checks: {}, bytes: {} };
  readonly #peer: Peer;
  readonly #plan: Plan;
  readonly #gauge: Gauge;
  readonly #format: 'own' | 'json';
  readonly #base: readonly Row[];
  readonly #more: readonly Row[];
  readonly #random = randomFrom(777);

  constructor(peer: Peer, rows: readonly Row[], plan: Plan, gauge: Gauge, format: 'own' | 'json' = 'own') {
    this.#peer = peer;
    this.#plan = plan;
    this.#gauge = gauge;
    this.#format = format;
    this.#base = rows.slice(0, plan.rows);
    this.#more = rows.slice(plan.rows);
  }

  async go(): Promise<Measured> {
    const parts: readonly (readonly [first: Workload, part: () => void | Promise<void>])[] = [
      ['W1', () => this.#load()],
      ['W5hit', () => this.#lookUp()],
      ['W7', () => this.#ranges()],
      ['W8', () => this.#scans()],
      ['W2', () => this.#insertAndUpdate()],
      ['W11ref', () => this.#hold()],
      ['W10a', () => this.#delete()],
      ['W12', () => this.#serialise()],
    ];
    const last = Math.max(...WORKLOADS.map((name, i) => (this.#wants(name) ? i : 0)));
    for (const [first, part] of parts) if (WORKLOADS.indexOf(first) <= last) await part();
    this.#peer.close();
    return this.measured;
  }

  #wants(name: Workload): boolean {
    return this.#plan.only.length === 0 || this.#plan.only.includes(name);
  }

  #time(name: Workload, operations: number, body: () => void): void {
    this.#gauge.collect();
    const begin = process.hrtime.bigint();
    body();
    const took = Number(process.hrtime.bigint() - begin);
    if (this.#wants(name)) this.measured.ns[name] = took / operations;
  }

  async #timeSlices(name: Workload, operations: number, body: () => Promise<unknown>): Promise<void> {
    this.#gauge.collect();
    const begin = process.hrtime.bigint();
    await body();
    const took = Number(process.hrtime.bigint() - begin);
    if (this.#wants(name)) this.measured.ns[name] = took / operations;
  }

  /** Times reads, which need not run when nobody asked for them; what they read is a check. */
  #timeReads(name: Workload, operations: number, body: () => number): void {
    if (this.#wants(name)) this.#time(name, operations, () => (this.measured.checks[name] = body()));
  }

  #load(): void {
    const before = this.#gauge.heap();
    this.#time('W1', this.#base.length, () => this.#peer.load(this.#base));
    if (this.#wants('W1')) this.measured.bytes['row'] = (this.#gauge.heap() - before) / this.#base.length;
  }

  #someRow(): Row {
    return this.#base[this.#random() % this.#base.length]!;
  }

  #lookUp(): void {
    const { lookups } = this.#plan;
    const [hits, misses, names]: [string[], string[], [string, string][]] = [[], [], []];
    for (let i = 0; i < lookups; i++) hits.push(fresh(this.#someRow().id));
    for (let i = 0; i < lookups; i++) misses.push(fresh(`${this.#someRow().id.slice(0, 20)}zzzz`));
    for (let i = 0; i < lookups; i++) {
      const { namespace, name } = this.#someRow();
      names.push([namespace, fresh(name)]);
    }
    this.#timeReads('W5hit', lookups, () => this.#sumOf(hits));
    this.#timeReads('W5miss', lookups, () => this.#sumOf(misses));
    this.#timeReads('W6', lookups, () =>
      this.#peer.read((reader) => {
        let sum = 0;
        for (const [namespace, name] of names) sum += reader.find(namespace, name)?.priority ?? 0;
        return sum;
      }),
    );
  }

  #sumOf(ids: readonly string[]): number {
    return this.#peer.read((reader) => {
      let sum = 0;
      for (const id of ids) sum += reader.get(id)?.priority ?? 0;
      return sum;
    });
  }

  #ranges(): void {
    const lows = Array.from({ length: this.#plan.ranges }, () => this.#random() % 900);
    for (let skipped = lows.length; skipped < RANGES; skipped++) this.#random();
    this.#timeReads('W7', lows.length, () =>
      this.#peer.read((reader) => {
        let sum = 0;
        for (let i = 0; i < lows.length; i++) {
          sum += reader.sumFrom(lows[i]!, 100);
          if (i === FIRST_RANGES - 1) this.measured.checks['W7first'] = sum;
        }
        return sum;
      }),
    );
    if (lows.length < RANGES) delete this.measured.checks['W7'];
  }

  #scans(): void {
    const times = this.#base.length <= 100_000 ? 3 : 1;
    const repeatedly = (name: Workload, sum: () => number) =>
      this.#timeReads(name, this.#base.length * times, () => {
        let all = 0;
        for (let i = 0; i < times; i++) all += sum();
        return all / times;
      });
    const sumOver = (keys: readonly string[], sum: (key: string) => number) =>
      keys.reduce((total, key) => total + sum(key), 0);
    repeatedly('W8', () => this.#peer.read((reader) => reader.scanById().hash));
    repeatedly('W9', () => this.#peer.read((reader) => sumOver(NAMESPACES, (key) => reader.sumOfNamespace(key))));
    repeatedly('W9s', () => this.#peer.read((reader) => sumOver(STATUSES, (key) => reader.sumOfStatus(key))));
  }

  /** How many rows each workload that writes is about. */
  get #writes(): number {
    return Math.min(Math.floor(this.#plan.rows / 10), this.#plan.cap);
  }

  #insertAndUpdate(): void {
    const writes = this.#writes;
    const [one, hundred] = [this.#more.slice(0, writes), this.#more.slice(writes, 2 * writes)];
    this.#inGroups('W2', one, 1, (rows) => this.#peer.insert(rows));
    this.#inGroups('W3', hundred, 100, (rows) => this.#peer.insert(rows));
    const [first, second] = [this.#someUpdates(writes), this.#someUpdates(writes)];
    this.#inGroups('W4a', first, 1, (updates) => this.#peer.update(updates));
    this.#inGroups('W4b', second, 100, (updates) => this.#peer.update(updates));
    this.#check('afterW4');
  }

  #inGroups<A>(name: Workload, all: readonly A[], size: number, write: (group: readonly A[]) => void): void {
    this.#time(name, all.length, () => {
      for (let i = 0; i < all.length; i += size) write(all.slice(i, i + size));
    });
  }

  #someUpdates(count: number): readonly Update[] {
    return Array.from({ length: count }, () => {
      const id = fresh(this.#someRow().id);
      const status = STATUSES[this.#random() % STATUSES.length]!;
      return { id, status, priority: this.#random() % PRIORITIES };
    });
  }

  #check(name: string): void {
    const { hash, count } = this.#peer.read((reader) => reader.scanById());
    this.measured.checks[name] = hash;
    this.measured.checks[`${name}Count`] = count;
  }

  #hold(): void {
    const [before, during] = [this.#someUpdates(UPDATES_WHILE_HELD), this.#someUpdates(UPDATES_WHILE_HELD)];
    this.#inGroups('W11ref', before, 1, (updates) => this.#peer.update(updates));
    if (this.#peer.hold === undefined) {
      for (const update of during) this.#peer.update([update]);
      return;
    }
    const held: Held[] = [];
    const bytes = this.#gauge.heap();
    this.#time('W11', UPDATES_WHILE_HELD, () => {
      for (let i = 0; i < UPDATES_WHILE_HELD; i++) {
        if (i % (UPDATES_WHILE_HELD / HELD) === 0) held.push(this.#peer.hold!());
        this.#peer.update([during[i]!]);
      }
    });
    if (this.#wants('W11')) this.measured.bytes['update'] = (this.#gauge.heap() - bytes) / UPDATES_WHILE_HELD;
    this.#timeReads('W11read', HELD * 20, () => {
      let sum = 0;
      for (let i = 0; i < HELD; i++) {
        for (let k = 0; k < 20; k++) {
          const { id } = during[(i * 10 + k) % UPDATES_WHILE_HELD]!;
          sum = (sum * 31 + held[i]!.get(id)!.priority) & 0xffffff;
        }
      }
      return sum;
    });
    for (const one of held) one.close();
  }

  #delete(): void {
    const half = Math.floor(this.#writes / 2);
    const ids = this.#base.slice(0, 2 * half).map((row) => row.id);
    this.#inGroups('W10a', ids.slice(0, half), 1, (group) => this.#peer.delete(group));
    this.#inGroups('W10b', ids.slice(half), 100, (group) => this.#peer.delete(group));
    this.#check('final');
  }

  /** Stores that serialise in slices are given what turns they ask for; nothing else waits for one. */
  async #serialise(): Promise<void> {
    const [write, restore] =
      this.#format === 'own' ? (['W12', 'W12restore'] as const) : (['W12json', 'W12jsonRestore'] as const);
    if (this.#peer.serialise === undefined || !(this.#wants(write) || this.#wants(restore))) return;
    const { count, hash } = this.#peer.read((reader) => reader.scanById());
    let bytes: Uint8Array = new Uint8Array();
    await this.#timeSlices(write, count, async () => (bytes = await this.#peer.serialise!()));
    this.measured.bytes[write] = bytes.length / count;
    let restored: Peer | undefined;
    await this.#timeSlices(restore, count, async () => (restored = await this.#peer.restore!(bytes)));
    const again = restored!.read((reader) => reader.scanById());
    restored!.close();
    if (again.hash !== hash || again.count !== count) throw new Error('what was restored differs');
  }
}

/** How many range scans a run has that is not cut short. */
export const RANGES = 10_000;

/** A string of its own, whose hash nobody has asked for yet. */
function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
