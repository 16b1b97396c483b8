import type { NamedShape, Shape } from './shape.js';

/** The shapes that have names, by name. */
export type NamedShapes = ReadonlyMap<string, NamedShape>;

/** The shapes within a shape that have names, itself among them. */
export function namedShapes(shape: Shape, found: Map<string, NamedShape> = new Map()): NamedShapes {
  switch (shape.kind) {
    case 'enum':
      found.set(shape.name, shape);
      break;
    case 'list':
    case 'map':
      namedShapes(shape.item, found);
      break;
    case 'record':
      found.set(shape.name, shape);
      for (const field of shape.fields) namedShapes(field.shape, found);
      break;
    case 'tuple':
      found.set(shape.name, shape);
      for (const item of shape.items) namedShapes(item, found);
      break;
    case 'union':
      for (const branch of shape.branches) namedShapes(branch, found);
      break;
    default:
  }
  return found;
}

/** The shape itself, or the one that it refers to. */
export function resolved(shape: Shape, names: NamedShapes): Exclude<Shape, { readonly kind: 'ref' }> {
  return shape.kind === 'ref' ? names.get(shape.name)! : shape;
}

/**
 * True when Avro writes nothing for values of this shape, so that a count of them is bounded by no bytes. One that is
 * not done yet holds what is asked about, and so takes bytes; one that holds nothing but itself takes none.
 */
export function takesNoBytes(shape: Shape, names: NamedShapes, within: ReadonlySet<string> = new Set()): boolean {
  const found = shape.kind === 'ref' ? names.get(shape.name) : shape;
  if (found !== undefined && 'name' in found && within.has(found.name)) return true;
  switch (found?.kind) {
    case 'null':
      return true;
    case 'record':
    case 'tuple': {
      const inner = new Set([...within, found.name]);
      return found.kind === 'record'
        ? found.fields.every((field) => !field.optional && takesNoBytes(field.shape, names, inner))
        : found.items.every((item) => takesNoBytes(item, names, inner));
    }
    default:
      return false;
  }
}

/** What Avro takes the shape for: no union has two branches of one type. */
export function avroType(shape: Shape): string {
  switch (shape.kind) {
    case 'int':
    case 'bigint':
    case 'date':
      return 'long';
    case 'number':
      return 'double';
    case 'plain':
      return 'string';
    case 'list':
      return 'array';
    case 'enum':
    case 'record':
    case 'tuple':
    case 'ref':
      return `a type called ${shape.name}`;
    default:
      return shape.kind;
  }
}
