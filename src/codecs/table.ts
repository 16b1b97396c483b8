import { invalidDefinition as invalid, show } from '../errors.js';
import { isObject, type Codec, type TypeOf } from './codec.js';
import { blame } from './fault.js';
import { aliasesOf, withNotes } from './field-notes.js';
import { checkIndex, PRIMARY } from './index-check.js';
import { planIndex, type IndexPlan } from './index-plan.js';
import { allowsUndefined, normalizer, type Normalize } from './normal-form.js';
import { checkField, checkPart, isImmutable, rowFields, type RowFields } from './row-fields.js';
import { shapeOf } from './shape-of.js';
import type { Shape } from './shape.js';
import type { Declared, IndexSpec, PrimaryField, PrimaryKey, Table, TableOptions } from './table-types.js';

/** What a definition says, compiled. */
export interface Definition {
  readonly codec: Codec;
  readonly normalize: Normalize;
  /** How rows lie in bytes. */
  readonly shape: Shape;
  /** Names that the table had before. */
  readonly aliases: readonly string[];
  readonly primaryKey: readonly string[];
  /** True when the values of the primary key cannot be changed from outside, as Dates can. */
  readonly settledKey: boolean;
  /** True when callers write the primary key as a bare value. */
  readonly bare: boolean;
  readonly indexes: readonly IndexPlan[];
  /** True where `migrate` has steps for older rows: these may have had other keys, and two of them may become one. */
  readonly isRaised?: boolean;
}

const definitions = new WeakMap<object, Definition>();

/**
 * Defines a table: the codec of its rows, its primary key and its indexes. Everything wrong in a definition is
 * found here.
 *
 * @param codec an io-ts codec of an object: `t.strict`, `t.type`, `t.partial`, intersections of those, `t.readonly`;
 *   a tagged union of objects
 * @param options `primaryKey`: one field, or a tuple of fields; `indexes`: by name, see {@link IndexSpec}; `aliases`
 *   and `fields`: what rows of older definitions need, see {@link TableOptions}
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
  // A name for the row in what is inferred before; in the result it would be inferred from where the table goes.
  R = TypeOf<C>,
>(codec: C, options: TableOptions<R, P, I>): Table<TypeOf<C>, PrimaryKey<TypeOf<C>, P>, Declared<I>> {
  if (!isObject(codec) || typeof codec.is !== 'function' || typeof codec.name !== 'string') {
    throw invalid('codec', `table() takes an io-ts codec first, not ${show(codec)}`);
  }
  if (!isObject(options)) throw invalid('options', 'table() takes { primaryKey, indexes } second');
  const fields = rowFields(codec);
  const primaryKey = checkPrimaryKey(options.primaryKey, fields);
  const specs = options.indexes === undefined ? {} : options.indexes;
  if (!isObject(specs) || Array.isArray(specs))
    throw invalid('indexes', 'must be an object of index specifications by name');
  const indexes = Object.entries(specs).map(([name, spec]) => planIndex(name, checkIndex(name, spec, fields)));
  const definition = {
    codec,
    normalize: normalizerFor(codec),
    shape: withNotes(shapeOf(codec), options.fields, fields),
    aliases: options.aliases === undefined ? [] : aliasesOf('aliases', options.aliases),
    primaryKey,
    settledKey: primaryKey.every((field) => isImmutable(fields.byName.get(field)!)),
    bare: !Array.isArray(options.primaryKey),
    indexes,
  };
  const made: Table<TypeOf<C>, PrimaryKey<TypeOf<C>, P>, Declared<I>> = Object.freeze({
    primaryKey,
    indexes: Object.freeze({ ...specs }) as I,
  });
  definitions.set(made, definition);
  return made;
}

/** What `table` compiled; refuses anything that `table` did not make. */
export function definitionOf(name: string, made: Table, path = `tables.${name}`): Definition {
  const definition = isObject(made) ? definitions.get(made) : undefined;
  if (definition === undefined) throw invalid(path, `is ${show(made)}: define tables with table(codec, …)`);
  return definition;
}

/** The plan of an index that a table is given later. @throws `DefinitionInvalid` */
export function planOf({ codec }: Definition, name: unknown, spec: unknown): IndexPlan {
  if (typeof name !== 'string' || !name.isWellFormed())
    throw invalid('indexes', `${show(name)} is no name: give a string that is not empty`);
  return planIndex(name, checkIndex(name, spec, rowFields(codec)));
}

function normalizerFor(codec: Codec): Normalize {
  try {
    return normalizer(codec);
  } catch (error) {
    throw blame(error, 'codec');
  }
}

function checkPrimaryKey(given: unknown, fields: RowFields): readonly string[] {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (names.length === 0) throw invalid(PRIMARY, 'is empty: name one field, or a tuple of fields');
  for (const name of names) {
    const found = checkField(PRIMARY, name, fields);
    if (found.some(({ codec, optional }) => optional || allowsUndefined(codec)) || found.length < fields.branches) {
      throw invalid(PRIMARY, `the field ${show(name)} may be missing: a primary key needs fields that every row has`);
    }
    checkPart(PRIMARY, name as string, found);
  }
  if (new Set(names).size < names.length) throw invalid(PRIMARY, 'names a field twice');
  return Object.freeze([...(names as readonly string[])]);
}
