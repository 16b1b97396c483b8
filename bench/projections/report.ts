import type { Figures } from '../harness/figures.js';
import type { Order } from '../harness/launch.js';
import { count, digits, table } from '../harness/markdown.js';
import { meets, ratioOf } from '../peers/statistics.js';

/** The ready-made folds that are measured, and none. */
export const FOLDS = ['none', 'groupBy, count, sum, average', 'groupBy, max', 'join', 'topN of 10', 'window'] as const;

/** Of the transactions that there are alone, so many are to be there beside a rebuild. */
const REBUILD_BAR = 0.5;

/** The tables about projections, as Markdown. */
export function report(figures: Figures): string {
  const about = `Medians of the rounds; ratios within a round, with the interval that holds them with 95 % confidence.`;
  return [foldsOf(figures), rebuildsOf(figures), `${about} Measured on ${figures.about}.`].join('\n\n');
}

function foldsOf(figures: Figures): string {
  const orders = figures.orders('folds');
  const sizes = [...new Set(orders.map(({ rows }) => rows))];
  const find = (rows: number, fold: string): Order => orders.find((one) => one.rows === rows && one['fold'] === fold)!;
  const rows = FOLDS.map((fold) => [
    fold,
    ...sizes.map((size) => digits(figures.median(find(size, fold), 'ns'))),
    ...sizes.map((size) => digits(figures.median(find(size, fold), 'ns')! - figures.median(find(size, 'none'), 'ns')!)),
  ]);
  const head = ['ns a transaction that updates a row and emits an event'];
  const sized = sizes.map((size) => `${count(size)} rows`);
  return table([...head, ...sized, ...sized.map((size) => `of it the fold, ${size}`)], rows);
}

function rebuildsOf(figures: Figures): string {
  const rows = figures.orders('rebuild').map((order) => {
    const [beside, alone] = [figures.byRound(order, 'beside'), figures.byRound(order, 'alone')];
    const ratio = ratioOf(beside, alone);
    const verdict = meets(ratio, REBUILD_BAR) ? 'met' : 'missed';
    return [
      `${count(order.rows)} rows`,
      digits(1e9 / figures.median(order, 'alone')!),
      digits(1e9 / figures.median(order, 'beside')!),
      `${digits(ratio.ratio)} [${digits(ratio.low)}, ${digits(ratio.high)}], ${REBUILD_BAR}: ${verdict}`,
      digits(figures.median(order, 'ms')),
    ];
  });
  return table(['', 'transactions a second alone', 'beside a rebuild', 'of those alone', 'the rebuild, ms'], rows);
}
