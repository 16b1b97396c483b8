import type { Driven, FsmSnapshot } from '../../fsm.js';
import type { LogEntry, Saved } from './disk.js';
import type { NodeParts } from './node-parts.js';

/** So many entries are kept before a snapshot, for nodes that are a little behind. */
const KEPT_ENTRIES = 5;
/** So long it takes at the most to write a piece of a snapshot, in milliseconds. */
const PIECE_MS = 10;

/** The state machine of a node while it runs: made from the snapshot on its disk, and gone with the node. */
export class Hosted {
  readonly machine: Driven;
  readonly #parts: NodeParts;
  #applied = 0;
  #taken: FsmSnapshot | undefined;
  #isStopped = false;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.machine = parts.create();
  }

  /** The newest entry, of those too that no machine is given, that its state is of. */
  get applied(): number {
    return this.#applied;
  }

  async start(): Promise<void> {
    const { snapshot } = this.#parts.disk.state;
    if (snapshot !== undefined) await this.#restore(snapshot);
  }

  stop(): void {
    this.#isStopped = true;
    this.#letGo();
    this.machine.close();
  }

  /** Has the machine apply what it has not yet: one by one or together, as chance wants it. */
  apply(entries: readonly LogEntry[]): void {
    const due = entries.filter(({ index }) => index > this.#applied);
    const groups = this.#parts.random.isOneOf(50) ? [due] : due.map((entry) => [entry]);
    for (const group of groups) this.#applyGroup(group);
    const last = entries.at(-1);
    const since = this.#applied - (this.#parts.disk.state.snapshot?.index ?? 0);
    if (last !== undefined && since >= this.#parts.snapshotEvery && this.#taken === undefined) this.#take(last);
  }

  #applyGroup(group: readonly LogEntry[]): void {
    const { name, applied } = this.#parts;
    const given = group.flatMap(({ index, term, data }) => (data === undefined ? [] : [{ index, term, data }]));
    const answers = given.length === 1 ? [this.machine.apply(given[0]!)] : this.machine.applyBatch(given);
    const answerTo = new Map(given.map(({ index }, i) => [index, answers[i]]));
    this.#applied = group.at(-1)?.index ?? this.#applied;
    for (const entry of group) applied(name, entry, answerTo.get(entry.index), this.machine);
  }

  /** Goes on from a snapshot that another node has sent. */
  async install(snapshot: Saved): Promise<void> {
    this.#letGo();
    await this.#restore(snapshot);
  }

  async #restore({ index, bytes }: Saved): Promise<void> {
    await this.machine.restore(bytes);
    this.#applied = index;
    this.#parts.restored(this.#parts.name, this.machine);
  }

  /** Takes a snapshot, and writes it piece by piece while it goes on. */
  #take({ index, term }: LogEntry): void {
    const { timeline, random, disk } = this.#parts;
    const taken = this.machine.snapshot();
    this.#taken = taken;
    const source = taken.persist()[Symbol.asyncIterator]();
    const pieces: Uint8Array[] = [];
    const next = (): void =>
      timeline.after(random.between(1, PIECE_MS), async () => {
        if (this.#isStopped || this.#taken !== taken) return;
        const { done, value } = await source.next();
        if (done !== true) {
          pieces.push(value);
          next();
          return;
        }
        this.#letGo();
        const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
        const log = disk.state.log.filter((entry) => entry.index > index - KEPT_ENTRIES);
        disk.write({ snapshot: { index, term, bytes }, log });
      });
    next();
  }

  #letGo(): void {
    this.#taken?.release();
    this.#taken = undefined;
  }
}
