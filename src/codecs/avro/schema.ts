import { valueOf } from '../enum-value.js';
import { avroName } from '../shape-name.js';
import type { EnumValue, FieldShape, Shape } from '../shape.js';

/** A schema of Avro's, as plain data. What Avro does not know stands in `memoir`, for memoir alone. */
export type Schema = string | readonly Schema[] | { readonly [name: string]: unknown };

/** What a schema was made of: types are made of schemas, and have to know. */
export type Origin = Shape | OptionalShape | SomeShape;

/** A field that may be absent: null where it is. */
export interface OptionalShape {
  readonly kind: 'optional';
  readonly shape: Shape;
}

/** What a field holds that may be absent or null: within a record of one field, so that null and absent differ. */
export interface SomeShape {
  readonly kind: 'some';
  readonly shape: Shape;
}

/** Makes the schema of a shape, and tells what each part was made of. */
export class Schemas {
  readonly origins = new Map<unknown, Origin>();
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  of(shape: Shape): Schema {
    switch (shape.kind) {
      case 'null':
      case 'boolean':
      case 'string':
      case 'bytes':
        return shape.kind;
      case 'number':
        return 'double';
      case 'int':
        return 'long';
      case 'bigint':
        return { type: 'long', memoir: 'bigint' };
      case 'date':
        return { type: 'long', logicalType: 'timestamp-millis' };
      case 'plain':
        return { type: 'string', memoir: 'plain' };
      case 'ref':
        return this.#full(shape.name);
      case 'enum':
        return this.#from(shape, { type: 'enum', name: this.#full(shape.name), symbols: shape.values.map(symbolOf) });
      case 'list':
        return this.#from(shape, { type: 'array', items: this.of(shape.item) });
      case 'map':
        return this.#from(shape, { type: 'map', values: this.of(shape.item) });
      case 'record': {
        const fields = shape.fields.map((field) => this.#field(field, shape.name));
        return this.#from(shape, { type: 'record', name: this.#full(shape.name), fields });
      }
      case 'tuple': {
        const fields = shape.items.map((item, i) => ({ name: avroName(String(i)), type: this.of(item) }));
        return this.#from(shape, { type: 'record', name: this.#full(shape.name), fields });
      }
      case 'union':
        return this.#from(
          shape,
          shape.branches.map((branch) => this.of(branch)),
        );
    }
  }

  #field({ name, shape, optional }: FieldShape, within: string): Schema {
    const escaped = avroName(name);
    if (!optional) return { name: escaped, type: this.of(shape) };
    const type = this.#optional(shape, `${within}.${escaped}`);
    return { name: escaped, type, default: null };
  }

  #optional(shape: Shape, path: string): Schema {
    const branches = shape.kind === 'union' ? shape.branches : [shape];
    const inner = branches.some(({ kind }) => kind === 'null')
      ? [this.#from({ kind: 'some', shape }, this.#some(shape, path))]
      : branches.map((branch) => this.of(branch));
    return this.#from({ kind: 'optional', shape }, ['null', ...inner]);
  }

  #some(shape: Shape, path: string): { readonly [name: string]: unknown } {
    return { type: 'record', name: this.#full(`${path}.some`), fields: [{ name: 'value', type: this.of(shape) }] };
  }

  #full(name: string): string {
    return `${this.#namespace}.${name}`;
  }

  #from<S extends Schema>(origin: Origin, schema: S): S {
    this.origins.set(schema, origin);
    return schema;
  }
}

/** The symbol of an enum's value; that of a string is its name, and the others begin as no name does. */
function symbolOf(value: EnumValue): string {
  const held = valueOf(value);
  return typeof held === 'string' ? avroName(held) : `_xof_${typeof held}${avroName(`_${held}`)}`;
}
