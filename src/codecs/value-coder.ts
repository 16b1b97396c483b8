import { MemoirError } from '../errors.js';
import type { ByteCodec } from './byte-codec.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { Codec, TypeOf } from './codec.js';
import { blame, Fault } from './fault.js';
import { json } from './json-codec.js';
import { normalizer } from './normal-form.js';
import { shapeOf } from './shape-of.js';
import { Walk } from './walk.js';

/** Values of one codec as bytes, and back. */
export interface ValueCoder<A> {
  /**
   * The bytes of a value, the same for equal values, on every platform.
   * @throws `RowInvalid`, `UnknownField` naming the place in the value
   */
  encode(value: A): Uint8Array;
  /**
   * The value of bytes, which deep-equals the one that was encoded.
   * @throws `Damaged` for bytes that are none of a value
   */
  decode(bytes: Uint8Array): A;
}

/**
 * Makes bytes of the values of an io-ts codec, as tables do of their rows: for messages, commands, and whatever else is
 * to be the same bytes wherever it is made.
 *
 * @param codec of the values; what bytes cannot hold is refused now
 * @param bytes how values are laid down: JSON unless told, or `avro` from `memoir/avro`
 * @returns what encodes and decodes them
 * @throws `DefinitionInvalid` naming the place in the codec that bytes cannot hold, and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { valueCoder } from 'memoir';
 *
 * const coder = valueCoder(t.strict({ task: t.string, hours: t.number }));
 * const bytes = coder.encode({ task: 't1', hours: 1.5 });
 * console.log(coder.decode(bytes)); // { task: 't1', hours: 1.5 }
 * ```
 */
export function valueCoder<C extends Codec>(codec: C, bytes: ByteCodec = json): ValueCoder<TypeOf<C>> {
  const normalize = compiled(codec);
  const { write, read } = bytes.coder(shapeOf(codec), 'memoir.Value');
  return {
    encode(value) {
      try {
        const to = new ByteWriter();
        write(normalize(value, new Walk('RowInvalid')), to);
        return to.since(0);
      } catch (error) {
        throw blame(error, `a value of ${codec.name}`);
      }
    },
    decode(given) {
      if (!(given instanceof Uint8Array)) throw new MemoirError('OptionInvalid', 'decode takes a Uint8Array');
      try {
        const from = new ByteReader(given);
        const value = read(from) as TypeOf<C>;
        if (!from.done) throw new Fault('Damaged', `goes on after its end, at byte ${from.at}`);
        // Bytes may have been made by other hands.
        return normalize(value, new Walk('Damaged')) as TypeOf<C>;
      } catch (error) {
        throw blame(error instanceof Fault ? damaged(error) : error, `the bytes of a ${codec.name}`);
      }
    },
  };
}

/** What is wrong with a value that was read is damage, whatever it would be with one that is written. */
function damaged({ says, path }: Fault): Fault {
  const fault = new Fault('Damaged', says);
  fault.path.push(...path);
  return fault;
}

function compiled(codec: Codec): ReturnType<typeof normalizer> {
  try {
    return normalizer(codec);
  } catch (error) {
    throw blame(error, 'codec');
  }
}
