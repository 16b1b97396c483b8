import { PRIMARY } from '../codecs/index-check.js';
import type { Row } from '../codecs/index-plan.js';
import { toKey } from '../codecs/key.js';
import { kindOf, type AnyChange } from '../log/batch.js';
import type { TableState } from '../projections/table-state.js';

/** A change of a row, as a batch has it. */
export function changeOf(table: TableState, before: Row | undefined, after: Row | undefined): AnyChange {
  const { bare, settledKey } = table.definition;
  const own = table.keyOf((after ?? before) as Row);
  // A key's Dates are copies: a reader who changes one changes no row.
  const key = settledKey ? own : toKey(own, { table: table.name, index: PRIMARY });
  return { table: table.name, key: bare ? key[0] : key, kind: kindOf(before, after), before, after };
}
