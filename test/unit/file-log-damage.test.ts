import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { avro } from '../../src/avro.js';
import { crc32c } from '../../src/codecs/crc32c.js';
import { createStore, json, MemoirError, table } from '../../src/index.js';
import { checkSnapshot, type SnapshotCheck } from '../../src/log/file/snapshot-check.js';
import { groupAfter, schemaOf, taken } from '../support/byte-log-contract.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';
import { snapshotBytes } from '../support/snapshot-bytes.js';

const ALL = groupAfter(0, 7);
/** How many entries each append has; two segments, the second from entry 4 on. */
const GROUPS = [1, 2, 2, 1, 1];

/** A log of seven entries in two segments, closed or not. */
async function written(isClosed: boolean): Promise<{ disk: SimulatedDisk; host: SimulatedHost }> {
  const disk = new SimulatedDisk();
  const host = new SimulatedHost();
  const log = await host.plan(disk, { segmentBytes: 10_000 }).open();
  for (const count of GROUPS)
    await log.append(ALL.slice(log.head, log.head + count), schemaOf(log.head < 3 ? 'a' : 'b'));
  if (isClosed) await log.close();
  else host.kill();
  return { disk, host };
}

const SEGMENTS = ['log/log-0000000000000001.avro', 'log/log-0000000000000004.avro'] as const;

/** What is read of a log whose file has other bytes: how many entries of those that were written, or the error. */
async function readWith(
  { disk, host }: { disk: SimulatedDisk; host: SimulatedHost },
  path: string,
  bytes: Uint8Array,
): Promise<number | MemoirError> {
  const copy = disk.copy();
  copy.plant(path, bytes);
  host.kill();
  try {
    const log = await host.plan(copy).open();
    const entries = await taken(log.read(1));
    expect(entries.map(({ body }) => body)).toEqual(ALL.slice(0, log.head));
    return log.head;
  } catch (error) {
    if (error instanceof MemoirError) return error;
    throw error;
  }
}

/** Where the entries of a segment end, as they were written. */
function frameEnds(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ends: number[] = [];
  for (let at = 0; at + 24 < bytes.length; at++) {
    const length = view.getUint32(at, true);
    if (length < 25 || at + length > bytes.length) continue;
    if (crc32c(bytes, at, at + length - 4) === view.getUint32(at + length - 4, true)) ends.push(at + length);
  }
  return ends;
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice();
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
}

describe('a log with any bit changed', () => {
  it('that was closed is refused, by file and byte', { timeout: 60_000 }, async () => {
    const made = await written(true);
    for (const path of [...SEGMENTS, 'log/clean']) {
      const bytes = made.disk.bytesOf(path);
      for (let bit = 0; bit < bytes.length * 8; bit += 7) {
        const found = await readWith(made, path, flipped(bytes, bit));
        const damage = { code: 'Damaged', file: path, byte: expect.any(Number) as number };
        expect(found, `bit ${bit} of ${path}`).toMatchObject(damage);
      }
    }
  });

  it('is damaged, and of no other format, where that is in its first bytes or its Avro codec', async () => {
    const made = await written(false);
    for (const path of SEGMENTS) {
      const bytes = made.disk.bytesOf(path);
      const codec = Buffer.from(bytes).indexOf('avro.codec') + 'avro.codec'.length + 1;
      for (const at of [0, 1, 2, 3, codec, codec + 3])
        for (let bit = 8 * at; bit < 8 * at + 8; bit++) {
          const found = await readWith(made, path, flipped(bytes, bit));
          expect(found, `bit ${bit} of ${path}`).toMatchObject({ code: 'Damaged', file: path, byte: 0 });
        }
    }
  });

  it('that was not closed is refused, unless nothing follows: then it ends there', { timeout: 60_000 }, async () => {
    const made = await written(false);
    for (const path of SEGMENTS) {
      const bytes = made.disk.bytesOf(path);
      const ends = frameEnds(bytes);
      for (let bit = 0; bit < bytes.length * 8; bit += path === SEGMENTS[0] ? 7 : 1) {
        const found = await readWith(made, path, flipped(bytes, bit));
        const what = `bit ${bit} of ${path}`;
        if (typeof found !== 'number') expect(found, what).toMatchObject({ file: path });
        // only the newest entry can be taken for one that was interrupted, or nothing is lost at all
        else if (bit >> 3 < ends.at(-1)!) expect([6, 7], what).toContain(found);
        else expect(found, what).toBe(7);
        if (path === SEGMENTS[0]) expect(found, what).toBeInstanceOf(MemoirError);
      }
    }
  });
});

