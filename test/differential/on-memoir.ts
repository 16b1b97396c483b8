import { createStore, MemoirError, type Store, type View } from '../../src/index.js';
import type { History, Question, Statement, Step } from './history.js';
import { forms, tables, type Row, type TableName } from './schema.js';

/** A table as code sees it that knows its rows, but asks for an index by any name. */
interface AnyReader {
  get(key: unknown): Row | undefined;
  find(index: string, ...key: readonly unknown[]): Row | undefined;
  scan(...range: readonly unknown[]): Iterable<Row>;
  first(...range: readonly unknown[]): Row | undefined;
  last(...range: readonly unknown[]): Row | undefined;
  count(...range: readonly unknown[]): number;
  longestPrefix(...key: readonly unknown[]): Row | undefined;
}
interface AnyWriter extends AnyReader {
  insert(row: Row): Row;
  put(row: Row): Row;
  update(key: unknown, patch: unknown): Row;
  delete(key: unknown): boolean;
  deleteRange(...range: readonly unknown[]): number;
}
type Reader = Readonly<Record<TableName, AnyReader>>;
type Writer = Readonly<Record<TableName, AnyWriter>>;
type Db = View<typeof tables>;

/** Where a body ends that is to be undone. */
const ABORT = new Error('abort');

const readerOf = (db: unknown): Reader => db as Reader;
const named = (index: string): readonly string[] => (index === 'id' ? [] : [index]);
const bare = (table: TableName, key: readonly unknown[]): unknown => (table === 'stock' ? key[0] : key);

/** Runs a history on memoir and gives an answer for each step; one more where the store disagrees with itself. */
export function onMemoir({ keep, steps }: History): unknown[] {
  const run = new Run(keep);
  const answers = steps.map((step) => run.step(step));
  return [...answers, ...run.end()];
}

class Run {
  readonly #store: Store<typeof tables>;
  readonly #keep: number;
  readonly #held: { readonly db: Db; readonly own: boolean }[] = [];
  readonly #passes: Iterator<Row>[] = [];

  constructor(keep: number) {
    this.#keep = keep;
    this.#store = createStore({ tables, keep: { batches: keep } });
  }

