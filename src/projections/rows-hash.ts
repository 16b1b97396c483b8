import { ofTable, StateHash } from '../codecs/state-hash.js';
import type { Engine } from './engine.js';
import { inSlices, type Turns } from './slices.js';

/** How long it may hold others up at a time, in milliseconds. */
const SLICE_MS = 8;

/** The hash of all rows as they are, where it is wanted, in slices: nobody may write to them meanwhile. */
export async function hashRows(engine: Engine, isWanted: boolean, turns: Turns): Promise<StateHash | undefined> {
  if (!isWanted) return undefined;
  const sum = new StateHash();
  for await (const _ of inSlices(addRows(engine, sum), SLICE_MS, turns));
  return sum;
}

function* addRows(engine: Engine, sum: StateHash): Generator<undefined> {
  for (const [name, { rows }] of engine.tables) {
    for (const row of rows) {
      if (row === undefined) continue;
      sum.add(ofTable(name), row);
      yield undefined;
    }
  }
}
