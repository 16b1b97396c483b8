import { expect, it } from 'vitest';

import { MemoirError } from '../../src/errors.js';
import { again } from '../../src/txn/patience.js';

const failed = new MemoirError('ProjectionFailed', 'not yet');

it.each([
  [100, 12, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]],
  [90_000, 3, [90_000, 90_000, 90_000]],
  [0, 2, [0, 0]],
])('first after %d ms, waits longer and longer, and no longer than a minute or that', (firstMs, times, waits) => {
  const how = { times, firstMs, parkedMax: 1, onError: () => undefined };
  const fold = (): never => {
    throw failed;
  };
  expect([...again(how, failed, fold)]).toEqual(waits);
});
