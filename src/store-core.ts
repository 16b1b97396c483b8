import { map } from 'rxjs';

import { assert } from './assert.js';
import { checkOptions, MemoirError, show } from './errors.js';
import type { Table } from './codecs/table-types.js';
import type { AnyHandler } from './log/consumer.js';
import { LoggedStream } from './log/event-stream.js';
import { compacted, inFuture, offsetOf, startOf, type Position } from './log/position.js';
import type { Abort, AnyConsumeOptions, AnyStreamOptions } from './log/streams.js';
import { diff } from './projections/diff.js';
import { Engine } from './projections/engine.js';
import { fold } from './projections/fold.js';
import type { LiveOptions } from './projections/live.js';
import { historyOf } from './projections/row-history.js';
import { Snapshot } from './projections/snapshot.js';
import { statsOf } from './projections/stats.js';
import type { ViewFace } from './projections/view.js';
import { platform } from './platform.js';
import type { StoreParts } from './store-parts.js';
import { checkStream } from './txn/emitted.js';
import { Ledger } from './txn/ledger.js';
import type { AddIndexOptions } from './txn/schema-changes.js';
import { NO_OPTIONS, type AnyBody, type AnyTransactOptions } from './txn/transactor.js';

/** What stores have in common, wherever their log is: all but how a transaction ends, and how the store does. */
export class StoreCore {
  readonly #parts: StoreParts;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** Whether a transaction can be made to wait. */
  protected get blocks(): boolean {
    return false;
  }

  get lineage(): string {
    return this.#parts.log.lineage;
  }

  get head(): number {
    return this.#parts.log.head;
  }

  get floor(): number {
    return this.#parts.log.floor;
  }

  with(body: AnyBody, options: AnyTransactOptions = NO_OPTIONS): unknown {
    this.#parts.live.guard();
    return this.#parts.transactor.dryRun(body, options);
  }

  now(options: { readonly label?: string } = {}): ViewFace {
    this.#parts.live.guard();
    checkOptions('now', options, ['label']);
    return this.#parts.views.now(options.label);
  }

  asOf(point: number | Date | Position, options: { readonly label?: string } = {}): ViewFace {
    this.#parts.live.guard();
    checkOptions('asOf', options, ['label']);
    return this.#parts.views.asOf(point, options.label);
  }

  read<A>(query: (view: ViewFace) => A): A {
    checkQuery(query);
    this.#parts.live.guard();
    return this.#parts.views.read(query);
  }

  snapshotThenFollow<A>(query: (view: ViewFace) => A): { readonly value: A; readonly next: Position } {
    const { head, lineage } = this.#parts.log;
    return { value: this.read(query), next: { lineage, offset: head + 1 } };
  }

  batch(offset: number | Position): unknown {
    this.#parts.live.guard();
    return this.#parts.log.at(offsetOf(this.#parts.log, offset));
  }

  batchOf(id: string): unknown {
    this.#parts.live.guard();
    return this.#parts.ledger.find(id);
  }

  lastBatch(): unknown {
    this.#parts.live.guard();
    const { log, ledger } = this.#parts;
    if (log.head >= log.floor) return log.at(log.head);
    return ledger.last?.offset === log.head ? ledger.last : undefined;
  }

