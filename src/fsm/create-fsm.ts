import {
  createStore,
  json,
  MemoirError,
  type Events,
  type NoEvents,
  type Projection,
  type Sampling,
  type Store,
  type StoreOptions,
  type Tables,
  type TablesOf,
} from '../index.js';
import type { Commands, Fsm } from './contract.js';
import { Machine, type AnyCommand, type OnInvalid } from './machine.js';
import { ReplicatedFsm } from './replicated-fsm.js';

/** How a state machine is made: as a store, with commands. */
export interface FsmOptions<
  S extends Tables,
  C extends Commands<S & TablesOf<P>, E>,
  E extends Events = NoEvents,
  P extends readonly Projection[] = readonly [],
> extends Omit<StoreOptions<S, E>, 'clock' | 'snapshot' | 'stateHash' | 'projections'> {
  readonly commands: C;
  /** Tables and values that are folds of what the commands do, the same on every node, as `projection` made them. */
  readonly projections?: P;
  /**
   * What to do with an entry whose command is not known here, or whose bytes make no sense: `halt`, unless told, or
   * `skip`, where every node of the cluster is told so.
   */
  readonly onInvalid?: OnInvalid;
  /** Refuses gaps between indexes, for hosts that deliver every entry; false unless told. */
  readonly contiguous?: boolean;
  /** Runs every so many commands, and folds, twice: what does not come to the same halts it with `ImpureFold`. */
  readonly checkPurity?: Sampling;
  /** Keeps the state hash, for `stateHash` and `bisect`; true unless told. */
  readonly stateHash?: boolean;
}

/**
 * Makes a state machine that is driven by a replicated log, as the one behind Raft: entries come from whoever runs the
 * log, in its order, and every node that has applied the same ones has the same state, answers, history and hash.
 *
 * @param options tables, commands, and what differs from a store's defaults; see {@link FsmOptions}
 * @returns the machine, empty, at index 0
 * @throws `DefinitionInvalid` naming the option or command
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { table } from 'memoir';
 * import { commandOn, createFsm, Rejection } from 'memoir/fsm';
 *
 * const tables = { tasks: table(t.strict({ id: t.string, done: t.boolean }), { primaryKey: 'id' }) };
 * const command = commandOn(tables);
 * const fsm = createFsm({
 *   tables,
 *   commands: {
 *     createTask: command(t.strict({ id: t.string }), (tx, { id }) => void tx.tasks.insert({ id, done: false })),
 *     completeTask: command(t.strict({ id: t.string }), (tx, { id }) => {
 *       if (tx.tasks.getOrThrow(id).done) throw new Rejection('TaskDone', `the task ${id} is done already`);
 *       return tx.tasks.update(id, { done: true });
 *     }),
 *   },
 * });
 * const done = fsm.encode('completeTask', { id: 't1' });
 * fsm.apply({ index: 3, term: 1, data: fsm.encode('createTask', { id: 't1' }) });
 * console.log(fsm.apply({ index: 4, term: 1, data: done }).status); // accepted
 * console.log(fsm.apply({ index: 6, term: 2, data: done }).status); // rejected
 * console.log(fsm.appliedIndex, fsm.store.head, fsm.store.now().tasks.get('t1')); // 6 3 { id: 't1', done: true }
 * ```
 */
export function createFsm<
  const S extends Tables,
  C extends Commands<S & TablesOf<P>, E>,
  const E extends Events = NoEvents,
  const P extends readonly Projection[] = readonly [],
>(options: FsmOptions<S, C, E, P>): Fsm<S & TablesOf<P>, C, E> {
  const { commands, onInvalid = 'halt', contiguous = false, stateHash = true, ...rest } = options;
  if (typeof commands !== 'object' || (commands as unknown) === null || Object.keys(commands).length === 0)
    throw new MemoirError('DefinitionInvalid', 'commands is to be an object of commands by name, one at the least');
  if (!['halt', 'skip'].includes(onInvalid))
    throw new MemoirError('DefinitionInvalid', `onInvalid is ${onInvalid}: use 'halt' or 'skip'`);
  for (const name of ['clock', 'snapshot']) {
    if (name in rest)
      throw new MemoirError('DefinitionInvalid', `${name} is no option of a state machine: its entries say the time`);
  }
  if (typeof options.idWindow === 'number' && options.idWindow < 1)
    throw new MemoirError(
      'DefinitionInvalid',
      `idWindow is ${options.idWindow}: a snapshot says by the last id where it is`,
    );
  let now = 0;
  const store = createStore<S, E, P>({ idWindow: 1, ...rest, stateHash, clock: () => now });
  const machine = new Machine({
    store: store as unknown as Store<Tables>,
    commands: new Map(Object.entries<unknown>(commands)) as ReadonlyMap<string, AnyCommand>,
    codec: options.codec ?? json,
    onInvalid,
    contiguous,
    development: options.mode !== 'production',
    twiceEvery: options.checkPurity?.every ?? 0,
    setTime: (at) => {
      now = at;
    },
  });
  return new ReplicatedFsm(store as unknown as Store<Tables>, machine) as unknown as Fsm<S & TablesOf<P>, C, E>;
}
