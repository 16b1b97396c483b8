import { MemoirError, show } from '../errors.js';
import { tagged, type Codec, type TypeOf } from './codec.js';
import { planIndex, type CheckedSpec, type IndexPlan, type Row } from './index-plan.js';
import { allowsUndefined, fieldsOf, normalizer, type Normalize } from './normal-form.js';
import type { Declared, IndexSpec, PrimaryField, PrimaryKey, Table } from './table-types.js';

/** The index that every table has. */
export const PRIMARY = 'primaryKey';

/** What a definition says, compiled. */
export interface Definition {
  readonly codec: Codec;
  readonly normalize: Normalize;
  readonly primaryKey: readonly string[];
  /** True when callers write the primary key as a bare value. */
  readonly bare: boolean;
  readonly indexes: readonly IndexPlan[];
}

const definitions = new WeakMap<object, Definition>();

/**
 * Defines a table: the codec of its rows, its primary key and its indexes. Everything wrong in a definition is
 * found here.
 *
 * @param codec an io-ts codec of an object: `t.strict`, `t.type`, `t.partial`, intersections of those, `t.readonly`;
 *   a tagged union of objects
 * @param options `primaryKey`: one field, or a tuple of fields; `indexes`: by name, see {@link IndexSpec}
 * @returns the definition, to be given to `createStore`
 * @throws `DefinitionInvalid` naming the path in the definition and how to mend it
 *
 * @example
 * ```ts
 * import * as t from 'io-ts';
 * import { table } from 'memoir';
 *
 * const Task = t.readonly(t.strict({ id: t.string, queue: t.string, priority: t.number, tags: t.array(t.string) }));
 * const tasks = table(Task, {
 *   primaryKey: 'id',
 *   indexes: {
 *     byQueue: ['queue', 'priority'],
 *     byTag: { each: 'tags' },
 *     urgent: { on: ['priority'], where: (task) => task.priority > 8 },
 *   },
 * });
 * console.log(Object.keys(tasks.indexes).join(' ')); // byQueue byTag urgent
 * ```
 */
export function table<
  C extends Codec,
  const P extends PrimaryField<R> | readonly [PrimaryField<R>, ...PrimaryField<R>[]],
  const I extends Readonly<Record<string, IndexSpec<R>>>,
  R = TypeOf<C>,
>(codec: C, options: { readonly primaryKey: P; readonly indexes?: I }): Table<R, PrimaryKey<R, P>, Declared<I>> {
  if (!isObject(codec) || typeof codec.is !== 'function' || typeof codec.name !== 'string') {
    throw invalid('codec', `table() takes an io-ts codec first, not ${show(codec)}`);
  }
  if (!isObject(options)) throw invalid('options', 'table() takes { primaryKey, indexes } second');
  const fields = rowFields(codec);
  const primaryKey = checkPrimaryKey(options.primaryKey, fields);
  const specs = options.indexes ?? {};
  if (!isObject(specs)) throw invalid('indexes', 'must be an object of index specifications by name');
  const indexes = Object.entries(specs).map(([name, spec]) => planIndex(name, checkIndex(name, spec, fields)));
  const definition = {
    codec,
    normalize: normalizer(codec),
    primaryKey,
    bare: !Array.isArray(options.primaryKey),
    indexes,
  };
  const made: Table<R, PrimaryKey<R, P>, Declared<I>> = Object.freeze({
    primaryKey,
    indexes: Object.freeze({ ...specs }) as I,
  });
  definitions.set(made, definition);
  return made;
}

/** What `table` compiled; refuses anything that `table` did not make. */
export function definitionOf(name: string, made: Table): Definition {
  const definition = isObject(made) ? definitions.get(made) : undefined;
  if (definition === undefined) throw invalid(`tables.${name}`, `is ${show(made)}: define tables with table(codec, …)`);
  return definition;
}

/** A field's codec in one branch of the rows. */
interface Field {
  readonly codec: Codec;
  readonly optional: boolean;
}

type RowFields = ReadonlyMap<string, readonly Field[]>;

