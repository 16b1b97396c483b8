import { valueOf } from './enum-value.js';
import { Fault } from './fault.js';
import { resolved, type NamedShapes } from './named-shapes.js';
import { isPlainObject, getOwn } from './plain-data.js';
import type { EnumValue, RecordShape, Shape, UnionShape } from './shape.js';
import { commonTag } from './tag.js';

/** Whether a value is of a branch, by the word of the codec. */
export interface Acceptance {
  readonly branch: number;
  readonly accepts: (value: unknown) => boolean;
}

/** What codecs said of the branches of their unions, in their order. A shape that was read from a file has none. */
const acceptances = new WeakMap<Shape, readonly Acceptance[]>();

/** Keeps what the codec says of the branches of a union. */
export function keepAcceptance(union: UnionShape, said: readonly Acceptance[]): void {
  acceptances.set(union, said);
}

/** The number of the branch that a value is of. */
export type Choose = (value: unknown) => number;

/**
 * Compiles the choice among the branches of a union: by the kind of the value, then by the tag that tells objects
 * apart, and only then by what each branch is.
 */
export function branchChoice(union: UnionShape, names: NamedShapes): Choose {
  const branches = union.branches.map((branch) => resolved(branch, names));
  const byValue = new Map<unknown, number>();
  const byKind = new Map<string, number>();
  const lists: number[] = [];
  const objects: number[] = [];
  branches.forEach((branch, i) => {
    if (branch.kind === 'enum') for (const value of branch.values) byValue.set(valueOf(value), i);
    else if (branch.kind === 'list' || branch.kind === 'tuple') lists.push(i);
    else if (branch.kind === 'map' || branch.kind === 'record') objects.push(i);
    else byKind.set(branch.kind === 'int' ? 'number' : branch.kind, i);
  });
  const list = choiceAmong(lists, union, names);
  const object = tagChoice(objects, branches, names) ?? choiceAmong(objects, union, names);
  return (value) => {
    const kind = kindOf(value);
    const found = kind === 'object' ? object(value) : kind === 'list' ? list(value) : byKind.get(kind);
    const branch = byValue.size === 0 ? found : (byValue.get(value) ?? found);
    if (branch === undefined) throw new Fault('RowInvalid', 'is of no branch of its union');
    return branch;
  };
}

type Choice = (value: unknown) => number | undefined;

function kindOf(value: unknown): string {
  if (typeof value !== 'object') return typeof value;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return value instanceof Date ? 'date' : value instanceof Uint8Array ? 'bytes' : 'object';
}

function tagChoice(among: readonly number[], branches: readonly Shape[], names: NamedShapes): Choice | undefined {
  const records = among.map((i) => branches[i]!).filter((branch) => branch.kind === 'record');
  if (records.length < 2 || records.length < among.length) return undefined;
  const literals = records.map((branch) => literalFields(branch, names));
  const tag = commonTag(literals);
  if (tag === undefined) return undefined;
  const byTag = new Map<unknown, number>();
  literals.forEach((fields, i) => {
    for (const value of fields.get(tag)!) byTag.set(valueOf(value), among[i]!);
  });
  return (value) => byTag.get(getOwn(value as Readonly<Record<string, unknown>>, tag));
}

function literalFields({ fields }: RecordShape, names: NamedShapes): Map<string, readonly EnumValue[]> {
  return new Map(
    fields.flatMap(({ name, shape, optional }) => {
      const found = resolved(shape, names);
      return found.kind === 'enum' && !optional ? [[name, found.values] as const] : [];
    }),
  );
}

/**
 * Where several branches are alike, the codec's word counts, but never against what can be written: `is` may refuse a
 * value in normal form, which lacks what is undefined, and accept one with fields that a branch does not have.
 */
function choiceAmong(among: readonly number[], union: UnionShape, names: NamedShapes): Choice {
  if (among.length < 2) return () => among[0];
  const said = (acceptances.get(union) ?? []).filter(({ branch }) => among.includes(branch));
  return (value) => {
    const fitting = among.filter((i) => fits(union.branches[i]!, value, names));
    return said.find(({ branch, accepts }) => fitting.includes(branch) && accepts(value))?.branch ?? fitting[0];
  };
}

/** True when a value in normal form can be written in this shape and read again as it is. */
export function fits(shape: Shape, value: unknown, names: NamedShapes): boolean {
  switch (shape.kind) {
    case 'plain':
      return value !== undefined;
    case 'ref':
      return fits(names.get(shape.name)!, value, names);
    case 'enum':
      return shape.values.some((one) => valueOf(one) === value);
    case 'int':
      return Number.isInteger(value);
    case 'list':
      return Array.isArray(value) && value.every((item) => fits(shape.item, item, names));
    case 'tuple':
      return (
        Array.isArray(value) &&
        value.length === shape.items.length &&
        shape.items.every((item, i) => fits(item, value[i], names))
      );
    case 'map':
      return isPlainObject(value) && Object.keys(value).every((name) => fits(shape.item, getOwn(value, name), names));
    case 'record':
      return isPlainObject(value) && fitsFields(shape, value, names);
    case 'union':
      return shape.branches.some((branch) => fits(branch, value, names));
    default:
      return kindOf(value) === shape.kind;
  }
}

function fitsFields({ fields }: RecordShape, value: Readonly<Record<string, unknown>>, names: NamedShapes): boolean {
  const known = fields.filter(({ name }) => Object.hasOwn(value, name));
  return (
    known.length === Object.keys(value).length &&
    fields.every(({ name, shape, optional }) =>
      Object.hasOwn(value, name) ? fits(shape, value[name], names) : optional,
    )
  );
}
