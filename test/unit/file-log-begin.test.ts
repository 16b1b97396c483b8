import { describe, expect, it } from 'vitest';

import { groupAfter, schemaOf, taken } from '../support/byte-log-contract.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';
import { snapshotBytes } from '../support/snapshot-bytes.js';

const schema = schemaOf('a');

async function* snapshot(offset: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield snapshotBytes(offset);
}
const startAt = (offset: number, lineage = 'b') => ({ lineage, offset, snapshot: snapshot(offset) });

/** A log of nine entries in several segments, with a snapshot of the last. */
async function nine() {
  const disk = new SimulatedDisk();
  const host = new SimulatedHost();
  const plan = host.plan(disk);
  const log = await plan.open();
  for (let i = 0; i < 3; i++) await log.append(groupAfter(log.head, 3, 'a text that is somewhat longer'), schema);
  await log.shelf.save(9, snapshot(9));
  return { disk, host, plan, log };
}

/** The same log, with a beginning at an offset that was interrupted at a call of the disk, by its name. */
async function interrupted(offset: number, at: (name: string, path: string) => boolean) {
  const made = await nine();
  made.disk.troubles = (_, name, path) => (at(name, path) ? 'crash' : undefined);
  await made.log.begin(startAt(offset)).catch(() => undefined);
  expect(made.disk.isDown).toBe(true);
  made.disk.afterKill();
  made.host.kill();
  return made;
}
const atRemoval = (name: string, path: string): boolean => name === 'remove' && path.endsWith('0000001.avro');
const atDecision = (name: string, path: string): boolean => name === 'rename' && path === 'log/clean';

describe('a log that was to begin anew', () => {
  it('is what it was, to all who look, where that was not decided', async () => {
    const { plan, disk } = await interrupted(4, atDecision);
    expect(await plan.verify()).toMatchObject({ floor: 1, head: 9, isWhole: true });
    const reader = await plan.follow();
    expect([reader.floor, reader.head, await reader.shelf.list()]).toEqual([1, 9, [9]]);
    const log = await plan.open();
    expect([log.floor, log.head, await log.shelf.list()]).toEqual([1, 9, [9]]);
    expect(disk.paths.filter((path) => path.includes('begin-'))).toEqual([]);
    await log.close();
  });

  it('has begun, to all who look, once it was decided, whatever is left of what it was', async () => {
    const { plan, disk } = await interrupted(4, atRemoval);
    expect(disk.paths.filter((path) => path.includes('log-00'))).not.toEqual([]);
    const found = await plan.verify();
    expect(found).toMatchObject({ lineage: 'b', floor: 5, head: 4, isWhole: true, isClean: true });
    expect(found.files).toMatchObject([{ kind: 'snapshot', offset: 4 }]);
    const reader = await plan.follow();
    expect([reader.lineage, reader.floor, reader.head, await reader.shelf.list()]).toEqual(['b', 5, 4, [4]]);
    expect(await reader.shelf.open(4)).toEqual(snapshotBytes(4));
    expect(await plan.repair()).toMatchObject({ dropped: [], after: { floor: 5, head: 4 } });
    const log = await plan.open();
    expect([log.lineage, log.floor, log.head, await log.shelf.list()]).toEqual(['b', 5, 4, [4]]);
    await log.append(groupAfter(4, 1), schema);
    await log.close();
    expect(disk.paths.filter((path) => /log-|snapshot|begin/.test(path))).toEqual([
      'log/log-0000000000000005.avro',
      'log/snapshot-0000000000000004.avro',
    ]);
  });

  it('is repaired to its beginning where nothing else can be proved', async () => {
    const { plan, disk, log } = await nine();
    await log.begin(startAt(20));
    await log.close();
    disk.plant('log/log-0000000000000021.avro', new Uint8Array(50));
    await expect(plan.open()).rejects.toMatchObject({ code: expect.stringMatching(/Damaged|FormatUnknown/) as string });
    const { dropped, after } = await plan.repair();
    expect(dropped).toEqual(['log-0000000000000021.avro']);
    expect(after).toMatchObject({ floor: 21, head: 20, isWhole: true, isClean: true });
    const again = await plan.open();
    expect([again.floor, again.head, await again.shelf.list()]).toEqual([21, 20, [20]]);
    await again.append(groupAfter(20, 2), schema);
    await again.close();
  });

  it('whose mark is damaged is repaired to what was before, and the snapshot is set aside', async () => {
    const { plan, disk } = await interrupted(4, atDecision);
    disk.plant('log/clean', new Uint8Array(9));
    const { dropped, after } = await plan.repair();
    expect(dropped).toEqual([expect.stringMatching(/^begin-[0-9a-f]{32}\.avro$/)]);
    expect(after).toMatchObject({ floor: 1, head: 9, isWhole: true });
  });

  it('is refused where its only segment, further on, has lost its head', async () => {
    const { plan, disk, log, host } = await nine();
    await log.begin(startAt(20));
    await log.append(groupAfter(20, 1), schema);
    host.kill();
    const path = 'log/log-0000000000000021.avro';
    disk.plant(path, disk.bytesOf(path).slice(0, 40));
    await expect(plan.open()).rejects.toMatchObject({ code: 'Damaged' });
    expect(disk.paths).toContain(path);
  });
});

