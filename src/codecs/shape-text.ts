import type { EnumValue, FieldShape, Shape } from './shape.js';

/** The one text of a shape: what fingerprints are made of, and what stands in headers. */
export function shapeText(shape: Shape): string {
  return JSON.stringify(ordered(shape));
}

/** The same plain data, its properties in one order and none that a shape does not have. */
function ordered(shape: Shape): Shape {
  const { kind } = shape;
  switch (kind) {
    case 'enum':
      return { kind, name: shape.name, values: shape.values.map(orderedValue) };
    case 'list':
    case 'map':
      return { kind, item: ordered(shape.item) };
    case 'record':
      return { kind, name: shape.name, fields: shape.fields.map(orderedField) };
    case 'tuple':
      return { kind, name: shape.name, items: shape.items.map(ordered) };
    case 'union':
      return { kind, branches: shape.branches.map(ordered) };
    case 'ref':
      return { kind, name: shape.name };
    default:
      return { kind };
  }
}

function orderedValue(value: EnumValue): EnumValue {
  return typeof value === 'object' ? { bigint: value.bigint } : value;
}

function orderedField({ name, shape, optional }: FieldShape): FieldShape {
  return { name, shape: ordered(shape), optional };
}
