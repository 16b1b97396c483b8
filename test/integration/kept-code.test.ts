/**
 * V8 throws compiled code away when a full collection finds no instance of a class that it relies on. What runs in
 * every transaction, read or scan must outlive a collection, though what it makes lives for a moment only.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../support/collected.ts');
const FLAGS = ['--expose-gc', '--trace-deopt', '--trace-deopt-verbose', '--import', 'tsx'];

it('keeps the code of transactions, reads and scans through a full collection', () => {
  const trace = execFileSync(process.execPath, [...FLAGS, SCRIPT], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(trace).toContain('== true');
  const rounds = trace.split('== collecting').slice(1);
  const dropped = new Set(
    rounds.flatMap((round) =>
      [...round.matchAll(/SharedFunctionInfo ([#\w]+)>.*weak objects/g)].map(([, name]) => name),
    ),
  );

  // The trace tells, and code can be dropped.
  expect([...dropped]).toContain('sumPassing');
  const kept = ['transact', '#run', '#write', '#normalize', 'update', 'write', 'changes', 'settle', 'insert', 'remove'];
  const read = ['read', 'get', 'slotOf', 'hasKey', 'scan', 'planFor', 'next', '#fill', '#takeBlock', 'take', 'seek'];
  expect([...kept, ...read].filter((name) => dropped.has(name))).toEqual([]);
});
