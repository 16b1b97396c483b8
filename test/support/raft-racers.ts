/** Clients that race each other for a few instances of a real cluster, and what they were told. */
import { setTimeout as sleep } from 'node:timers/promises';

import { NAMES, type Cluster } from '../../examples/raft-task-server/cluster.js';
import type { Operation, SequentialModel } from '../../src/testing.js';

/** An instance is moved to a state, or read. */
interface Input {
  readonly id: string;
  /** Undefined for a read. */
  readonly to: string | undefined;
}

const NEXT: Readonly<Record<string, string>> = { red: 'green', green: 'amber', amber: 'red' };
const STATES = Object.keys(NEXT);

/** What an instance does by itself: it goes to the next state, refuses all else, and says its state when read. */
export const lights: SequentialModel<string, Input, string> = {
  initial: 'red',
  step: (state, { to }) =>
    to === undefined ? [state, state] : to === NEXT[state] ? [to, 'moved'] : [state, 'refused'],
  about: ({ id }) => id,
};

/** Moves and reads, through whichever node answers, until told to stop. */
export class Racers {
  readonly history: Operation<Input, string>[] = [];
  readonly #cluster: Cluster;
  #ids: readonly string[] = [];
  #isStopped = false;
  #done: Promise<unknown> = Promise.resolve();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async start(clients: number): Promise<void> {
    const leader = await this.#cluster.leader();
    const moves = Object.fromEntries(STATES.map((state) => [state, [NEXT[state]!]]));
    await this.#cluster.ask(leader, '/commands/define', { name: 'light', initial: 'red', moves });
    const titles = ['one', 'two', 'three'];
    const started = titles.map(async (title) => {
      const { body } = await this.#cluster.ask(leader, '/commands/start', { definition: 'light', title });
      return String(body['value']);
    });
    this.#ids = await Promise.all(started);
    this.#done = Promise.all(Array.from({ length: clients }, (_, client) => this.#race(client)));
  }

  /** Resolves when so many were answered. */
  async answered(count: number): Promise<void> {
    while (this.history.filter(({ returned }) => returned !== undefined).length < count) await sleep(20);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #race(client: number): Promise<void> {
    for (let n = 0; !this.#isStopped; n++) {
      const id = this.#ids[(client + n) % this.#ids.length]!;
      if (n % 3 === client % 3) await this.#read(id, n);
      else await this.#move(id, STATES[(client + n * 2) % STATES.length]!, n);
      await sleep(20 + ((client * 7 + n * 13) % 40));
    }
  }

  async #move(id: string, to: string, n: number): Promise<void> {
    const called = performance.now();
    const said = await this.#cluster.ask(NAMES[n % 3]!, '/commands/move', { id, to }).catch(({ cause }: Error) => {
      return (cause as { code?: string } | undefined)?.code === 'ECONNREFUSED' ? 'unasked' : undefined;
    });
    // What nobody took, or the log refused, was certainly not done.
    if (said === 'unasked' || (said?.status === 503 && said.body['outcome'] !== 'unknown')) return;
    const output = said?.status === 200 ? 'moved' : said?.body['code'] === 'IllegalMove' ? 'refused' : undefined;
    const returned = output === undefined ? undefined : performance.now();
    this.history.push({ called, returned, input: { id, to }, ...(output !== undefined && { output }) });
  }

  /** Only a leader reads so; who does not lead says no, and nothing was asked. */
  async #read(id: string, n: number): Promise<void> {
    const called = performance.now();
    for (let i = 0; i < NAMES.length; i++) {
      const path = `/instances/${id}?linearizable=1`;
      const said = await this.#cluster.ask(NAMES[(n + i) % 3]!, path).catch(() => undefined);
      if (said?.status !== 200) continue;
      const output = String(said.body['state']);
      this.history.push({ called, returned: performance.now(), input: { id, to: undefined }, output });
      return;
    }
  }
}
