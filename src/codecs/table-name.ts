import { invalidDefinition } from '../errors.js';

/** Names that a view or a transaction has already, or that JavaScript would trip over. */
const RESERVED = new Set([
  ...['offset', 'lineage', 'close', 'at', 'nextId', 'random', 'emit', 'stream', 'then'],
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** Refuses a name under which views and transactions could not have a table. @throws `DefinitionInvalid` */
export function checkTableName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed()) {
    throw invalidDefinition(`tables.${String(name)}`, 'is no name: use a well-formed string that is not empty');
  }
  if (RESERVED.has(name)) {
    throw invalidDefinition(`tables.${name}`, 'this name is taken: views and transactions need it. Choose another');
  }
}
