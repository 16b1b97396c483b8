import type { Figures } from '../harness/figures.js';
import type { Order } from '../harness/launch.js';
import { count, digits, table } from '../harness/markdown.js';
import { meets, ratioOf, type Ratio } from '../peers/statistics.js';

/** How many times as fast as inserting one by one recovery has to be. */
const RECOVERY_BAR = 2;
/** memoir has to be ahead of each peer at this many writers, or as many as there were. */
const WRITERS = 64;

const MILLION = 1_000_000;

/** All tables about stores on a disk, as Markdown. */
export function report(figures: Figures): string {
  const parts = [...commits(figures), recovery(figures), snapshots(figures), bars(figures)];
  const about = `Medians of the rounds; ratios within a round, with the interval that holds them with 95 % confidence.`;
  return [...parts.filter((part) => part !== ''), `${about} Measured on ${figures.about}.`].join('\n\n');
}

const isOf = (order: Order, like: Order): boolean =>
  order['fsync'] === like['fsync'] && order['writers'] === like['writers'];

/** The orders of memoir, in the order of writers; those without a sync last. */
function commitsOfMemoir(figures: Figures): readonly Order[] {
  return figures
    .orders('commits')
    .filter(({ peer }) => peer === 'memoir')
    .toSorted((a, b) => String(a['fsync']).localeCompare(String(b['fsync'])) || writersOf(a) - writersOf(b));
}

const writersOf = (order: Order): number => Number(order['writers']);

function titleOf(order: Order): string {
  const sync = order['fsync'] === 'always' ? 'synced' : 'not synced';
  return `${sync}, ${writersOf(order)} in flight`;
}

/** How many times as long as ours theirs takes, round by round. */
function ratio(figures: Figures, name: string, ours: Order, theirs: Order): Ratio | undefined {
  const [a, b] = [figures.byRound(ours, name), figures.byRound(theirs, name)];
  return a.length === 0 || a.length !== b.length ? undefined : ratioOf(a, b);
}

function shown(one: Ratio | undefined): string {
  return one === undefined ? '–' : `${digits(one.ratio)} [${digits(one.low)}, ${digits(one.high)}]`;
}

function commits(figures: Figures): readonly string[] {
  const all = figures.orders('commits');
  const peers = [...new Set(all.map(({ peer }) => String(peer)))];
  const ours = commitsOfMemoir(figures);
  if (ours.length === 0) return [];
  const find = (peer: string, like: Order) => all.find((order) => order['peer'] === peer && isOf(order, like))!;
  const rates = ours.map((order) => [
    titleOf(order),
    ...peers.map((peer) => digits(1e9 / figures.median(find(peer, order), 'ns')!)),
  ]);
  const others = peers.filter((peer) => peer !== 'memoir');
  const ratios = ours.map((order) => [
    titleOf(order),
    ...others.map((peer) => shown(ratio(figures, 'ns', order, find(peer, order)))),
  ]);
  return [
    '**Commits of one row, a second**:',
    table(['', ...peers], rates),
    '**Times as many commits by memoir as by others**:',
    table(['', ...others], ratios),
  ];
}

/** What recovery is compared with: the same rows inserted one by one, in memory and into a log. */
function inserts(figures: Figures): readonly (readonly [title: string, order: Order])[] {
  const memory = figures.orders('inserts').map((order) => ['in memory', order] as const);
  return [...memory, ...figures.orders('reinserts').map((order) => ['into a log, not synced', order] as const)];
}

function openTitle({ peer, rows, suffix }: Order): string {
  if (peer !== 'memoir') return String(peer);
  return suffix === 0
    ? 'memoir, log alone'
    : `memoir, snapshot and ${count(Number(suffix))} of ${count(rows)} after it`;
}

function recovery(figures: Figures): string {
  const orders = figures.orders('open');
  const others = inserts(figures);
  const log = orders.find(({ peer, suffix }) => peer === 'memoir' && suffix === 0);
  if (orders.length === 0) return '';
  const line = (title: string, order: Order) => [
    title,
    digits(figures.median(order, 'ms')! / 1000),
    digits((figures.median(order, 'open') ?? NaN) / 1000),
    ...others.map(([, one]) => shown(ratio(figures, 'ms', order, one))),
    log === undefined ? '–' : shown(ratio(figures, 'ms', order, log)),
  ];
  const lines = orders.map((order) => line(openTitle(order), order));
  lines.unshift(...others.map(([title, one]) => line(`memoir, inserting one by one ${title}`, one)));
  const times = others.map(([title]) => `times as fast as inserting ${title}`);
  const head = ['', 'all, s', 'of it opening, s', ...times, 'as memoir from its log'];
  return [`**Opening ${count(orders[0]!.rows)} rows, and reading all of them**:`, table(head, lines)].join('\n\n');
}

function snapshots(figures: Figures): string {
  const orders = figures.orders('snapshot');
  const ours = orders.find(({ peer }) => peer === 'memoir');
  if (orders.length === 0) return '';
  const lines = orders.map((order) => [
    String(order['peer']),
    digits((figures.median(order, 'ms')! / 1000 / order.rows) * MILLION),
    digits(figures.median(order, 'bytes')),
    ours === undefined || order === ours ? '–' : shown(ratio(figures, 'ms', ours, order)),
  ]);
  const head = ['', 'seconds a million rows', 'bytes a row', 'times as long as memoir'];
  return ['**A snapshot, or a copy, of an open store**:', table(head, lines)].join('\n\n');
}

function bars(figures: Figures): string {
  const lines: string[][] = [];
  const add = (title: string, bar: number, one: Ratio | undefined) => {
    if (one !== undefined) lines.push([title, String(bar), shown(one), meets(one, bar) ? 'met' : 'MISSED']);
  };
  const synced = commitsOfMemoir(figures).filter((order) => order['fsync'] === 'always');
  const most = synced.find((order) => writersOf(order) === WRITERS) ?? synced.at(-1);
  for (const order of figures.orders('commits')) {
    if (most === undefined || order['peer'] === 'memoir' || !isOf(order, most)) continue;
    add(`commits ${titleOf(order)}, beside ${String(order['peer'])}`, 1, ratio(figures, 'ns', most, order));
  }
  for (const order of figures.orders('open')) {
    if (order['peer'] !== 'memoir') continue;
    for (const [title, one] of inserts(figures))
      add(`${openTitle(order)}, beside inserting ${title}`, RECOVERY_BAR, ratio(figures, 'ms', order, one));
  }
  if (lines.length === 0) return '';
  return [
    '**The bars**, met when the interval begins at nine tenths or above:',
    table(['', 'bar', '', ''], lines),
  ].join('\n\n');
}
