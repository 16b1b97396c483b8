import type { Workload } from './workload.js';

/** What memoir has to reach: how many times faster than go-memdb, at 100,000 rows and at 1,000,000. */
export const SPEED_BARS: Partial<Record<Workload, number>> = {
  W1: 8,
  W2: 5,
  W3: 4,
  W4a: 6,
  W4b: 6,
  W5hit: 2.5,
  W5miss: 2.5,
  W6: 2,
  W7: 2,
  W8: 0.9,
  W9: 1.1,
  W9s: 1.5,
  W10a: 4,
  W10b: 4,
  W11: 6,
  W11read: 1,
};

/** How many times smaller a row's share of indexes and engine has to be. */
export const MEMORY_BAR = 3;

/** What each workload is, for tables. */
export const TITLES: Record<Workload, string> = {
  W1: 'load, 1 transaction',
  W5hit: 'get by id, there',
  W5miss: 'get by id, not there',
  W6: 'find by compound key',
  W7: 'range of 100 rows',
  W8: 'scan by id, a row',
  W9: 'scan by namespace, a row',
  W9s: 'scan by status, a row',
  W2: 'insert, 1 a transaction',
  W3: 'insert, 100 a transaction',
  W4a: 'update, 1 a transaction',
  W4b: 'update, 100 a transaction',
  W11ref: 'update again, nothing held',
  W11: 'update, 1000 states held',
  W11read: 'get from a held state',
  W10a: 'delete, 1 a transaction',
  W10b: 'delete, 100 a transaction',
  W12: 'serialise, own format or msgpack, a row',
  W12restore: 'restore from it, a row',
  W12json: 'serialise as JSON, a row',
  W12jsonRestore: 'restore from it, a row',
};
