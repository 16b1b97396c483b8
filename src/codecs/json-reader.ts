import { Branch } from './branch.js';
import { valueOf } from './enum-value.js';
import { Fault } from './fault.js';
import { byJsonKind, jsonKind } from './json-kinds.js';
import { namedShapes, type NamedShapes } from './named-shapes.js';
import { getOwn, plainClass, setOwn, small } from './plain-data.js';
import { damaged, readBigint, readBytes, readNumber, readPlain, readText, readTime } from './plain-text.js';
import type { EnumShape, RecordShape, Shape, TupleShape, UnionShape } from './shape.js';

/** Takes a value from what `JSON.parse` made of its text. @throws `Fault` `Damaged` */
export type FromJson = (json: unknown) => unknown;

/**
 * Compiles what reads the values of a shape from JSON.
 *
 * @param branches true for unions to be read as `Branch`
 */
export function jsonReader(shape: Shape, branches: boolean): FromJson {
  return new Readers(namedShapes(shape), branches).of(shape);
}

/** The readers of the shapes within a shape; those with names once. */
class Readers {
  readonly #names: NamedShapes;
  readonly #branches: boolean;
  readonly #named = new Map<string, FromJson>();

  constructor(names: NamedShapes, branches: boolean) {
    this.#names = names;
    this.#branches = branches;
  }

  of(shape: Shape): FromJson {
    if (shape.kind !== 'ref' && !('name' in shape)) return this.#compile(shape);
    const { name } = shape;
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    // Found by what refers to it while it is compiled itself.
    let made: FromJson = readPlain;
    this.#named.set(name, (json) => made(json));
    made = this.#compile(this.#names.get(name)!);
    this.#named.set(name, made);
    return made;
  }

  #compile(shape: Exclude<Shape, { readonly kind: 'ref' }>): FromJson {
    switch (shape.kind) {
      case 'string':
        return readText;
      case 'boolean':
        return readBoolean;
      case 'null':
        return readNull;
      case 'int':
        return readInt;
      case 'number':
        return readNumber;
      case 'bigint':
        return readBigint;
      case 'date':
        return readTime;
      case 'bytes':
        return readBytes;
      case 'plain':
        return (json) => readPlain(json);
      case 'enum':
        return enumReader(shape);
      case 'list':
        return listReader(this.of(shape.item));
      case 'map':
        return mapReader(this.of(shape.item));
      case 'record':
        return this.#record(shape);
      case 'tuple':
        return this.#tuple(shape);
      case 'union':
        return this.#union(shape);
    }
  }

  #record({ fields }: RecordShape): FromJson {
    const plan = fields.map(({ name, shape, optional }) => ({
      name,
      lent: name in Object.prototype,
      optional,
      read: this.of(shape),
    }));
    const Plain = plainClass();
    return (json) => {
      const data = objectOf(json);
      const made = new Plain();
      let count = 0;
      for (const { name, lent, optional, read } of plan) {
        const item = lent ? getOwn(data, name) : data[name];
        if (item === undefined) {
          if (!optional) throw new Fault('Damaged', `lacks its field ${name}`);
        } else {
          count++;
          if (lent) setOwn(made, name, read(item));
          else made[name] = read(item);
        }
      }
      if (Object.keys(data).length > count) throw new Fault('Damaged', 'has a field that no row has');
      return made;
    };
  }

  #tuple({ items }: TupleShape): FromJson {
    const readers = items.map((item) => this.of(item));
    return (json) => {
      const list = listOf(json);
      if (list.length !== readers.length) throw new Fault('Damaged', `has ${list.length} items, not ${readers.length}`);
      return readers.map((read, i) => read(list[i]));
    };
  }

  #union(shape: UnionShape): FromJson {
    const readers = shape.branches.map((branch) => this.of(branch));
    const byKind = byJsonKind(shape, this.#names);
    const none = shape.branches.findIndex((branch) => branch.kind === 'null');
    const locate = (json: unknown): readonly [index: number, json: unknown] => {
      if (byKind !== undefined) return [byKind.get(jsonKind(json)) ?? -1, json];
      if (json === null) return [none, json];
      const list = listOf(json);
      return [list.length === 2 && typeof list[0] === 'number' ? list[0] : -1, list[1]];
    };
    return (json) => {
      const [index, item] = locate(json);
      const read = readers[index];
      if (read === undefined) throw damaged('a branch of a union', json);
      return this.#branches ? new Branch(index, read(item)) : read(item);
    };
  }
}

function readBoolean(json: unknown): boolean {
  if (typeof json !== 'boolean') throw damaged('a boolean', json);
  return json;
}

function readNull(json: unknown): null {
  if (json !== null) throw damaged('null', json);
  return json;
}

function readInt(json: unknown): number {
  if (!Number.isInteger(json) || Object.is(json, -0)) throw damaged('an integer', json);
  return small(json as number);
}

function enumReader({ values }: EnumShape): FromJson {
  const known = new Map<unknown, unknown>();
  const bigints = new Map<unknown, unknown>();
  for (const value of values) {
    if (typeof value === 'object') bigints.set(value.bigint, valueOf(value));
    else known.set(value, value);
  }
  return (json) => {
    const value =
      typeof json === 'object' && json !== null
        ? bigints.get((json as { readonly $bigint?: unknown }).$bigint)
        : known.get(json);
    if (value === undefined) throw damaged('a literal', json);
    return value;
  };
}

function listReader(read: FromJson): FromJson {
  return (json) => listOf(json).map((item) => read(item));
}

function mapReader(read: FromJson): FromJson {
  return (json) => {
    const data = objectOf(json);
    const made: Record<string, unknown> = {};
    for (const name of Object.keys(data)) setOwn(made, readText(name), read(data[name]));
    return made;
  };
}

function listOf(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw damaged('a list', json);
  return json;
}

function objectOf(json: unknown): Readonly<Record<string, unknown>> {
  if (jsonKind(json) !== 'object') throw damaged('an object', json);
  return json as Readonly<Record<string, unknown>>;
}
