/**
 * A task server, the network apart: definitions say which states a task can be in and which moves lead from each, and
 * every instance of a task moves by its definition. The shape of a program on memoir:
 *
 * - commands are functions of a transaction; what they throw undoes all they did
 * - queries are functions of a view, good for now, for the past, for a live query and inside a transaction
 * - history, audit and notifications are nobody's job: the log has them
 *
 * `npx tsx examples/task-server.ts` runs the walk-through at the end.
 */
import * as t from 'io-ts';
import { createStore, date, type RowOf, type Store, table, type Transaction, type View } from 'memoir';
import { mergeMap, type Observable } from 'rxjs';

/** A kind of task. `moves` lists, for every state, the states that may follow; a state that none follows is an end. */
const Definition = t.readonly(
  t.strict({ name: t.string, initial: t.string, moves: t.readonly(t.record(t.string, t.readonlyArray(t.string))) }),
);

/** One task of a kind, the state it is in, and since when. */
const Instance = t.readonly(
  t.strict({
    id: t.string,
    definition: t.string,
    title: t.string,
    assignee: t.union([t.string, t.null]),
    state: t.string,
    since: date,
  }),
);

export const tables = {
  definitions: table(Definition, { primaryKey: 'name' }),
  instances: table(Instance, {
    primaryKey: 'id',
    indexes: {
      // any prefix of it can be read: all of a kind, those in a state, and those in the order in which they came there
      byState: ['definition', 'state', 'since'],
      byAssignee: { on: ['assignee'], sparse: 'null' },
    },
  }),
};

export type Definition = RowOf<typeof tables.definitions>;
export type Instance = RowOf<typeof tables.instances>;
export type TaskStore = Store<typeof tables>;
type Db = View<typeof tables>;
type Tx = Transaction<typeof tables>;

/** Makes a server's store, empty. With a clock of its own, a test gets the same history every time. */
export function createTaskStore(clock?: () => number): TaskStore {
  return createStore({ tables, ...(clock && { clock }) });
}

/** A move that the definition does not allow; says which ones it does. */
export class IllegalMove extends Error {
  override readonly name = 'IllegalMove';

  constructor(
    readonly id: string,
    readonly from: string,
    readonly to: string,
    readonly legal: readonly string[],
  ) {
    super(`${id} is ${from} and cannot become ${to}: ${legal.length === 0 ? 'this is an end' : legal.join(' or ')}`);
  }
}

/** A definition whose states do not fit together, or do not fit the instances that there are. */
export class BadDefinition extends Error {
  override readonly name = 'BadDefinition';
}

// Commands: functions of a transaction.

/** Adds a definition or replaces it. No move may lead nowhere, and no instance may be left in a state that is gone. */
export function define(tx: Tx, definition: Definition): void {
  const { name, initial, moves } = definition;
  for (const state of [initial, ...Object.values(moves).flat()]) {
    if (!Object.hasOwn(moves, state)) throw new BadDefinition(`${name} leads to ${state}, which has no entry in moves`);
  }
  for (const state of Object.keys(tx.definitions.get(name)?.moves ?? {})) {
    const left = tx.instances.first('byState', { prefix: [name, state] });
    if (left !== undefined && !Object.hasOwn(moves, state))
      throw new BadDefinition(`${name} has no ${state} any more, and ${left.id} is ${state}`);
  }
  tx.definitions.put(definition);
}

/** Starts an instance, in its initial state. The number in its id comes from the log: no chance in it, and no gap. */
export function start(tx: Tx, definition: string, title: string): Instance {
  const { initial } = tx.definitions.getOrThrow(definition);
  const id = `${definition}-${tx.nextId(definition)}`;
  return tx.instances.insert({ id, definition, title, assignee: null, state: initial, since: new Date(tx.at) });
}

/** Moves an instance to another state. @throws `IllegalMove` */
export function move(tx: Tx, id: string, to: string): Instance {
  const { state } = tx.instances.getOrThrow(id);
  const legal = movesOf(id)(tx);
  if (!legal.includes(to)) throw new IllegalMove(id, state, to, legal);
  return tx.instances.update(id, { state: to, since: new Date(tx.at) });
}

/** Gives an instance to somebody, or to nobody. */
export function assign(tx: Tx, id: string, assignee: string | null): Instance {
  return tx.instances.update(id, { assignee });
}

// Queries: functions of a view, or of a transaction, which can be read as one.

type Reads = Pick<Db, 'definitions' | 'instances'>;

/** The states that an instance may move to. */
export const movesOf =
  (id: string) =>
  ({ definitions, instances }: Reads): readonly string[] => {
    const { definition, state } = instances.getOrThrow(id);
    return definitions.getOrThrow(definition).moves[state] ?? [];
  };

