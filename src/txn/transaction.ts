import { MemoirError, show } from '../errors.js';
import type { Engine } from '../projections/engine.js';
import { seededRandom } from './random.js';
import { TableWrites } from './table-writer.js';
import type { Limits, WriteScope } from './write-scope.js';

/** What a transaction is given when it begins. */
export interface TransactionStart {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly sequences: ReadonlyMap<string, number>;
  readonly development: boolean;
  readonly lineage: string;
  /** The offset that its batch will have. */
  readonly offset: number;
  readonly at: number;
  readonly id: string | undefined;
}

/** A transaction under way: reads see the head with all that was written so far. What its body holds is its face. */
export class OpenTransaction implements WriteScope {
  readonly version = Infinity;
  readonly reads = undefined;
  readonly lineage: string;
  readonly offset: number;
  readonly at: number;
  readonly id: string | undefined;
  readonly engine: Engine;
  readonly development: boolean;
  readonly limits: Limits;
  /** Sequences that this transaction has moved. */
  readonly moved = new Map<string, number>();
  /** Statements that were refused, caught by the body or not. */
  readonly violations: MemoirError[] = [];
  bytes = 0;
  changes = 0;
  readonly #sequences: ReadonlyMap<string, number>;
  readonly #writers = new Map<string, TableWrites>();
  #random: (() => number) | undefined;
  #open = true;

  constructor({ engine, limits, sequences, development, lineage, offset, at, id }: TransactionStart) {
    this.engine = engine;
    this.limits = limits;
    this.#sequences = sequences;
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
    throw new MemoirError('TransactionEnded', 'the transaction is over: its tables cannot be used outside its body');
  }

  end(): void {
    this.#open = false;
  }

  writer(name: string): TableWrites {
    let writer = this.#writers.get(name);
    if (writer === undefined) this.#writers.set(name, (writer = new TableWrites(this.engine.tables.get(name)!, this)));
    return writer;
  }

  nextId(name: string): number {
    this.guard();
    if (typeof name !== 'string' || name === '' || !name.isWellFormed()) {
      throw new MemoirError('OptionInvalid', `nextId(${show(name)}): give the sequence a name`);
    }
    const next = (this.moved.get(name) ?? this.#sequences.get(name) ?? 0) + 1;
    this.moved.set(name, next);
    return next;
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

  /** The faces of a store's transactions. */
  static withTables(names: Iterable<string>): typeof TransactionFace {
    class StoreTransaction extends TransactionFace {}
    for (const name of names) {
      Object.defineProperty(StoreTransaction.prototype, name, {
        get(this: TransactionFace): TableWrites {
          return this.#tx.writer(name);
        },
        enumerable: true,
      });
    }
    return StoreTransaction;
  }
}
