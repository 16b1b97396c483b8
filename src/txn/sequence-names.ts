/** Begins the names of the sequences that are memoir's own. */
export const OF_MEMOIR = 'memoir.';

const OF_VERSION = `${OF_MEMOIR}projection.`;

/** The sequence whose value is the version of a projection that a state has. */
export function versionSequence(projection: string): string {
  return OF_VERSION + projection;
}

/** Where sequences stand, but for the versions of projections other than these. */
export function withoutOthers(
  sequences: ReadonlyMap<string, number>,
  projections: readonly { readonly name: string }[],
): ReadonlyMap<string, number> {
  const known = new Set(projections.map(({ name }) => versionSequence(name)));
  return new Map([...sequences].filter(([name]) => known.has(name) || !name.startsWith(OF_VERSION)));
}

const OF_PARKED = `${OF_MEMOIR}parked.`;

/** The sequences that say of a projection that follows a store which batches it went on without. */
export function parkedSequences(offsets: readonly number[]): Readonly<Record<string, number>> {
  return Object.fromEntries(offsets.map((offset) => [`${OF_PARKED}${offset}`, offset]));
}

/** The batches that such sequences name, in their order. */
export function parkedIn(sequences: ReadonlyMap<string, number>): readonly number[] {
  const named = [...sequences].filter(([name]) => name.startsWith(OF_PARKED));
  return named.map(([, offset]) => offset).sort((a, b) => a - b);
}
