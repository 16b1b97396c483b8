import { Branch } from '../branch.js';
import type { Choose } from '../branch-choice.js';
import { valueOf } from '../enum-value.js';
import { Fault } from '../fault.js';
import { setOwn } from '../plain-data.js';
import type { EnumShape } from '../shape.js';
import { readText } from './scalars.js';
import { blockCount, types, type Tap, type TapType, type TypeOptions } from './tap.js';

/** Lists; avsc believes a count, however few bytes follow. */
export class ListType extends types.ArrayType {
  override _read(tap: Tap): unknown[] {
    const list: unknown[] = [];
    for (let left = blockCount(tap); left > 0; left = blockCount(tap)) {
      while (left-- > 0) list.push(this.itemsType._read(tap));
    }
    return list;
  }
}

/** String maps, by name in order; avsc writes them as they come, and loses `__proto__`. */
export class StringMapType extends types.MapType {
  override _read(tap: Tap): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (let left = blockCount(tap); left > 0; left = blockCount(tap)) {
      while (left-- > 0) {
        const name = readText(tap);
        setOwn(map, name, this.valuesType._read(tap));
      }
    }
    return map;
  }

  override _write(tap: Tap, value: unknown): void {
    const map = value as Readonly<Record<string, unknown>>;
    const inOrder = Object.keys(map).toSorted();
    if (inOrder.length > 0) tap.writeLong(inOrder.length);
    for (const name of inOrder) {
      tap.writeString(name);
      this.valuesType._write(tap, map[name]);
    }
    tap.writeLong(0);
  }
}

/** Literals of any kind; avsc knows strings only, and not those that objects inherit. */
export function enumType({ values }: EnumShape, schema: unknown, options: TypeOptions): TapType {
  const held = values.map(valueOf);
  const indexes = new Map(held.map((value, i) => [value, i]));
  class ValueType extends types.EnumType {
    override _read(tap: Tap): unknown {
      const value = held[tap.readLong()];
      if (value === undefined) throw new Fault('Damaged', `has a literal that is none before byte ${tap.pos}`);
      return value;
    }

    override _write(tap: Tap, value: unknown): void {
      tap.writeLong(indexes.get(value as string)!);
    }
  }
  return new ValueType(schema, options);
}

/** A union, of values as they are; avsc would have each wrapped. */
export function unionType(choose: Choose, branches: boolean, schema: unknown, options: TypeOptions): TapType {
  class ChoiceType extends types.WrappedUnionType {
    override _read(tap: Tap): unknown {
      const index = tap.readLong();
      const value = branchAt(this.types, index, tap)._read(tap);
      return branches ? new Branch(index, value) : value;
    }

    override _write(tap: Tap, value: unknown): void {
      const index = choose(value);
      tap.writeLong(index);
      this.types[index]!._write(tap, value);
    }
  }
  return new ChoiceType(schema, options);
}

/**
 * The values of a field that may be absent, which is undefined here and null in bytes.
 *
 * @param choose the branch of what is there; undefined where there is only one
 * @param branches true where its values are of a union, and are read as `Branch`
 */
export function optionalType(
  choose: Choose | undefined,
  branches: boolean,
  schema: unknown,
  options: TypeOptions,
): TapType {
  class OptionalType extends types.WrappedUnionType {
    override _read(tap: Tap): unknown {
      const index = tap.readLong();
      if (index === 0) return undefined;
      const value = branchAt(this.types, index, tap)._read(tap);
      return branches ? new Branch(index - 1, value) : value;
    }

    override _write(tap: Tap, value: unknown): void {
      const index = value === undefined ? 0 : choose === undefined ? 1 : choose(value) + 1;
      tap.writeLong(index);
      if (index > 0) this.types[index]!._write(tap, value);
    }
  }
  return new OptionalType(schema, options);
}

function branchAt(branches: readonly TapType[], index: number, tap: Tap): TapType {
  const branch = branches[index];
  if (branch === undefined) throw new Fault('Damaged', `has a branch that is none before byte ${tap.pos}`);
  return branch;
}
