import type { Operation } from '../linearizability.js';
import { Agreement } from './agreement.js';
import { Disk } from './disk.js';
import type { Driven } from '../../fsm.js';
import type { Message } from './messages.js';
import { Network, type NetworkFaults } from './network.js';
import { RaftNode } from './node.js';
import type { BrokenRule } from './node-parts.js';
import { Random } from './random.js';
import { Timeline } from './timeline.js';

/** What goes wrong in a simulated cluster. */
export interface ClusterFaults extends NetworkFaults {
  /** How many nodes crash, in a minute; 40 unless told. They are back within a second. */
  readonly crashes: number;
  /** How often the network parts, in a minute; 30 unless told. It heals within two seconds. */
  readonly partitions: number;
}

/** How a cluster is simulated. */
export interface ClusterOptions<M extends Driven> {
  /** All chance comes from it: the same seed is the same run. */
  readonly seed: number;
  /** Makes the machine of a node, empty: whenever that begins, and begins again after a crash. */
  readonly create: () => M;
  /** How many nodes there are; 3 unless told. */
  readonly nodes?: number;
  /** A node takes a snapshot after so many entries; 20 unless told. */
  readonly snapshotEvery?: number;
  readonly faults?: Partial<ClusterFaults>;
  /** A rule of consensus that all nodes break, to see whether that is found. */
  readonly broken?: BrokenRule;
}

/** What was asked of a cluster. */
export interface Asked<O = unknown> extends Operation<unknown, O> {
  returned: number | undefined;
  output?: O;
}

const FAULTS: ClusterFaults = { lost: 3, repeated: 2, delayMs: 20, crashes: 40, partitions: 30 };
const MINUTE_MS = 60_000;
/** Within so long a cluster that is left alone is of one mind. */
const SETTLE_MS = 10_000;

/** A place for a node: what it has on its disk outlasts it. */
interface Place {
  readonly name: string;
  readonly disk: Disk;
  /** Undefined while it is down. */
  node: RaftNode | undefined;
}

/**
 * Nodes with state machines that agree on a log, in one process, in a time of its own, on a bad network, on disks that
 * lose what was not synced, crashing as they go. At every step everything is checked that consensus promises: one
 * leader a term, one log, one state at each index, one answer to each entry, and nothing that was answered lost or done
 * twice. It is a stage to try machines on, and no consensus for use.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { table } from 'memoir';
 * import { commandOn, createFsm } from 'memoir/fsm';
 * import { simulateCluster } from 'memoir/testing';
 *
 * const tables = { tasks: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
 * const add = commandOn(tables)(t.strict({ id: t.string }), (tx, task) => void tx.tasks.put(task));
 * const create = () => createFsm({ tables, commands: { add } });
 * const cluster = simulateCluster({ seed: 1, create, faults: { crashes: 0, partitions: 0, lost: 0 } });
 * await cluster.run(1000);
 * console.log(cluster.leader !== undefined, cluster.machine('n1')?.appliedIndex); // true 0
 * cluster.close();
 * ```
 */
export class SimulatedCluster<M extends Driven> {
  readonly names: readonly string[];
  /** Everything that was asked, with the answers that came: for `linearizable`. */
  readonly history: Asked[] = [];
  readonly #seed: number;
  readonly #random: Random;
  readonly #timeline = new Timeline();
  readonly #network: Network<Message>;
  readonly #agreement = new Agreement();
  readonly #places: ReadonlyMap<string, Place>;
  readonly #options: ClusterOptions<M>;
  readonly #faults: ClusterFaults;
  /** Proposals that have not been answered, by number. */
  readonly #proposals = new Map<number, { readonly to: RaftNode; readonly asked: Asked }>();
  #proposed = 0;
  #isTroubled = true;

