import {
  equalPlain,
  isStackFull,
  MemoirError,
  purely,
  type Batch,
  type ByteCodec,
  type Meta,
  type Store,
  type Tables,
  type Transaction,
} from '../index.js';
import { InputCoder, readCommand, writeCommand, type Proposed } from './command-bytes.js';
import type { Answer, Command, Entry, EntryInfo } from './contract.js';
import { refusalOf } from './refusal.js';

/** A command, types apart. */
export type AnyCommand = Command<Tables, never, unknown>;

/** What to do with an entry that cannot be applied: stop for good, or pass it over, as every node must be told to. */
export type OnInvalid = 'halt' | 'skip';

/** What a machine is made with. */
export interface MachineParts {
  readonly store: Store<Tables>;
  readonly commands: ReadonlyMap<string, AnyCommand>;
  readonly codec: ByteCodec;
  readonly onInvalid: OnInvalid;
  /** Runs commands where impure globals are refused. */
  readonly development: boolean;
  /** Every so many entries, a command is run twice and must come to the same; never for 0. */
  readonly twiceEvery: number;
  /** Whether a gap between indexes is an error. */
  readonly contiguous: boolean;
  /** Told the machine's clock: what a transaction takes for the time. */
  readonly setTime: (at: number) => void;
}

/** What the batch of an entry says of it. */
interface EntryMeta {
  readonly index: number;
  readonly term: number;
  readonly outcome: 'accepted' | 'rejected' | 'skipped';
  readonly command?: string;
  readonly code?: string;
}

/** A command with its input. */
interface Read extends Proposed {
  readonly value: unknown;
}

/** A command's handler, for one entry. */
type Run = (tx: Transaction<Tables>, input: unknown) => unknown;

