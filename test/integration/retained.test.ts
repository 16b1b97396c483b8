/** What the past costs: a retained batch, and its id, take little more than their bytes as Avro. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../support/retained.ts');

it.each(['memory', 'log'])('a retained batch with an id takes at most 1.5 times its Avro size: %s', (where) => {
  const flags = ['--expose-gc', '--import', 'tsx'];
  const said = execFileSync(process.execPath, [...flags, SCRIPT, where], { encoding: 'utf8' });
  const { each, body } = JSON.parse(said) as { readonly each: number; readonly body: number };
  expect(each).toBeGreaterThan(body);
  expect(each).toBeLessThan(1.5 * body);
});
