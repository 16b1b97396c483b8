import { invalidDefinition as invalid } from '../errors.js';
import type { BareCodec } from './bare-codec.js';
import type { Codec } from './codec.js';
import { inOrder } from './enum-value.js';
import { avroName, typeName } from './shape-name.js';
import { shapeText } from './shape-text.js';
import type { EnumValue, NamedShape, Shape } from './shape.js';

/** Where a codec stands. */
export interface Place {
  /** As error messages say it: `codec.tags.item`. */
  readonly path: string;
  /** What a type is called that has no name of its own. */
  readonly name: string;
  /** The codecs that this one stands in, up to the nearest that has a name. */
  readonly within: ReadonlySet<Codec>;
}

/** What is known while a shape is derived. */
export interface Derivation {
  /** Which codec each name is of. */
  readonly owners: Map<string, Codec>;
  /** The names that codecs have, once they are met. */
  readonly names: Map<Codec, string>;
  /** The shapes that are done, by name. */
  readonly done: Map<string, NamedShape>;
  /** The shape of a codec that stands within another. */
  readonly within: (bare: BareCodec, place: Place, derivation: Derivation) => Shape;
  /** The shape that a codec would have if it stood alone; `path` says where it stands. */
  readonly alone: (codec: Codec, path: string) => Shape;
}

/** The enum of these values; `codec` is what it is the same type by. */
export function enumShape(
  codec: Codec,
  given: string | undefined,
  values: readonly EnumValue[],
  place: Place,
  derivation: Derivation,
): Shape {
  if (values.length === 0) throw invalid(place.path, `${codec.name} has no values: give it one`);
  return named(codec, given, place, derivation, ({ name }) => ({ kind: 'enum', name, values: inOrder(values) }));
}

/** A place within a type that has a name. */
export function below(within: Place, step: string): Place {
  return { ...within, path: `${within.path}.${step}`, name: `${within.name}.${avroName(step)}` };
}

/** Goes into a type that has no name, and so cannot be met again within itself. */
export function stepInto(codec: Codec, place: Place): Place {
  if (place.within.has(codec)) {
    throw invalid(place.path, `${codec.name} holds itself with no object between: put it into a field of one`);
  }
  return { ...place, within: new Set([...place.within, codec]) };
}

/** A shape with a name, written in full where it is met first. */
export function named(
  codec: Codec,
  given: string | undefined,
  place: Place,
  derivation: Derivation,
  build: (inner: Place) => NamedShape,
): Shape {
  const known = derivation.names.get(codec);
  if (known !== undefined) return { kind: 'ref', name: known };
  const name = given === undefined || given === place.name ? place.name : typeName(given);
  const owner = derivation.owners.get(name);
  if (owner !== undefined) {
    if (
      !derivation.done.has(name) ||
      shapeText(derivation.alone(owner, place.path)) !== shapeText(derivation.alone(codec, place.path))
    ) {
      throw invalid(place.path, `two different types are called ${given ?? name}: give one of them another name`);
    }
    derivation.names.set(codec, name);
    return { kind: 'ref', name };
  }
  derivation.owners.set(name, codec);
  derivation.names.set(codec, name);
  const shape = build({ path: place.path, name, within: new Set() });
  derivation.done.set(name, shape);
  return shape;
}
