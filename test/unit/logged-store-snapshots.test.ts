import { describe, expect, it, vi } from 'vitest';

import { ByteReader } from '../../src/codecs/byte-reader.js';
import { containerHead, readHead } from '../../src/codecs/container.js';
import type { LogPlan } from '../../src/index.js';
import { errors, fill, openOn, put } from '../support/logged-items.js';
import { MemoryMedium } from '../support/memory-byte-log.js';

const later = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A log of eight batches with a snapshot after each four, and only the newest batches in it. */
async function withTwoSnapshots(): Promise<MemoryMedium> {
  const medium = new MemoryMedium();
  const store = await openOn(medium, { keep: { batches: 1 } });
  for (let n = 0; n < 2; n++) {
    await fill(store, 4);
    await store.saveSnapshot();
  }
  await store.close();
  return medium;
}

/** Where a name stands in the head of a file. */
const placeIn = (bytes: Uint8Array, name: string): number =>
  String.fromCharCode(...bytes.subarray(0, 4096)).indexOf(name);

/** A snapshot whose head says another format, as a newer memoir would have written it. */
function ofFormat(format: number, bytes: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes);
  const { schema, notes } = readHead(reader);
  const head = containerHead(schema, { ...Object.fromEntries(notes), 'memoir.format': String(format) });
  return Uint8Array.from([...head.bytes, ...bytes.subarray(reader.at)]);
}

