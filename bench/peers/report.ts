import { MEMORY_BAR, SPEED_BARS, TITLES } from './bars.js';
import type { Figure, Results } from './results.js';
import { meets, type Ratio } from './statistics.js';
import { WORKLOADS } from './workload.js';

const BYTES: Readonly<Record<string, string>> = {
  row: 'bytes a row, rows aside',
  copies: 'bytes a row, of the rows themselves, where the store copies them',
  update: 'bytes an update, 1000 states held',
  W12: 'bytes a row, own format or msgpack',
  W12json: 'bytes a row, JSON',
};

/** With fewer rounds an interval says too little for a bar to be called met or missed. */
export const ROUNDS_MIN = 9;

interface Line {
  readonly name: string;
  readonly title: string;
  readonly figure: Figure;
  readonly bar?: number | undefined;
}

const LINES: readonly Line[] = [
  ...WORKLOADS.map((name) => ({
    name,
    title: TITLES[name],
    figure: ({ ns }: { readonly ns: Readonly<Record<string, number>> }) => ns[name],
    bar: SPEED_BARS[name],
  })),
  ...Object.entries(BYTES).map(([name, title]) => ({
    name: 'bytes',
    title,
    figure: ({ bytes }: { readonly bytes: Readonly<Record<string, number>> }) => bytes[name],
    ...(name === 'row' ? { bar: MEMORY_BAR } : {}),
  })),
];

/** Everything about the peers that ran with so many rows, as Markdown. */
export function report(results: Results): string {
  const rows = results.rows.toLocaleString('en');
  const parts = [`## ${rows} rows: medians, nanoseconds an operation`, medians(results)];
  if (results.peers.includes('go-memdb')) {
    parts.push(`## ${rows} rows: times as fast, or as small, as go-memdb [95 % interval]`);
    parts.push(
      ratios(
        results,
        results.peers.filter((peer) => peer !== 'go-memdb'),
        'go-memdb',
      ),
    );
    for (const peer of results.peers.filter((name) => name.startsWith('memoir'))) {
      parts.push(`## ${rows} rows: the bars, for ${peer}`, bars(results, peer));
    }
  }
  const builds = results.peers.filter((peer) => peer.startsWith('memoir@'));
  if (builds.length > 0 && results.peers.includes('memoir')) {
    parts.push(`## ${rows} rows: times as fast, or as small, as this build`, ratios(results, builds, 'memoir'));
  }
  return parts.join('\n\n');
}

function medians(results: Results): string {
  const lines = LINES.map(({ name, title, figure }) => [
    name,
    title,
    ...results.peers.map((peer) => rounded(results.median(peer, figure))),
  ]);
  return tableOf(['', '', ...results.peers], lines);
}

function ratios(results: Results, peers: readonly string[], than: string): string {
  const lines = LINES.map(({ name, title, figure }) => [
    name,
    title,
    ...peers.map((peer) => shown(results.ratio(peer, than, figure))),
  ]);
  return tableOf(['', '', ...peers], lines);
}

function bars(results: Results, peer: string): string {
  const isJudged = results.rounds(peer) >= ROUNDS_MIN;
  const lines = LINES.flatMap(({ name, title, figure, bar }) => {
    const ratio = results.ratio(peer, 'go-memdb', figure);
    if (bar === undefined || ratio === undefined) return [];
    const verdict = meets(ratio, bar) ? 'met' : 'MISSED';
    return [[name, title, String(bar), shown(ratio), isJudged ? verdict : 'too few rounds']];
  });
  return tableOf(['', '', 'bar', 'ratio', ''], lines);
}

function shown(ratio: Ratio | undefined): string {
  return ratio === undefined ? '–' : `${rounded(ratio.ratio)} [${rounded(ratio.low)}, ${rounded(ratio.high)}]`;
}

function rounded(value: number | undefined): string {
  if (value === undefined) return '–';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** A Markdown table, without the lines in which no peer has anything. */
function tableOf(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const told = lines.filter((line) => line.slice(2).some((cell) => cell !== '–'));
  const widths = head.map((_, i) => Math.max(3, ...[head, ...told].map((line) => line[i]!.length)));
  const row = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [row(head), row(widths.map((width) => '-'.repeat(width))), ...told.map(row)].join('\n');
}
