import type { Figures } from '../harness/figures.js';
import type { Order } from '../harness/launch.js';
import { count, digits, size, table } from '../harness/markdown.js';
import { meets, median, ratioOf } from '../peers/statistics.js';

/** How many times as long reads of the newest state may take with a window of history. */
const WINDOW_BAR = 1.15;
/** How many times as long reads of the past may take as those of the newest state. */
const PAST_BAR = 3;

const READS: Readonly<Record<string, string>> = {
  get: 'get by primary key',
  range: 'range of 100 rows, of an index whose keys change',
  scan: 'scan by primary key, a row',
  scanByStatus: 'scan of an index whose keys stay, a row',
  scanByPriority: 'scan of an index whose keys change, a row',
};

/** All tables about history, as Markdown. */
export function report(figures: Figures): string {
  const parts = [
    ...figures.orders('head').map((order) => head(figures, order)),
    ...pastOrders(figures).map((order) => past(figures, order)),
    opening(figures),
    ...figures.orders('below').map((order) => below(figures, order)),
    givingBack(figures),
  ];
  return [...parts.filter((part) => part !== ''), `Measured on ${figures.about}.`].join('\n\n');
}

/** How many times as long something takes, and whether that meets a bar. */
function compared(figures: Figures, order: Order, [than, what]: readonly [string, string], bar: number): string[] {
  const [without, having] = [figures.series(order, than), figures.series(order, what)];
  const { ratio, low, high } = ratioOf(without, having);
  const met = meets({ ratio: 1 / ratio, low: 1 / high, high: 1 / low }, 1 / bar);
  const interval = `${digits(ratio)} [${digits(low)}, ${digits(high)}]`;
  return [digits(median(without)), digits(median(having)), interval, met ? 'yes' : 'no'];
}

function head(figures: Figures, order: Order): string {
  const rows = Object.entries(READS).map(([name, title]) => [
    title,
    ...compared(figures, order, [`${name}.none`, `${name}.window`], WINDOW_BAR),
  ]);
  const versions = count(figures.median(order, 'past')!);
  const rounds = figures.series(order, 'get.none').length;
  return [
    `**The newest state, with ${versions} versions kept beside none**, ${count(order.rows)} rows, ${rounds} rounds, ` +
      `nanoseconds; the bar is ${WINDOW_BAR}:`,
    table(['read', 'none kept', 'all kept', 'times [95 %]', 'met'], rows),
  ].join('\n\n');
}

function pastOrders(figures: Figures): readonly Order[] {
  return figures.orders('views').toSorted((a, b) => Number(a['versions']) - Number(b['versions']));
}

function past(figures: Figures, order: Order): string {
  const title = (name: string) => READS[name]!;
  const lines: readonly (readonly [name: string, title: string, than: string, what: string])[] = [
    ['get', `${title('get')}, from the middle`, 'head', 'middle'],
    ['get', `${title('get')}, 100 views in turn`, 'head', 'past'],
    ['range', `${title('range')}, 100 views in turn`, 'head', 'past'],
    ['range', `${title('range')}, the oldest view`, 'head', 'oldest'],
    ['scan', `${title('scan')}, from the middle`, 'head', 'past'],
    ['scanByPriority', `${title('scanByPriority')}, from the middle`, 'head', 'past'],
  ];
  const rows = lines.map(([name, what, than, view]) => [
    what,
    ...compared(figures, order, [`${name}.${than}`, `${name}.${view}`], PAST_BAR),
  ]);
  const versions = count(Number(order['versions']));
  return [
    `**Views of the past beside one of the newest state**, ${count(order.rows)} rows with ${versions} versions each, ` +
      `in the same store, nanoseconds; the bar is ${PAST_BAR}, for scans up to 2 versions a row:`,
    table(['read', 'newest', 'past', 'times [95 %]', 'met'], rows),
  ].join('\n\n');
}

function opening(figures: Figures): string {
  const orders = figures
    .orders('opening')
    .toSorted((a, b) => a.rows * Number(a['versions']) - b.rows * Number(b['versions']));
  if (orders.length === 0) return '';
  const lines = [
    ['`asOf` and `close`', 'open'],
    ['`read` of nothing', 'scoped'],
    ['`close`, of 2,000 views, newest first', 'closeNewestFirst'],
    ['`close`, of 2,000 views, oldest first', 'closeOldestFirst'],
  ] as const;
  const rows = lines.map(([title, name]) => [
    title,
    ...orders.map((order) => digits(median(figures.series(order, name)))),
  ]);
  const heads = orders.map((order) => `${count(figures.median(order, 'batches')!)} batches`);
  return ['**Opening a view somewhere in a window**, nanoseconds:', table(['call', ...heads], rows)].join('\n\n');
}

function below(figures: Figures, order: Order): string {
  const each = (name: string) => digits(median(figures.series(order, name)));
  const beside = (name: string) => {
    const { ratio, low, high } = ratioOf(figures.series(order, 'insert'), figures.series(order, name));
    return `${digits(ratio)} [${digits(low)}, ${digits(high)}]`;
  };
  const [all, window] = ['all', 'window'].map((name) => figures.median(order, name)!) as [number, number];
  const rows = [
    ['a version in memory, all row versions kept, bytes', digits(all), ''],
    ['a version in memory, with a window of 1,000 batches, bytes', digits(window), digits(window / all)],
    ['of that checkpoints', size(figures.median(order, 'checkpointBytes')), ''],
    ['inserting the rows in one transaction, ms', each('insert'), ''],
    ['`asOf`, 2,500 batches from a checkpoint, ms', each('open'), beside('open')],
    ['`asOf` of the next offset, ms', each('next'), beside('next')],
    ['`asOf` of one that was walked over, ms', each('far'), beside('far')],
  ];
  const versions = count(order.rows * Number(order['versions']));
  return [
    `**States below the window**, ${count(order.rows)} rows, ${versions} versions:`,
    table(['', 'is', 'beside all kept, or inserting [95 %]'], rows),
  ].join('\n\n');
}

function givingBack(figures: Figures): string {
  const orders = [...figures.orders('closing'), ...figures.orders('compacting')];
  if (orders.length === 0) return '';
  const lines: readonly (readonly [string, (order: Order) => string])[] = [
    ['versions kept', (order) => count(figures.median(order, 'kept')!)],
    ['in use before', (order) => size(figures.median(order, 'before'))],
    ['in use with them', (order) => size(figures.median(order, 'with'))],
    ['in use after they were given back', (order) => size(figures.median(order, 'after'))],
    ['transactions until all was given back', (order) => count(figures.median(order, 'until') ?? NaN)],
    ['the longest transaction while they were kept, ms', (order) => digits(figures.median(order, 'usual.max'))],
    ['letting go, ms', (order) => digits(figures.median(order, 'release.max'))],
    ['the transaction after that, ms', (order) => digits(figures.median(order, 'first.max'))],
    ['the longest of the next 10,000, ms', (order) => digits(figures.median(order, 'next.max'))],
  ];
  const names: Readonly<Record<string, string>> = {
    closing: 'a held view is closed',
    compacting: '`compact` is called',
  };
  const rows = lines.map(([title, cell]) => [title, ...orders.map(cell)]);
  return [
    '**Giving history back**; bytes are of heap and typed arrays after a collection, times less its pauses:',
    table(['', ...orders.map(({ part }) => names[part]!)], rows),
  ].join('\n\n');
}
