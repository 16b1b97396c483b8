import { checkOptions, invalidDefinition, MemoirError, show } from '../errors.js';
import { PRIMARY } from '../codecs/index-check.js';
import { definitionOf, planOf } from '../codecs/table.js';
import { checkTableName } from '../codecs/table-name.js';
import type { Table } from '../codecs/table-types.js';
import type { Abort } from '../log/streams.js';
import type { Engine } from '../projections/engine.js';
import type { IndexBuild } from '../projections/index-build.js';
import type { LiveQueries } from '../projections/live.js';
import type { TableState } from '../projections/table-state.js';
import type { Sink } from './sink.js';
import type { Transactor } from './transactor.js';

/** What changes of the schema are made with. */
export interface SchemaParts {
  readonly engine: Engine;
  readonly sink: Sink;
  readonly live: LiveQueries;
  readonly transactor: Transactor;
  /** Throws when the store is closed. */
  readonly guard: () => void;
  /** Makes a table known to views, transactions and streams. */
  readonly announce: (name: string) => void;
  /** Lets everything else run that waits for its turn. */
  readonly pause: () => Promise<void>;
  /** Milliseconds from whenever, never going back. */
  readonly elapsed: () => number;
}

/** How an index is built while the store is used. */
export interface AddIndexOptions {
  /** How long a slice may take, in milliseconds, before everything else has its turn; 8 unless told. */
  readonly budgetMs?: number;
  /** Gives the build up; nothing is left of it. */
  readonly signal?: Abort;
}

/**
 * Changes of a store's tables while it is used. Definitions are local to a store and never logged: what is added has
 * no past, and what is dropped is forgotten.
 */
export class SchemaChanges {
  readonly #parts: SchemaParts;

  constructor(parts: SchemaParts) {
    this.#parts = parts;
  }

  /** Builds an index off to the side, in slices, and lets it be read from the head of that moment on. */
  async addIndex(table: string, name: string, spec: unknown, options: AddIndexOptions): Promise<void> {
    checkOptions('addIndex', options, ['budgetMs', 'signal']);
    const { budgetMs = 8, signal } = options;
    if (typeof budgetMs !== 'number' || !(budgetMs > 0)) {
      throw new MemoirError('OptionInvalid', `budgetMs is ${show(budgetMs)}: give milliseconds, more than 0`);
    }
    this.#guard();
    const { sink, pause } = this.#parts;
    const state = this.#tableNamed(table);
    const plan = planOf(state.definition, name, spec);
    state.catalog.refuseTaken(name);
    const build = state.build(plan, sink.version);
    let done = false;
    try {
      while (!done) {
        await pause();
        this.#parts.guard();
        // A restore has put another table in the place of this one.
        if (signal?.aborted === true || this.#parts.engine.tables.get(table) !== state) throw aborted(table, name);
        done = this.#slice(build, budgetMs);
      }
    } finally {
      if (!done) state.catalog.abandon(build);
    }
    // It has the rows of batches that are on their way to the log: views that have those can read it.
    state.catalog.adopt(build, { offset: sink.head, version: sink.version });
    try {
      await sink.settled(false);
    } catch (error) {
      const there = this.#parts.engine.tables.get(table);
      // A restore has put another state in the place of what was pending, and this index is one of it.
      if (there !== state && there?.catalog.all.some((index) => index.plan === plan) === true) return;
      state.catalog.withdraw(build.index);
      this.#parts.live.drop(build.index);
      throw error;
    }
  }

  /** Takes an index away, and runs the live queries again that read it. */
  dropIndex(table: string, name: string): void {
    this.#guard();
    const { catalog } = this.#tableNamed(table);
    const index = catalog.find(name, Infinity);
    if (index.plan.name === PRIMARY) {
      throw invalidDefinition(`indexes.${PRIMARY}`, `the table ${table} cannot be without its primary key`);
    }
    catalog.drop(index);
    this.#parts.live.drop(index);
  }

  /** Adds a table without rows. */
  addTable(name: string, made: Table): void {
    this.#guard();
    const { engine, announce } = this.#parts;
    checkTableName(name);
    if (engine.tables.has(name))
      throw invalidDefinition(`tables.${name}`, 'the store has this table: choose another name');
    engine.addTable(name, definitionOf(name, made));
    announce(name);
  }

  #guard(): void {
    this.#parts.live.guard();
    this.#parts.guard();
    this.#parts.transactor.refuseNesting();
  }

  /** A callback of the definition that writes is refused, as it is in a transaction. */
  #slice(build: IndexBuild, budgetMs: number): boolean {
    const { transactor, elapsed } = this.#parts;
    const end = elapsed() + budgetMs;
    return transactor.alone(() => build.advance(() => elapsed() >= end));
  }

  #tableNamed(name: string): TableState {
    const table = this.#parts.engine.tables.get(name);
    if (table === undefined) throw new MemoirError('OptionInvalid', `the store has no table ${show(name)}`);
    return table;
  }
}

function aborted(table: string, index: string): MemoirError {
  return new MemoirError('WaitAborted', `the building of ${table}.${index} was aborted: nothing is left of it`, {
    table,
    index,
  });
}
