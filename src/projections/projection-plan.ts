import { invalidDefinition as invalid, show } from '../errors.js';
import { shapeText } from '../codecs/shape-text.js';
import { checkTableName } from '../codecs/table-name.js';
import type { Definition } from '../codecs/table.js';
import { projectionOf, type ProjectionDefinition } from './projection.js';

/** The projections of a store. */
export interface ProjectionPlan {
  /** In an order in which each comes after those whose tables it reads. */
  readonly projections: readonly ProjectionDefinition[];
  /** The tables of the store, and then theirs. */
  readonly definitions: ReadonlyMap<string, Definition>;
}

/** Puts projections in order, and their tables beside those of a store. @throws `DefinitionInvalid` */
export function planProjections(
  given: unknown,
  base: ReadonlyMap<string, Definition>,
  events: ReadonlySet<string>,
): ProjectionPlan {
  if (!Array.isArray(given)) throw invalid('projections', `is ${show(given)}: give a list of what projection() made`);
  const all = given.map((one: unknown, i) => projectionOf(`projections.${i}`, one));
  const definitions = new Map(base);
  for (const [i, projection] of all.entries()) {
    const path = `projections.${i}`;
    if (all.slice(0, i).some(({ name }) => name === projection.name))
      throw invalid(path, `is called ${show(projection.name)}, as another one is: choose another name`);
    for (const [name, definition] of projection.tables) {
      checkTableName(name);
      if (definitions.has(name))
        throw invalid(path, `has the table ${show(name)}, and so has another: choose another name`);
      definitions.set(name, definition);
    }
  }
  for (const [i, projection] of all.entries()) checkSources(`projections.${i}`, projection, definitions, events);
  return { projections: inOrder(all), definitions };
}

/** True for tables whose rows lie alike under keys of the same fields. */
export function isSameTable(one: Definition, other: Definition): boolean {
  return (
    one.primaryKey.join() === other.primaryKey.join() &&
    one.bare === other.bare &&
    shapeText(one.shape) === shapeText(other.shape)
  );
}

/** Refuses sources that the store does not have. */
export function checkSources(
  path: string,
  { sources, events }: ProjectionDefinition,
  definitions: ReadonlyMap<string, Definition>,
  known: ReadonlySet<string>,
): void {
  for (const [name, definition] of sources) {
    const there = definitions.get(name);
    if (there === undefined)
      throw invalid(
        `${path}.sources.${name}`,
        `the store has no such table: it has ${[...definitions.keys()].join(', ')}`,
      );
    if (!isSameTable(there, definition))
      throw invalid(
        `${path}.sources.${name}`,
        'is not the table that the store has under this name: give the same one',
      );
  }
  for (const type of events.keys()) {
    if (known.has(type)) continue;
    const has = known.size === 0 ? 'none' : [...known].join(', ');
    throw invalid(`${path}.on.${type}`, `the store has no event of this type: it has ${has}`);
  }
}

/** Each after those whose tables it reads. @throws `DefinitionInvalid` where they read each other in a circle */
export function inOrder(all: readonly ProjectionDefinition[]): readonly ProjectionDefinition[] {
  const writers = new Map(all.flatMap((one) => [...one.tables.keys()].map((name) => [name, one] as const)));
  const ordered: ProjectionDefinition[] = [];
  const visit = (projection: ProjectionDefinition, trail: readonly ProjectionDefinition[]): void => {
    if (ordered.includes(projection)) return;
    const at = trail.indexOf(projection);
    if (at >= 0) {
      const names = [...trail.slice(at), projection].map(({ name }) => name);
      throw invalid('projections', `read each other in a circle: ${names.join(' → ')}. Break it`);
    }
    for (const name of projection.sources.keys()) {
      const writer = writers.get(name);
      if (writer !== undefined) visit(writer, [...trail, projection]);
    }
    ordered.push(projection);
  };
  for (const projection of all) visit(projection, []);
  return ordered;
}
