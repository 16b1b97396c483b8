import type { Codec } from './codec.js';
import { tagged } from './codec.js';

/** What the shape of a row is called whose codec has no name of its own. */
export const ROW = 'Row';

/** What Avro does not take for a letter, and `_x`, with which an escape begins. */
const STRANGE = /_(?=x)|[^A-Za-z0-9_]|^[0-9]/gu;

/**
 * A name as Avro takes it: `a-b` becomes `a_x2d_b`, from which it can be told again. What every object inherits is
 * escaped too, since some implementations look names up in one.
 */
export function avroName(name: string): string {
  if (name === '') return '_x_';
  if (name in Object.prototype) return escape(name[0]!) + name.slice(1).replace(STRANGE, escape);
  return name.replace(STRANGE, escape);
}

function escape(character: string): string {
  return `_x${character.codePointAt(0)!.toString(16)}_`;
}

/** The name of a type that its codec was given; apart from every name that a path gives. */
export function typeName(given: string): string {
  return given === ROW ? escape(given[0]!) + given.slice(1) : avroName(given);
}

/** Names that io-ts makes of what a codec holds. */
const MADE = /^[{([]|^(Partial|Exact|Readonly|Array|ReadonlyArray|Record|Dictionary)<|^"/;

/** The name that whoever made a codec gave it, or undefined where io-ts made one up. */
export function givenName(codec: Codec): string | undefined {
  const tag = tagged(codec);
  if (tag?._tag === 'LiteralType' && codec.name === String(tag.value)) return undefined;
  return codec.name === '' || MADE.test(codec.name) ? undefined : codec.name;
}
