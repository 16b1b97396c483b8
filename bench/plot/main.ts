import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Figures } from '../harness/figures.js';
import { resultsOf, ROOT } from '../harness/launch.js';
import { refuseUntraceable } from '../harness/traceable.js';
import { report as historyReport } from '../history/report.js';
import { OPERATIONS, report as scaleReport } from '../scale/report.js';
import { logLogPlot } from './svg.js';

const DOCUMENT = join(ROOT, 'docs/performance.md');
const IMAGE = join(ROOT, 'docs/images/scale.svg');

/** Puts a text between the markers of a name in a document; what stood there goes. */
function replaceBetween(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no ${begin} before ${end}: add both`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function plotOf(figures: Figures): string | undefined {
  const orders = figures.orders('operations');
  if (orders.length < 2) return undefined;
  const lines = Object.entries(OPERATIONS).map(([name, title]) => ({
    name: title.replace(', a row', ', per row').replace('insert, all in 1 transaction', 'insert, 1 transaction'),
    points: orders.map((order) => [order.rows, figures.median(order, name)!] as const),
  }));
  return logLogPlot({ title: 'What an operation costs as a table grows', x: 'rows in the table', y: 'time', lines });
}

/** With `--smoke` nothing is written: it shows only that tables and plot can be made of tiny results. */
const smoke = process.argv.includes('--smoke');
const [scale, history] = ['scale', 'history'].map((bench) => new Figures(resultsOf(bench, smoke)));
if (scale!.runs.length + history!.runs.length === 0) {
  console.error('bench/results/ has nothing to show: run bench:scale or bench:history first');
  process.exit(1);
}

if (!smoke) refuseUntraceable([...scale!.runs, ...history!.runs]);
let text = readFileSync(DOCUMENT, 'utf8');
if (scale!.runs.length > 0) text = replaceBetween(text, 'scale', scaleReport(scale!));
if (history!.runs.length > 0) text = replaceBetween(text, 'history', historyReport(history!));
const plot = plotOf(scale!);
if (!smoke) {
  writeFileSync(DOCUMENT, text);
  mkdirSync(join(ROOT, 'docs/images'), { recursive: true });
  if (plot !== undefined) writeFileSync(IMAGE, plot);
  execFileSync('npx', ['oxfmt', DOCUMENT], { cwd: ROOT, stdio: ['ignore', 2, 2] });
}
