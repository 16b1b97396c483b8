import { MemoirError, type Codec, type Events, type NoEvents, type Tables, type TypeOf } from '../index.js';
import type { Command, CommandOptions, Handler } from './contract.js';

/**
 * Defines a command: the codec of its input, and what it does. The handler must be a function of what it is given: the
 * tables, the input, the entry, `tx.nextId` and `tx.random`. What it throws is an answer, told to whoever proposed the
 * command, and undoes what it wrote.
 */
export type DefineCommand<S extends Tables, E extends Events = NoEvents> = <C extends Codec, A>(
  codec: C,
  handler: Handler<S, TypeOf<C>, A, E>,
  options?: CommandOptions<TypeOf<C>>,
) => Command<S, TypeOf<C>, A, E>;

/**
 * Gives the function that defines commands on some tables, so that their transactions are typed.
 *
 * @param _tables those of the state machine
 * @param _events its domain events, if it has any
 * @returns a function of a codec, a handler, and the version of the input with how older ones become it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { table } from 'memoir';
 * import { commandOn, createFsm } from 'memoir/fsm';
 *
 * const tables = { counters: table(t.strict({ id: t.string, n: t.number }), { primaryKey: 'id' }) };
 * const command = commandOn(tables);
 * const fsm = createFsm({
 *   tables,
 *   commands: {
 *     add: command(t.strict({ id: t.string, by: t.number }), (tx, { id, by }) => {
 *       const n = (tx.counters.get(id)?.n ?? 0) + by;
 *       tx.counters.put({ id, n });
 *       return n;
 *     }),
 *   },
 * });
 * const data = fsm.encode('add', { id: 'a', by: 2 }, { at: 0 });
 * console.log(fsm.apply({ index: 7, term: 1, data })); // { status: 'accepted', index: 7, offset: 1, value: 2 }
 * ```
 */
export function commandOn<S extends Tables, E extends Events = NoEvents>(_tables: S, _events?: E): DefineCommand<S, E> {
  return (codec, handler, options = {}) => {
    if (typeof handler !== 'function')
      throw new MemoirError('DefinitionInvalid', 'a command is a codec, and a function of tx, input and entry');
    return { codec, handler, options };
  };
}
