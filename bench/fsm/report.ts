import type { Figures } from '../harness/figures.js';
import type { Order } from '../harness/launch.js';
import { count, digits, table } from '../harness/markdown.js';
import { meets, ratioOf, type Ratio } from '../peers/statistics.js';

/** How many times as many entries, and as fast a restore, as the machine in Go. */
const APPLY_BAR = 3;
const RESTORE_BAR = 2;
/** What a slice of a snapshot may take at its 99th percentile, in milliseconds, with so many rows. */
const PAUSE_BAR = 10;
const PAUSE_ROWS = 1_000_000;
/** With fewer rounds figures are to go by, and meet or miss nothing. */
const ROUNDS_MIN = 9;

/** How memoir is measured: semantics asks for it, and figures are of nothing else. */
const CONFIGURATION =
  'memoir runs in production mode with the strict codec of seven fields, JSON unless Avro is named, the default ' +
  '`keep` of 100,000 batches, a state hash unless unhashed, one subscriber of `changes` and one live query.';

const PEER = 'go-memdb';
const APPLY = ['create', 'move'];
const CHECKS = ['check.rows', 'check.sum'];

/** The tables about state machines, as Markdown. @throws an `Error` where machines came to different states */
export function report(figures: Figures): string {
  const about = `Medians of the rounds; ratios within a round, with the interval that holds them with 95 % confidence.`;
  const parts = [applied(figures, 1), applied(figures, 64), snapshots(figures), inRaft(figures)].filter(
    (part) => part !== '',
  );
  return [...parts, CONFIGURATION, `${about} Measured on ${figures.about}.`].join('\n\n');
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

/** Whether a bar is met, where there is enough to tell. */
function verdict(figures: Figures, order: Order, isMet: boolean, rows = 0): string {
  if (figures.rounds(order) < ROUNDS_MIN) return 'to go by';
  if (order.rows < rows) return `for ${count(rows)} rows`;
  return isMet ? 'met' : 'missed';
}

/** The sums of figures, by round. */
function sums(figures: Figures, order: Order, names: readonly string[]): readonly number[] {
  return figures.byRound(order, names[0]!).map((value, round) => {
    return names.slice(1).reduce((sum, name) => sum + figures.byRound(order, name)[round]!, value);
  });
}

function shown({ ratio, low, high }: Ratio): string {
  return `${digits(ratio)} [${digits(low)}, ${digits(high)}]`;
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
  const ratio = ratioOf(sums(figures, order, names), sums(figures, peer, names));
  return `${shown(ratio)}, ${bar}: ${verdict(figures, order, meets(ratio, bar))}`;
}

/** How many times as fast as the same machine, when it is given one entry after the other. */
function timesAlone(figures: Figures, order: Order): string {
  const alone = ordersOf(figures, 'apply', 1).find((one) => one['peer'] === order['peer']);
  if (alone === undefined) return '';
  return shown(ratioOf(sums(figures, order, APPLY), sums(figures, alone, APPLY)));
}

function applied(figures: Figures, group: number): string {
  const orders = ordersOf(figures, 'apply', group);
  if (orders.length === 0) return '';
  const rows = orders.map((order) => [
    String(order['peer']),
    digits(1e9 / figures.median(order, 'create')!),
    digits(1e9 / figures.median(order, 'move')!),
    times(figures, order, orders, APPLY, APPLY_BAR),
    ...(group === 1 ? [] : [timesAlone(figures, order)]),
  ]);
  const how = group === 1 ? 'one by one' : `${group} together`;
  const head = [`${count(orders[0]!.rows)} rows, ${how}`, 'creates a second', 'moves a second', `times ${PEER}`];
  return table([...head, ...(group === 1 ? [] : ['times one by one'])], rows);
}

function snapshots(figures: Figures): string {
  const orders = ordersOf(figures, 'snapshot', 64);
  if (orders.length === 0) return '';
  const pauses = (order: Order, p99: number) => verdict(figures, order, p99 <= PAUSE_BAR, PAUSE_ROWS);
  const of = (order: Order, name: string) => digits(figures.median(order, name));
  const rows = orders.map((order) => {
    const p99 = figures.median(order, 'p99');
    const pause = p99 === undefined ? '' : `${digits(p99)}, ${PAUSE_BAR}: ${pauses(order, p99)}`;
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

function inRaft(figures: Figures): string {
  const orders = ordersOf(figures, 'raft', 64);
  if (orders.length === 0) return '';
  const peer = orders.find((order) => order['peer'] === PEER);
  const rows = orders.map((order) => {
    const of = (name: string) => digits(figures.median(order, name));
    const than = (...names: string[]) =>
      peer === undefined || peer === order
        ? ''
        : shown(ratioOf(sums(figures, order, names), sums(figures, peer, names)));
    return [
      ...[String(order['peer']), digits(1e9 / figures.median(order, 'create')!)],
      ...[digits(1e9 / figures.median(order, 'move')!), than(...APPLY), digits(figures.median(order, 'alone')! / 1e3)],
      ...[than('alone'), of('snapshot'), than('snapshot'), of('p99'), of('longest'), of('restore'), than('restore')],
    ];
  });
  const head = [
    ...[`${count(orders[0]!.rows)} rows, inside hashicorp/raft`, 'creates a second', 'moves a second', `times ${PEER}`],
    ...['one alone, µs', `times ${PEER}`, 'a snapshot, ms, beside entries', `times ${PEER}`],
    ...['an entry beside it at p99, ms', 'the longest', 'to restore, ms', `times ${PEER}`],
  ];
  return table(head, rows);
}