/** The instances in a state, the one that has been there longest first. */
export const inState =
  (definition: string, state: string) =>
  ({ instances }: Reads): readonly Instance[] => [...instances.scan('byState', { prefix: [definition, state] })];

/** What somebody has to do. */
export const assignedTo =
  (assignee: string) =>
  ({ instances }: Reads): readonly Instance[] => [...instances.scan('byAssignee', { prefix: [assignee] })];

/** How many instances of a definition are in each of its states. */
export const board =
  (definition: string) =>
  ({ definitions, instances }: Reads): Readonly<Record<string, number>> => {
    const states = Object.keys(definitions.getOrThrow(definition).moves);
    return Object.fromEntries(
      states.map((state) => [state, instances.count('byState', { prefix: [definition, state] })]),
    );
  };

// What the log knows.

/** One step of an instance's life. */
export interface Step {
  readonly offset: number;
  readonly id: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly by: string | undefined;
  readonly at: Date;
}

/** Everything that happened to one instance: every state it was in, since when, and who put it there. */
export function storyOf(store: TaskStore, id: string): readonly Step[] {
  return store
    .history('instances', id)
    .flatMap(({ offset, at, meta, before, after }) => stepOf({ offset, at, meta }, before, after));
}

/** Every step of every instance from an offset on: what has happened, then what happens. Resume with the last + 1. */
export function steps(store: TaskStore, from = 1): Observable<Step> {
  return store
    .changes({ from, tables: ['instances'] })
    .pipe(mergeMap((batch) => batch.changes.flatMap(({ before, after }) => stepOf(batch, before, after))));
}

type When = { readonly offset: number; readonly at: number; readonly meta: { readonly actor?: string } };

/** The step that a change is, or none: being assigned is no step. */
function stepOf({ offset, at, meta }: When, before: Instance | undefined, after: Instance | undefined): Step[] {
  if (after === undefined || before?.state === after.state) return [];
  return [{ offset, id: after.id, from: before?.state, to: after.state, by: meta.actor, at: new Date(at) }];
}

// The walk-through.

const parcel: Definition = {
  name: 'parcel',
  initial: 'packed',
  moves: { packed: ['sent', 'cancelled'], sent: ['delivered', 'lost'], lost: ['sent'], delivered: [], cancelled: [] },
};

/** A morning at the server, told line by line. */
export function walkThrough(tell: (line: string) => void): TaskStore {
  let now = Date.UTC(2026, 0, 5, 9);
  const store = createTaskStore(() => now);
  const by = (actor: string, id?: string) => ({ meta: { actor }, ...(id !== undefined && { id }) });
  const minutes = (count: number): void => void (now += count * 60_000);
  const attempt = (run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      tell(`refused: ${(error as Error).message}`);
    }
  };

  store.transact((tx) => define(tx, parcel), by('ada'));
  store.transact((tx) => ['a book', 'a lamp'].map((title) => start(tx, 'parcel', title)), by('ada'));

  store.live(board('parcel')).subscribe((counts) => tell(`board: ${JSON.stringify(counts)}`));
  steps(store, store.head + 1).subscribe(({ id, from, to, by: who }) => tell(`step: ${id} ${from} → ${to} by ${who}`));

  minutes(5);
  store.transact((tx) => move(tx, 'parcel-1', 'sent'), by('bob', 'request-17'));
  minutes(5);
  attempt(() => store.transact((tx) => move(tx, 'parcel-1', 'packed'), by('bob')));
  attempt(() => store.transact((tx) => define(tx, { ...parcel, moves: { packed: [] } }), by('ada')));

  // a client that never saw the answer asks again, and gets the first batch: nothing moves twice
  const repeat = store.transact((tx) => move(tx, 'parcel-1', 'sent'), by('bob', 'request-17'));
  tell(`request-17 again: batch ${repeat.offset}, repeated: ${repeat.repeated === true}`);

  // all or nothing: the second move is illegal, so the first has not happened
  attempt(() => store.transact((tx) => ['parcel-1', 'parcel-2'].forEach((id) => move(tx, id, 'delivered')), by('bob')));
  store.transact((tx) => move(tx, 'parcel-1', 'delivered'), by('bob'));

  tell(`parcel-1 may become: ${store.read(movesOf('parcel-1')).join(' or ') || 'nothing more'}`);
  tell(`board after batch 3: ${JSON.stringify(board('parcel')(store.asOf(3)))}`);
  for (const { at, from, to, by: who } of storyOf(store, 'parcel-1')) {
    tell(`story: ${at.toISOString().slice(11, 16)} ${from ?? 'new'} → ${to} by ${who}`);
  }
  return store;
}

if (typeof process !== 'undefined' && process.argv[1]?.endsWith('task-server.ts') === true) {
  walkThrough((line) => console.log(line));
}