describe('a follower of a log that begins anew', () => {
  it.each([0, 2, 4, 8, 9, 10, 30])('ends with LineageChanged, at %i, seen at once or late', async (offset) => {
    for (const isLate of [false, true]) {
      const { plan, log } = await nine();
      const reader = await plan.follow();
      const entries = reader.follow(1)[Symbol.asyncIterator]();
      for (let i = 1; i <= 9; i++) expect((await entries.next()).value).toMatchObject({ offset: i });
      await log.begin(startAt(offset));
      for (let i = 0; i < (isLate ? 3 : 0); i++) await log.append(groupAfter(log.head, 3), schema);
      await expect(entries.next()).rejects.toMatchObject({ code: 'LineageChanged' });
      const fresh = await plan.follow();
      expect([fresh.lineage, fresh.floor, fresh.head]).toEqual(['b', offset + 1, log.head]);
      expect(await taken(fresh.read(offset + 1))).toHaveLength(isLate ? 9 : 0);
      expect(await fresh.shelf.list()).toEqual([offset]);
      await log.close();
    }
  });

  it('is told also where the lineage stays, as of what it has missed', async () => {
    const { plan, log } = await nine();
    const reader = await plan.follow();
    const entries = reader.follow(9)[Symbol.asyncIterator]();
    expect((await entries.next()).value).toMatchObject({ offset: 9 });
    await log.begin(startAt(5, log.lineage));
    await expect(entries.next()).rejects.toMatchObject({ code: 'LineageChanged', lineage: log.lineage });
    const beyond = await plan.follow();
    const others = beyond.follow(6)[Symbol.asyncIterator]();
    await log.begin(startAt(50, log.lineage));
    await log.append(groupAfter(50, 2), schema);
    // It goes on further on, as the same log: what lies between is gone as after a compaction.
    await expect(others.next()).rejects.toMatchObject({ code: 'OffsetCompacted', floor: 51 });
    await log.close();
  });

  it('from before there was a log reads what that begins with', async () => {
    const disk = new SimulatedDisk();
    const plan = new SimulatedHost().plan(disk);
    const reader = await plan.follow();
    expect([reader.lineage, await reader.shelf.list()]).toEqual(['', []]);
    const log = await plan.open();
    await reader.look();
    expect(reader.lineage).toBe(log.lineage);
    await log.begin(startAt(7));
    await reader.look();
    expect([reader.lineage, reader.floor, reader.head]).toEqual(['b', 8, 7]);
    await log.append(groupAfter(7, 2), schema);
    await reader.look();
    expect((await taken(reader.read(8))).map(({ offset }) => offset)).toEqual([8, 9]);
    await log.close();
  });
});
