/** Begins the names of the sequences that are memoir's own. */
export const OF_MEMOIR = 'memoir.';

/** The sequence whose value is the version of a projection that a state has. */
export function versionSequence(projection: string): string {
  return `${OF_MEMOIR}projection.${projection}`;
}