  constructor(options: ClusterOptions<M>) {
    const { seed, nodes = 3, faults = {} } = options;
    this.#options = options;
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#faults = { ...FAULTS, ...faults };
    this.#network = new Network(this.#timeline, this.#random, this.#faults, async (to, message) =>
      this.#places.get(to)!.node?.receive(message),
    );
    this.names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
    const places = this.names.map((name): Place => {
      return { name, disk: new Disk(this.#timeline, this.#random), node: undefined };
    });
    this.#places = new Map(places.map((place) => [place.name, place]));
    for (const { name } of places) this.#timeline.after(0, async () => this.restart(name));
    this.#plan(this.#faults.crashes, () => this.#crashSome());
    this.#plan(this.#faults.partitions, () => this.#partSome());
  }

  /** In milliseconds since the beginning. */
  get now(): number {
    return this.#timeline.now;
  }

  /** The node that leads in the newest term, as far as any knows. */
  get leader(): string | undefined {
    const leading = this.names.filter((name) => this.#places.get(name)!.node?.isLeader === true);
    const terms = leading.map((name) => this.#places.get(name)!.node!.term);
    return leading[terms.indexOf(Math.max(...terms))];
  }

  /** The machine of a node; undefined while it is down. What is read here may be stale. */
  machine(name: string): M | undefined {
    return this.#place(name).node?.machine as M | undefined;
  }

  /**
   * Proposes a command to a node. Where that does not lead, nothing was asked, and undefined is returned.
   *
   * @param input what the history is to say instead of the bytes
   */
  propose(name: string, data: Uint8Array, input: unknown = data): Asked | undefined {
    const { node } = this.#place(name);
    const asked: Asked = { called: this.now, returned: undefined, input };
    const number = ++this.#proposed;
    if (node?.isLeader !== true) return undefined;
    this.#proposals.set(number, { to: node, asked });
    this.history.push(asked);
    node.propose(number, data);
    return asked;
  }

  /**
   * Reads from a node, once it is known that it still leads: so everything is there that was answered before. Where it
   * does not lead, nothing was asked, and undefined is returned.
   */
  read<O>(name: string, query: (machine: M) => O, input?: unknown): Asked<O> | undefined {
    const asked: Asked<O> = { called: this.now, returned: undefined, input };
    const isAsked = this.#place(name).node?.read((machine) => {
      asked.output = query(machine as M);
      asked.returned = this.now;
    });
    if (isAsked !== true) return undefined;
    this.history.push(asked);
    return asked;
  }

  /** Lets time pass. @throws (rejects) an `Error` with the seed and the moment where a promise is broken */
  async run(ms: number): Promise<void> {
    await this.#until(this.now + ms, () => false);
  }

  /** A node is gone, with everything that it had not synced. */
  crash(name: string): void {
    const place = this.#place(name);
    place.node?.stop();
    place.node = undefined;
    place.disk.crash();
  }

  /** A node begins again, with what its disk has. */
  async restart(name: string): Promise<void> {
    const place = this.#place(name);
    if (place.node !== undefined) return;
    const { create, snapshotEvery = 20, broken } = this.#options;
    const node = new RaftNode({
      ...{ name, disk: place.disk, timeline: this.#timeline, random: this.#random, snapshotEvery, broken, create },
      peers: this.names.filter((other) => other !== name),
      send: (to, message) => this.#network.send(name, to, message),
      elected: (who, term) => this.#agreement.elected(who, term),
      committed: (who, entry) => this.#agreement.committed(who, entry),
      applied: (who, entry, answer, machine) => {
        this.#agreement.applied(who, entry, answer, machine);
        this.#answer(entry.proposal, entry.index, node, answer);
      },
      restored: (who, machine) => this.#agreement.holds(who, machine),
    });
    place.node = node;
    await node.start();
  }

  /** Lets messages pass only between nodes that are named together; who is not named is alone. */
  partition(...sides: readonly (readonly string[])[]): void {
    this.#network.partition(...sides);
  }

  heal(): void {
    this.#network.heal();
  }

  /** Ends all trouble, and waits until all nodes have all entries. @throws (rejects) an `Error` if it takes too long */
  async settle(): Promise<void> {
    this.#isTroubled = false;
    this.heal();
    for (const name of this.names) await this.restart(name);
    const isSettled = (): boolean =>
      this.leader !== undefined &&
      this.names.every((name) => this.#place(name).node!.appliedIndex === this.#agreement.head);
    // A leader of the newest term has committed an entry of its own once it has been left alone for a while.
    await this.run(2000);
    if (await this.#until(this.now + SETTLE_MS, isSettled)) return;
    throw this.#failed(`the nodes were left alone for ${SETTLE_MS} ms, and are not of one mind`);
  }

  /** Ends all machines. */
  close(): void {
    for (const { node } of this.#places.values()) node?.stop();
  }

  async #until(time: number, isEnough: () => boolean): Promise<boolean> {
    try {
      while (!isEnough()) {
        if (!(await this.#timeline.step(time))) return isEnough();
      }
      return true;
    } catch (error) {
      throw this.#failed((error as Error).message, error);
    }
  }

  #answer(number: number, index: number, by: RaftNode, answer: unknown): void {
    const waiting = this.#proposals.get(number);
    if (waiting === undefined || waiting.to !== by || !by.isLeader) return;
    this.#proposals.delete(number);
    this.#agreement.answered(number, index);
    waiting.asked.output = answer;
    waiting.asked.returned = this.now;
  }

  /** Does something so often a minute, by chance, while there is trouble. */
  #plan(times: number, act: () => void): void {
    if (times === 0) return;
    const after = this.#random.between(1, (2 * MINUTE_MS) / times);
    this.#timeline.after(after, () => {
      if (!this.#isTroubled) return;
      act();
      this.#plan(times, act);
    });
  }

  #crashSome(): void {
    const name = this.#random.pick(this.names);
    this.crash(name);
    this.#timeline.after(this.#random.between(10, 1000), async () => this.restart(name));
  }

  #partSome(): void {
    const [one, other]: [string[], string[]] = [[], []];
    for (const name of this.names) (this.#random.isOneOf(50) ? one : other).push(name);
    this.partition(one, other);
    this.#timeline.after(this.#random.between(50, 2000), () => this.heal());
  }

  #place(name: string): Place {
    const place = this.#places.get(name);
    if (place === undefined) throw new RangeError(`there is no node ${name}: there are ${this.names.join(', ')}`);
    return place;
  }

  #failed(message: string, cause?: unknown): Error {
    const where = `seed ${this.#seed}, after ${Math.round(this.now)} ms and ${this.#timeline.happened} events`;
    return new Error(`${message} (${where})`, { cause });
  }
}

