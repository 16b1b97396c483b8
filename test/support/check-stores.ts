/**
 * After every test, verifies each store in which a transaction was begun: index against table, the shape of trees,
 * hashes, chains, free slots, and that nothing is left to undo.
 */
import { afterEach } from 'vitest';

import { Engine } from '../../src/projections/engine.js';

const used = new Set<Engine>();
const begin = Object.getOwnPropertyDescriptor(Engine.prototype, 'begin')!.value as (this: Engine) => void;

Engine.prototype.begin = function (this: Engine): void {
  used.add(this);
  begin.call(this);
};

afterEach(() => {
  const engines = [...used];
  used.clear();
  for (const engine of engines) engine.check();
});