  diff(from: number | Position, to: number | Position): unknown {
    this.#parts.live.guard();
    // The state before the floor is that after its predecessor, so both ends may be one less than a batch.
    const [a, b] = [from, to].map((point) => startOf(this.#parts.log, offsetOf(this.#parts.log, point) + 1) - 1) as [
      number,
      number,
    ];
    return diff(this.#parts.log, a, b);
  }

  history(name: string, key: unknown): unknown {
    this.#parts.live.guard();
    const table = this.#parts.engine.tables.get(name);
    if (table === undefined) throw new MemoirError('OptionInvalid', `the store has no table ${show(name)}`);
    return historyOf(table, table.toPrimaryKey(key), this.#parts.log, this.#parts.horizon);
  }

  changes(options: AnyStreamOptions = {}): unknown {
    return this.#parts.streams.changes(options);
  }

  follow(options: AnyStreamOptions = {}): unknown {
    return this.#parts.streams.follow(options);
  }

  consume(handler: AnyHandler, options: AnyConsumeOptions): unknown {
    return this.#parts.streams.consume(handler, options, this.blocks);
  }

  stream(name: unknown): unknown {
    this.#parts.live.guard();
    checkStream(name);
    const { log, ledger } = this.#parts;
    return new LoggedStream({ log, name, head: ledger.streams.get(name) ?? 0, tail: [] });
  }

  live(query: (view: never) => unknown, options: LiveOptions & { readonly stamped?: boolean } = {}): unknown {
    this.#parts.streams.guard();
    checkQuery(query);
    checkOptions('live', options, ['stamped', 'equal', 'label']);
    if (options.equal !== undefined) checkQuery(options.equal);
    const answers = this.#parts.live.observe(query, options);
    return options.stamped === true ? answers : answers.pipe(map(({ value }) => value));
  }

  async waitFor(point: number | Position, options: { readonly signal?: Abort } = {}): Promise<void> {
    checkOptions('waitFor', options, ['signal']);
    return this.#parts.streams.waitFor(point, options.signal);
  }

  holders(): unknown {
    return this.#parts.horizon.holders();
  }

  async addIndex(table: string, name: string, spec: unknown, options: AddIndexOptions = {}): Promise<this> {
    await this.#parts.schema.addIndex(table, name, spec, options);
    return this;
  }

  dropIndex(table: string, name: string): this {
    this.#parts.schema.dropIndex(table, name);
    return this;
  }

  addTable(name: string, definition: Table): this {
    this.#parts.schema.addTable(name, definition);
    return this;
  }

  stats(): unknown {
    this.#parts.live.guard();
    return statsOf({
      engine: this.#parts.engine,
      log: this.#parts.log,
      horizon: this.#parts.horizon,
      past: this.#parts.past,
      subscribers: this.#parts.subscribers,
    });
  }

  compact(before: number | Position): void {
    this.#parts.horizon.want(offsetOf(this.#parts.log, before));
    // While listeners are being told, what they have yet to hear of must stay; it goes when they have.
    if (this.#parts.feed.draining) return;
    this.#parts.horizon.advance();
    this.#parts.past.trim();
  }

  snapshot(options: { readonly label?: string } = {}): Snapshot {
    this.#parts.live.guard();
    checkOptions('snapshot', options, ['label']);
    const layout = this.#parts.layout();
    const view = this.#parts.views.pinned(options.label ?? 'snapshot()');
    return new Snapshot(layout, { view, at: this.#parts.log.lastAt, ...this.#parts.ledger.capture() }, platform);
  }

  stateHash(point?: number | Position): string {
    const { log, ledger, horizon } = this.#parts;
    if (ledger.hash === undefined)
      throw new MemoirError('OptionInvalid', 'no state hash is kept: make the store with { stateHash: true }');
    const offset = point === undefined ? log.head : offsetOf(log, point);
    if (offset > log.head) throw inFuture(log, offset);
    const hash = offset < horizon.floor ? undefined : ledger.hash.at(offset);
    if (hash === undefined) throw compacted(log, offset, horizon.floor + 1);
    return hash;
  }

  check(): void {
    this.#parts.engine.check();
    this.#parts.past.check();
    if (this.#parts.horizon.isWhole) this.#checkReplay();
  }

  /** Folds the whole log anew and compares: replay ≡ live state. */
  #checkReplay(): void {
    const replayed = new Engine(
      new Map([...this.#parts.engine.tables].map(([name, { original }]) => [name, original])),
    );
    const heads = new Ledger(0);
    for (const batch of this.#parts.log.read(1)) {
      fold(replayed, batch);
      heads.note(batch);
    }
    replayed.check();
    const { log, ledger } = this.#parts;
    for (const [name, head] of heads.streams) {
      assert(log.streams.upTo(name, head)?.position === head, `the index of streams has the last event of ${name}`);
      // Events of types that are gone have moved a stream, too.
      assert((ledger.streams.get(name) ?? 0) >= head, `the head of the stream ${name} is not before its last event`);
    }
    // What is on its way to the log is in the tables already.
    const head = this.#parts.horizon.timeline.versionOf(this.#parts.log.head);
    for (const [name, table] of this.#parts.engine.tables) {
      assert(table.equals(replayed.tables.get(name)!, head), `folding the log gives the table ${name} as it is`);
    }
  }
}

function checkQuery(query: unknown): void {
  if (typeof query !== 'function')
    throw new MemoirError(
      'OptionInvalid',
      `${show(query)} is no function: give a query of a view, or for \`equal\` a comparison of two answers`,
    );
}
