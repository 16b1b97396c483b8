import { closeSync, createReadStream, existsSync, openSync, renameSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { randomFrom } from './random.js';

/** A row of the workload: what a scheduler would keep of a task. */
export interface Row {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly status: string;
  readonly priority: number;
  readonly createdAt: number;
  readonly tags: readonly string[];
}

/** Namespaces, statuses and priorities that rows have; each is as likely as the others of its kind. */
export const NAMESPACES = Array.from({ length: 50 }, (_, i) => `ns-${String(i).padStart(3, '0')}`);
export const STATUSES = ['pending', 'running', 'blocked', 'success', 'failed', 'aborted'] as const;
export const PRIORITIES = 1000;

/** Writes so many rows to a file, one JSON object a line, unless it is there. Fewer rows are the first of more. */
export function writeRows(path: string, count: number): void {
  if (existsSync(path)) return;
  const unfinished = `${path}.${process.pid}`;
  const file = openSync(unfinished, 'w');
  let text = '';
  for (const row of generateRows(count)) {
    text += `${JSON.stringify(row)}\n`;
    if (text.length < 1 << 20) continue;
    writeSync(file, text);
    text = '';
  }
  writeSync(file, text);
  closeSync(file);
  renameSync(unfinished, path);
}

function* generateRows(count: number): Iterable<Row> {
  const random = randomFrom(12345);
  const oneOf = <A>(list: readonly A[]): A => list[random() % list.length]!;
  const stringOf = (length: number, alphabet: string): string => {
    let text = '';
    for (let i = 0; i < length; i++) text += alphabet[random() % alphabet.length]!;
    return text;
  };
  const unused = (used: Set<string>, make: () => string): string => {
    let text = make();
    while (used.has(text)) text = make();
    used.add(text);
    return text;
  };
  const allTags = Array.from({ length: 40 }, (_, i) => `tag${i}`);
  const [ids, names] = [new Set<string>(), new Set<string>()];
  for (let i = 0; i < count; i++) {
    const id = unused(ids, () => stringOf(24, '0123456789abcdef'));
    const name = unused(names, () => stringOf(16, 'abcdefghijklmnopqrstuvwxyz0123456789'));
    const tags = new Set<string>();
    for (let left = random() % 4; left > 0; left--) tags.add(oneOf(allTags));
    const [namespace, status, priority] = [oneOf(NAMESPACES), oneOf(STATUSES), random() % PRIORITIES];
    yield {
      id,
      namespace,
      name,
      status,
      priority,
      createdAt: 1_700_000_000_000 + i * 37 + (random() % 37),
      tags: [...tags],
    };
  }
}

/** The first rows of a file that `writeRows` wrote. */
export async function readRows(path: string, count: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const lines = createInterface({ input: createReadStream(path, 'latin1') });
  for await (const line of lines) {
    if (rows.length === count) break;
    rows.push(JSON.parse(line) as Row);
  }
  if (rows.length < count) throw new Error(`${path} has ${rows.length} rows, not ${count}: delete it and run again`);
  return rows;
}
