import type { Figures } from '../harness/figures.js';
import type { Order } from '../harness/launch.js';
import { count, digits, table } from '../harness/markdown.js';
import { meets, ratioOf } from '../peers/statistics.js';

/** How many times as many entries, and as fast a restore, as the machine in Go. */
const APPLY_BAR = 3;
const RESTORE_BAR = 2;
/** What a slice of a snapshot may take at its 99th percentile, in milliseconds. */
const PAUSE_BAR = 10;

const PEER = 'go-memdb';
const CHECKS = ['check.rows', 'check.sum'];

/** The tables about state machines, as Markdown. @throws an `Error` where machines came to different states */
export function report(figures: Figures): string {
  const about = `Medians of the rounds; ratios within a round, with the interval that holds them with 95 % confidence.`;
  const parts = [applied(figures, 1), applied(figures, 64), snapshots(figures)].filter((part) => part !== '');
  return [...parts, `${about} Measured on ${figures.about}.`].join('\n\n');
}

function ordersOf(figures: Figures, part: string, group: number): readonly Order[] {
  const orders = figures.orders(part).filter((order) => order['group'] === group);
  for (const order of orders) {
    for (const name of CHECKS) {
      const [one, other] = [figures.median(order, name), figures.median(orders[0]!, name)];
      if (one !== other)
        throw new Error(`${String(order['peer'])} came to another state: ${name} ${one}, not ${other}`);
    }
  }
  return orders;
}

/** How many times as fast as the machine in Go, and whether that is what it is to be. */
function times(
  figures: Figures,
  order: Order,
  orders: readonly Order[],
  names: readonly string[],
  bar: number,
): string {
  const peer = orders.find((one) => one['peer'] === PEER);
  if (peer === undefined || peer === order) return '';
  const sums = (of: Order) =>
    figures.byRound(of, names[0]!).map((value, round) => {
      return names.slice(1).reduce((sum, name) => sum + figures.byRound(of, name)[round]!, value);
    });
  const ratio = ratioOf(sums(order), sums(peer));
  const verdict = meets(ratio, bar) ? 'met' : 'missed';
  return `${digits(ratio.ratio)} [${digits(ratio.low)}, ${digits(ratio.high)}], ${bar}: ${verdict}`;
}

function applied(figures: Figures, group: number): string {
  const orders = ordersOf(figures, 'apply', group);
  if (orders.length === 0) return '';
  const rows = orders.map((order) => [
    String(order['peer']),
    digits(1e9 / figures.median(order, 'create')!),
    digits(1e9 / figures.median(order, 'move')!),
    times(figures, order, orders, ['create', 'move'], APPLY_BAR),
  ]);
  const how = group === 1 ? 'one by one' : `${group} together`;
  const head = [`${count(orders[0]!.rows)} rows, ${how}`, 'creates a second', 'moves a second', `times ${PEER}`];
  return table(head, rows);
}

function snapshots(figures: Figures): string {
  const orders = ordersOf(figures, 'snapshot', 64);
  if (orders.length === 0) return '';
  const of = (order: Order, name: string) => digits(figures.median(order, name));
  const rows = orders.map((order) => {
    const p99 = figures.median(order, 'p99');
    const pause = p99 === undefined ? '' : `${digits(p99)}, ${PAUSE_BAR}: ${p99 <= PAUSE_BAR ? 'met' : 'missed'}`;
    return [
      ...[String(order['peer']), of(order, 'call'), of(order, 'persist'), pause, of(order, 'longest')],
      ...[of(order, 'collector'), of(order, 'bytes'), of(order, 'restore')],
      times(figures, order, orders, ['restore'], RESTORE_BAR),
    ];
  });
  const head = [
    ...[`${count(orders[0]!.rows)} rows`, 'to capture, ms', 'to write, ms, beside entries'],
    ...['a slice at p99, ms', 'the longest', 'the collector’s longest pause', 'bytes a row', 'to restore, ms'],
  ];
  return table([...head, `times ${PEER}`], rows);
}
