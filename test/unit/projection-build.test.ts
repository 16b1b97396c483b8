import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { Engine } from '../../src/projections/engine.js';
import { createStore, projection, table } from '../../src/index.js';
import { MemoryLog } from '../../src/log/memory-log.js';
import { projectionOf } from '../../src/projections/projection.js';
import { settingsOf } from '../../src/store-options.js';
import { definitionsFor, ProjectedState } from '../../src/txn/projected-state.js';
import { ProjectionBuild, type ProjectionBuildPlan } from '../../src/txn/projection-build.js';
import { base, events, paid } from '../support/ledger-projections.js';

const Doubled = t.strict({ id: t.string, cents: t.number });

const BEGUN = 1000;

/**
 * A log of payments, and the building of its projection, in a time of its own: each fold takes a millisecond.
 *
 * @param writes how many batches come in a turn, after so many milliseconds without one; each takes a fifth of one
 */
function buildOf(writes: (ms: number) => number): { readonly build: ProjectionBuild; readonly log: MemoryLog } {
  const settings = settingsOf({ tables: base, events });
  const definition = projectionOf('projection', paid());
  const engine = new Engine(definitionsFor(definition, new Engine(settings.definitions)));
  const log = new MemoryLog('log');
  const time = { ms: 0, turns: 0 };
  const write = (count: number): void => {
    for (let n = 0; n < count; n++) {
      const event = { type: 'Paid', stream: undefined, position: undefined, data: { customer: 'ada', cents: 1 } };
      const batch = { offset: log.head + 1, at: 0, id: undefined, meta: {}, changes: [], events: [event] };
      log.append([batch], { expect: log.head });
    }
  };
  write(BEGUN);
  let since = 0;
  const plan: ProjectionBuildPlan = {
    ...{ log, views: undefined as never, tables: new Map(), guard: () => {}, older: () => undefined },
    ...{ bytesSince: () => 0, roundBytes: 1, sliceMs: 8 },
    alone(work) {
      time.ms++;
      return work();
    },
    turns: {
      elapsed: () => time.ms,
      pause() {
        if (++time.turns > 50_000) throw new Error('it does not end');
        const count = writes(time.ms - since);
        write(count);
        time.ms += count / 5;
        since = time.ms;
        return Promise.resolve();
      },
    },
  };
  return { build: new ProjectionBuild(new ProjectedState({ engine, definition, settings }), plan), log };
}

describe('a projection that is built while batches come', () => {
  it.each([
    // With slices that were doubled, and only where no fewer were left, it was 17, 7, 3,115 and 115 times as many.
    ['as fast as they are folded', 8, (ms: number) => Math.ceil(ms)],
    ['a little slower', 6, (ms: number) => Math.floor(ms * 0.95)],
    ['half as fast again', 100, (ms: number) => Math.ceil(ms * 1.5)],
    ['as many a turn as fit into two slices', 50, () => 16],
  ])('has them all, when they come %s', async (_, times, writes) => {
    const { build, log } = buildOf(writes);
    await build.begin();
    await build.catchUp();
    build.finish();
    expect(build.head).toBe(log.head);
    expect(log.head).toBeLessThan(times * BEGUN);
  });

  it.each(['rows', 'log'] as const)('from %s, ends though someone writes in every turn until then', async (from) => {
    const doubled = (version: number) =>
      projection({
        ...{ name: 'doubled', version, from, sources: base, tables: { doubled: table(Doubled, { primaryKey: 'id' }) } },
        on: {
          changes: {
            orders: (tx, { after }) => void tx.doubled.put({ id: after!.id, cents: version * after!.cents }),
          },
        },
      });
    const store = createStore({ tables: base, events, projections: [doubled(1)] });
    let written = 0;
    const write = (count: number): void => {
      for (const end = written + count; written < end; written++)
        store.transact((tx) => void tx.orders.put({ id: `o${written % 1000}`, customer: 'ada', cents: written }));
    };
    write(3000);
    const progress = { isDone: false };
    const rebuilding = store.rebuild(doubled(2)).finally(() => (progress.isDone = true));
    while (!progress.isDone) {
      write(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await rebuilding;
    const { orders, doubled: rows } = store.now();
    expect([...rows.scan()]).toEqual([...orders.scan()].map(({ id, cents }) => ({ id, cents: 2 * cents })));
  });
});
