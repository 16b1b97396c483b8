import type { Observable, Subscriber } from 'rxjs';

import { MemoirError } from '../errors.js';
import type { Row } from '../codecs/index-plan.js';
import { equalPlain } from '../codecs/equality.js';
import { isPlainObject } from '../codecs/plain-data.js';
import type { AnyBatch } from '../log/batch.js';
import type { Feed, Listener } from '../log/feed.js';
import type { Log } from '../log/log.js';
import { GuardedObservable, type OnError } from '../log/guarded-observable.js';
import type { Engine } from './engine.js';
import { ignore, isThenable } from '../thenable.js';
import type { Subscribers } from '../log/subscribers.js';
import { IntervalTree, type Watch } from './interval-tree.js';
import { ReadSet, type Read } from './read-set.js';
import { ScanIterator } from './scan.js';
import { Scan, TableReads } from './table-reader.js';
import type { TableIndex } from './table-index.js';
import { ViewFace, type PinnedView } from './view.js';

/** A live query's answer, and the offset at which it is the answer. */
export interface Stamped<A> {
  readonly offset: number;
  readonly value: A;
}

/** How a live query is told apart from the last answer; structural by default. */
export type Equality<A> = (a: A, b: A) => boolean;

/** Opens a view at the head that notes what is read. */
export type OpenTracked = (reads: ReadSet) => { readonly view: PinnedView; readonly face: unknown };

/** What live queries are made with. */
export interface LiveParts {
  readonly engine: Engine;
  readonly log: Log;
  readonly feed: Feed;
  readonly open: OpenTracked;
  readonly subscribers: Subscribers;
  readonly onError: OnError;
}

/** How a live query is told apart from its last answer, and from others. */
export interface LiveOptions {
  readonly equal?: Equality<never>;
  readonly label?: string;
}

/**
 * The live queries of a store. Each is run again only when a batch touches a stretch of an index that it read: the
 * stretches lie in interval trees, one an index, so that idle queries on other ranges cost a write nothing but their
 * share of a logarithm.
 */
export class LiveQueries implements Listener {
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #feed: Feed;
  readonly #open: OpenTracked;
  readonly #subscribers: Subscribers;
  readonly #onError: OnError;
  readonly #watched = new Map<TableIndex, IntervalTree<LiveQuery>>();
  readonly #queries = new Set<LiveQuery>();
  /** How many queries were ever subscribed to: they are told in that order. */
  #subscribed = 0;
  /** Set while a query's own code runs: whether listeners were being told when it began. */
  #asking: { readonly draining: boolean } | undefined;

  constructor({ engine, log, feed, open, subscribers, onError }: LiveParts) {
    this.#engine = engine;
    this.#log = log;
    this.#feed = feed;
    this.#open = open;
    this.#subscribers = subscribers;
    this.#onError = onError;
    feed.add(this);
  }

  /** How many queries are live. */
  get size(): number {
    return this.#queries.size;
  }

