// The names of the files of a log. Sixteen digits hold every offset, and make the order of names that of offsets.

const DIGITS = 16;

/** What a file is called until it is whole. */
export const UNFINISHED = '.tmp';
/** What says that the log was closed, and how far it went. */
export const CLEAN_MARK = 'clean';

export function segmentName(base: number): string {
  return `log-${padded(base)}.avro`;
}

export function snapshotName(offset: number): string {
  return `snapshot-${padded(offset)}.avro`;
}

/** The snapshot of a log that begins anew, until all from before is gone; `digest` tells one beginning from another. */
export function beginName(digest: string): string {
  return `begin-${digest}.avro`;
}

/** The names of such snapshots. */
export function beginsAmong(names: readonly string[]): readonly string[] {
  return names.filter((name) => /^begin-[0-9a-f]{32}\.avro$/.test(name));
}

/** The names of files in the making; those of others may end as they do. */
export function unfinishedAmong(names: readonly string[]): readonly string[] {
  return names.filter((name) =>
    /^(?:log-\d{16}\.avro|snapshot-\d{16}\.avro|clean|begin-[0-9a-f]{32}\.avro|lock-[0-9a-f]{32})\.tmp$/.test(name),
  );
}

/** The names of segments, with the offsets they begin with, oldest first. */
export function segmentsAmong(names: readonly string[]): readonly (readonly [offset: number, name: string])[] {
  return numbered(names, /^log-(\d{16})\.avro$/);
}

/** The names of snapshots, with their offsets, oldest first. */
export function snapshotsAmong(names: readonly string[]): readonly (readonly [offset: number, name: string])[] {
  return numbered(names, /^snapshot-(\d{16})\.avro$/);
}

function padded(offset: number): string {
  return String(offset).padStart(DIGITS, '0');
}

function numbered(names: readonly string[], pattern: RegExp): (readonly [number, string])[] {
  return names
    .flatMap((name): (readonly [number, string])[] => {
      const digits = pattern.exec(name)?.[1];
      return digits === undefined ? [] : [[Number(digits), name]];
    })
    .sort(([a], [b]) => a - b);
}