  /** What `check` finds wrong, while views are open and after. */
  end(): string[] {
    try {
      this.#store.check();
      for (const { db, own } of this.#held) if (own) db.close();
      this.#store.check();
      return [];
    } catch (error) {
      return [`check: ${String(error)}`];
    }
  }

  step(step: Step): unknown {
    const store = this.#store;
    switch (step.do) {
      case 'transact':
        return this.#transact(step.statements, step.end);
      case 'hold': {
        const own = step.how === 'asOf';
        this.#held.push({ db: own ? store.asOf(store.head) : store.now(), own });
        return null;
      }
      case 'release': {
        const [gone] = this.#held.splice(step.nth % Math.max(1, this.#held.length), 1);
        if (gone?.own === true) gone.db.close();
        return null;
      }
      case 'ask':
        return this.#on(step, (db) => answer(db, step.question));
      case 'dump':
        return this.#on(step, dump);
      case 'open':
        this.#passes.push(openPass(readerOf(store.asOf(store.head)), step.question));
        return null;
      case 'step':
        return stepPass(this.#passes, step.nth, step.rows);
      case 'diff':
        return this.#diff(this.#back(step.from), this.#back(step.to));
      case 'history':
        return store
          .history(step.table, bare(step.table, step.key) as never)
          .filter(({ offset }) => offset > this.#back(this.#keep))
          .map(({ offset, kind, before, after }) => ({
            offset,
            change: { table: step.table, key: bare(step.table, step.key), kind, before, after },
          }));
    }
  }

  /** The offset so many batches ago, as far as the history goes back. */
  #back(batches: number): number {
    return Math.max(0, this.#store.head - Math.min(batches, this.#keep));
  }

  #on<A>({ of, nth }: { readonly of: 'held' | 'back' | 'now'; readonly nth: number }, read: (db: Reader) => A): A {
    if (of === 'held' && this.#held.length > 0) return read(readerOf(this.#held[nth % this.#held.length]!.db));
    if (of !== 'back') return this.#store.read((db) => read(readerOf(db)));
    const db = this.#store.asOf(this.#back(nth));
    try {
      return read(readerOf(db));
    } finally {
      db.close();
    }
  }

  /** The net changes in the order of tables and primary keys: go-memdb has no log whose order they could have. */
  #diff(from: number, to: number): unknown {
    const changes = this.#store.diff(from, to);
    const before = new Map<unknown, number>();
    const after = new Map<unknown, number>();
    const place = (places: Map<unknown, number>, offset: number) => {
      const db = this.#store.asOf(offset);
      for (const row of [...db.stock.scan(), ...db.own.scan()]) places.set(row, places.size);
      db.close();
    };
    place(before, from);
    place(after, to);
    const rank = ({ table, before: old, after: now }: (typeof changes)[number]): number =>
      (table === 'stock' ? 0 : 1e6) + (old === undefined ? 1e3 + after.get(now)! : before.get(old)!);
    return changes.toSorted((a, b) => rank(a) - rank(b));
  }

  #transact(statements: readonly Statement[], end: 'commit' | 'abort' | 'dry'): unknown {
    const store = this.#store;
    const answers: unknown[] = [];
    const body = (tx: unknown): void => {
      const passes: Iterator<Row>[] = [];
      for (const made of statements) answers.push(statement(tx as Writer, made, passes));
      if (end === 'abort') throw ABORT;
    };
    let changes: unknown = null;
    try {
      ({ changes } = end === 'dry' ? store.with(body) : store.transact(body));
    } catch (error) {
      if (error !== ABORT) throw error;
    }
    return { answers, changes, head: store.head, state: store.read((db) => dump(readerOf(db))) };
  }
}

function statement(tx: Writer, made: Statement, passes: Iterator<Row>[]): unknown {
  try {
    switch (made.do) {
      case 'insert':
        return tx[made.table].insert(made.row);
      case 'put':
        return tx[made.table].put(made.row);
      case 'update': {
        const without = Object.fromEntries(made.without.map((name) => [name, undefined]));
        return tx[made.table].update(bare(made.table, made.key), { ...made.patch, ...without });
      }
      case 'delete':
        return tx[made.table].delete(bare(made.table, made.key));
      case 'deleteRange':
        return tx[made.table].deleteRange(...named(made.index), made.range);
      case 'ask':
        return answer(tx, made.question);
      case 'open':
        passes.push(openPass(tx, made.question));
        return null;
      case 'step':
        return stepPass(passes, made.nth, made.rows);
    }
  } catch (error) {
    if (!(error instanceof MemoirError)) throw error;
    const { code, index, row } = error;
    if (!REFUSALS.has(code)) throw error;
    return { refused: code, index: index === 'primaryKey' ? 'id' : index, ...(row !== undefined && { row }) };
  }
}

/** What a statement may be refused with; anything else is a fault. */
const REFUSALS = new Set<string>(['UniqueViolation', 'MissingValue', 'RowNotFound', 'KeyChanged']);

function answer(db: Reader, question: Question): unknown {
  const table = db[question.table];
  const index = named(question.index);
  switch (question.ask) {
    case 'find':
      if (question.index === 'id') return table.get(bare(question.table, question.key)) ?? null;
      return table.find(question.index, ...question.key) ?? null;
    case 'first':
      return table.first(...index, { prefix: question.key }) ?? null;
    case 'longestPrefix':
      return table.longestPrefix(...index, question.key) ?? null;
    case 'scan':
      return [...table.scan(...index, question.range)];
    case 'count':
      return table.count(...index, question.range);
    case 'last':
      return table.last(...index, question.range) ?? null;
  }
}

function openPass(db: Reader, { table, index }: Question): Iterator<Row> {
  return db[table].scan(...named(index))[Symbol.iterator]();
}

function stepPass(passes: readonly Iterator<Row>[], nth: number, rows: number): unknown {
  if (passes.length === 0) return null;
  const given: Row[] = [];
  while (given.length < rows) {
    const next = passes[nth % passes.length]!.next();
    if (next.done === true) break;
    given.push(next.value);
  }
  return given;
}

const INDEXES = (['stock', 'own'] as const).flatMap((table) =>
  forms[table].filter(({ all }) => all).map(({ name }) => ({ table, name })),
);

/** The primary keys of all rows in the order of each index. */
function dump(db: Reader): string[] {
  return INDEXES.map(({ table, name }) =>
    [`${table}.${name}`, ...[...db[table].scan(...named(name))].map(({ group, id }) => `${group}/${id}`)].join(' '),
  );
}
