import { toBase64Url } from '../codecs/base64url.js';
import { equalPlain } from '../codecs/equality.js';
import { encodeKey } from '../codecs/key-bytes.js';
import { kindOf, tupleOf, type AnyChange } from './batch.js';

/** Many changes as the few that lead to the same: one a row. */
export class NetChanges {
  readonly #byRow = new Map<string, AnyChange>();

  /** Takes in changes that follow those there are. */
  add(changes: readonly AnyChange[]): void {
    for (const change of changes) {
      const { table, key, after } = change;
      const name = `${table} ${toBase64Url(encodeKey(tupleOf(key)))}`;
      const before = this.#byRow.has(name) ? this.#byRow.get(name)!.before : change.before;
      this.#byRow.delete(name);
      // A row that came and went leaves nothing.
      if (before === undefined && after === undefined) continue;
      this.#byRow.set(name, { table, key, kind: kindOf(before, after), before, after });
    }
  }

  /** In the order of each row's last write, those that cancel out left out. */
  list(): readonly AnyChange[] {
    return [...this.#byRow.values()].filter(({ before, after }) => !equalPlain(before, after));
  }
}
