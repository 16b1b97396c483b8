import type { Row } from './measures.js';

/** A table as the folds that come ready-made use it: types are checked where they are made. */
export interface OwnTable {
  get(key: unknown): Row | undefined;
  put(row: Row): Row;
  delete(key: unknown): boolean;
  deleteRange(range: object): number;
  scan(index: string, range?: object): Iterable<Row>;
  scan(range?: object): Iterable<Row>;
  first(range: object): Row | undefined;
  last(range: object): Row | undefined;
}

/** What a ready-made fold is given: tables by name. */
export type OwnTables = Readonly<Record<string, OwnTable>>;

/** A change of a row, as a ready-made fold is given it. */
export interface RowChanged {
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}
