import { resolved, type NamedShapes } from './named-shapes.js';
import type { Shape, UnionShape } from './shape.js';

/** What `JSON.parse` may make of the values of a shape. */
function jsonKinds(shape: Shape, names: NamedShapes): readonly string[] {
  const found = resolved(shape, names);
  switch (found.kind) {
    case 'int':
    case 'date':
      return ['number'];
    case 'number':
      return ['number', 'object'];
    case 'bigint':
    case 'bytes':
      return ['string'];
    case 'enum':
      return [...new Set<string>(found.values.map((value) => typeof value))];
    case 'list':
    case 'tuple':
      return ['list'];
    case 'map':
    case 'record':
      return ['object'];
    default:
      return [found.kind];
  }
}

/** The kind of what `JSON.parse` made. */
export function jsonKind(json: unknown): string {
  return json === null ? 'null' : Array.isArray(json) ? 'list' : typeof json;
}

/** The branch of each kind of JSON; undefined where two branches share one, so that a value has to say its branch. */
export function byJsonKind({ branches }: UnionShape, names: NamedShapes): ReadonlyMap<string, number> | undefined {
  const found = new Map<string, number>();
  for (const [i, branch] of branches.entries()) {
    for (const kind of jsonKinds(branch, names)) {
      if (found.has(kind)) return undefined;
      found.set(kind, i);
    }
  }
  return found;
}

/** True where the JSON of a value tells its branch. */
export function isBare(shape: UnionShape, names: NamedShapes): boolean {
  return byJsonKind(shape, names) !== undefined;
}
