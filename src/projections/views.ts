import { MemoirError, show } from '../errors.js';
import type { Listener } from '../log/feed.js';
import type { Log } from '../log/log.js';
import { compacted, inFuture, offsetOf, type Position } from '../log/position.js';
import type { Engine } from './engine.js';
import type { Horizon } from './horizon.js';
import type { Past } from './past.js';
import type { ReadSet } from './read-set.js';
import { PinnedView, type Lease, type ViewFace } from './view.js';

/** Lets go of what a dropped object held; see `Reclaimer` in platform.ts. */
export interface DropWatch {
  watch(target: object, release: () => void): void;
}

/** What views are opened with. */
export interface ViewParts {
  readonly engine: Engine;
  readonly log: Log;
  readonly horizon: Horizon;
  readonly past: Past;
  readonly Face: typeof ViewFace;
  readonly drops: DropWatch;
}

/** Opens views of a store: now, then, scoped, and tracked for live queries. */
export class Views implements Listener {
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #horizon: Horizon;
  readonly #past: Past;
  readonly #Face: typeof ViewFace;
  readonly #drops: DropWatch;
  /** A view, its readers and passes that nobody uses, kept for their shapes: see `keepShape`. */
  shapes: readonly unknown[] = [];
  #now: { readonly view: PinnedView; readonly face: ViewFace } | undefined;

  constructor({ engine, log, horizon, past, Face, drops }: ViewParts) {
    this.#engine = engine;
    this.#log = log;
    this.#horizon = horizon;
    this.#past = past;
    this.#Face = Face;
    this.#drops = drops;
    this.#keepShapes();
  }

  /** The view at the head; the same one until the head moves or it is closed. */
  now(label = 'now()'): ViewFace {
    if (this.#now?.view.isOpen !== true || this.#now.view.offset !== this.#log.head) {
      const view = this.#open(this.#log.head, label);
      this.#now = { view, face: this.#held(view) };
    }
    return this.#now.face;
  }

  /** Lets go of the view of a head that has moved, so that it goes when its holders do. */
  reset(): void {
    this.#now = undefined;
    this.#keepShapes();
  }

  deliver(): void {
    if (this.#now?.view.offset !== this.#log.head) this.#now = undefined;
  }

  end(): void {
    // Views outlive the store's end: it can still be read.
  }

  asOf(point: number | Date | Position, label = 'asOf()'): ViewFace {
    const offset = this.#offsetFor(point);
    if (offset >= this.#horizon.known) return this.#held(this.#open(offset, label));
    return this.#held(this.#viewOn(this.#past.lease(offset)));
  }

  /** Runs a query on the head, and closes its view at return. */
  read<A>(query: (face: ViewFace) => A): A {
    const view = this.#open(this.#log.head, 'read()');
    try {
      return query(new this.#Face(view));
    } finally {
      view.close();
    }
  }

  /** A view at the head for the store's own use; the caller closes it. */
  pinned(label: string): PinnedView {
    return this.#open(this.#log.head, label);
  }

  /** A view at the head that notes what is read of it, with its face; the caller closes it. */
  tracked(reads: ReadSet): { readonly view: PinnedView; readonly face: ViewFace } {
    const view = this.#open(this.#log.head, 'live()', reads);
    return { view, face: new this.#Face(view) };
  }

  #keepShapes(): void {
    const { tables } = this.#engine;
    const view = this.#viewOn({ version: 0, offset: 0, tables, release: () => {} });
    const scans = Array.from(this.#engine.tables.keys(), (name) => view.reader(name).scan());
    this.shapes = [new this.#Face(view), scans, scans.map((scan) => scan[Symbol.iterator]())];
  }

  #open(offset: number, label: string, reads?: ReadSet): PinnedView {
    return this.#viewOn(this.#horizon.pinView(offset, label), reads);
  }

  #viewOn(lease: Lease, reads?: ReadSet): PinnedView {
    return new PinnedView(this.#engine, lease, this.#log.lineage, reads);
  }

  /** Readers and passes hold the view, not its face; so the view is what must be out of reach. */
  #held(view: PinnedView): ViewFace {
    const { lease } = view;
    this.#drops.watch(view, () => lease.release());
    return new this.#Face(view);
  }

  #offsetFor(point: number | Date | Position): number {
    if (point instanceof Date) {
      const time = point.getTime();
      if (Number.isNaN(time)) throw new MemoirError('OffsetInvalid', `asOf(${show(point)}): give a valid Date`);
      return this.#within(this.#log.offsetAt(time));
    }
    const offset = offsetOf(this.#log, point);
    if (offset > this.#log.head) throw inFuture(this.#log, offset);
    return this.#within(offset);
  }

  #within(offset: number): number {
    if (offset < this.#horizon.floor) throw compacted(this.#log, offset, this.#horizon.floor + 1);
    return offset;
  }
}
