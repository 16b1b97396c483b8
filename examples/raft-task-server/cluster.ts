/** Three nodes on this machine: Go and Node processes, started, killed and asked over HTTP. */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { NodeOrder } from './node.js';

const HERE = dirname(fileURLToPath(import.meta.url));

/** After so long a node that has ended by itself is started again. */
const RESTART_MS = 300;

/** The names of the nodes. */
export const NAMES = ['n1', 'n2', 'n3'] as const;
export type Name = (typeof NAMES)[number];

/** What a node said. */
export interface Response {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Builds raftd. Throws when Go or Debian's packages are missing, naming them. */
export function buildRaftd(dir: string): string {
  const binary = join(dir, 'raftd');
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode' };
  try {
    execFileSync('go', ['build', '-o', binary, '.'], { cwd: join(HERE, 'raftd'), env, stdio: 'pipe' });
  } catch (error) {
    const said = String((error as { readonly stderr?: Buffer }).stderr ?? error);
    throw new Error(
      `raftd is not built: ${said}\nOn Debian: apt-get install golang-go golang-github-hashicorp-raft-dev ` +
        'golang-github-hashicorp-raft-boltdb-dev',
      { cause: error },
    );
  }
  return binary;
}

/** Three nodes, each with a folder of its own. */
export class Cluster {
  readonly #dir: string;
  readonly #binary: string;
  readonly #places: NodeOrder['places'];
  readonly #limits: { readonly threshold: number; readonly trailing: number };
  readonly #processes = new Map<Name, ChildProcess>();
  #isStopped = false;

  /** @param port the first of six in a row */
  constructor(dir: string, binary: string, port: number, limits = { threshold: 8192, trailing: 10240 }) {
    this.#dir = dir;
    this.#binary = binary;
    this.#limits = limits;
    this.#places = Object.fromEntries(
      NAMES.map((name, i) => [name, { raft: `127.0.0.1:${port + i}`, http: `127.0.0.1:${port + 3 + i}` }]),
    );
  }

  /** Starts nodes that do not run; one that ends by itself is started again. */
  start(...names: readonly Name[]): void {
    for (const id of names) {
      if (this.#processes.has(id)) continue;
      const dir = join(this.#dir, id);
      mkdirSync(dir, { recursive: true });
      const order: NodeOrder = { ...this.#limits, binary: this.#binary, id, dir, places: this.#places };
      const options = { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] as const };
      const process = fork(join(HERE, 'node.ts'), [JSON.stringify(order)], { ...options, stdio: [...options.stdio] });
      process.on('exit', (code) => {
        if (this.#processes.get(id) === process) this.#processes.delete(id);
        // It ended by itself: its raftd has, or what was there before had not let go of its ports.
        if (code !== null && !this.#isStopped) void sleep(RESTART_MS).then(() => this.start(id));
      });
      this.#processes.set(id, process);
    }
  }

  /** The process of a node's state machine. */
  pidOf(name: Name): number {
    return this.#processes.get(name)!.pid!;
  }

  /** Resolves when they are gone; their raftd follow. */
  async kill(...names: readonly Name[]): Promise<void> {
    const processes = names.flatMap((name) => this.#processes.get(name) ?? []);
    const ends = processes.map((process) => once(process, 'exit'));
    for (const process of processes) process.kill('SIGKILL');
    await Promise.all(ends);
  }

  /** Removes all that a node, which is not running, has on its disk. */
  wipe(name: Name): void {
    rmSync(join(this.#dir, name), { recursive: true, force: true });
  }

  /** Asks a node, and follows it to the leader. */
  async ask(name: Name, path: string, input?: unknown): Promise<Response> {
    const init = input === undefined ? {} : { method: 'POST', body: JSON.stringify(input) };
    const url = `http://${this.#places[name]!.http}${path}`;
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(8000) });
    return { status: response.status, body: (await response.json()) as Response['body'] };
  }

  /** The leader, once there is one. */
  async leader(): Promise<Name> {
    for (let tries = 0; tries < 600; tries++) {
      for (const name of NAMES) {
        const said = await this.ask(name, '/status').catch(() => undefined);
        if (said?.body['state'] === 'Leader') return name;
      }
      await sleep(50);
    }
    throw new Error('no leader was elected');
  }

  /** Resolves once all nodes that run have applied an entry. */
  async applied(index: number): Promise<void> {
    for (const name of this.#processes.keys()) {
      for (let tries = 0; ; tries++) {
        const said = await this.ask(name, `/status?index=${index}`).catch(() => undefined);
        if (said?.status === 200) break;
        if (tries > 600) throw new Error(`${name} does not apply entry ${index}: ${JSON.stringify(said)}`);
        await sleep(50);
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.kill(...NAMES);
  }
}
