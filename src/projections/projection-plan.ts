import { invalidDefinition as invalid, MemoirError, show } from '../errors.js';
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

/** Refuses a projection that could not stand in the place of another: its tables or their indexes are others. */
export function sameTables(present: ProjectionDefinition, given: unknown): ProjectionDefinition {
  const next = projectionOf('projection', given);
  const { name, tables } = present;
  const isSame =
    next.name === name &&
    next.tables.size === tables.size &&
    [...next.tables].every(([own, made]) => tables.has(own) && isSameTable(tables.get(own)!, made));
  if (!isSame)
    throw new MemoirError(
      'DefinitionInvalid',
      `projection: ${next.name} does not have the tables of ${name} that it is to replace: give it the same ` +
        'ones, or make it another projection with tables of other names',
      { path: 'projection', projection: name },
    );
  for (const [own, made] of next.tables) {
    if (indexText(made) === indexText(tables.get(own)!)) continue;
    throw new MemoirError(
      'DefinitionInvalid',
      `projection: the table ${own} of ${name} has other indexes than the one that it is to replace: give it the ` +
        'same ones. Indexes come and go by store.addIndex and dropIndex, or when the store is opened anew',
      { path: 'projection', projection: name, table: own },
    );
  }
  return next;
}

/** What indexes are like, as far as data says it: callbacks have no text. */
function indexText({ indexes }: Definition): string {
  const said = indexes.map(({ name, kind, named, partial, unique, sparse, fold }) =>
    JSON.stringify([name, kind, named, partial, unique, sparse, fold('A')]),
  );
  return said.sort().join();
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
