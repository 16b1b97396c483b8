import avsc from 'avsc';

import { Fault } from '../fault.js';

// avsc has no way to exchange how a type of its own reads and writes but the methods that its types call on each other.
// Their names have been the same in all releases of its fifth version. This file is what memoir knows of them.

/** Where avsc reads and writes: bytes and a place in them, which may run past their end. */
export interface Tap {
  readonly buf: Uint8Array;
  pos: number;
  readLong(): number;
  writeLong(value: number): void;
  readDouble(): number;
  writeDouble(value: number): void;
  /** Undefined past the end. */
  readString(): string | undefined;
  writeString(value: string): void;
}

/** A type of avsc's, as its other types see it. */
export interface TapType {
  _read(tap: Tap): unknown;
  _write(tap: Tap, value: unknown): void;
}

/** What the types of avsc are made with. */
export interface TypeOptions {
  readonly namespace?: string;
}

interface FieldType {
  readonly name: string;
  readonly type: TapType;
}

type TypeClass<T> = new (schema: unknown, options: TypeOptions) => T & avsc.Type;

interface RecordClass extends TapType {
  readonly fields: readonly FieldType[];
  readonly recordConstructor: { prototype: object };
  _createReader(): (tap: Tap) => unknown;
  _createWriter(): (tap: Tap, value: unknown) => void;
}

/** The types of avsc, with the methods that they call on each other. */
export const types = avsc.types as unknown as {
  readonly StringType: TypeClass<TapType>;
  readonly BytesType: TypeClass<TapType>;
  readonly LongType: TypeClass<TapType>;
  readonly DoubleType: TypeClass<TapType>;
  readonly EnumType: TypeClass<TapType>;
  readonly ArrayType: TypeClass<TapType & { readonly itemsType: TapType }>;
  readonly MapType: TypeClass<TapType & { readonly valuesType: TapType }>;
  readonly RecordType: TypeClass<RecordClass>;
  readonly WrappedUnionType: TypeClass<TapType & { readonly types: readonly TapType[] }>;
};

/** How many items the next block of a list or a map has, 0 after the last; each takes a byte at the least. */
export function blockCount(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    // How many bytes the block has, which only those need who pass over it.
    tap.readLong();
  }
  if (count <= tap.buf.length - tap.pos) return count;
  throw count === 0 ? truncated(tap) : new Fault('Damaged', `says ${count} at byte ${tap.pos}, and fewer bytes follow`);
}

/** What was cut off. */
export function truncated(tap: Tap): Fault {
  return new Fault('Damaged', `ends within a value, at byte ${Math.min(tap.pos, tap.buf.length)}`);
}
