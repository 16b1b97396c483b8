/** Begins the names of the sequences that are memoir's own. */
export const OF_MEMOIR = 'memoir.';

/** The sequence whose value is the version of a projection that a state has. */
export function versionSequence(projection: string): string {
  return `${OF_MEMOIR}projection.${projection}`;
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
