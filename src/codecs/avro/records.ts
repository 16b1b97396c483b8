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
      const steps = fields.map(({ name, optional }, i) => {
        const value = `t${i}._read(tap)`;
        const place = lent(name) ? `setOwn(made, ${text(name)}, value)` : `made[${text(name)}] = value`;
        if (optional) return `value = ${value}; if (value !== undefined) ${place};`;
        return lent(name) ? `value = ${value}; ${place};` : `made[${text(name)}] = ${value};`;
      });
      return compiled(this.fields, `(tap) => { const made = new Plain(); let value; ${steps.join(' ')} return made; }`);
    }

    override _createWriter(): (tap: Tap, value: unknown) => void {
      const plan = fields.map(({ name }, i) => ({ name, isLent: lent(name), type: this.fields[i]!.type }));
      // Not compiled: V8 is slow to find that a field is absent by a name in code, where rows are of many forms.
      return (tap, value) => {
        const record = value as Readonly<Record<string, unknown>>;
        for (const { name, isLent, type } of plan) type._write(tap, isLent ? getOwn(record, name) : record[name]);
      };
    }
  }
  return new PartialType(schema, options);
}

/** True for a name that objects inherit something under. */
function lent(name: string): boolean {
  return name in Object.prototype;
}

/** A name as it stands in code. */
const text = JSON.stringify;

/**
 * A reader of its own for each record, as avsc makes one: V8 remembers at each place in it what it met there, and a
 * loop over fields has one place for all of them.
 */
function compiled(fields: readonly { readonly type: TapType }[], code: string): (tap: Tap) => unknown {
  const parts = fields.map(({ type }, i) => [`t${i}`, type] as const);
  const given = { Plain: plainClass(), setOwn, ...Object.fromEntries(parts) };
  // What is compiled are names as literals of JSON, and nothing else that is given.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...Object.keys(given), `return ${code};`)(...Object.values(given)) as (tap: Tap) => unknown;
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
