import type { Commands, Entry, Fsm } from '../fsm.js';
import { MemoirError, type Tables } from '../index.js';
import { inAnotherTime } from './another-time.js';
import { differs } from './differs.js';
import { replayed, type OtherProcess } from './other-process.js';

/** A state machine, types apart. */
export type Machine = Fsm<Tables, Commands<Tables>>;

/** One entry to be, with what makes up the ways in which it can reach a machine. */
interface Step {
  readonly name: string;
  readonly input: unknown;
  /** How many indexes are left out before it, where any are. */
  readonly gap: number;
  /** How long after the one before it is proposed, in milliseconds. */
  readonly later: number;
  /** Any number from 0 to 1, for whatever a check has to choose. */
  readonly chance: number;
}

export type Log = readonly Step[];

/** What came of a log, entry by entry. */
interface Played {
  readonly answers: readonly unknown[];
  /** Undefined where nobody looked. */
  readonly hashes: readonly (string | undefined)[];
}

/** What a state machine must hold to, each for one log; whatever does not hold throws. */
export class Kit {
  readonly #create: () => Machine;
  readonly #gaps: boolean;

  /** @param gaps whether logs leave indexes out */
  constructor(create: () => Machine, gaps: boolean) {
    this.#create = create;
    this.#gaps = gaps;
  }

  encodes(log: Log): void {
    using machine = this.#create();
    for (const { name, input } of log) {
      const one = machine.encode(name, input as never, { at: 0 });
      const other = machine.encode(name, turned(input) as never, { at: 0 });
      same(`the bytes of ${name}`, [...other], [...one]);
    }
  }

  isDetermined(log: Log): void {
    const entries = this.#entries(log);
    const once = this.#play(entries);
    agree(
      entries,
      inAnotherTime(() => this.#play(entries)),
      once,
    );
  }

  takesGroups(log: Log): void {
    const entries = this.#entries(log);
    using machine = this.#create();
    const [answers, hashes]: [unknown[], (string | undefined)[]] = [[], []];
    for (const group of groups(log, entries)) {
      answers.push(...machine.applyBatch(group));
      hashes.push(...group.slice(1).map(() => undefined), machine.stateHash());
    }
    agree(entries, { answers, hashes }, this.#play(entries));
  }

  passesOver(log: Log): void {
    const entries = this.#entries(log);
    const once = this.#play(entries);
    using machine = this.#create();
    const hashes: string[] = [];
    const answers = entries.map((entry, i) => {
      const answer = machine.apply(entry);
      const again = entries[Math.floor(log[i]!.chance * (i + 1))]!;
      const wanted = { status: 'repeated', index: again.index };
      same(`the answer to entry ${again.index}, which came again`, machine.apply(again), wanted);
      same('the index after an entry that came again', machine.appliedIndex, entry.index);
      hashes.push(machine.stateHash());
      return answer;
    });
    agree(entries, { answers, hashes }, once);
  }

  async takesSnapshots(log: Log): Promise<void> {
    const entries = this.#entries(log);
    const once = this.#play(entries);
    const cut = Math.floor(log[0]!.chance * (entries.length + 1));
    using before = this.#create();
    before.applyBatch(entries.slice(0, cut));
    using after = this.#create();
    await after.restore(await bytesOf(before));
    this.#goOn(after, entries, cut, once);
  }

  async wipes(log: Log): Promise<void> {
    const entries = this.#entries(log);
    const cut = Math.floor(log[0]!.chance * (entries.length + 1));
    using before = this.#create();
    before.applyBatch(entries.slice(0, cut));
    const bytes = await bytesOf(before);
    using other = this.#create();
    // Other entries, the last ones first, at higher indexes where it lets them: all that they leave must go.
    const first = this.#gaps ? entries.at(-1)!.index + 1 : 1;
    other.applyBatch(entries.toReversed().map(({ data }, i) => ({ index: first + i, term: 9, data })));
    await other.restore(bytes);
    this.#goOn(other, entries, cut, this.#play(entries));
  }

  async holdsMoments(log: Log): Promise<void> {
    const entries = this.#entries(log);
    const cut = Math.floor(log[0]!.chance * (entries.length + 1));
    using machine = this.#create();
    machine.applyBatch(entries.slice(0, cut));
    const snapshot = machine.snapshot();
    const [index, hash] = [machine.appliedIndex, machine.stateHash()];
    const rest = entries.slice(cut);
    for (const entry of rest.splice(0, Math.ceil(rest.length / 2))) machine.apply(entry);
    const pieces: Uint8Array[] = [];
    for await (const piece of snapshot.persist()) {
      pieces.push(piece);
      for (const entry of rest.splice(0, 1)) machine.apply(entry);
    }
    snapshot.release();
    same('the index that a snapshot names', snapshot.index, index);
    using restored = this.#create();
    await restored.restore(joined(pieces));
    same('the index of what was restored', restored.appliedIndex, index);
    same('the state of a snapshot, and that of its moment', restored.stateHash(), hash);
    this.#goOn(restored, entries, cut, this.#play(entries));
  }

  refuses(log: Log): void {
    const entries = this.#entries(log);
    const hostile = entries.map(({ index, term, data }, i) => ({ index, term, data: harmed(data, log[i]!) }));
    const [one, other] = [hostile, hostile].map((given) => {
      using machine = this.#create();
      return given.map((entry) => tried(machine, entry));
    });
    same('what came of bytes that are no command', other, one);
  }

  async isTheSame(log: Log, where: OtherProcess): Promise<void> {
    const entries = this.#entries(log);
    const there = await replayed(entries, where);
    const { answers, hashes } = this.#play(entries);
    // An answer goes to another process as JSON.
    agree(entries, there, { answers: JSON.parse(JSON.stringify(answers)) as unknown[], hashes });
  }

  #entries(log: Log): readonly Entry[] {
    using machine = this.#create();
    let [index, at] = [0, 0];
    return log.map(({ name, input, gap, later }) => {
      index += this.#gaps ? 1 + gap : 1;
      at += later;
      return { index, term: 1 + Math.floor(index / 10), data: machine.encode(name, input as never, { at }) };
    });
  }

  #play(entries: readonly Entry[]): Played {
    using machine = this.#create();
    return applied(machine, entries);
  }