/**
 * Simulates a cluster of state machines behind a replicated log; see {@link SimulatedCluster}.
 *
 * @param options the seed, what makes a machine, and what goes wrong; see {@link ClusterOptions}
 * @returns the cluster, at its beginning: nothing happens until it is `run`
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { table } from 'memoir';
 * import { commandOn, createFsm } from 'memoir/fsm';
 * import { simulateCluster } from 'memoir/testing';
 *
 * const tables = { tasks: table(t.strict({ id: t.string }), { primaryKey: 'id' }) };
 * const command = commandOn(tables);
 * const create = () =>
 *   createFsm({
 *     tables,
 *     commands: { add: command(t.strict({ id: t.string }), (tx, task) => void tx.tasks.put(task)) },
 *   });
 * const client = create();
 * const cluster = simulateCluster({ seed: 7, create });
 * for (let i = 0; i < 30; i++) {
 *   await cluster.run(100);
 *   const { leader } = cluster;
 *   if (leader !== undefined) cluster.propose(leader, client.encode('add', { id: `t${i}` }, { at: i }));
 * }
 * await cluster.settle();
 * const sizes = cluster.names.map((name) => cluster.machine(name)!.store.now().tasks.size);
 * console.log(new Set(sizes).size); // 1
 * cluster.close();
 * ```
 */
export function simulateCluster<M extends Driven>(options: ClusterOptions<M>): SimulatedCluster<M> {
  return new SimulatedCluster(options);
}
