import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { Order } from '../harness/launch.js';
import { collect, type Measured } from '../harness/measure.js';
import type { Row } from '../peers/rows.js';
import { rowOf } from '../scale/rows.js';
import { tasksStore, watched } from '../scale/tasks.js';
import { compare, contentOf, expected, type Content } from './check.js';
import { kindOf } from './kinds.js';
import type { Fsync, Peer } from './peer.js';
import { BBOLT, filled, FOLDER } from './places.js';

interface DurableOrder extends Order {
  readonly part: 'commits' | 'fill' | 'open' | 'snapshot' | 'inserts' | 'reinserts';
  readonly peer: string;
  readonly fsync: Fsync;
  readonly writers: number;
  /** How long commits go on. */
  readonly seconds: number;
  /** How many of the rows came after the snapshot; 0 when there is none. */
  readonly suffix: number;
}

/** So many rows go into a store that is thrown away before one is measured. */
const WARM = 10_000;
/** They stay in reach: V8 drops compiled code when all objects of the classes it was made for are gone. */
const warmedUp: unknown[] = [];
/** So many commits are under way when a store is filled. */
const FILLING = 1000;

const folder = process.env[FOLDER]!;
const fresh = () => mkdtempSync(join(folder, 'run-'));
const rowsFrom = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => rowOf(from + i));

/** Commits rows one by one from so many loops, until there are none or time is up; returns how many. */
async function commit(peer: Peer, rows: readonly Row[], writers: number, ms = Infinity): Promise<number> {
  const end = performance.now() + ms;
  let next = 0;
  const write = async () => {
    while (next < rows.length && performance.now() < end) await peer.commit(rows[next++]!);
  };
  await Promise.all(Array.from({ length: writers }, write));
  return next;
}

/** Opens a store anew and compares what it has with the first so many rows. */
async function verify(peer: string, dir: string, rows: number): Promise<void> {
  const again = await kindOf(peer).open(dir, 'always');
  compare(peer, await contentOf(again), expected(rows));
  await again.close();
}

async function commits({ peer, fsync, writers, seconds, rows }: DurableOrder): Promise<Measured> {
  const kind = kindOf(peer);
  const first = await kind.open(fresh(), 'never');
  await commit(first, rowsFrom(0, Math.min(WARM, rows)), writers);
  await first.close();
  warmedUp.push(first);
  const all = rowsFrom(0, rows);
  const dir = fresh();
  const store = await kind.open(dir, fsync);
  collect();
  const begin = performance.now();
  const done = await commit(store, all, writers, seconds * 1000);
  const ns = ((performance.now() - begin) * 1e6) / done;
  await store.close();
  await verify(peer, dir, done);
  return { figures: { ns, commits: done } };
}

/** Makes the store that `open` and `snapshot` find in every round, one row a transaction. */
async function fill({ peer, rows, suffix }: DurableOrder): Promise<Measured> {
  const dir = filled(folder, peer, suffix);
  mkdirSync(dir);
  const store = await kindOf(peer).open(dir, 'never');
  await commit(store, rowsFrom(0, rows - suffix), FILLING);
  if (suffix > 0) {
    await store.saveSnapshot!();
    await commit(store, rowsFrom(rows - suffix, rows), FILLING);
  }
  await store.close();
  return { figures: { bytes: bytesIn(dir) / rows } };
}

/** Opens a store and reads every row, both timed; a view of a part of the rows would not show what is left to do. */
async function open({ peer, rows, suffix }: DurableOrder): Promise<Measured> {
  const dir = filled(folder, peer, suffix);
  const kind = kindOf(peer);
  const begin = performance.now();
  const store = await kind.open(dir, 'always');
  const opened = performance.now() - begin;
  let hash = 0;
  await store.scan(({ priority }) => (hash = (Math.imul(hash, 31) + priority) | 0));
  const ms = performance.now() - begin;
  compare(peer, await contentOf(store), expected(rows));
  await store.close();
  return { figures: { ms, open: opened } };
}

/** Copies a store while it is open, or has it save its snapshot. */
async function snapshot({ peer, rows }: DurableOrder): Promise<Measured> {
  const [dir, copy] = [fresh(), fresh()];
  cpSync(filled(folder, peer, 0), dir, { recursive: true });
  const store = await kindOf(peer).open(dir, 'always');
  const [before, begin] = [bytesIn(dir), performance.now()];
  await (store.backup?.(copy) ?? store.saveSnapshot!());
  const ms = performance.now() - begin;
  const bytes = store.backup === undefined ? bytesIn(dir) - before : bytesIn(copy);
  await store.close();
  await verify(peer, store.backup === undefined ? dir : copy, rows);
  return { figures: { ms, bytes: bytes / rows } };
}

/** Inserts the same rows into a store in memory, one a transaction: what recovery is compared with. */
function inserts({ rows }: DurableOrder): Measured {
  const warm = tasksStore();
  for (const row of rowsFrom(0, Math.min(WARM, rows))) warm.transact((tx) => tx.tasks.insert(row));
  warmedUp.push(warm);
  const all = rowsFrom(0, rows);
  const store = tasksStore();
  const check = watched(store);
  collect();
  const begin = performance.now();
  for (const row of all) store.transact((tx) => tx.tasks.insert(row));
  const ms = performance.now() - begin;
  check();
  return { figures: { ms } };
}

/** The same into a store on a new log, without syncs, as many in flight as help: what a store costs to make anew. */
async function reinserts({ peer, rows }: DurableOrder): Promise<Measured> {
  const all = rowsFrom(0, rows);
  const store = await kindOf(peer).open(fresh(), 'never');
  collect();
  const begin = performance.now();
  await commit(store, all, FILLING);
  const ms = performance.now() - begin;
  await store.close();
  return { figures: { ms } };
}

/** The same parts in the program that is written in Go. */
function bbolt({ part, fsync, writers, seconds, rows, suffix }: DurableOrder): Measured {
  const store = filled(folder, 'bbolt', suffix);
  if (part === 'fill') mkdirSync(store);
  const dir = part === 'commits' ? fresh() : store;
  const options = {
    fill: { fsync: 'never', writers: FILLING, seconds: 3600 },
    commits: { fsync, writers, seconds },
    snapshot: { copy: fresh() },
    open: {},
    inserts: {},
    reinserts: {},
  };
  const args = Object.entries({ part, dir, rows, ...options[part] }).map(([name, value]) => `-${name}=${value}`);
  const { status, stdout } = spawnSync(BBOLT, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`bbolt ended with ${status}`);
  const { figures, ...content } = JSON.parse(stdout) as Measured & Content;
  compare('bbolt', content, expected(figures['commits'] ?? rows));
  return { figures };
}

function bytesIn(dir: string): number {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(dir, name)));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

const PARTS = { commits, fill, open, snapshot, inserts, reinserts };
const order = JSON.parse(process.argv[2]!) as DurableOrder;
console.log(JSON.stringify(await (order.peer === 'bbolt' ? bbolt(order) : PARTS[order.part](order))));
for (const name of readdirSync(folder)) {
  if (name.startsWith('run-')) rmSync(join(folder, name), { recursive: true });
}
process.exit(0);
