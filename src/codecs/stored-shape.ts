import { show } from '../errors.js';
import { inOrder } from './enum-value.js';
import { Fault, passing } from './fault.js';
import { avroType, namedShapes, resolved, takesNoBytes, type NamedShapes } from './named-shapes.js';
import { isPlainObject } from './plain-data.js';
import type { EnumValue, FieldShape, Shape } from './shape.js';
import { Walk } from './walk.js';

/** More nodes than this is no shape of rows. */
const NODES_MAX = 2 ** 16;

const NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/**
 * A shape of the plain data that the header of a file holds.
 *
 * @throws `Fault` `Damaged` for anything that no codec has the shape of, or that nothing could be read by
 */
export function readShape(stored: unknown): Shape {
  const shape = read(stored, { walk: new Walk('Damaged', 'Damaged', NODES_MAX), names: new Set() });
  check(shape, namedShapes(shape), 'shape');
  return shape;
}

interface Reading {
  readonly walk: Walk;
  /** The types whose definition has begun: what a name may refer to. */
  readonly names: Set<string>;
}

function read(stored: unknown, reading: Reading): Shape {
  const data = objectOf(stored);
  reading.walk.enter();
  const shape = readNode(data, reading);
  reading.walk.leave();
  return shape;
}

function readNode(data: Readonly<Record<string, unknown>>, reading: Reading): Shape {
  const { kind } = data;
  switch (kind) {
    case 'null':
    case 'boolean':
    case 'string':
    case 'number':
    case 'int':
    case 'bigint':
    case 'date':
    case 'bytes':
    case 'plain':
      return { kind };
    case 'enum':
      return { kind, name: readName(data, reading), values: readValues(data['values']) };
    case 'list':
    case 'map':
      return { kind, item: at('item', () => read(data['item'], reading)) };
    case 'record':
      return { kind, name: readName(data, reading), fields: readFields(data['fields'], reading) };
    case 'tuple':
      return { kind, name: readName(data, reading), items: readAll('items', data, reading) };
    case 'union':
      return { kind, branches: readAll('branches', data, reading) };
    case 'ref': {
      const { name } = data;
      if (typeof name !== 'string' || !reading.names.has(name))
        throw damaged(`refers to ${show(name)}, which is not there`);
      return { kind, name };
    }
    default:
      throw damaged(`is of the kind ${show(kind)}, which is none`);
  }
}

function readAll(name: string, data: Readonly<Record<string, unknown>>, reading: Reading): Shape[] {
  return each(name, data[name], (item) => read(item, reading));
}

function readName({ name }: Readonly<Record<string, unknown>>, { names }: Reading): string {
  if (typeof name !== 'string' || !NAME.test(name)) throw damaged(`is called ${show(name)}, which is no name`);
  if (names.has(name)) throw damaged(`is called ${name}, as another is`);
  names.add(name);
  return name;
}

function readFields(stored: unknown, reading: Reading): FieldShape[] {
  const fields = each('fields', stored, (field) => {
    const { name, shape, optional } = objectOf(field);
    if (typeof name !== 'string' || !name.isWellFormed()) throw damaged(`is called ${show(name)}, which is no name`);
    if (typeof optional !== 'boolean') throw damaged('does not say whether it is optional');
    return { name, shape: at(name, () => read(shape, reading)), optional };
  });
  if (new Set(fields.map(({ name }) => name)).size < fields.length) throw damaged('has a field twice');
  return fields;
}

function readValues(stored: unknown): EnumValue[] {
  const values = each('values', stored, (value): EnumValue => {
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    const bigint = isPlainObject(value) ? value['bigint'] : undefined;
    if (typeof bigint !== 'string' || !/^(?:0|-?[1-9]\d*)$/.test(bigint)) throw damaged('is no literal');
    return { bigint };
  });
  if (values.length === 0 || inOrder(values).length < values.length) throw damaged('has no values, or one twice');
  return values;
}

/** What only shows once all names are known: what Avro could not tell apart, and counts that no bytes bound. */
function check(shape: Shape, names: NamedShapes, path: string): void {
  switch (shape.kind) {
    case 'list':
      if (takesNoBytes(shape.item, names)) throw damaged(`has at ${path} a list of nothing`);
      return check(shape.item, names, `${path}.item`);
    case 'map':
      return check(shape.item, names, `${path}.item`);
    case 'record':
      for (const field of shape.fields) check(field.shape, names, `${path}.${field.name}`);
      return;
    case 'tuple':
      for (const item of shape.items) check(item, names, path);
      return;
    case 'union': {
      const kinds = shape.branches.map((branch) => resolved(branch, names).kind);
      if (kinds.length < 2 || kinds.includes('union') || kinds.includes('plain'))
        throw damaged(`has at ${path} a union that is none`);
      if (new Set(shape.branches.map(avroType)).size < kinds.length)
        throw damaged(`has at ${path} two branches that are alike`);
      for (const branch of shape.branches) check(branch, names, path);
      return;
    }
    default:
  }
}

function each<A>(name: string, stored: unknown, item: (stored: unknown) => A): A[] {
  return at(name, () => {
    if (!Array.isArray(stored)) throw damaged('is no list');
    return stored.map((one, i) => at(i, () => item(one)));
  });
}

function at<A>(place: string | number, body: () => A): A {
  try {
    return body();
  } catch (error) {
    throw passing(error, place, 'Damaged');
  }
}

function objectOf(stored: unknown): Readonly<Record<string, unknown>> {
  if (!isPlainObject(stored)) throw damaged(`is ${show(stored)}, which is no shape`);
  return stored;
}

function damaged(says: string): Fault {
  return new Fault('Damaged', says);
}
