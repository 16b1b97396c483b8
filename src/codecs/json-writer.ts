import { toBase64Url } from './base64url.js';
import { branchChoice } from './branch-choice.js';
import { isBare } from './json-kinds.js';
import { namedShapes, type NamedShapes } from './named-shapes.js';
import { getOwn } from './plain-data.js';
import { numberText, plainText, quoted } from './plain-text.js';
import type { RecordShape, Shape, UnionShape } from './shape.js';

/** The JSON text of a value. */
export type Text = (value: never) => string;
type AnyText = (value: unknown) => string;

/** Compiles what writes the values of a shape as JSON. */
export function jsonWriter(shape: Shape): (value: unknown) => string {
  return new Writers(namedShapes(shape)).of(shape);
}

/** The writers of the shapes within a shape; those with names once. */
class Writers {
  readonly #names: NamedShapes;
  readonly #named = new Map<string, AnyText>();

  constructor(names: NamedShapes) {
    this.#names = names;
  }

  of(shape: Shape): AnyText {
    if (shape.kind !== 'ref' && !('name' in shape)) return this.#compile(shape) as AnyText;
    const { name } = shape;
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    // Found by what refers to it while it is compiled itself.
    let made: AnyText = plainText;
    this.#named.set(name, (value) => made(value));
    made = this.#compile(this.#names.get(name)!) as AnyText;
    this.#named.set(name, made);
    return made;
  }

  #compile(shape: Exclude<Shape, { readonly kind: 'ref' }>): Text {
    switch (shape.kind) {
      case 'string':
        return quoted;
      case 'boolean':
      case 'int':
      case 'null':
        return String;
      case 'number':
        return numberText;
      case 'enum':
        return shape.values.every((value) => typeof value === 'string') ? quoted : plainText;
      case 'bigint':
        return (value: bigint) => `"${value}"`;
      case 'date':
        return (value: Date) => String(value.getTime());
      case 'bytes':
        return (value: Uint8Array) => `"${toBase64Url(value)}"`;
      case 'plain':
        return plainText;
      case 'list':
        return listText(this.of(shape.item));
      case 'map':
        return mapText(this.of(shape.item));
      case 'record':
        return this.#record(shape);
      case 'tuple': {
        const items = shape.items.map((item) => this.of(item));
        return (value: readonly unknown[]) => `[${items.map((write, i) => write(value[i])).join()}]`;
      }
      case 'union':
        return this.#union(shape);
    }
  }

  #record({ fields }: RecordShape): Text {
    const plan = fields.map(({ name, shape }) => ({
      name,
      lent: name in Object.prototype,
      label: `${JSON.stringify(name)}:`,
      write: this.of(shape),
    }));
    return (value: Readonly<Record<string, unknown>>) => {
      let text = '{';
      for (const { name, lent, label, write } of plan) {
        const item = lent ? getOwn(value, name) : value[name];
        if (item !== undefined) text += (text.length > 1 ? ',' : '') + label + write(item);
      }
      return `${text}}`;
    };
  }

  #union(shape: UnionShape): Text {
    const writers = shape.branches.map((branch) => this.of(branch));
    const choose = branchChoice(shape, this.#names);
    if (isBare(shape, this.#names)) return (value: unknown) => writers[choose(value)]!(value);
    return (value: unknown) => {
      const branch = choose(value);
      return value === null ? 'null' : `[${branch},${writers[branch]!(value)}]`;
    };
  }
}

function listText(write: AnyText): Text {
  return (value: readonly unknown[]) => {
    let text = '[';
    for (let i = 0; i < value.length; i++) text += (i > 0 ? ',' : '') + write(value[i]);
    return `${text}]`;
  };
}

function mapText(write: AnyText): Text {
  return (value: Readonly<Record<string, unknown>>) => {
    const names = Object.keys(value).toSorted();
    return `{${names.map((name) => `${quoted(name)}:${write(value[name])}`).join()}}`;
  };
}
