import { spawnSync } from 'node:child_process';

import { avro } from 'memoir/avro';
import type { Answer, Entry } from 'memoir/fsm';

import type { Order } from '../harness/launch.js';
import { collect, type Measured } from '../harness/measure.js';
import { quiet, Turns } from '../harness/turns.js';
import { rowOf } from '../scale/rows.js';
import { watched } from '../scale/tasks.js';
import { machine, moveOf, type Machine, type MachineOptions } from './machine.js';
import { GO_FSM } from './places.js';
import { inRaft } from './raft.js';

interface FsmOrder extends Order {
  readonly part: 'apply' | 'snapshot' | 'raft';
  /** One of `MACHINES`, or go-memdb. */
  readonly peer: string;
  /** How many entries are applied together. */
  readonly group: number;
}

const MACHINES: Readonly<Record<string, MachineOptions>> = {
  memoir: {},
  'memoir, Avro': { codec: avro },
  'memoir, unhashed': { stateHash: false },
};

/** So many entries are made at a time, while the clock stands. */
const CHUNK = 10_000;
/** They stay in reach: V8 drops compiled code when all objects of the classes it was made for are gone. */
const warmedUp: unknown[] = [];

/** A machine, and what came of its entries. */
class Bench {
  readonly fsm: Machine;
  rejected = 0;
  #index = 0;

  constructor(options: MachineOptions) {
    this.fsm = machine(options);
  }

  entries(from: number, to: number, dataOf: (i: number) => Uint8Array): Entry[] {
    return Array.from({ length: to - from }, (_, i) => ({ index: ++this.#index, term: 1, data: dataOf(from + i) }));
  }

  /** Nanoseconds an entry. */
  run(count: number, group: number, dataOf: (i: number) => Uint8Array): number {
    let ms = 0;
    for (let from = 0; from < count; from += CHUNK) {
      const entries = this.entries(from, Math.min(from + CHUNK, count), dataOf);
      const begin = performance.now();
      if (group === 1) {
        for (const entry of entries) this.note(this.fsm.apply(entry));
      } else {
        for (let at = 0; at < entries.length; at += group) {
          for (const answer of this.fsm.applyBatch(entries.slice(at, at + group))) this.note(answer);
        }
      }
      ms += performance.now() - begin;
    }
    return (ms * 1e6) / count;
  }

  note({ status }: Answer<unknown>): void {
    if (status === 'rejected') this.rejected++;
  }

  creating = (i: number): Uint8Array => this.fsm.encode('create', rowOf(i), { at: i });

  moving(rows: number): (i: number) => Uint8Array {
    return (i) => this.fsm.encode('move', moveOf(i, rows), { at: rows + i });
  }

  checks(): Record<string, number> {
    return this.fsm.store.read((db) => {
      let sum = 0;
      for (const { priority } of db.tasks.scan()) sum += priority;
      return { rows: db.tasks.size, sum, rejected: this.rejected };
    });
  }
}

function warmUp(options: MachineOptions, group: number): void {
  const warm = new Bench(options);
  warm.run(CHUNK, group, warm.creating);
  warm.run(CHUNK, group, warm.moving(CHUNK));
  warmedUp.push(warm);
}

function apply({ peer, rows, group }: FsmOrder): Checked {
  const options = MACHINES[peer]!;
  warmUp(options, group);
  const bench = new Bench(options);
  const wereTold = watched(bench.fsm.store);
  collect();
  const create = bench.run(rows, group, bench.creating);
  const move = bench.run(rows, group, bench.moving(rows));
  wereTold();
  return { figures: { create, move }, checks: bench.checks() };
}

/** Captures the state, writes it to memory while entries are applied, one in every turn, and restores it. */
async function snapshot({ peer, rows }: FsmOrder): Promise<Checked> {
  const options = MACHINES[peer]!;
  warmUp(options, 64);
  const bench = new Bench(options);
  const wereTold = watched(bench.fsm.store);
  bench.run(rows, 64, bench.creating);
  const moves = bench.entries(0, CHUNK, bench.moving(rows));
  collect();
  await quiet();
  const before = bench.checks();
  let begin = performance.now();
  const taken = bench.fsm.snapshot();
  const call = performance.now() - begin;
  const turns = new Turns();
  let applied = 0;
  const applying = turns.run(() => {
    if (applied < moves.length) bench.note(bench.fsm.apply(moves[applied++]!));
  });
  begin = performance.now();
  const pieces: Uint8Array[] = [];
  for await (const piece of taken.persist()) pieces.push(piece);
  const persist = performance.now() - begin;
  taken.release();
  turns.stop();
  await applying;
  wereTold();
  const bytes = Buffer.concat(pieces);
  const slices = await turns.slices();
  const restored = new Bench(options);
  collect();
  begin = performance.now();
  await restored.fsm.restore(bytes);
  const restore = performance.now() - begin;
  const { rows: count, sum } = restored.checks();
  if (count !== before['rows'] || sum !== before['sum']) throw new Error('what was restored is not what was there');
  const figures = { call, persist, restore, applied, bytes: bytes.length / rows, ...slices };
  return { figures, checks: restored.checks() };
}

/** Moves that are proposed one after the other, as in `go/raft.go`. */
const ALONE = 1000;

/** Has Raft, in a process of its own, apply entries here, take a snapshot meanwhile, and restore it. */
async function raft({ peer, rows }: FsmOrder): Promise<Checked> {
  const options = MACHINES[peer]!;
  warmUp(options, 64);
  const bench = new Bench(options);
  const wereTold = watched(bench.fsm.store);
  const datasOf = (from: number, to: number, dataOf: (i: number) => Uint8Array) =>
    bench.entries(from, to, dataOf).map(({ data }) => data);
  const move = bench.moving(rows);
  const create = datasOf(0, rows, bench.creating);
  const proposals = { create, move: datasOf(0, rows, move), alone: datasOf(rows, rows + ALONE, move) };
  collect();
  const driven = {
    applyBatch: (entries: readonly Entry[]) => bench.fsm.applyBatch(entries),
    snapshot: () => bench.fsm.snapshot(),
    restore: (source: AsyncIterable<Uint8Array>) => {
      wereTold();
      return bench.fsm.restore(source);
    },
  };
  return { figures: await inRaft(driven, proposals), checks: bench.checks() };
}

/** What is measured, and what has to be the same for all. */
interface Checked extends Measured {
  readonly checks: Readonly<Record<string, number>>;
}

/** The same in the program that is written in Go. */
function inGo({ part, rows, group }: FsmOrder): Checked {
  const args = [`-part=${part}`, `-rows=${rows}`, `-group=${group}`];
  const { status, stdout } = spawnSync(GO_FSM, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`the machine in Go ended with ${status}`);
  return JSON.parse(stdout) as Checked;
}

const order = JSON.parse(process.argv[2]!) as FsmOrder;
const PARTS = { apply, snapshot, raft };
const { figures, checks } = await (order.peer === 'go-memdb' ? inGo(order) : PARTS[order.part](order));
// What was found goes with the figures: the report refuses rounds in which peers differ.
const found = Object.fromEntries(Object.entries(checks).map(([name, value]) => [`check.${name}`, value]));
console.log(JSON.stringify({ figures: { ...figures, ...found } }));
process.exit(0);
