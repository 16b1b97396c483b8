import { PRIMARY } from '../codecs/index-check.js';
import type { Row } from '../codecs/index-plan.js';
import { toKey } from '../codecs/key.js';
import { kindOf, type AnyChange } from '../log/batch.js';
import type { TableState } from '../projections/table-state.js';

/** A change of a row, as a batch has it. */
export function changeOf(table: TableState, before: Row | undefined, after: Row | undefined): AnyChange {
  const key = keyIn(table, (after ?? before) as Row);
  return { table: table.name, key, kind: kindOf(before, after), before, after };
}

function keyIn(table: TableState, row: Row): unknown {
  const { bare, primaryKey, settledKey } = table.definition;
  if (settledKey) return bare ? row[primaryKey[0]!] : table.keyOf(row);
  // A key's Dates are copies: a reader who changes one changes no row.
  const key = toKey(table.keyOf(row), { table: table.name, index: PRIMARY });
  return bare ? key[0] : key;
}