describe('snapshots beside the log', () => {
  it('are made after so many batches, and kept to two', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium, {}, { snapshotEvery: { batches: 10 }, keep: { batches: 5 } });
    for (let i = 0; i < 5; i++) {
      await fill(store, 10);
      await vi.waitFor(() => expect(medium.snapshots.has(store.head)).toBe(true));
      await later();
    }
    await store.close();
    expect([...medium.snapshots.keys()]).toEqual([40, 50]);
    expect([medium.floor, store.floor]).toEqual([41, 46]);
    const again = await openOn(medium, {}, { keep: { batches: 5 } });
    expect([again.head, again.floor, again.now().items.get('a')]).toEqual([50, 46, { id: 'a', n: 50 }]);
    again.check();
    await again.close();
  });

  it('are passed over when damaged, for an older one, and the store is told', async () => {
    const medium = await withTwoSnapshots();
    expect(medium.floor).toBe(5);
    medium.snapshots.get(8)![300]! ^= 1;
    const again = await openOn(medium);
    expect(errors.splice(0)).toMatchObject([{ code: 'Damaged' }]);
    expect([again.head, again.now().items.get('a')?.n]).toEqual([8, 8]);
    await again.close();
    medium.snapshots.get(4)![300]! ^= 1;
    await expect(openOn(medium)).rejects.toMatchObject({ code: 'Damaged', floor: 5 });
    expect(errors.splice(0)).toMatchObject([{ code: 'Damaged' }]);
    expect(medium.isOpen).toBe(false);
  });

  it('do not count when damaged: another is whole before the log lets go of what it was kept for', async () => {
    const medium = await withTwoSnapshots();
    medium.snapshots.get(8)![300]! ^= 1;
    const second = await openOn(medium, { keep: { batches: 1 } });
    expect(errors.splice(0)).toMatchObject([{ code: 'Damaged' }]);
    expect([...medium.snapshots.keys()]).toEqual([4]);
    await fill(second, 4);
    await second.saveSnapshot();
    await second.close();
    expect([...medium.snapshots.keys(), medium.floor]).toEqual([4, 12, 5]);
    medium.snapshots.get(12)![300]! ^= 1;
    const third = await openOn(medium);
    expect(errors.splice(0)).toMatchObject([{ code: 'Damaged' }]);
    expect([third.head, third.now().items.get('a')?.n]).toEqual([12, 12]);
    await third.close();
  });

  it.each(['kind', 'format', 'codec'])('do not count when the %s in their head is damaged', async (name) => {
    const medium = await withTwoSnapshots();
    const newest = medium.snapshots.get(8)!;
    newest[placeIn(newest, `memoir.${name}`) + `memoir.${name}`.length + 1]! ^= 1;
    await (await openOn(medium)).close();
    expect(errors.splice(0)).toMatchObject([{ code: 'Damaged' }]);
    expect([...medium.snapshots.keys()]).toEqual([4]);
  });

  it('do not count when anything in their head is damaged, down to its first bytes', async () => {
    const head = new ByteReader((await withTwoSnapshots()).snapshots.get(8)!);
    readHead(head);
    const codec = placeIn(head.bytes, 'avro.codec') + 'avro.codec'.length + 1;
    for (const at of [0, 1, 2, 3, codec, codec + 3, head.at - 1]) {
      const medium = await withTwoSnapshots();
      medium.snapshots.get(8)![at]! ^= 1;
      const again = await openOn(medium);
      expect(errors.splice(0), `byte ${at}`).toMatchObject([{ code: 'Damaged', offset: 8, byte: 0 }]);
      expect([...medium.snapshots.keys()], `byte ${at}`).toEqual([4]);
      expect([again.head, again.now().items.get('a')?.n]).toEqual([8, 8]);
      await again.close();
    }
  });

  it.each([
    ['zeros', (bytes: Uint8Array) => bytes.fill(0, 0, 512)],
    ['nothing', () => new Uint8Array(0)],
    ['three bytes', (bytes: Uint8Array) => bytes.slice(0, 3)],
    ['something else', () => new TextEncoder().encode('no Avro file')],
  ])('do not count when they begin with %s', async (_what, change) => {
    const medium = await withTwoSnapshots();
    medium.snapshots.set(8, change(medium.snapshots.get(8)!));
    await (await openOn(medium)).close();
    expect(errors.splice(0)).toMatchObject([{ code: 'Damaged', offset: 8, byte: 0 }]);
    expect([...medium.snapshots.keys()]).toEqual([4]);
  });

  it('stay where they are when they cannot be read yet', async () => {
    const medium = await withTwoSnapshots();
    medium.snapshots.set(8, ofFormat(2, medium.snapshots.get(8)!));
    await (await openOn(medium)).close();
    expect(errors.splice(0)).toMatchObject([{ code: 'FormatUnknown', offset: 8 }]);
    expect([...medium.snapshots.keys()]).toEqual([4, 8]);
  });

  it('stay where they are when nothing else is whole', async () => {
    const medium = await withTwoSnapshots();
    for (const offset of [4, 8]) medium.snapshots.get(offset)![300]! ^= 1;
    await expect(openOn(medium)).rejects.toMatchObject({ code: 'Damaged', floor: 5 });
    expect(errors.splice(0)).toHaveLength(2);
    expect([...medium.snapshots.keys()]).toEqual([4, 8]);
  });

  it('are never alone: the log stays whole until there are two', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium, { keep: { batches: 1 } });
    await fill(store, 4);
    await store.saveSnapshot();
    await store.close();
    medium.snapshots.get(4)!.fill(0);
    const again = await openOn(medium);
    expect(errors.splice(0)).toMatchObject([{ code: 'Damaged' }]);
    expect(again.now().items.get('a')?.n).toBe(4);
    await again.close();
  });

  it('of batches that the log has lost are not taken for those that came in their place', async () => {
    const medium = new MemoryMedium();
    const store = await openOn(medium);
    await fill(store, 5);
    await store.saveSnapshot();
    await store.close();
    medium.entries.length = 3;
    medium.lineage = 'b'.repeat(32);
    const second = await openOn(medium);
    for (let n = 100; n < 106; n++) await put(second, n > 103 ? 'b' : 'a', n);
    const rows = [...second.now().items.scan()];
    await second.close();
    const third = await openOn(medium);
    expect([...third.now().items.scan()]).toEqual(rows);
    third.check();
    await third.close();
  });

  it('hold history while they are made, and let go of it when they fail', async () => {
    const medium = new MemoryMedium();
    const plan = medium.plan({ snapshotEvery: { batches: 1 } });
    const failing: LogPlan = {
      ...plan,
      async open() {
        const log = await plan.open();
        const shelf = { ...log.shelf, save: () => Promise.reject(new RangeError('full')) };
        return Object.defineProperty(log, 'shelf', { value: shelf });
      },
    };
    const store = await openOn(medium, { log: failing });
    await put(store, 'a');
    await vi.waitFor(() => expect(errors.splice(0)).toEqual([new RangeError('full')]));
    await expect(store.saveSnapshot()).rejects.toThrow('full');
    expect(store.holders()).toEqual([]);
    await put(store, 'b');
    await store.close();
    expect(errors.splice(0)).toEqual([new RangeError('full')]);
  });
});
