/** The Node side of raftd: it answers what Raft asks of the state machine, and asks Raft for what clients want. */
import { spawn, type ChildProcess } from 'node:child_process';

import type { Answer, Entry, FsmSnapshot } from 'memoir/fsm';

import { frameOf, FrameReader, Kind, long, short, type Frame } from './frames.js';

/** What Raft needs of a state machine; every machine that `createFsm` makes has it. */
export interface RaftMachine {
  applyBatch(entries: readonly Entry[]): readonly Answer<unknown>[];
  snapshot(): FsmSnapshot;
  restore(source: AsyncIterable<Uint8Array>): Promise<void>;
}

/** How a node of the cluster is started. */
export interface RaftOptions {
  /** The program that `go build` made. */
  readonly binary: string;
  readonly id: string;
  readonly address: string;
  readonly dir: string;
  /** All nodes by name, with where Raft finds them. */
  readonly peers: Readonly<Record<string, string>>;
  readonly threshold?: number;
  readonly trailing?: number;
}

/** How a node stands. */
export interface RaftStatus {
  readonly state: 'Leader' | 'Follower' | 'Candidate' | 'Shutdown';
  /** Where the leader is, as far as this node knows; empty when it does not. */
  readonly leader: string;
  readonly last: number;
  readonly applied: number;
}

/** A request that raftd did not do, and what is known of it. */
export class RaftFailure extends Error {
  override readonly name = 'RaftFailure';

  constructor(
    message: string,
    /** `refused`: certainly not in the log; `unknown`: it may be, now or later. */
    readonly outcome: 'refused' | 'unknown' | 'other',
  ) {
    super(message);
  }
}

const OUTCOMES = ['other', 'refused', 'unknown', 'other'] as const;

/** One node's link to its raftd. */
export class RaftBridge {
  readonly #machine: RaftMachine;
  readonly #process: ChildProcess;
  readonly #frames = new FrameReader();
  #next = 1n;
  /** Requests that wait for their answer. */
  readonly #waiting = new Map<
    bigint,
    { readonly resolve: (data: Buffer) => void; readonly reject: (e: Error) => void }
  >();
  /** Restores under way: their chunks so far. */
  readonly #restores = new Map<bigint, Buffer[]>();
  readonly #snapshots = new Map<number, FsmSnapshot>();
  #handles = 0;

