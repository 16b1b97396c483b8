import { invalidDefinition as invalid, show } from '../errors.js';
import { tagged, type Codec } from './codec.js';
import { fieldsOf } from './normal-form.js';

/** A field's codec in one branch of the rows. */
export interface Field {
  readonly codec: Codec;
  readonly optional: boolean;
}

/** The fields of a table's rows, by name. */
export interface RowFields {
  readonly byName: ReadonlyMap<string, readonly Field[]>;
  /** How many branches the rows have: a field that every row has stands in all of them. */
  readonly branches: number;
}

/** The fields of the rows, each with the codecs it has in the branches of a union. */
export function rowFields(codec: Codec): RowFields {
  const fields = new Map<string, Field[]>();
  const branches = branchesOf(codec);
  for (const branch of branches) {
    const found = fieldsOf(branch);
    if (found === undefined || found.rest !== undefined) {
      throw invalid(
        'codec',
        `${codec.name} is not an object with known fields: use t.strict, t.type, t.partial or a union of them`,
      );
    }
    for (const [name, field] of found.known) {
      if (name === '__proto__') throw invalid(`codec.${name}`, 'a field cannot be called __proto__: rename it');
      fields.set(name, [...(fields.get(name) ?? []), field]);
    }
  }
  if (fields.size === 0) throw invalid('codec', `${codec.name} has no fields, so rows would have no key`);
  return { byName: fields, branches: branches.length };
}

/** The codecs that a value may have, through unions and refinements. */
export function branchesOf(codec: Codec): readonly Codec[] {
  const tag = tagged(codec);
  switch (tag?._tag) {
    case 'UnionType':
      return tag.types.flatMap(branchesOf);
    case 'ReadonlyType':
    case 'ExactType':
    case 'RefinementType':
      return branchesOf(tag.type);
    case 'RecursiveType':
      return branchesOf(tag.type);
    default:
      return [codec];
  }
}

/** The field of this name, or an error that lists those there are. */
export function checkField(path: string, name: unknown, fields: RowFields): readonly Field[] {
  const found = typeof name === 'string' ? fields.byName.get(name) : undefined;
  if (found !== undefined) return found;
  throw invalid(path, `${show(name)} is no field of the rows: choose among ${[...fields.byName.keys()].join(', ')}`);
}

/** Refuses a field that cannot be part of a key. */
export function checkPart(path: string, name: string, found: readonly Field[]): void {
  for (const codec of found.flatMap((field) => branchesOf(field.codec))) {
    const tag = tagged(codec)?._tag;
    if (tag !== undefined && CONTAINERS.has(tag)) {
      throw invalid(path, `the field ${name} is ${codec.name}, which is no key part: ${mendFor(tag)}`);
    }
  }
}

const CONTAINERS = new Set([
  'ArrayType',
  'ReadonlyArrayType',
  'AnyArrayType',
  'TupleType',
  'InterfaceType',
  'PartialType',
  'DictionaryType',
  'AnyDictionaryType',
  'IntersectionType',
  'BytesType',
  'ObjectType',
]);

function mendFor(tag: string): string {
  if (tag === 'ArrayType' || tag === 'ReadonlyArrayType') return 'use { each } for its elements';
  if (tag === 'DictionaryType') return 'use { keys } or { entries } for a string map';
  return 'compute a key with { by }';
}

/** True when a field's values are primitives: a Date, or what a codec without tags gives, can be changed in place. */
export function isImmutable(found: readonly Field[]): boolean {
  const tags = found.flatMap((field) => branchesOf(field.codec)).map((codec) => tagged(codec)?._tag);
  return tags.every((tag) => tag !== undefined && tag !== 'DateType' && tag !== 'UnknownType' && tag !== 'AnyType');
}