  /** Holds a machine that has come to a place in some way to one that has applied the log. */
  #goOn(machine: Machine, entries: readonly Entry[], from: number, once: Played): void {
    same('the index', machine.appliedIndex, from === 0 ? 0 : entries[from - 1]!.index);
    if (from > 0) same(`the state after entry ${entries[from - 1]!.index}`, machine.stateHash(), once.hashes[from - 1]);
    const rest = entries.slice(from);
    agree(rest, applied(machine, rest), { answers: once.answers.slice(from), hashes: once.hashes.slice(from) });
  }
}

function applied(machine: Machine, entries: readonly Entry[]): Played {
  const [answers, hashes]: [unknown[], string[]] = [[], []];
  for (const entry of entries) {
    answers.push(machine.apply(entry));
    hashes.push(machine.stateHash());
  }
  return { answers, hashes };
}

/** @throws an `Error` naming the first entry after which two differ */
function agree(entries: readonly Entry[], one: Played, other: Played): void {
  for (const [i, { index }] of entries.entries()) {
    same(`the answer to entry ${index}`, one.answers[i], other.answers[i]);
    const [a, b] = [one.hashes[i], other.hashes[i]];
    if (a !== undefined && b !== undefined) same(`the state after entry ${index}`, a, b);
  }
}

function same(what: string, actual: unknown, expected: unknown): void {
  const path = differs(actual, expected);
  if (path === undefined) return;
  const message = `${what} differs at ${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`;
  throw Object.assign(new Error(message), { actual, expected });
}

/** What applying an entry comes to; halting is an answer, and any other error is none. */
function tried(machine: Machine, entry: Entry): unknown {
  const before = [machine.appliedIndex, machine.stateHash()];
  try {
    return [machine.apply(entry), machine.stateHash()];
  } catch (error) {
    if (!(error instanceof MemoirError && error.code === 'EntryInvalid')) throw error;
    same('a machine that refused an entry', [machine.appliedIndex, machine.stateHash()], before);
    return error.code;
  }
}

/** A command's bytes, cut, with one of them changed, or others altogether; some are left as they are. */
function harmed(data: Uint8Array, { chance, gap }: Step): Uint8Array {
  const at = Math.floor(chance * data.length);
  if (gap === 0) return data.slice(0, at);
  if (gap === 1) return data.map((byte, i) => (i === at ? byte ^ (1 + (at % 255)) : byte));
  return chance < 0.5 ? data : Uint8Array.from(data, (byte, i) => (byte * 31 + i * at) & 255);
}

/** The same data with the fields of its objects in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const fields = Object.entries(value).toReversed();
  return Object.fromEntries(fields.map(([name, item]) => [name, turned(item)]));
}

function groups(log: Log, entries: readonly Entry[]): Entry[][] {
  const found: Entry[][] = [];
  for (const [i, entry] of entries.entries()) {
    if (i === 0 || log[i]!.chance < 0.3) found.push([]);
    found.at(-1)!.push(entry);
  }
  return found;
}

async function bytesOf(machine: Machine): Promise<Uint8Array> {
  const snapshot = machine.snapshot();
  const pieces: Uint8Array[] = [];
  for await (const piece of snapshot.persist()) pieces.push(piece);
  snapshot.release();
  return joined(pieces);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
