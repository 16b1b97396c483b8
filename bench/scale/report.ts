import type { Figures } from '../harness/figures.js';
import type { Order } from '../harness/launch.js';
import { count, digits, size, table } from '../harness/markdown.js';
import { ADDED } from './tasks.js';

/** The operations that are measured at each size, and what they are called. */
export const OPERATIONS = {
  bulk: 'insert, all in 1 transaction, a row',
  insert100: 'insert, 100 a transaction, a row',
  insert: 'insert, 1 a transaction',
  update: 'update, 1 a transaction',
  delete: 'delete, 1 a transaction',
  get: 'get by primary key',
  find: 'find by unique compound key',
  range: 'range of 100 rows',
  scan: 'scan of all, a row',
} as const;

/** The most that ten million rows may have resident. */
const RESIDENT_BAR = 8 * 2 ** 30;

/** All tables about scale, as Markdown. */
export function report(figures: Figures): string {
  const parts = [operations(figures), pauses(figures), loads(figures), aborts(figures), memory(figures)];
  return [...parts.filter((part) => part !== ''), `Measured on ${figures.about}.`].join('\n\n');
}

function operations(figures: Figures): string {
  const orders = figures.orders('operations');
  if (orders.length === 0) return '';
  const [first, last] = [orders[0]!, orders.at(-1)!];
  const rows = Object.entries(OPERATIONS).map(([name, title]) => {
    const growth = figures.median(last, name)! / figures.median(first, name)!;
    return [title, ...orders.map((order) => digits(figures.median(order, name))), `${digits(growth)}×`];
  });
  const rounds = orders.map((order) => figures.rounds(order)).join(', ');
  const heads = orders.map((order) => `${count(order.rows)} rows`);
  return [
    `**Nanoseconds an operation**, medians of ${rounds} rounds; the last column is the last size beside the first.`,
    table(['operation', ...heads, 'growth'], rows),
  ].join('\n\n');
}

function pauses(figures: Figures): string {
  const orders = figures.orders('operations');
  if (orders.length === 0) return '';
  const lines = [
    ['update, 1 in 1,000 takes longer than', 'update.p999'],
    ['update, the longest', 'update.max'],
    ['update, the longest with the collector', 'update.maxWithCollector'],
    ['insert of 100, the longest', 'insert100.max'],
    ['insert of 100, the longest with the collector', 'insert100.maxWithCollector'],
    ['the longest pause of the collector', 'update.maxCollector'],
  ] as const;
  const rows = lines.map(([title, name]) => [title, ...orders.map((order) => digits(figures.median(order, name)))]);
  return [
    '**The longest that one `transact` takes**, in milliseconds, less the pauses of the collector unless said:',
    table(['call', ...orders.map((order) => `${count(order.rows)} rows`)], rows),
  ].join('\n\n');
}

function loads(figures: Figures): string {
  const orders = figures.orders('load');
  if (orders.length === 0) return '';
  const rows = orders.map((order) => {
    const peak = figures.max(order, 'peak');
    const each = order['size'] === order.rows ? 'all' : count(order['size'] as number);
    return [
      `${count(order.rows)} rows, ${each} a transaction`,
      `${digits(figures.median(order, 'seconds'))} s`,
      digits(figures.median(order, 'ns')),
      `${size(peak)}${order.rows === 10_000_000 && peak > RESIDENT_BAR ? ' (too much)' : ''}`,
      digits(figures.median(order, 'bytes')),
      digits(figures.max(order, 'transact.max')),
      digits(figures.max(order, 'transact.maxCollector')),
      `\`--max-old-space-size=${order.heap}\``,
    ];
  });
  const columns = [
    'ns a row',
    'most resident',
    'bytes a row',
    'longest transact, ms',
    'longest collection, ms',
    'flag',
  ];
  return ['**Loading**, with a subscriber and a live query:', table(['load', 'takes', ...columns], rows)].join('\n\n');
}

function aborts(figures: Figures): string {
  const orders = figures.orders('abort');
  if (orders.length === 0) return '';
  const seconds = (order: Order, name: string) => `${digits(figures.median(order, name)! / 1000)} s`;
  const rows = orders.map((order) => [
    count(order.rows),
    ...['abort.body', 'abort.undo', 'commit.body', 'commit.end', 'check'].map((name) => seconds(order, name)),
    size(figures.max(order, 'peak')),
  ]);
  const columns = [
    'body',
    'undoing all when it throws',
    'body again',
    'becoming a batch',
    '`check()`',
    'most resident',
  ];
  const text = '**One transaction that changes every row**: when it fails, `check()` holds and all is as before.';
  return [text, table(['changes', ...columns], rows)].join('\n\n');
}

function memory(figures: Figures): string {
  const byRows = figures.orders('rowMemory').toSorted((a, b) => a.rows - b.rows || indexesOf(a) - indexesOf(b));
  if (byRows.length === 0) return '';
  const largest = byRows.at(-1)!.rows;
  const bytes = (order: Order | undefined) => (order === undefined ? undefined : figures.median(order, 'bytes'));
  const orders = byRows.filter((order) => order.rows === largest && order['keep'] !== 'all');
  const plain = bytes(figures.orders('plainRows').find((order) => order.rows === largest));
  const rows = [
    ['a row, without a store', digits(plain)],
    ['what a store adds to it: slot, hash, primary index', digits(bytes(orders[0])! - plain!)],
    ...orders
      .slice(1)
      .map((order, i) => [`the index \`${ADDED[indexesOf(order) - 1]}\``, digits(bytes(order)! - bytes(orders[i])!)]),
    ...figures
      .orders('rowMemory')
      .filter((order) => order.rows === largest && order['keep'] === 'all')
      .map((order) => {
        const same = orders.find((other) => indexesOf(other) === indexesOf(order));
        return ['its change in the log', digits(bytes(order)! - bytes(same)!)];
      }),
    ...figures
      .orders('versionMemory')
      .filter((order) => order.rows === largest)
      .map((order) => [
        `a version that is kept, ${order['size'] as number} a transaction, ` +
          (order['indexed'] === true ? 'one index changed' : 'no index changed'),
        digits(bytes(order)),
      ]),
  ];
  return [`**Bytes**, of ${count(largest)} rows:`, table(['what', 'bytes'], rows)].join('\n\n');
}

function indexesOf(order: Order): number {
  return order['indexes'] as number;
}