/** Applies entries to a store: one batch an entry, whatever comes of it. */
export class Machine {
  readonly #parts: MachineParts;
  readonly #coders: ReadonlyMap<string, InputCoder>;
  #halted: MemoirError | undefined;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.#coders = new Map(
      [...parts.commands].map(([name, { codec, options }]) => [name, new InputCoder(name, codec, options, parts)]),
    );
  }

  /** As the newest batch says, so that whoever is told of that, or of another state, finds its index applied. */
  get index(): number {
    return metaOf(this.#parts.store.lastBatch())?.index ?? 0;
  }

  get term(): number {
    return metaOf(this.#parts.store.lastBatch())?.term ?? 0;
  }

  /** Why no entry is applied any more; undefined while they are. */
  get halted(): MemoirError | undefined {
    return this.#halted;
  }

  /** Goes on, from the state that the store has been given. */
  resume(): void {
    this.#halted = undefined;
  }

  encode(name: string, input: unknown, at: number): Uint8Array {
    const coder = this.#coders.get(name);
    if (coder === undefined)
      throw new MemoirError('OptionInvalid', `there is no command ${JSON.stringify(name)}: ${this.#known()}`);
    return writeCommand({ name, version: coder.version, at, input: coder.encode(input) });
  }

  apply(entry: Entry): Answer<unknown> {
    if (this.#halted !== undefined) throw this.#halted;
    const { index, term } = checked(entry);
    const last = this.#parts.store.lastBatch();
    const applied = metaOf(last)?.index ?? 0;
    if (index <= applied) return { status: 'repeated', index };
    if (this.#parts.contiguous && index !== applied + 1)
      throw this.#invalid(index, `follows ${applied}, and entries were to come without gaps`);
    // Time does not go back, whoever leads.
    const before = last?.at ?? 0;
    const read = this.#read(entry);
    if (typeof read === 'string') {
      if (this.#parts.onInvalid === 'halt') throw this.#invalid(index, read);
      const { offset } = this.#append({ index, term, outcome: 'skipped' }, before);
      return { status: 'skipped', index, offset, message: read };
    }
    return this.#run(read, { index, term, at: Math.max(before, read.at) });
  }

  /** The command of an entry with its input; what is wrong with it where it has none. */
  #read({ index, data }: Entry): Read | string {
    const found = readCommand(data);
    if (found === undefined) return 'holds no command: its bytes are none that `encode` made';
    const { name, version, at, input } = found;
    const coder = this.#coders.get(name);
    if (coder === undefined) return `has the command ${JSON.stringify(name)}, which is not known: ${this.#known()}`;
    if (version < 1 || version > coder.version)
      return `has ${name} of version ${version}, and ${coder.version} is the newest that is known`;
    try {
      // Field by field: V8 makes a new shape each time a field is added to a copy of an object (Node 20).
      return { name, version, at, input, value: coder.decode(version, input) };
    } catch (error) {
      if (isImpure(error)) throw this.#halt(error);
      if (isStackFull(error)) throw this.#overflow(index, name);
      return `has a ${name} whose input cannot be read: ${(error as Error).message}`;
    }
  }

  #run(proposed: Read, info: EntryInfo): Answer<unknown> {
    const { store, setTime, twiceEvery } = this.#parts;
    const { name, value } = proposed;
    const { index, term, at } = info;
    setTime(at);
    const run = this.#runOf(name, info);
    const course = { hasBegun: false };
    const body = (tx: Transaction<Tables>): unknown => {
      course.hasBegun = true;
      return run(tx, value);
    };
    const options = { id: idOf(index), meta: { index, term, outcome: 'accepted', command: name }, evenEmpty: true };
    try {
      if (twiceEvery > 0 && index % twiceEvery === 0) this.#rehearse(run, proposed, options);
      const { offset, result } = store.transact(body as never, options) as { offset: number; result: unknown };
      return { status: 'accepted', index, offset, value: result };
    } catch (error) {
      const reason = this.#reasonToHalt(error, index, name);
      if (reason !== undefined) throw reason;
      // What the store itself cannot do is no matter of the command, and not the same on every node.
      if (!course.hasBegun) throw error;
      const { code, message, data } = refusalOf(error);
      const { offset } = this.#append({ index, term, outcome: 'rejected', command: name, code }, at);
      return { status: 'rejected', index, offset, code, message, ...(data !== undefined && { data }) };
    }
  }

  /** Halts where what a command threw says that nobody knows what it would do elsewhere. */
  #reasonToHalt(error: unknown, index: number, name: string): MemoirError | undefined {
    try {
      if (isStackFull(error)) return this.#overflow(index, name);
      // A state that contradicts itself is not gone on with.
      if (isImpure(error) || (error instanceof MemoirError && error.code === 'Defect')) return this.#halt(error);
    } catch (cause) {
      // A proxy may throw where it is only looked at.
      if (isStackFull(cause)) return this.#overflow(index, name);
    }
    return undefined;
  }

  /** The handler of a command, for an entry. */
  #runOf(name: string, info: EntryInfo): Run {
    const { commands, development } = this.#parts;
    const { handler } = commands.get(name)!;
    if (!development) return (tx, input) => handler(tx, input as never, info);
    return (tx, input) => purely(`${name}, entry ${info.index},`, () => handler(tx, input as never, info));
  }

  /** Runs a command twice, each time with what its bytes say, and undoes it. @throws `ImpureFold` */
  #rehearse(run: Run, { name, version, input }: Proposed, { id, meta }: { id: string; meta: Meta }): void {
    const coder = this.#coders.get(name)!;
    const foretold = (): unknown => {
      try {
        const body = (tx: Transaction<Tables>): unknown => run(tx, coder.decode(version, input));
        const { result, changes, events, violations } = this.#parts.store.with(body, { id, meta });
        return { result, changes, events, violations: violations.map(String) };
      } catch (error) {
        if (isImpure(error) || isStackFull(error)) throw error;
        return refusalOf(error);
      }
    };
    if (equalPlain(foretold(), foretold())) return;
    const says = `${name}, entry ${id}, run twice on the same state, does not come to the same`;
    const advice = 'A command keeps nothing to itself, and goes through nothing that has no order';
    throw new MemoirError('ImpureFold', `${says}. ${advice}`, { offset: Number(id) });
  }

  /** The batch of an entry that changes nothing. */
  #append(meta: EntryMeta, at: number): Batch<Tables> {
    const { store, setTime } = this.#parts;
    setTime(at);
    return store.transact(nothing, { id: idOf(meta.index), meta: { ...meta }, evenEmpty: true }) as Batch<Tables>;
  }

  #invalid(index: number, says: string): MemoirError {
    const advice = 'The machine has halted: mend the log or the code, and begin anew from a snapshot';
    return this.#halt(new MemoirError('EntryInvalid', `entry ${index} ${says}. ${advice}`, { offset: index }));
  }

  #overflow(index: number, name: string): MemoirError {
    return this.#invalid(index, `has a ${name} for which the stack is not deep enough here, and on other nodes may be`);
  }

  /** Refuses every entry from now on: what this one would do is not known to be the same on every node. */
  #halt(error: MemoirError): MemoirError {
    this.#halted = error;
    return error;
  }

  #known(): string {
    return `there are ${[...this.#coders.keys()].join(', ')}`;
  }
}

/** What the batch of an entry says of it; undefined for none. */
export function metaOf(batch: { readonly meta: unknown } | undefined): EntryMeta | undefined {
  return batch?.meta as EntryMeta | undefined;
}

function nothing(): void {
  // What an entry that changes nothing does.
}

function idOf(index: number): string {
  return String(index);
}

function checked(entry: Entry): Entry {
  if (typeof entry !== 'object' || (entry as unknown) === null)
    throw new MemoirError('OptionInvalid', 'an entry is an object of index, term and data');
  const { index, term } = entry;
  if (Number.isSafeInteger(index) && index > 0 && Number.isSafeInteger(term) && term >= 0) return entry;
  throw new MemoirError(
    'OptionInvalid',
    `an entry has index ${String(index)} and term ${String(term)}: give whole numbers`,
  );
}

function isImpure(error: unknown): error is MemoirError {
  return error instanceof MemoirError && error.code === 'ImpureFold';
}
