/** A life of a simulated cluster of counters, with clients that add to them and read them, and what came of it. */
import * as t from 'io-ts';

import { table } from '../../src/index.js';
import { commandOn, createFsm } from '../../src/fsm.js';
import {
  linearizable,
  simulateCluster,
  type ClusterOptions,
  type Operation,
  type SequentialModel,
} from '../../src/testing.js';

const tables = { counters: table(t.strict({ key: t.string, n: t.number }), { primaryKey: 'key' }) };
const command = commandOn(tables);

/** A machine with counters; a fault may add something to what is written. */
export function create(fault: () => number = () => 0) {
  return createFsm({
    tables,
    mode: 'production',
    history: { batches: 50 },
    keep: { batches: 50 },
    commands: {
      add: command(t.strict({ key: t.string, by: t.number }), (tx, { key, by }) => {
        const n = (tx.counters.get(key)?.n ?? 0) + by + fault();
        tx.counters.put({ key, n });
        return n;
      }),
    },
  });
}
export type Machine = ReturnType<typeof create>;

type Input = { readonly key: string; readonly by: number };

/** Counters, one by one: to add 0 is to read. */
const model: SequentialModel<number, Input, number> = {
  initial: 0,
  step: (n, { by }) => [n + by, n + by],
  about: ({ key }) => key,
};

/** How a cluster lives, other than usual. */
export interface Life extends Omit<ClusterOptions<Machine>, 'create' | 'seed'> {
  readonly create?: () => Machine;
  /** Reads from the machine of any node, without asking whether it leads. */
  readonly staleReads?: boolean;
}

/** Lives for ten seconds of the cluster's own, and settles. @throws (rejects) what is wrong, with the seed */
export async function live(seed: number, { staleReads = false, ...options }: Life = {}): Promise<{ answered: number }> {
  const client = create();
  const cluster = simulateCluster({ create: () => create(), ...options, seed });
  let chance = seed;
  const draw = (below: number): number => {
    chance = (Math.imul(chance, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((chance / 2 ** 32) * below);
  };
  try {
    for (let asked = 0; cluster.now < 10_000; asked++) {
      await cluster.run(draw(80));
      const name = (draw(10) > 0 ? cluster.leader : undefined) ?? cluster.names[draw(cluster.names.length)]!;
      const key = `k${draw(3)}`;
      const input = { key, by: draw(3) === 0 ? 0 : 1 + draw(5) };
      const read = (machine: Machine): number => machine.store.now().counters.get(key)?.n ?? 0;
      if (input.by > 0) cluster.propose(name, client.encode('add', input, { at: asked }), input);
      else if (!staleReads) cluster.read(name, read, input);
      else {
        const machine = cluster.machine(cluster.names[draw(cluster.names.length)]!);
        const { now } = cluster;
        if (machine !== undefined) cluster.history.push({ called: now, returned: now, input, output: read(machine) });
      }
    }
    await cluster.settle();
    const history = cluster.history.map(({ output, ...rest }) => ({
      ...rest,
      output: typeof output === 'number' ? output : (output as { value?: number } | undefined)?.value,
    })) as Operation<Input, number>[];
    const wrong = linearizable(history, model);
    if (wrong !== undefined) {
      const { key } = wrong.unexplained.input;
      throw new Error(`seed ${seed}: ${key} was ${wrong.unexplained.output} at ${wrong.unexplained.called} ms`);
    }
    return { answered: history.filter(({ returned }) => returned !== undefined).length };
  } finally {
    cluster.close();
    client.close();
  }
}
