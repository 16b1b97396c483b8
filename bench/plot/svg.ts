/** One line of a plot: a name, and its points. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a plot is about, and what its axes say. */
export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

const [WIDTH, HEIGHT] = [900, 520];
const FRAME = { left: 70, right: 640, top: 48, bottom: 470 } as const;
/** How far apart labels stand at least. */
const LABEL_GAP = 17;

/** Dark enough on white, bright enough on black, and told apart by those who see few colours by their labels. */
const COLOURS = ['#3b82f6', '#d97706', '#16a34a', '#dc2626', '#8b5cf6', '#0891b2', '#db2777', '#65a30d', '#78716c'];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 14px; font-weight: 600; fill: #1f2328 }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  .lead { stroke-width: 1; opacity: 0.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 }
    .title { fill: #f0f6fc }
    .grid { stroke: #3d444d }
  }`;

/** Draws lines with both axes logarithmic, as SVG that is readable on light and on dark ground. */
export function logLogPlot({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const across = axis(
    points.map((point) => point[0]),
    FRAME.left,
    FRAME.right,
  );
  const up = axis(
    points.map((point) => point[1]),
    FRAME.bottom,
    FRAME.top,
  );
  const middle = (FRAME.left + FRAME.right) / 2;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="${FRAME.left}" y="24">${title}</text>`,
    ...across.ticks.map((value) => vertical(across.at(value), short(value))),
    ...up.ticks.map((value) => horizontal(up.at(value), duration(value))),
    `<text x="${middle}" y="${HEIGHT - 8}" text-anchor="middle">${x}</text>`,
    `<text x="18" y="${(FRAME.top + FRAME.bottom) / 2}" text-anchor="middle" ` +
      `transform="rotate(-90 18 ${(FRAME.top + FRAME.bottom) / 2})">${y}</text>`,
    ...curves(lines, across.at, up.at),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

interface Axis {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** From the power of ten below all values to the one above. */
function axis(values: readonly number[], from: number, to: number): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    at: (value) => round(from + ((Math.log10(value) - low) / (high - low)) * (to - from)),
  };
}

function curves(lines: readonly Line[], across: Axis['at'], up: Axis['at']): readonly string[] {
  const ends = lines
    .map(({ name, points }, i) => ({ name, colour: COLOURS[i % COLOURS.length]!, points, end: up(points.at(-1)![1]) }))
    .toSorted((a, b) => a.end - b.end);
  const places = spread(ends.map(({ end }) => end));
  return ends.flatMap(({ name, colour, points, end }, i) => {
    const right = across(points.at(-1)![0]);
    const path = points.map(([x, y]) => `${across(x)},${up(y)}`).join(' ');
    return [
      `<polyline class="line" stroke="${colour}" points="${path}"/>`,
      ...points.map(([x, y]) => `<circle cx="${across(x)}" cy="${up(y)}" r="3" fill="${colour}"/>`),
      `<line class="lead" stroke="${colour}" x1="${right + 5}" y1="${end}" ` +
        `x2="${FRAME.right + 22}" y2="${places[i]!}"/>`,
      `<text x="${FRAME.right + 26}" y="${places[i]! + 4}" style="fill: ${colour}">${name}</text>`,
    ];
  });
}

/** Moves places apart that lie too close together; they come in ascending order. */
function spread(places: readonly number[]): readonly number[] {
  const moved: number[] = [];
  for (const place of places) moved.push(Math.max(place, (moved.at(-1) ?? -Infinity) + LABEL_GAP));
  for (let i = moved.length - 1, most: number = FRAME.bottom; i >= 0; i--, most -= LABEL_GAP) {
    moved[i] = Math.min(moved[i]!, most);
  }
  return moved.map(round);
}

function vertical(x: number, label: string): string {
  return (
    `<line class="grid" x1="${x}" y1="${FRAME.top}" x2="${x}" y2="${FRAME.bottom}"/>` +
    `<text x="${x}" y="${FRAME.bottom + 18}" text-anchor="middle">${label}</text>`
  );
}

function horizontal(y: number, label: string): string {
  return (
    `<line class="grid" x1="${FRAME.left}" y1="${y}" x2="${FRAME.right}" y2="${y}"/>` +
    `<text x="${FRAME.left - 8}" y="${y + 4}" text-anchor="end">${label}</text>`
  );
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} million`;
  return value.toLocaleString('en');
}

/** Nanoseconds, in the unit that suits them. */
function duration(ns: number): string {
  if (ns >= 1e6) return `${ns / 1e6} ms`;
  return ns >= 1e3 ? `${ns / 1e3} µs` : `${ns} ns`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
