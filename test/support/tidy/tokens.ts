import { isHosted } from './layers.js';
import { children, type Node, type Parsed, type Source, walk } from '../source.js';

const LINES_MAX = 400;
const COLUMNS_MAX = 120;
const DRAWERS = /^(utils?|helpers?|common|shared|misc)(\.|$)/;

/** What only the places for it may name: the clock, chance, timers, the collector and the host's own objects. */
const HOST_NAMES = new Set(
  (
    'setTimeout setInterval setImmediate queueMicrotask clearTimeout clearInterval ' +
    'performance crypto fetch console process Buffer FinalizationRegistry WeakRef'
  ).split(' '),
);
const HOST_MEMBERS = new Set(['Date.now', 'Math.random']);
const GLOBALS = new Set(['globalThis', 'window', 'self', 'global']);

/** Files and lines that are too long. */
export function sizeProblems(files: readonly Source[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split('\n');
    const problems = lines.flatMap((line, i) =>
      line.length > COLUMNS_MAX ? [`${path}:${i + 1} has ${line.length} columns; ${COLUMNS_MAX} is the limit`] : [],
    );
    const count = text.endsWith('\n') ? lines.length - 1 : lines.length;
    return count > LINES_MAX ? [...problems, `${path} has ${count} lines; ${LINES_MAX} is the limit`] : problems;
  });
}

/** Files and folders with a name that would hold anything. */
export function drawerProblems(paths: readonly string[]): string[] {
  return paths.filter((path) => path.split('/').some((part) => DRAWERS.test(part)));
}

/** Marks of unfinished work, and `any`. */
export function markProblems(files: readonly Parsed[]): string[] {
  return files.flatMap((file) => [
    ...file.comments.flatMap(({ text, start }) => {
      const mark = /\b(TODO|FIXME|XXX)\b/.exec(text);
      return mark === null ? [] : [`${file.path}:${file.lineOf(start + mark.index)} says ${mark[1]}`];
    }),
    ...[...walk(file.root)]
      .filter((node) => node.type === 'TSAnyKeyword')
      .map((node) => `${file.path}:${file.lineOf(node.start)} has the type any`),
  ]);
}

/** Where the host is named, for what is passed in everywhere else. */
const HOST_PLACES: readonly string[] = [
  'src/platform.ts',
  'src/purity.ts',
  'src/fsm/host.ts',
  'src/testing/another-time.ts',
  'src/testing/other-process.ts',
];

/** Uses of the clock, of chance, of timers and of the host's objects, other than in the places for it. */
export function hostProblems(files: readonly Parsed[]): string[] {
  return files
    .filter((file) => !HOST_PLACES.includes(file.path) && !isHosted(file.path))
    .flatMap((file) => [...hostUses(file.root)].map(({ name, at }) => `${file.path}:${file.lineOf(at)} uses ${name}`));
}

function* hostUses(node: Node): Generator<{ readonly name: string; readonly at: number }> {
  const use = hostUse(node);
  if (use !== undefined) yield { name: use, at: node.start };
  for (const child of children(node)) {
    const isLabel =
      child.node.type === 'Identifier' && !node['computed'] && (child.field === 'key' || child.field === 'property');
    if (!isLabel) yield* hostUses(child.node);
  }
}

function hostUse(node: Node): string | undefined {
  if (node.type === 'Identifier') return HOST_NAMES.has(nameOf(node)) ? nameOf(node) : undefined;
  if (node.type === 'MemberExpression') {
    const member = memberName(node);
    const bare = member.slice(member.indexOf('.') + 1);
    if (GLOBALS.has(member.split('.')[0]!) && HOST_NAMES.has(bare)) return member;
    return HOST_MEMBERS.has(member) || HOST_MEMBERS.has(bare) ? member : undefined;
  }
  const isDate = (node['callee'] as { name?: string } | undefined)?.name === 'Date';
  if (node.type === 'CallExpression' && isDate) return 'Date()';
  if (node.type === 'NewExpression' && isDate && (node['arguments'] as unknown[]).length === 0) return 'new Date()';
  return undefined;
}

/** `Date.now` for `Date.now`, `Date['now']` and `Date?.now`; parts that are no plain names are left out. */
function memberName(node: Node): string {
  const object = node['object'] as Node;
  const property = node['property'] as Node;
  const left = object.type === 'MemberExpression' ? memberName(object) : nameOf(object);
  const right = property.type === 'Literal' ? String(property['value']) : node['computed'] ? '' : nameOf(property);
  return `${left}.${right}`;
}

function nameOf(node: Node): string {
  return typeof node['name'] === 'string' ? node['name'] : '';
}

/** Tests whose name says what should be, instead of what is. */
export function testNameProblems(files: readonly Parsed[]): string[] {
  return files.flatMap((file) =>
    [...walk(file.root)].flatMap((node) => {
      if (node.type !== 'CallExpression') return [];
      const callee = file.text.slice((node['callee'] as Node).start, (node['callee'] as Node).end);
      const title = (node['arguments'] as Node[])[0];
      if (!/^(it|test|describe|bench)\b/.test(callee) || title === undefined) return [];
      const name = file.text.slice(title.start, title.end);
      const isText = title.type === 'Literal' || title.type === 'TemplateLiteral';
      return isText && /\bshould\b/i.test(name) ? [`${file.path}:${file.lineOf(node.start)} is called ${name}`] : [];
    }),
  );
}

/** Mentions of the places and tools that only some developer's machine has. */
export function privateProblems(files: readonly Source[]): string[] {
  // in pieces, so that this file does not mention them
  const words = [['/wo', 'rk/'].join(''), ['far', 'm-'].join('')];
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, i) => words.filter((word) => line.includes(word)).map((word) => `${path}:${i + 1} says ${word}`)),
  );
}

/** Documents without exactly one heading of the first level. Fenced blocks do not count. */
export function headingProblems(files: readonly Source[]): string[] {
  return files.flatMap(({ path, text }) => {
    const prose = text.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\s*$/gm, '');
    const count = [...prose.matchAll(/^# /gm)].length;
    return count === 1 ? [] : [`${path} has ${count} headings of the first level`];
  });
}