  /** Refuses to open another view while a query runs: what it read would not be known. */
  guard(): void {
    // A query that writes has its subscribers told before it goes on, and they may read as they like.
    if (this.#asking === undefined || this.#asking.draining !== this.#feed.draining) return;
    throw new MemoirError(
      'UntrackedRead',
      'a live query may read only the view it was given, so that its reads are known',
    );
  }

  observe(query: (view: never) => unknown, { equal, label = 'live()' }: LiveOptions): Observable<Stamped<unknown>> {
    return new GuardedObservable<Stamped<unknown>>(this.#onError, (subscriber) => {
      const live = new LiveQuery(
        query,
        (equal as Equality<unknown> | undefined) ?? equalPlain,
        subscriber,
        this.#subscribed++,
      );
      this.#queries.add(live);
      const place = (): number => Math.max(live.ranAt, this.#feed.delivered);
      const strikeOff = this.#subscribers.add('live', label, place);
      this.#run(live);
      if (this.#feed.closed) subscriber.complete();
      return () => {
        strikeOff();
        this.#queries.delete(live);
        this.#unwatch(live);
      };
    });
  }

  /** Runs the queries again that read an index which was dropped; those that still ask for it end with an error. */
  drop(index: TableIndex): void {
    const dropped = this.#watched.get(index);
    if (dropped === undefined) return;
    this.#watched.delete(index);
    for (const live of [...this.#queries]) {
      if (!live.watches.some(({ tree }) => tree === dropped)) continue;
      this.#unwatch(live);
      this.#run(live);
    }
  }

  deliver(batch: AnyBatch): void {
    if (this.#queries.size === 0) return;
    const touched = this.#touchedBy(batch);
    if (touched === undefined) return;
    const inOrder = [...touched].sort((a, b) => a.order - b.order);
    for (const live of inOrder) if (this.#queries.has(live)) this.#again(live, batch.offset);
  }

  reset(): void {
    // The trees are those of indexes that are no more.
    this.#watched.clear();
    for (const live of this.#queries) live.watches.length = 0;
    for (const live of [...this.#queries]) if (this.#queries.has(live)) this.#run(live);
  }

  end(): void {
    for (const live of [...this.#queries]) live.subscriber.complete();
  }

  /** The queries that read a stretch which a batch touches, if there are any. */
  #touchedBy(batch: AnyBatch): ReadonlySet<LiveQuery> | undefined {
    let touched: Set<LiveQuery> | undefined;
    const found = (live: LiveQuery): unknown => (touched ??= new Set()).add(live);
    for (const { table, before, after } of batch.changes) {
      // A large batch soon touches all there are.
      if (touched?.size === this.#queries.size) break;
      for (const index of this.#engine.tables.get(table)!.indexes) {
        const watched = this.#watched.get(index);
        if (watched === undefined || watched.size === 0) continue;
        if (before !== undefined) findWatchers(index, watched, before, found);
        if (after !== undefined) findWatchers(index, watched, after, found);
      }
    }
    return touched;
  }

  /** Runs a query again, unless a batch under way already made it run on a later state. */
  #again(live: LiveQuery, offset: number): void {
    if (live.subscriber.closed || live.ranAt >= offset) return;
    this.#unwatch(live);
    this.#run(live);
  }

  #run(live: LiveQuery): void {
    try {
      const reads = new ReadSet();
      const value = this.#ask(live, reads);
      if (live.subscriber.closed) return;
      this.#watch(live, reads);
      const missed = this.#missed(live);
      if (missed === undefined) live.answer(value);
      else this.#again(live, missed);
    } catch (error) {
      live.subscriber.error(error);
    }
  }

  /** Runs the query on the state now. */
  #ask(live: LiveQuery, reads: ReadSet): unknown {
    const opened = this.#open(reads);
    live.ranAt = opened.view.offset;
    return this.#through(opened, live.query);
  }

  /** What a query reads of a view that is opened for it, once. @throws `LazyResult`, `UntrackedRead` */
  readsOf(query: LiveQuery['query'], open: OpenTracked): readonly Read[] {
    const reads = new ReadSet();
    this.#through(open(reads), query);
    return reads.reads();
  }

  #through({ view, face }: ReturnType<OpenTracked>, query: LiveQuery['query']): unknown {
    const outer = this.#asking;
    this.#asking = { draining: this.#feed.draining };
    try {
      const value = query(face as never);
      refuseLazy(value);
      return value;
    } finally {
      view.close();
      this.#asking = outer;
    }
  }

  #watch(live: LiveQuery, reads: ReadSet): void {
    for (const { index, interval } of reads.reads()) {
      let tree = this.#watched.get(index);
      if (tree === undefined) this.#watched.set(index, (tree = new IntervalTree()));
      live.watches.push({ tree, watch: tree.add(interval, live) });
    }
  }

  /** A query that wrote has missed its own batch: it was told of before anyone knew what the query reads. */
  #missed(live: LiveQuery): number | undefined {
    const { head, floor } = this.#log;
    for (let offset = live.ranAt + 1; offset <= head; offset++) {
      if (offset < floor || this.#touchedBy(this.#log.at(offset))?.has(live) === true) return offset;
    }
    return undefined;
  }

  #unwatch(live: LiveQuery): void {
    for (const { tree, watch } of live.watches) tree.remove(watch);
    live.watches.length = 0;
  }
}

function findWatchers(
  index: TableIndex,
  watched: IntervalTree<LiveQuery>,
  row: Row,
  found: (live: LiveQuery) => unknown,
): void {
  for (const parts of index.keysOf(row)) watched.at({ parts, side: 0, cut: false }, found);
}

class LiveQuery {
  readonly watches: { readonly tree: IntervalTree<LiveQuery>; readonly watch: Watch<LiveQuery> }[] = [];
  ranAt = -1;
  #last: Stamped<unknown> | undefined;

  constructor(
    readonly query: (view: never) => unknown,
    readonly equal: Equality<unknown>,
    readonly subscriber: Subscriber<Stamped<unknown>>,
    readonly order: number,
  ) {}

  /** Emits a value that differs from the last. */
  answer(value: unknown): void {
    if (this.#last !== undefined && this.equal(this.#last.value, value)) return;
    this.#last = { offset: this.ranAt, value };
    this.subscriber.next(this.#last);
  }
}

/** How deep a result is looked into for promises, and for scans that nobody has read. */
const LOOK_DEPTH = 3;

/** What a query reads when it has returned, nobody has noted. */
function laterResult(promise: PromiseLike<unknown>): MemoirError {
  ignore(promise);
  return new MemoirError(
    'LazyResult',
    'a live query or an expected one returned a promise, and its view is over by then: let it read and answer at once',
  );
}

/** Refuses a result that would be read after its view is over. */
function refuseLazy(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > LOOK_DEPTH) return;
  if (isThenable(value)) throw laterResult(value);
  if (
    value instanceof Scan ||
    value instanceof ScanIterator ||
    value instanceof TableReads ||
    value instanceof ViewFace
  ) {
    throw new MemoirError(
      'LazyResult',
      'a live query returned what reads its view, which is over by then: return rows, as in [...db.tasks.scan()]',
    );
  }
  if (Array.isArray(value) || value instanceof Set) for (const item of value) refuseLazy(item, depth + 1);
  else if (value instanceof Map) for (const item of value.values()) refuseLazy(item, depth + 1);
  else if (isPlainObject(value)) for (const name in value) refuseLazy(value[name], depth + 1);
}
