import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { kindOf } from './kinds.js';
import type { Peer, PeerKind } from './peer.js';
import { readRows, type Row } from './rows.js';
import { RANGES, Run, type Gauge, type Measured, type Plan } from './workload.js';

/** What the process of one run is told, as JSON, in its one argument. */
export interface Order {
  readonly peer: string;
  readonly memoir: string;
  readonly rows: number;
  readonly cap: number;
  readonly only: readonly string[];
  readonly data: string;
}

const gauge: Gauge = {
  heap() {
    gauge.collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  collect() {
    globalThis.gc!();
    globalThis.gc!();
  },
};

/** Has everything collected: what a WeakRef has shown lives until the turn ends, and finalisers run in later ones. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await setImmediate();
    gauge.collect();
  }
}

/** Stays in reach: V8 drops compiled code when all objects of the classes it was made for have been collected. */
const warmedUp: Peer[] = [];

/** Runs a peer: twice on few rows, until the compiler knows the code, then in earnest. */
async function drive(order: Order): Promise<Measured> {
  const kind = kindOf(order.peer, order.memoir);
  const make = await kind.open();
  const warm = Math.min(kind.rowsMax === undefined ? 10_000 : 2000, order.rows);
  const all = await readRows(order.data, order.rows + Math.floor(order.rows / 5));
  for (let i = 0; i < 2; i++) {
    const lookups = Math.min(20_000, warm);
    const plan: Plan = { rows: warm, cap: order.cap, only: order.only, lookups, ranges: 500 };
    const idle: Gauge = { heap: () => 0, collect: () => {} };
    const peer = make();
    warmedUp.push(peer);
    await new Run(peer, all.slice(0, warm + Math.floor(warm / 5)), limited(plan, kind), idle, kind.format).go();
  }
  await settle();
  const plan: Plan = { rows: order.rows, cap: order.cap, only: order.only, lookups: 200_000, ranges: RANGES };
  const { ns, checks, bytes } = await new Run(make(), all, limited(plan, kind), gauge, kind.format).go();
  if (kind.offHeap === true) return { ns, checks, bytes: {} };
  return { ns, checks, bytes: withoutRows(bytes, await bytesOfCopies(make, all.slice(0, order.rows))) };
}

function limited(plan: Plan, { rangesMax }: PeerKind): Plan {
  return { ...plan, ranges: Math.min(plan.ranges, rangesMax ?? Infinity) };
}

function withoutRows(bytes: Measured['bytes'], copies: number): Measured['bytes'] {
  const { row } = bytes;
  return row === undefined ? bytes : { ...bytes, row: row - copies, copies };
}

/** How many bytes a row takes that a store made of the one it was given; 0 when the store holds the very same. */
async function bytesOfCopies(make: () => Peer, rows: readonly Row[]): Promise<number> {
  await settle();
  const before = gauge.heap();
  const copies = copiesOf(make(), rows);
  if (copies === undefined) return 0;
  await settle();
  const bytes = (gauge.heap() - before) / copies.length;
  return copies.length === 0 ? 0 : bytes - 8; // the array that holds them has 8 for each
}

/** The rows that a store holds; the store itself can be collected when this has returned. */
function copiesOf(peer: Peer, rows: readonly Row[]): readonly Row[] | undefined {
  if (peer.copies === undefined) return undefined;
  peer.load(rows);
  const copies = peer.copies().slice(); // an array that grew has room to spare
  peer.close();
  return copies;
}

if (process.argv[2] !== undefined && import.meta.url === pathToFileURL(process.argv[1]!).href) {
  console.log(JSON.stringify(await drive(JSON.parse(process.argv[2]) as Order)));
  process.exit(0);
}
