import { getOwn, plainClass, setOwn } from '../plain-data.js';
import { avroName } from '../shape-name.js';
import type { FieldShape } from '../shape.js';
import { types, type Tap, type TapType, type TypeOptions } from './tap.js';

/** Objects with known fields, as plain objects that lack what is absent. */
export function recordType(fields: readonly FieldShape[], schema: unknown, options: TypeOptions): TapType {
  if (fields.some(({ name, optional }) => optional || avroName(name) !== name)) {
    return partialType(fields, schema, options);
  }
  const made = new types.RecordType(schema, options);
  // avsc compiles what reads a record to a call of its constructor: objects of a prototype of their own, if left so.
  made.recordConstructor.prototype = Object.prototype;
  return made;
}

/** Objects that may lack fields, or whose fields have names that are none of Avro's. */
function partialType(fields: readonly FieldShape[], schema: unknown, options: TypeOptions): TapType {
  class PartialType extends types.RecordType {
    override _createReader(): (tap: Tap) => unknown {
      const plan = planOf(fields, this.fields);
      const Plain = plainClass();
      return (tap) => {
        const made = new Plain();
        for (const { name, lent, type } of plan) {
          const value = type._read(tap);
          if (lent) {
            if (value !== undefined) setOwn(made, name, value);
          } else if (value !== undefined) made[name] = value;
        }
        return made;
      };
    }

    override _createWriter(): (tap: Tap, value: unknown) => void {
      const plan = planOf(fields, this.fields);
      return (tap, value) => {
        const record = value as Readonly<Record<string, unknown>>;
        for (const { name, lent, type } of plan) type._write(tap, lent ? getOwn(record, name) : record[name]);
      };
    }
  }
  return new PartialType(schema, options);
}

function planOf(
  fields: readonly FieldShape[],
  made: readonly { readonly type: TapType }[],
): readonly { readonly name: string; readonly lent: boolean; readonly type: TapType }[] {
  return fields.map(({ name }, i) => ({ name, lent: name in Object.prototype, type: made[i]!.type }));
}

/** Lists of a known length: records by place. */
export function tupleType(schema: unknown, options: TypeOptions): TapType {
  class TupleType extends types.RecordType {
    override _createReader(): (tap: Tap) => unknown {
      const items = this.fields.map(({ type }) => type);
      return (tap) => items.map((type) => type._read(tap));
    }

    override _createWriter(): (tap: Tap, value: unknown) => void {
      const items = this.fields.map(({ type }) => type);
      return (tap, value) => items.forEach((type, i) => type._write(tap, (value as readonly unknown[])[i]));
    }
  }
  return new TupleType(schema, options);
}

/** What a field holds that may be absent or null, out of the record that tells the two apart. */
export function someType(schema: unknown, options: TypeOptions): TapType {
  class SomeType extends types.RecordType {
    override _createReader(): (tap: Tap) => unknown {
      const { type } = this.fields[0]!;
      return (tap) => type._read(tap);
    }

    override _createWriter(): (tap: Tap, value: unknown) => void {
      const { type } = this.fields[0]!;
      return (tap, value) => type._write(tap, value);
    }
  }
  return new SomeType(schema, options);
}
