/**
 * A repair keeps all that can be proved, and loses no file.
 *
 * Strategy: a log of some segments with snapshots beside it, closed or not; then some of its entries and snapshots are
 * damaged, and a whole file may be missing. It is repaired, by a process that may be killed at any call of the disk, or
 * whose machine goes down, and then by another.
 *
 * Invariants: the log ends where a plain rule says, from which entries and snapshots are whole; it is opened, holds
 * what was written, under another lineage, and goes on; every file that was there is there still, or lies aside, byte
 * for byte.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { groupAfter, schemaOf, taken } from '../support/byte-log-contract.js';
import { runs } from '../support/runs.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';
import { snapshotBytes } from '../support/snapshot-bytes.js';

const pathOf = (kind: 'log' | 'snapshot', offset: number): string =>
  `log/${kind}-${String(offset).padStart(16, '0')}.avro`;

const trouble = fc.record({
  /** How many entries each segment has. */
  sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
  snapshots: fc.uniqueArray(fc.integer({ min: 1, max: 24 }), { maxLength: 4 }),
  isClosed: fc.boolean(),
  damagedEntries: fc.uniqueArray(fc.integer({ min: 1, max: 24 }), { maxLength: 3 }),
  damagedSnapshots: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
  /** Never the first: without that, a log looks as if its beginning had been compacted. */
  missing: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  crash: fc.option(fc.record({ at: fc.integer({ min: 0, max: 60 }), isPower: fc.boolean() }), { nil: undefined }),
});
type Trouble = typeof trouble extends fc.Arbitrary<infer A> ? A : never;

/** A repair that was killed with nothing left to set aside but a snapshot from before the log. */
const interrupted: Trouble = {
  ...{
    sizes: [2, 1],
    snapshots: [2, 1],
    isClosed: false,
    damagedEntries: [1],
    damagedSnapshots: [],
    missing: undefined,
  },
  crash: { at: 58, isPower: false },
};

/** A log as it was written, each entry in a group of its own, and what was then damaged. */
async function damagedLog({ sizes, snapshots, isClosed, damagedEntries, damagedSnapshots, missing }: Trouble) {
  const disk = new SimulatedDisk();
  const host = new SimulatedHost();
  const plan = host.plan(disk, { segmentBytes: 10_000 });
  const log = await plan.open();
  const all = groupAfter(
    0,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  /** By entry: the segment that it is in. */
  const baseOf = new Map<number, number>();
  const endOf = new Map<number, number>();
  for (const [i, size] of sizes.entries()) {
    const base = log.head + 1;
    for (let n = 0; n < size; n++) {
      await log.append(all.slice(log.head, log.head + 1), schemaOf(i % 2 === 0 ? 'a' : 'b'));
      baseOf.set(log.head, base);
      endOf.set(log.head, disk.bytesOf(pathOf('log', base)).length);
    }
  }
  const { lineage } = log;
  if (isClosed) await log.close();
  else host.kill();
  const saved = snapshots.filter((offset) => offset <= all.length);
  for (const offset of saved) disk.plant(pathOf('snapshot', offset), snapshotBytes(offset));
  const flip = (path: string, at: number): void => {
    const bytes = disk.bytesOf(path).slice();
    bytes[at]! ^= 1;
    disk.plant(path, bytes);
  };
  const isLost = (offset: number): boolean => damagedEntries.includes(offset) || baseOf.get(offset) === gone;
  const bases = [...new Set(baseOf.values())];
  const gone = missing === undefined ? undefined : bases[missing];
  for (const offset of damagedEntries)
    if (offset <= all.length) flip(pathOf('log', baseOf.get(offset)!), endOf.get(offset)! - 30);
  const bad = new Set(damagedSnapshots.map((i) => saved[i]));
  for (const offset of saved) if (bad.has(offset)) flip(pathOf('snapshot', offset), 20);
  if (gone !== undefined) await disk.remove(pathOf('log', gone));
  return { disk: disk.copy(), host, all, baseOf, isLost, lineage, whole: saved.filter((offset) => !bad.has(offset)) };
}

/** How far the log goes by the plain rule: from the beginning or a snapshot, as far as nothing is lost. */
function headOf({ all, baseOf, isLost, whole }: Awaited<ReturnType<typeof damagedLog>>): number {
  const from = (offset: number): number => {
    let head = offset;
    for (let at = baseOf.get(offset + 1) ?? offset + 1; at <= offset; at++) if (isLost(at)) return head;
    while (head < all.length && !isLost(head + 1)) head++;
    return head;
  };
  return Math.max(from(0), ...whole.map(from));
}

/** The files of a folder that a repair may set aside. */
function filesOf(disk: SimulatedDisk): ReadonlyMap<string, string> {
  const paths = disk.paths.filter((path) => /^log\/(log|snapshot)-/.test(path));
  return new Map(paths.map((path) => [path.slice(4), String(disk.bytesOf(path))]));
}

it('keeps what goes farthest, and sets the rest aside', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(trouble, async (given) => {
      const made = await damagedLog(given);
      const { host, all, lineage, whole } = made;
      let { disk } = made;
      const found = filesOf(disk);
      const head = headOf(made);
      host.kill();
      const { isWhole } = await host.plan(disk).verify();
      if (given.crash !== undefined) {
        const { at, isPower } = given.crash;
        const until = disk.calls.length + at;
        disk.troubles = (call) => (call === until ? 'crash' : undefined);
        const [was] = await Promise.allSettled([host.plan(disk).repair()]);
        expect(was.status === 'rejected').toBe(disk.isDown);
        disk = isPower && disk.isDown ? disk.afterCrash({ names: 0, bytes: 0 }) : disk.afterKill();
        disk.troubles = () => undefined;
        host.kill();
      }
      const { after } = await host.plan(disk).repair();
      expect(after.isWhole).toBe(true);
      // where no fault is left to be seen, what is missing at the end was never there as far as anyone can tell
      if (!isWhole) expect(after.head).toBe(head);
      for (const [file, bytes] of found) {
        const copies = disk.paths.filter((path) => path.endsWith(`/${file}`));
        expect(copies.map((path) => String(disk.bytesOf(path)))).toContain(bytes);
      }
      const log = await host.plan(disk).open();
      expect([log.floor, log.head]).toEqual([after.floor, after.head]);
      expect((await taken(log.read(log.floor))).map(({ body }) => body)).toEqual(all.slice(log.floor - 1, log.head));
      if (!isWhole) expect(log.lineage).not.toBe(lineage);
      const kept = whole.filter((offset) => offset >= log.floor - 1 && offset <= log.head);
      if (!isWhole) expect((await log.shelf.list()).toSorted((a, b) => a - b)).toEqual(kept.toSorted((a, b) => a - b));
      if (!isWhole && log.floor > 1) expect(kept).not.toEqual([]);
      await log.append(groupAfter(log.head, 1), schemaOf('c'));
      await log.close();
      expect((await host.plan(disk).verify()).isWhole).toBe(true);
    }),
    { numRuns: runs(200), examples: [[interrupted]] },
  );
});
