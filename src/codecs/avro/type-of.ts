import avsc from 'avsc';

import { branchChoice } from '../branch-choice.js';
import { namedShapes, type NamedShapes } from '../named-shapes.js';
import type { Shape } from '../shape.js';
import { enumType, ListType, optionalType, StringMapType, unionType } from './containers.js';
import { recordType, someType, tupleType } from './records.js';
import { BigintType, BinaryType, IntType, NumberType, PlainType, TextType, TimeType } from './scalars.js';
import { Schemas, type Origin, type Schema } from './schema.js';
import type { TapType, TypeOptions } from './tap.js';

/** The type of avsc that writes and reads the values of a shape as they are in rows, and its schema. */
export interface ShapeType {
  readonly type: avsc.Type;
  readonly schema: Schema;
}

/**
 * Compiles the type of a shape.
 *
 * @param branches true for unions to be read as `Branch`
 */
export function typeOf(shape: Shape, namespace: string, branches: boolean): ShapeType {
  const schemas = new Schemas(namespace);
  const schema = schemas.of(shape);
  const names = namedShapes(shape);
  const scalars = new Map<unknown, TapType>();
  const typeHook = (part: unknown, options: TypeOptions): TapType | undefined => {
    const origin = schemas.origins.get(part);
    if (origin !== undefined) return typeOfOrigin(origin, names, branches, part, options);
    const known = scalars.get(part);
    if (known !== undefined) return known;
    const made = scalarType(part, options);
    if (made !== undefined) scalars.set(part, made);
    return made;
  };
  // The types that it declares for its options know less than it takes.
  const options = { typeHook, wrapUnions: 'always', omitRecordMethods: true } as unknown as { wrapUnions: 'always' };
  return { type: avsc.Type.forSchema(schema as avsc.Schema, options), schema };
}

/** The type of what has no parts; undefined where avsc's own will do. */
function scalarType(part: unknown, options: TypeOptions): TapType | undefined {
  const { type, memoir, logicalType } = (typeof part === 'string' ? { type: part } : part) as {
    readonly type: string;
    readonly memoir?: string;
    readonly logicalType?: string;
  };
  switch (type) {
    case 'string':
      return memoir === undefined ? new TextType(part, options) : new PlainType(part, options);
    case 'long':
      if (logicalType !== undefined) return new TimeType(part, options);
      return memoir === undefined ? new IntType(part, options) : new BigintType(part, options);
    case 'double':
      return new NumberType(part, options);
    case 'bytes':
      return new BinaryType(part, options);
    default:
      return undefined;
  }
}

function typeOfOrigin(
  origin: Origin,
  names: NamedShapes,
  branches: boolean,
  part: unknown,
  options: TypeOptions,
): TapType | undefined {
  switch (origin.kind) {
    case 'enum':
      return enumType(origin, part, options);
    case 'list':
      return new ListType(part, options);
    case 'map':
      return new StringMapType(part, options);
    case 'record':
      return recordType(origin.fields, withoutDefaults(part), options);
    case 'tuple':
      return tupleType(part, options);
    case 'some':
      return someType(part, options);
    case 'union':
      return unionType(branchChoice(origin, names), branches, part, options);
    case 'optional': {
      const { shape } = origin;
      const isChoice = shape.kind === 'union' && (part as readonly unknown[]).length > 2;
      const choose = isChoice ? branchChoice(shape, names) : undefined;
      return optionalType(choose, branches && isChoice, part, options);
    }
    default:
      return undefined;
  }
}

/** Fields say what stands for them where they are absent; here, undefined does. */
function withoutDefaults(part: unknown): unknown {
  const { fields, ...schema } = part as {
    readonly fields: readonly { readonly name: string; readonly type: unknown }[];
  };
  return { ...schema, fields: fields.map(({ name, type }) => ({ name, type })) };
}
