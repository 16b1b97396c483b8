import { invalidDefinition as invalid } from '../errors.js';
import { bareCodec, type BareCodec } from './bare-codec.js';
import type { Codec } from './codec.js';
import { below, enumShape, named, stepInto, type Derivation, type Place } from './derivation.js';
import { takesNoBytes } from './named-shapes.js';
import { allowsUndefined, type Fields } from './normal-form.js';
import { ROW } from './shape-name.js';
import type { FieldShape, Shape } from './shape.js';
import { unionShape } from './shape-union.js';

/**
 * The shape of what a codec holds.
 *
 * @throws `DefinitionInvalid` naming the place in the codec that bytes cannot hold, and how to mend it
 */
export function shapeOf(codec: Codec): Shape {
  return derive(codec, 'codec');
}

function derive(codec: Codec, path: string): Shape {
  return shapeAt(
    codec,
    { path, name: ROW, within: new Set() },
    { owners: new Map(), names: new Map(), done: new Map(), within: shapeOfBare, alone: derive },
  );
}

/** The shape of a codec at its place. */
function shapeAt(codec: Codec, place: Place, derivation: Derivation): Shape {
  return shapeOfBare(bareCodec(codec, place.path), place, derivation);
}

/** The shape of a codec without its wrappers. */
function shapeOfBare(bare: BareCodec, place: Place, derivation: Derivation): Shape {
  const { what } = bare;
  switch (what.kind) {
    case 'undefined':
      return { kind: 'null' };
    case 'enum':
      return enumShape(bare.codec, bare.given, what.values, place, derivation);
    case 'list':
    case 'map':
      return manyShape(bare.codec, what.kind, what.item, place, derivation);
    case 'record':
      return named(bare.codec, bare.given, place, derivation, (inner) => ({
        kind: 'record',
        name: inner.name,
        fields: [...what.fields].map(([name, field]) => fieldShape(name, field, inner, derivation)),
      }));
    case 'tuple':
      return named(bare.codec, bare.given, place, derivation, (inner) => ({
        kind: 'tuple',
        name: inner.name,
        items: what.members.map((member, i) => shapeAt(member, below(inner, String(i)), derivation)),
      }));
    case 'union':
      return unionShape(bare, stepInto(bare.codec, place), derivation);
    default:
      return { kind: what.kind };
  }
}

type Field = Fields['known'] extends ReadonlyMap<string, infer F> ? F : never;

function fieldShape(name: string, { codec, optional }: Field, within: Place, derivation: Derivation): FieldShape {
  const shape = shapeAt(codec, below(within, name), derivation);
  return { name, shape, optional: optional || allowsUndefined(codec) };
}

function manyShape(codec: Codec, kind: 'list' | 'map', item: Codec, place: Place, derivation: Derivation): Shape {
  const inner = stepInto(codec, place);
  const step = STEPS[kind];
  const shape = shapeAt(item, { ...inner, path: `${place.path}.${step}`, name: `${place.name}.${step}` }, derivation);
  if (kind === 'list' && takesNoBytes(shape, derivation.done)) {
    throw invalid(place.path, `${codec.name} says nothing but its length: give its elements a field, or keep a t.Int`);
  }
  return { kind, item: shape };
}

/** Apart, since one union may hold a list and a map. */
const STEPS = { list: 'item', map: 'value' } as const;
