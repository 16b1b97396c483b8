import type fastCheck from 'fast-check';
import type { Arbitrary, Parameters } from 'fast-check';
import type { Commands, Fsm, InputOf } from '../fsm.js';
import { MemoirError, type Events, type NoEvents, type Tables } from '../index.js';
import { Kit, type Log, type Machine } from './fsm-checks.js';
import type { OtherProcess } from './other-process.js';

/** What a state machine is checked with. */
export interface FsmContractOptions<S extends Tables, C extends Commands<S, E>, E extends Events = NoEvents> {
  /** Makes the machine, empty: a new one at each call, with nothing that is shared between them. */
  readonly create: () => Fsm<S, C, E>;
  /** What the inputs of its commands may be, as arbitraries of fast-check; commands that are left out are not tried. */
  readonly commands: { readonly [N in keyof C]?: Arbitrary<InputOf<C[N]>> };
  /** How many logs each check tries; 50 unless told. */
  readonly runs?: number;
  /** How many entries a log has at the most; 30 unless told. */
  readonly entriesMax?: number;
  /** Whether logs leave indexes out; true unless told. False is for machines that refuse gaps: `contiguous: true`. */
  readonly gaps?: boolean;
  /** The seed that a failure names, to see it again. */
  readonly seed?: number;
  /** Where to find `create` for another process; only then is there a check that starts one. Node alone can. */
  readonly otherProcess?: OtherProcess;
}

/** One promise that a state machine keeps or not. */
export interface Check {
  readonly name: string;
  /** Resolves when it is kept. @throws (rejects) an `Error` with the seed, the log, made small, and what differs */
  readonly run: () => Promise<void>;
}

/**
 * What every state machine must hold to whose nodes are to agree, as checks for your own: that the same log leads to
 * the same answers and states at any time, in groups, again, over gaps and from snapshots; that a snapshot is of its
 * moment, and restoring one leaves nothing else; and that bytes which are no command do no harm. It needs fast-check,
 * and no test runner: each check is a name and a function. States are compared by their hashes.
 *
 * @param options `create`, arbitraries by command, and how much is tried; see {@link FsmContractOptions}
 * @returns the checks
 * @throws `OptionInvalid` for machines without state hashes
 *
 * @example
 * ```ts
 * import fc from 'fast-check';
 * import * as t from 'io-ts';
 * import { table } from 'memoir';
 * import { commandOn, createFsm } from 'memoir/fsm';
 * import { fsmContract } from 'memoir/testing';
 *
 * const tables = { tasks: table(t.strict({ id: t.string, n: t.Int }), { primaryKey: 'id' }) };
 * const command = commandOn(tables);
 * const create = () =>
 *   createFsm({
 *     tables,
 *     commands: {
 *       add: command(t.strict({ id: t.string }), (tx, { id }) => tx.tasks.insert({ id, n: tx.nextId('n') }).n),
 *     },
 *   });
 * const checks = fsmContract({ create, commands: { add: fc.record({ id: fc.constantFrom('a', 'b') }) }, runs: 5 });
 * for (const { run } of checks) await run(); // in a test: for (const { name, run } of checks) it(name, run);
 * ```
 */
export function fsmContract<S extends Tables, C extends Commands<S, E>, E extends Events = NoEvents>(
  options: FsmContractOptions<S, C, E>,
): readonly Check[] {
  const { create, otherProcess, runs = 50, gaps = true, seed } = options;
  const kit = new Kit(create as unknown as () => Machine, gaps);
  hashed(create);
  const check = (name: string, holds: (log: Log) => Promise<void> | void, isDear = false): Check => ({
    name,
    run: async () => {
      const { default: fc } = await import('fast-check');
      const { commands, entriesMax = 30 } = options as unknown as AnyOptions;
      const logs = logsOf(fc, commands, isDear ? entriesMax : 1, entriesMax);
      const parameters = { numRuns: runs, ...(seed !== undefined && { seed }), ...(isDear && FEW) };
      await fc.assert(
        fc.asyncProperty(logs, async (log) => holds(log)),
        parameters,
      );
    },
  });
  const elsewhere = (where: OtherProcess): Check =>
    check('comes to the same in another process', async (log) => kit.isTheSame(log, where), true);
  return [
    check('lays equal inputs down as equal bytes, whatever the order of their fields', (log) => kit.encodes(log)),
    check('answers and changes alike, whenever it is run', (log) => kit.isDetermined(log)),
    check('applies entries together as one by one', (log) => kit.takesGroups(log)),
    check('passes over what it has applied already', (log) => kit.passesOver(log)),
    check('is after a snapshot as after the log', async (log) => kit.takesSnapshots(log)),
    check('has nothing left after a restore of what it had before', async (log) => kit.wipes(log)),
    check('takes snapshots of their moment, while it goes on', async (log) => kit.holdsMoments(log)),
    check('comes to no harm by bytes that are no command', (log) => kit.refuses(log)),
    ...(otherProcess === undefined ? [] : [elsewhere(otherProcess)]),
  ];
}

/** What is dear, for a process takes its time to start: there are few logs, of full length, and none is made small. */
const FEW: Parameters<unknown> = { numRuns: 2, endOnFailure: true };

/** @throws `OptionInvalid` where the machines that are made have no state hashes */
function hashed(create: () => { stateHash(): string } & Disposable): void {
  using machine = create();
  try {
    machine.stateHash();
  } catch (cause) {
    const message = 'create makes a machine without state hashes, by which its states are compared';
    throw new MemoirError('OptionInvalid', `${message}: make it without stateHash: false here`, { cause });
  }
}

/** The options, types apart. */
interface AnyOptions {
  readonly commands: Readonly<Record<string, Arbitrary<unknown>>>;
  readonly entriesMax?: number;
}

function logsOf(
  fc: typeof fastCheck,
  commands: AnyOptions['commands'],
  minLength: number,
  maxLength: number,
): Arbitrary<Log> {
  const steps = Object.entries(commands).map(([name, inputs]) =>
    fc.record({
      name: fc.constant(name),
      input: inputs,
      gap: fc.nat(2),
      later: fc.nat(1000),
      chance: fc.noBias(fc.nat(999)).map((n) => n / 1000),
    }),
  );
  return fc.array(fc.oneof(...steps), { minLength, maxLength });
}
