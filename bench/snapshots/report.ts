import type { Figures } from '../harness/figures.js';
import type { Order } from '../harness/launch.js';
import { count, digits, table } from '../harness/markdown.js';

const SECONDS = 1000;

/** The table about snapshots, as Markdown. */
export function report(figures: Figures): string {
  const orders = figures.orders('snapshot');
  const inserts = figures.orders('inserts');
  const insert = ({ rows }: Order): number | undefined => {
    const order = inserts.find((one) => one.rows === rows);
    return order === undefined ? undefined : figures.median(order, 'insert');
  };
  const of = (name: string, scale = 1) => orders.map((order) => digits(figures.median(order, name)! / scale));
  const times = orders.map((order) => {
    const [one, verify, load] = [insert(order), figures.median(order, 'verify'), figures.median(order, 'load')];
    return one === undefined ? '' : `${digits(one / (verify! + load!))}×`;
  });
  const rows = [
    ['to capture, ms', ...of('capture')],
    ['to encode, s, beside writes', ...of('encode', SECONDS)],
    ['writes meanwhile', ...of('writes')],
    ['bytes a row', ...of('bytes')],
    ['a slice, ms: median', ...of('median')],
    ['a slice, ms: 1 in 100 takes longer than', ...of('p99')],
    ['a slice, ms: the longest', ...of('longest')],
    ['the longest pause of the collector, ms', ...of('collector')],
    ['the longest wait for a processor, ms', ...of('processor')],
    ['to read and verify, s', ...of('verify', SECONDS)],
    ['to load, s', ...of('load', SECONDS)],
    ['both, beside inserting one by one', ...times],
  ];
  const head = ['', ...orders.map(({ rows: size, codec }) => `${count(size)} rows, ${String(codec)}`)];
  return [
    table(head, rows),
    `Medians of the rounds, slices less the collector and waits for a processor. Measured on ${figures.about}.`,
  ].join('\n\n');
}