describe('a log whose file was cut', () => {
  it('is refused when it was closed, or when the file is not the newest', { timeout: 60_000 }, async () => {
    const closed = await written(true);
    const open = await written(false);
    for (const [made, path] of [
      [closed, SEGMENTS[0]],
      [closed, SEGMENTS[1]],
      [open, SEGMENTS[0]],
    ] as const) {
      const bytes = made.disk.bytesOf(path);
      for (let length = 0; length < bytes.length; length++)
        expect(await readWith(made, path, bytes.slice(0, length)), `${length} bytes`).toBeInstanceOf(MemoirError);
    }
  });

  it('has the entries that are whole when it was not closed, also behind zeros', { timeout: 60_000 }, async () => {
    const made = await written(false);
    const bytes = made.disk.bytesOf(SEGMENTS[1]);
    const ends = frameEnds(bytes);
    for (let length = 0; length <= bytes.length; length++) {
      const whole = 3 + ends.filter((end) => end <= length).length;
      expect(await readWith(made, SEGMENTS[1], bytes.slice(0, length)), `${length} bytes`).toBe(whole);
      const zeros = new Uint8Array(bytes.length + 40);
      zeros.set(bytes.subarray(0, length));
      const found = await readWith(made, SEGMENTS[1], zeros);
      // a cut within zeros that were written cuts nothing; the head is then refused or was never there
      if (typeof found === 'number') expect(found, `${length} bytes and zeros`).toBeGreaterThanOrEqual(whole);
    }
  });

  it('is refused when a whole file is missing', async () => {
    const made = await written(true);
    const copy = made.disk.copy();
    await copy.remove(SEGMENTS[1]);
    await expect(made.host.plan(copy).open()).rejects.toMatchObject({ code: 'Damaged', file: 'log/clean' });
  });
});

describe('the net', () => {
  it('catches an entry that was changed together with its checksum', async () => {
    const made = await written(false);
    const bytes = made.disk.bytesOf(SEGMENTS[1]).slice();
    const end = frameEnds(bytes).at(-1)!;
    const view = new DataView(bytes.buffer);
    bytes[end - 21]! ^= 1;
    let at = end - 25;
    while (view.getUint32(at, true) !== end - at) at--;
    view.setUint32(end - 4, crc32c(bytes, at, end - 4), true);
    await expect(readWith(made, SEGMENTS[1], bytes)).rejects.toThrow();
  });
});

/** What is found of a snapshot of offset 7. */
function checked(bytes: Uint8Array): SnapshotCheck {
  const check = checkSnapshot(bytes, 7, [json, avro]);
  for (;;) {
    const { done, value } = check.next();
    if (done === true) return value;
  }
}