  /** @param onExit told when raftd has ended; without it there is no node */
  constructor(options: RaftOptions, machine: RaftMachine, onExit: () => void) {
    this.#machine = machine;
    const { binary, id, address, dir, peers, threshold = 8192, trailing = 10240 } = options;
    const list = Object.entries(peers).map(([name, where]) => `${name}=${where}`);
    const named = { id, address, dir, peers: list.join(','), threshold, trailing };
    const args = Object.entries(named).map(([name, value]) => `-${name}=${value}`);
    this.#process = spawn(binary, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process.stdin!.on('error', () => undefined);
    this.#process.stdout!.on('data', (bytes: Buffer) => {
      for (const frame of this.#frames.take(bytes)) this.#on(frame);
    });
    this.#process.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new RaftFailure('raftd has ended', 'unknown'));
      this.#waiting.clear();
      onExit();
    });
  }

  /** The process of raftd. */
  get pid(): number {
    return this.#process.pid!;
  }

  /** Adds a command to the log; resolves once it is applied here, with its index and the machine's answer. */
  async propose(data: Uint8Array, timeoutMs = 5000): Promise<{ readonly index: number; readonly answer: unknown }> {
    const reply = await this.#ask(Kind.propose, short(timeoutMs), data);
    return { index: Number(reply.readBigUInt64BE(0)), answer: JSON.parse(reply.subarray(8).toString()) as unknown };
  }

  /** Resolves once all that was committed before is applied here. On the leader alone. */
  async barrier(): Promise<void> {
    await this.#ask(Kind.barrier);
  }

  /** Resolves when a majority still holds this node for the leader. */
  async verify(): Promise<void> {
    await this.#ask(Kind.verify);
  }

  /** Has Raft make a snapshot now. */
  async save(): Promise<void> {
    await this.#ask(Kind.save);
  }

  async status(): Promise<RaftStatus> {
    return JSON.parse((await this.#ask(Kind.status)).toString()) as RaftStatus;
  }

  close(): void {
    this.#process.kill('SIGKILL');
  }

  #send(kind: number, id: bigint, ...parts: readonly Uint8Array[]): boolean {
    return this.#process.stdin!.write(frameOf(kind, id, ...parts));
  }

  #ask(kind: number, ...parts: readonly Uint8Array[]): Promise<Buffer> {
    if (this.#process.exitCode !== null) return Promise.reject(new RaftFailure('raftd has ended', 'refused'));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send(kind, id, ...parts);
    });
  }

  #on({ kind, id, data }: Frame): void {
    switch (kind) {
      case Kind.apply:
        return this.#answer(id, () => this.#apply(data));
      case Kind.snapshot:
        return this.#answer(id, () => [this.#capture()]);
      case Kind.persist:
        return void this.#persist(id, this.#snapshots.get(handleIn(data))!);
      case Kind.release:
        this.#snapshots.get(handleIn(data))?.release();
        this.#snapshots.delete(handleIn(data));
        return;
      case Kind.restore:
        this.#restores.set(id, []);
        return;
      case Kind.chunk:
        this.#restores.get(id)?.push(Buffer.from(data));
        return;
      case Kind.end:
        return void this.#restore(id);
      default:
        return this.#settle(kind, id, data);
    }
  }

  #settle(kind: number, id: bigint, data: Buffer): void {
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (kind === Kind.reply) waiter?.resolve(data);
    else waiter?.reject(new RaftFailure(data.subarray(1).toString(), OUTCOMES[data[0]!] ?? 'other'));
  }

  /** Answers at once; what is thrown is told to raftd, which then ends. */
  #answer(id: bigint, make: () => readonly Uint8Array[]): void {
    try {
      this.#send(Kind.reply, id, ...make());
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #apply(data: Buffer): readonly Uint8Array[] {
    const count = data.readUInt32BE(0);
    const entries: Entry[] = [];
    for (let i = 0, at = 4; i < count; i++) {
      const [index, term] = [Number(data.readBigUInt64BE(at)), Number(data.readBigUInt64BE(at + 8))];
      const end = at + 20 + data.readUInt32BE(at + 16);
      entries.push({ index, term, data: data.subarray(at + 20, end) });
      at = end;
    }
    const answers = this.#machine.applyBatch(entries).map((answer) => Buffer.from(JSON.stringify(answer)));
    return [short(answers.length), ...answers.flatMap((answer) => [short(answer.length), answer])];
  }

  #capture(): Uint8Array {
    const handle = ++this.#handles;
    this.#snapshots.set(handle, this.#machine.snapshot());
    return long(handle);
  }

  /** Sends a snapshot piece by piece, at raftd's pace, while entries are applied. */
  async #persist(id: bigint, snapshot: FsmSnapshot): Promise<void> {
    try {
      for await (const piece of snapshot.persist()) {
        if (!this.#send(Kind.chunk, id, piece)) await new Promise((go) => this.#process.stdin!.once('drain', go));
      }
      this.#send(Kind.reply, id);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  async #restore(id: bigint): Promise<void> {
    const chunks = this.#restores.get(id)!;
    this.#restores.delete(id);
    try {
      await this.#machine.restore(
        (async function* () {
          for (const chunk of chunks) yield await Promise.resolve(chunk);
        })(),
      );
      this.#send(Kind.reply, id);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #fail(id: bigint, error: unknown): void {
    this.#send(Kind.error, id, Buffer.of(3), Buffer.from(error instanceof Error ? error.message : String(error)));
  }
}

function handleIn(data: Buffer): number {
  return Number(data.readBigUInt64BE(0));
}
