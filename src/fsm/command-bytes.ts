import { MemoirError, purely, valueCoder, type ByteCodec, type Codec, type ValueCoder } from '../index.js';
import type { CommandOptions } from './contract.js';

// A command's bytes: format (1 byte), version of its input (2, little-endian), when it was proposed (8, a binary64),
// length of its name (1), its name (UTF-8), and its input as a `valueCoder` lays it down.

const FORMAT = 1;
const NAME_AT = 12;
const NAME_BYTES_MAX = 255;
const VERSION_MAX = 0xffff;
/** The last time that a Date can hold, and, with a minus, the first. */
const TIME_MAX = 8.64e15;

/** A command as its bytes say it. */
export interface Proposed {
  readonly name: string;
  readonly version: number;
  /** When it was proposed, in milliseconds since 1970. */
  readonly at: number;
  readonly input: Uint8Array;
}

const encoder = new TextEncoder();

/** Lays a command down. @throws `OptionInvalid` for a time that is none */
export function writeCommand({ name, version, at, input }: Proposed): Uint8Array {
  if (!isTime(at))
    throw new MemoirError('OptionInvalid', `at is ${at}: give whole milliseconds since 1970, which a Date can hold`);
  const text = encoder.encode(name);
  const bytes = new Uint8Array(NAME_AT + text.length + input.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = FORMAT;
  view.setUint16(1, version, true);
  view.setFloat64(3, at, true);
  bytes[NAME_AT - 1] = text.length;
  bytes.set(text, NAME_AT);
  bytes.set(input, NAME_AT + text.length);
  return bytes;
}

/** Takes a command up again; undefined where the bytes are none. */
export function readCommand(bytes: Uint8Array): Proposed | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length < NAME_AT || bytes[0] !== FORMAT) return undefined;
  const at = timeIn(bytes);
  const end = NAME_AT + bytes[NAME_AT - 1]!;
  if (end > bytes.length || !isTime(at)) return undefined;
  const name = nameIn(bytes, end);
  return { name, version: bytes[1]! | (bytes[2]! << 8), at, input: bytes.subarray(end) };
}

function isTime(at: number): boolean {
  return Number.isInteger(at) && Math.abs(at) <= TIME_MAX;
}

const eight = new Uint8Array(8);
const time = new DataView(eight.buffer);

/** The time in a command's bytes; a view made for each of them would cost more than all the rest. */
function timeIn(bytes: Uint8Array): number {
  for (let i = 0; i < 8; i++) eight[i] = bytes[3 + i]!;
  return time.getFloat64(0, true);
}

const decoder = new TextDecoder();

/** Names that were read, by a hash of their bytes: a machine has few, and a text that is new is hashed anew. */
const names = new Map<number, { readonly bytes: Uint8Array; readonly name: string }>();
/** Bytes that nobody trusts must not fill memory. */
const NAMES_MAX = 1024;

function nameIn(bytes: Uint8Array, end: number): string {
  let hash = end;
  for (let at = NAME_AT; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  const known = names.get(hash);
  if (known !== undefined && isAt(known.bytes, bytes, end)) return known.name;
  const name = decoder.decode(bytes.subarray(NAME_AT, end));
  if (known === undefined && names.size < NAMES_MAX) names.set(hash, { bytes: bytes.slice(NAME_AT, end), name });
  return name;
}

/** Whether a name ends where it is to, and is this one. */
function isAt(name: Uint8Array, bytes: Uint8Array, end: number): boolean {
  if (name.length !== end - NAME_AT) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[NAME_AT + i]) return false;
  return true;
}

/** How the inputs of commands are laid down. */
interface Laid {
  readonly codec: ByteCodec;
  /** Runs upcasts where impure globals are refused. */
  readonly development: boolean;
}

/** Inputs of a command as bytes, those of older versions taken through every step to today's. */
export class InputCoder {
  readonly version: number;
  readonly #name: string;
  readonly #isGuarded: boolean;
  readonly #today: ValueCoder<unknown>;
  /** By version, from 1: how its inputs lie, and the step to the next. */
  readonly #steps: readonly { readonly coder: ValueCoder<unknown>; readonly to: (input: never) => unknown }[];

  /** @throws `DefinitionInvalid` naming the command */
  constructor(name: string, codec: Codec, options: CommandOptions<unknown>, { codec: bytes, development }: Laid) {
    const { version = 1, upcasts = {} } = options;
    if (new TextEncoder().encode(name).length > NAME_BYTES_MAX || !name.isWellFormed() || name === '')
      throw invalid(name, `needs a name of 1 to ${NAME_BYTES_MAX} bytes`);
    if (!Number.isInteger(version) || version < 1 || version > VERSION_MAX)
      throw invalid(name, `has version ${version}: give a whole number from 1 to ${VERSION_MAX}`);
    this.version = version;
    this.#name = name;
    this.#isGuarded = development;
    this.#today = valueCoder(codec, bytes);
    this.#steps = Array.from({ length: version - 1 }, (_, i) => {
      const step = upcasts[i + 1];
      if (step === undefined) throw invalid(name, `is of version ${version}, and has no upcast from ${i + 1}`);
      return { coder: valueCoder(step.codec, bytes), to: step.to };
    });
    const strange = Object.keys(upcasts).find((from) => !(Number(from) >= 1 && Number(from) < version));
    if (strange !== undefined) throw invalid(name, `has an upcast from ${strange}, and is of version ${version}`);
  }

  encode(input: unknown): Uint8Array {
    return this.#today.encode(input);
  }

  /** The input of bytes of a version that is known. @throws `Damaged`, `ImpureFold`, and what upcasts throw */
  decode(version: number, bytes: Uint8Array): unknown {
    if (version === this.version) return this.#today.decode(bytes);
    const steps = this.#steps.slice(version - 1);
    const old = steps[0]!.coder.decode(bytes);
    const upcast = (): unknown => steps.reduce<unknown>((input, { to }) => to(input as never), old);
    const input = this.#isGuarded ? purely(`an upcast of ${this.#name} from ${version}`, upcast) : upcast();
    // What the steps made is held to the codec of today, as if it had been proposed like that.
    return this.#today.decode(this.#today.encode(input));
  }
}

function invalid(name: string, says: string): MemoirError {
  return new MemoirError('DefinitionInvalid', `the command ${JSON.stringify(name)} ${says}`, {
    path: `commands.${name}`,
  });
}