/** The fields of the rows, each with the codecs it has in the branches of a union. */
function rowFields(codec: Codec): RowFields {
  const fields = new Map<string, Field[]>();
  for (const branch of branchesOf(codec)) {
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
  return fields;
}

function branchesOf(codec: Codec): readonly Codec[] {
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

function checkPrimaryKey(given: unknown, fields: RowFields): readonly string[] {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (names.length === 0) throw invalid(PRIMARY, 'is empty: name one field, or a tuple of fields');
  for (const name of names) {
    const found = checkField(PRIMARY, name, fields);
    if (found.some(({ codec, optional }) => optional || allowsUndefined(codec)) || found.length < branches(fields)) {
      throw invalid(PRIMARY, `the field ${show(name)} may be missing: a primary key needs fields that every row has`);
    }
    checkPart(PRIMARY, name as string, found);
  }
  if (new Set(names).size < names.length) throw invalid(PRIMARY, 'names a field twice');
  return Object.freeze([...(names as readonly string[])]);
}

/** How many branches the rows have: a field that every row has stands in all of them. */
function branches(fields: RowFields): number {
  return Math.max(...[...fields.values()].map((found) => found.length));
}

const OPTIONS = ['unique', 'sparse', 'where', 'lower'];
const FORMS = ['on', 'each', 'keys', 'entries', 'by'] as const;

function checkIndex(name: string, given: unknown, fields: RowFields): CheckedSpec {
  const path = `indexes.${name}`;
  if (name === PRIMARY || name === '__proto__' || name === '')
    throw invalid(path, 'this name is taken: choose another');
  const spec = Array.isArray(given) ? { on: given as unknown } : given;
  if (!isObject(spec))
    throw invalid(path, `is ${show(given)}: use a list of fields, or { on | each | keys | entries | by }`);
  const options = spec as Readonly<Record<string, unknown>>;
  const forms = FORMS.filter((form) => options[form] !== undefined);
  const kind = forms[0];
  if (kind === undefined || forms.length > 1) throw invalid(path, `needs exactly one of ${FORMS.join(', ')}`);
  for (const option of Object.keys(options)) {
    if (option !== kind && !OPTIONS.includes(option)) throw invalid(`${path}.${option}`, 'is no option of an index');
  }
  const named = kind === 'by' ? [] : checkIndexFields(path, kind, options[kind], fields);
  return {
    kind,
    fields: named,
    by: kind === 'by' ? callback<(row: Row) => readonly unknown[] | undefined>(`${path}.by`, options['by']) : undefined,
    unique: flag(`${path}.unique`, options['unique']),
    sparse: options['sparse'] === 'null' ? 'null' : flag(`${path}.sparse`, options['sparse']),
    lower: flag(`${path}.lower`, options['lower']),
    where: options['where'] === undefined ? undefined : callback(`${path}.where`, options['where']),
  };
}

function checkIndexFields(
  path: string,
  kind: 'on' | 'each' | 'keys' | 'entries',
  given: unknown,
  fields: RowFields,
): readonly string[] {
  const names: readonly unknown[] = kind === 'on' && Array.isArray(given) ? given : [given];
  if (kind === 'on' && (!Array.isArray(given) || names.length === 0))
    throw invalid(path, 'needs a list of at least one field');
  for (const name of names) {
    const found = checkField(path, name, fields);
    if (kind === 'on') checkPart(path, name as string, found);
    else checkContainer(path, name as string, kind, found);
  }
  return names as readonly string[];
}

function checkField(path: string, name: unknown, fields: RowFields): readonly Field[] {
  const found = typeof name === 'string' ? fields.get(name) : undefined;
  if (found !== undefined) return found;
  throw invalid(path, `${show(name)} is no field of the rows: choose among ${[...fields.keys()].join(', ')}`);
}

function checkPart(path: string, name: string, found: readonly Field[]): void {
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

function checkContainer(path: string, name: string, kind: 'each' | 'keys' | 'entries', found: readonly Field[]): void {
  const wanted =
    kind === 'each' ? ['ArrayType', 'ReadonlyArrayType', 'AnyArrayType'] : ['DictionaryType', 'AnyDictionaryType'];
  const tags = found.flatMap((field) => branchesOf(field.codec)).map((codec) => tagged(codec)?._tag);
  if (tags.some((tag) => tag === undefined || wanted.includes(tag))) return;
  throw invalid(
    path,
    `{ ${kind} } needs ${kind === 'each' ? 'an array' : 'a string map'}, ` +
      `and the field ${name} is ${found[0]!.codec.name}`,
  );
}

function flag(path: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw invalid(path, `is ${show(value)}: use true or false`);
  return value === true;
}

function callback<F>(path: string, value: unknown): F {
  if (typeof value !== 'function') throw invalid(path, `is ${show(value)}: use a function of the row`);
  return value as F;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function invalid(path: string, message: string): MemoirError {
  return new MemoirError('DefinitionInvalid', `${path}: ${message}`, { path });
}
