import { invalidDefinition as invalid, show } from '../errors.js';
import { isObject, tagged } from './codec.js';
import type { CheckedSpec, Row } from './index-plan.js';
import { branchesOf, checkField, checkPart, isImmutable, type Field, type RowFields } from './row-fields.js';

/** The index that every table has. */
export const PRIMARY = 'primaryKey' as const;

const OPTIONS = ['unique', 'sparse', 'where', 'lower'];
const FORMS = ['on', 'each', 'keys', 'entries', 'by'] as const;

/** Checks the form of an index specification; everything wrong in it is found here. */
export function checkIndex(name: string, given: unknown, fields: RowFields): CheckedSpec {
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
    immutable: named.every((field) => isImmutable(fields.byName.get(field)!)),
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
  return [...(names as readonly string[])];
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
