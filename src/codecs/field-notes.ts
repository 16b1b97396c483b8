import { invalidDefinition as invalid, MemoirError, show } from '../errors.js';
import { isObject } from './codec.js';
import { blame } from './fault.js';
import { normalizer } from './normal-form.js';
import { isPlainObject } from './plain-data.js';
import type { RowFields } from './row-fields.js';
import type { FieldShape, Shape } from './shape.js';
import type { FieldNotes } from './table-types.js';
import { Walk } from './walk.js';

/** A row's shape with what the definition says of its fields. @throws `DefinitionInvalid` */
export function withNotes(shape: Shape, notes: unknown, fields: RowFields): Shape {
  if (notes === undefined) return shape;
  if (!isPlainObject(notes)) throw invalid('fields', `is ${show(notes)}: give { aliases, default } by field`);
  const read = new Map(Object.entries(notes).map(([name, given]) => [name, notesOf(name, given, fields)] as const));
  return noted(shape, read);
}

function noted(shape: Shape, notes: ReadonlyMap<string, Partial<FieldShape>>): Shape {
  if (shape.kind === 'union') return { ...shape, branches: shape.branches.map((branch) => noted(branch, notes)) };
  if (shape.kind !== 'record') return shape;
  return { ...shape, fields: shape.fields.map((field) => ({ ...field, ...notes.get(field.name) })) };
}

function notesOf(name: string, given: unknown, { byName }: RowFields): Partial<FieldShape> {
  const path = `fields.${name}`;
  const field = byName.get(name);
  if (field === undefined)
    throw invalid(path, `is no field of the rows: choose among ${[...byName.keys()].join(', ')}`);
  if (!isObject(given)) throw invalid(path, `is ${show(given)}: give { aliases, default }`);
  const strange = Object.keys(given).find((key) => key !== 'aliases' && key !== 'default');
  if (strange !== undefined) throw invalid(`${path}.${strange}`, 'is no option: use aliases, default');
  const { aliases, default: fallback } = given as FieldNotes;
  return {
    ...(aliases !== undefined && { aliases: aliasesOf(`${path}.aliases`, aliases) }),
    ...(fallback !== undefined && { fallback: fallbackOf(`${path}.default`, fallback, field[0]!.codec) }),
  };
}

/** A list of names that something had before. @throws `DefinitionInvalid` */
export function aliasesOf(path: string, given: unknown): readonly string[] {
  if (Array.isArray(given) && given.every((name) => typeof name === 'string')) return [...given];
  throw invalid(path, `is ${show(given)}: give a list of names`);
}

function fallbackOf(path: string, given: unknown, codec: Parameters<typeof normalizer>[0]): unknown {
  try {
    return normalizer(codec)(given, new Walk('DefinitionInvalid'));
  } catch (error) {
    const found = blame(error, path);
    throw found instanceof MemoirError ? invalid(path, `is ${show(given)}: expected ${codec.name}`) : found;
  }
}
