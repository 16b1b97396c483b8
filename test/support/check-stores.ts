/**
 * After every test, in every project, verifies each store in which a transaction was begun: index against table, now
 * and in the past, the shape of trees, hashes, chains, free slots, and that nothing is left to undo. After a property
 * it verifies the last few.
 */
import { afterEach } from 'vitest';

import { Engine } from '../../src/projections/engine.js';

/** So many stores are remembered: more than a test by example makes. */
const STORES_MAX = 100;

/** And so many are verified after a property, which makes one a run and more. */
const OF_PROPERTY = 10;

const used = new Set<Engine>();
const begin = Object.getOwnPropertyDescriptor(Engine.prototype, 'begin')!.value as (this: Engine) => void;

Engine.prototype.begin = function (this: Engine): void {
  used.add(this);
  if (used.size > STORES_MAX) used.delete(used.values().next().value!);
  begin.call(this);
};

afterEach(({ task }) => {
  const engines = [...used];
  used.clear();
  for (const engine of engines.slice(task.file.name.includes('.property.') ? -OF_PROPERTY : 0)) engine.check();
});
