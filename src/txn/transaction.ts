import { MemoirError, show } from '../errors.js';
import { stackFull } from '../stack-room.js';
import type { AnyEvent, Meta } from '../log/batch.js';
import { streamEvent, type LoggedStream } from '../log/event-stream.js';
import type { Engine } from '../projections/engine.js';
import { TableReads } from '../projections/table-reader.js';
import { checkStream, Emitted, type EventDefinitions } from './emitted.js';
import type { Ledger } from './ledger.js';
import type { OpenStream } from './open-stream.js';
import { seededRandom } from './random.js';
import { OF_MEMOIR } from './sequence-names.js';
import { TableWrites } from './table-writer.js';
import type { Limits, WriteScope } from './write-scope.js';

/** What a transaction is given when it begins. */
export interface TransactionStart {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly sequences: ReadonlyMap<string, number>;
  /** Undefined where it emits nothing. */
  readonly facts: EventParts | undefined;
  readonly development: boolean;
  readonly lineage: string;
  /** The offset that its batch will have. */
  readonly offset: number;
  readonly at: number;
  readonly id: string | undefined;
  readonly meta: Meta;
}

/** What transactions of a store emit events with. */
export interface EventParts {
  readonly definitions: EventDefinitions;
  readonly ledger: Ledger;
  readonly openStream: OpenStream;
}

/** A transaction under way: reads see the head with all that was written so far. What its body holds is its face. */
export class OpenTransaction implements WriteScope {
  readonly version = Infinity;
  readonly reads = undefined;
  readonly lineage: string;
  readonly offset: number;
  readonly at: number;
  readonly id: string | undefined;
  readonly meta: Meta;
  readonly engine: Engine;
  readonly development: boolean;
  readonly limits: Limits;
  /** Sequences that this transaction has moved. */
  moved: Map<string, number> | undefined;
  /** Statements that were refused, caught by the body or not. */
  readonly violations: MemoirError[] = [];
  bytes = 0;
  changes = 0;
  statements = 0;
  #spoilt: MemoirError | undefined;
  readonly #sequences: ReadonlyMap<string, number>;
  readonly #facts: EventParts | undefined;
  #emitted: Emitted | undefined;
  /** The writer that was used last, and all of them once there are several: most transactions write one table. */
  #writer: TableWrites | undefined;
  #writerOf: string | undefined;
  #writers: Map<string, TableWrites> | undefined;
  #readers: Map<string, TableReads> | undefined;
  #random: (() => number) | undefined;
  #open = true;

  constructor(start: TransactionStart) {
    const { engine, limits, sequences, facts, development, lineage, offset, at, id, meta } = start;
    this.engine = engine;
    this.limits = limits;
    this.#sequences = sequences;
    this.#facts = facts;
    this.meta = meta;
    this.development = development;
    this.lineage = lineage;
    this.offset = offset;
    this.at = at;
    this.id = id;
  }

  get filterRows(): number {
    return this.engine.filterRows;
  }

  fix(): number {
    return this.engine.tick();
  }

  guard(): void {
    if (this.#open) return;
    const { spoilt } = this;
    if (spoilt !== undefined) throw spoilt;
    throw new MemoirError('TransactionEnded', 'the transaction is over: its tables cannot be used outside its body');
  }

  end(): void {
    this.#open = false;
  }

  spoil(cause: unknown): MemoirError {
    this.#open = false;
    return (this.#spoilt ??= stackFull(cause));
  }

  /**
   * Why it can only be undone, if that is so: a statement found the stack full, whether its body caught that or not.
   * One that had no stack left to say so has not ended.
   */
  get spoilt(): MemoirError | undefined {
    return this.statements > 0 ? this.spoil(undefined) : this.#spoilt;
  }

  writer(name: string): TableWrites {
    if (this.#writer !== undefined && this.#writerOf === name) return this.#writer;
    if (this.#writer !== undefined) (this.#writers ??= new Map()).set(this.#writerOf!, this.#writer);
    this.#writerOf = name;
    this.#writer = this.#writers?.get(name) ?? new TableWrites(this.engine.tables.get(name)!, this);
    return this.#writer;
  }

  /** A table that it reads, and does not write. */
  reader(name: string): TableReads {
    this.#readers ??= new Map();
    let reader = this.#readers.get(name);
    if (reader === undefined) this.#readers.set(name, (reader = new TableReads(this.engine.tables.get(name)!, this)));
    return reader;
  }

  /** Sets a sequence that nobody draws from, unless that is its value. */
  record(name: string, value: number): void {
    if (this.#sequences.get(name) !== value) (this.moved ??= new Map()).set(name, value);
  }

  nextId(name: string): number {
    this.guard();
    if (typeof name !== 'string' || name === '' || !name.isWellFormed() || name.startsWith(OF_MEMOIR)) {
      throw new MemoirError(
        'OptionInvalid',
        `nextId(${show(name)}): give the sequence a name, which does not begin with ${OF_MEMOIR}`,
      );
    }
    this.moved ??= new Map();
    const next = (this.moved.get(name) ?? this.#sequences.get(name) ?? 0) + 1;
    this.moved.set(name, next);
    return next;
  }

  /** What it has emitted; undefined when that is nothing. */
  get events(): readonly AnyEvent[] | undefined {
    const list = this.#emitted?.list;
    return list === undefined || list.length === 0 ? undefined : list;
  }

  /** A stream, with what this transaction has emitted so far. */
  stream(name: unknown): LoggedStream {
    checkStream(name);
    const { list } = this.emitted;
    const batch = { offset: this.offset, at: this.at, id: this.id, meta: this.meta };
    const own = list.filter(({ stream }) => stream === name).map((event) => streamEvent(batch, event));
    return this.#facts!.openStream(name, this.emitted.headOf(name), own);
  }

  /** What it has emitted, to add to. */
  get emitted(): Emitted {
    this.guard();
    return (this.#emitted ??= new Emitted(this, this.#facts!.definitions, this.#facts!.ledger.streams));
  }

  random(): number {
    this.guard();
    this.#random ??= seededRandom(`${this.offset}:${this.at}:${this.id ?? ''}`);
    return this.#random();
  }
}

/** What a body holds of its transaction: the tables by name, on the prototype. */
export class TransactionFace {
  readonly #tx: OpenTransaction;

  constructor(tx: OpenTransaction) {
    this.#tx = tx;
  }

  get at(): number {
    return this.#tx.at;
  }

  nextId(name: string): number {
    return this.#tx.nextId(name);
  }

  random(): number {
    return this.#tx.random();
  }

  emit(type: unknown, data: unknown, options?: { readonly stream?: unknown }): AnyEvent {
    return this.#tx.emitted.emit(type, data, options);
  }

  stream(name: unknown): LoggedStream {
    return this.#tx.stream(name);
  }

  /** The faces of a store's transactions. */
  static withTables(names: Iterable<string>): typeof TransactionFace {
    class StoreTransaction extends TransactionFace {}
    for (const name of names) StoreTransaction.addTable(name);
    return StoreTransaction;
  }

  /** Gives every face of the class this is called on a table that can only be read. */
  static addDerived(name: string): void {
    Object.defineProperty(this.prototype, name, {
      get(this: TransactionFace): TableReads {
        return this.#tx.reader(name);
      },
      enumerable: true,
    });
  }

  /** Gives every face of the class this is called on, those there are too, a table more. */
  static addTable(name: string): void {
    Object.defineProperty(this.prototype, name, {
      get(this: TransactionFace): TableWrites {
        return this.#tx.writer(name);
      },
      enumerable: true,
    });
  }
}