describe('verify and repair', () => {
  it('say that a log is whole, and change nothing', async () => {
    const { disk, host } = await written(true);
    const report = await host.plan(disk).verify();
    expect(report).toMatchObject({ floor: 1, head: 7, isClean: true, isWhole: true });
    expect(report.files.map(({ file, entries }) => [file, entries])).toEqual([
      ['log-0000000000000001.avro', 3],
      ['log-0000000000000004.avro', 4],
    ]);
    expect((await host.plan(disk).repair()).dropped).toEqual([]);
  });

  it('cut after the last entry that can be proved, keep what is dropped, and renew the lineage', async () => {
    const { disk, host } = await written(true);
    const { lineage } = await host.plan(disk).verify();
    const was = disk.bytesOf(SEGMENTS[1]);
    disk.plant(SEGMENTS[1], flipped(was, 8 * (frameEnds(was)[1]! + 20)));
    await expect(host.plan(disk).open()).rejects.toMatchObject({ code: 'Damaged', file: SEGMENTS[1], offset: 6 });
    const report = await host.plan(disk).verify();
    expect(report).toMatchObject({ head: 5, isWhole: false });

    const repaired = await host.plan(disk).repair();
    expect(repaired.after).toMatchObject({ head: 5, isWhole: true });
    expect(repaired.dropped).toEqual(['log-0000000000000004.avro']);
    expect(disk.bytesOf(`${repaired.aside}/log-0000000000000004.avro`)).toHaveLength(was.length);
    const log = await host.plan(disk).open();
    expect(log.head).toBe(5);
    expect(log.lineage).not.toBe(lineage);
    expect((await taken(log.read(1))).map(({ body }) => body)).toEqual(ALL.slice(0, 5));
    await log.append(groupAfter(5, 3), schemaOf('a'));
    host.kill();
    expect((await host.plan(disk).open()).lineage).toBe(log.lineage);
  });

  it('drop every file behind one whose beginning is damaged, and damaged snapshots', async () => {
    const { disk, host } = await written(true);
    disk.plant('log/snapshot-0000000000000006.avro', disk.bytesOf(SEGMENTS[1]));
    disk.plant('log/snapshot-0000000000000000.avro', disk.bytesOf(SEGMENTS[1]));
    disk.plant(SEGMENTS[0], flipped(disk.bytesOf(SEGMENTS[0]), 100));
    const { after, dropped } = await host.plan(disk).repair();
    expect(after).toMatchObject({ floor: 1, head: 0, isWhole: true });
    expect(dropped.toSorted()).toEqual([
      'log-0000000000000001.avro',
      'log-0000000000000004.avro',
      'snapshot-0000000000000000.avro',
      'snapshot-0000000000000006.avro',
    ]);
    const log = await host.plan(disk).open();
    await log.append(groupAfter(0, 1), schemaOf('a'));
    await log.close();
  });

  it('keep what a snapshot and the files after it prove, whatever is damaged before', async () => {
    const { disk, host } = await written(true);
    disk.plant('log/snapshot-0000000000000003.avro', snapshotBytes(3));
    disk.plant('log/snapshot-0000000000000002.avro', snapshotBytes(2));
    disk.plant(SEGMENTS[0], flipped(disk.bytesOf(SEGMENTS[0]), 8 * (frameEnds(disk.bytesOf(SEGMENTS[0]))[0]! - 30)));
    await expect(host.plan(disk).open()).rejects.toMatchObject({ code: 'Damaged', file: SEGMENTS[0] });
    const { before, after, dropped } = await host.plan(disk).repair();
    expect(before).toMatchObject({ floor: 4, head: 7, isWhole: false });
    expect(after).toMatchObject({ floor: 4, head: 7, isWhole: true, isClean: true });
    expect(dropped).toEqual(['snapshot-0000000000000002.avro', 'log-0000000000000001.avro']);
    const log = await host.plan(disk).open();
    expect((await taken(log.read(4))).map(({ body }) => body)).toEqual(ALL.slice(3));
    expect(await log.shelf.list()).toEqual([3]);
    await log.close();
  });

  it('keep a snapshot alone, where it goes farther than all entries that can be proved', async () => {
    const { disk, host } = await written(true);
    disk.plant('log/snapshot-0000000000000006.avro', snapshotBytes(6));
    disk.plant(SEGMENTS[1], flipped(disk.bytesOf(SEGMENTS[1]), 8 * (frameEnds(disk.bytesOf(SEGMENTS[1]))[0]! + 30)));
    const { after, dropped } = await host.plan(disk).repair();
    expect(after).toMatchObject({ floor: 7, head: 6, isWhole: true, isClean: true });
    expect(dropped).toEqual(SEGMENTS.map((path) => path.slice(4)));
    const log = await host.plan(disk).open();
    expect([log.floor, log.head, await log.shelf.list()]).toEqual([7, 6, [6]]);
    await log.append(groupAfter(6, 1), schemaOf('a'));
    await log.close();
    expect(await host.plan(disk).verify()).toMatchObject({ floor: 7, head: 7, isWhole: true, isClean: true });
  });

  it('take a snapshot of a newer format, or of another codec, for whole where its checksum says so', async () => {
    for (const notes of [{ 'memoir.format': '2' }, { 'memoir.codec': 'of others' }]) {
      const { disk, host } = await written(true);
      const path = 'log/snapshot-0000000000000007.avro';
      disk.plant(path, snapshotBytes(7, '', notes));
      expect(await host.plan(disk).verify()).toMatchObject({ isWhole: true, head: 7 });
      disk.plant('log/clean', Uint8Array.of(1));
      expect((await host.plan(disk).repair()).dropped).toEqual([]);
      const bytes = disk.bytesOf(path);
      disk.plant(path, flipped(bytes, 8 * (bytes.length - 60)));
      expect((await host.plan(disk).verify()).isWhole).toBe(false);
    }
  });

  it('go on behind a tear that has lost nothing', async () => {
    const { disk, host } = await written(true);
    const bytes = disk.bytesOf(SEGMENTS[0]);
    disk.plant(SEGMENTS[0], Uint8Array.from([...bytes, 4, 80, 1, 2]));
    await expect(host.plan(disk).open()).rejects.toMatchObject({ code: 'Damaged', file: SEGMENTS[0] });
    const { after, dropped } = await host.plan(disk).repair();
    expect(after).toMatchObject({ floor: 1, head: 7, isWhole: true });
    expect(dropped).toEqual(['log-0000000000000001.avro']);
    expect(disk.bytesOf(SEGMENTS[0])).toEqual(bytes);
  });

  it('find a snapshot with any bit changed, or cut anywhere', async () => {
    const { disk, host } = await written(true);
    const store = createStore({ tables: { notes: table(t.strict({ id: t.string }), { primaryKey: 'id' }) } });
    for (let n = 1; n <= 7; n++) store.transact((tx) => tx.notes.put({ id: `note ${n}` }));
    const bytes = await store.snapshot().toBytes();
    const path = 'log/snapshot-0000000000000007.avro';
    disk.plant(path, bytes);
    expect((await host.plan(disk).verify()).isWhole).toBe(true);
    disk.plant(path, flipped(bytes, 8 * (bytes.length - 60)));
    expect((await host.plan(disk).verify()).isWhole).toBe(false);
    // how many rows there are, and the state hash, are covered by no checksum: the rows tell
    const end = bytes.length - 40;
    for (const at of [end + 2, end + 3, end + 4, end + 19]) {
      disk.plant(path, flipped(bytes, 8 * at));
      const { isWhole, files } = await host.plan(disk).verify();
      expect([isWhole, files.at(-1)?.fault?.byte, files.at(-1)?.wholeBytes], `byte ${at}`).toEqual([false, end, end]);
      const copy = disk.copy();
      const { dropped, after } = await host.plan(copy).repair();
      expect([dropped, after.isWhole, after.head]).toEqual([['snapshot-0000000000000007.avro'], true, 7]);
      await (await host.plan(copy).open()).close();
    }
    for (let bit = 0; bit < bytes.length * 8; bit++)
      expect(checked(flipped(bytes, bit)).fault, `bit ${bit}`).toBeDefined();
    for (let length = 0; length < bytes.length; length++)
      expect(checked(bytes.slice(0, length)).fault, `${length} bytes`).toBeDefined();
    disk.plant('log/snapshot-0000000000000003.avro', bytes);
    expect((await host.plan(disk).verify()).files.at(-2)?.fault?.message).toMatch(/offset 7, and its name says 3/);
  });
});
