import * as t from 'io-ts';
import { describe, expect, it, vi } from 'vitest';

import { openStore, table } from '../../src/index.js';
import { groupAfter, schemaOf } from '../support/byte-log-contract.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';

const tables = { notes: table(t.strict({ id: t.string, text: t.string }), { primaryKey: 'id' }) };

/** The names in the folder that end as those of files in the making. */
const unfinished = async (disk: SimulatedDisk): Promise<readonly string[]> =>
  (await disk.list('log')).filter((name) => name.endsWith('.tmp'));

describe('a disk that is full', () => {
  it.each(['write', 'sync', 'rename'])(
    'in a snapshot (%s) takes no room for it, and stops nothing else',
    async (call) => {
      const disk = new SimulatedDisk();
      const host = new SimulatedHost();
      const errors: unknown[] = [];
      const log = host.plan(disk, { snapshotEvery: { batches: 5 }, keep: { batches: 1 } });
      const store = await openStore({ tables, log, onError: (error) => errors.push(error) });
      disk.troubles = (_, name, path) => (name === call && path.includes('snapshot-') ? 'ENOSPC' : undefined);
      const put = (n: number) => store.transact((tx) => tx.notes.put({ id: `${n % 7}`, text: `${n} `.repeat(200) }));
      for (let n = 1; n <= 20; n++) await put(n);
      await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0));
      await expect(store.saveSnapshot()).rejects.toMatchObject({ code: 'LogRefused', cause: { code: 'ENOSPC' } });
      expect(errors.splice(0)[0]).toMatchObject({ code: 'LogRefused', cause: { code: 'ENOSPC' } });
      expect(await unfinished(disk)).toEqual([]);
      expect(store.holders()).toEqual([]);
      disk.troubles = () => undefined;
      await put(21);
      await store.saveSnapshot();
      await store.saveSnapshot();
      await store.close();
      const again = await openStore({ tables, log });
      expect([again.head, again.now().notes.size]).toEqual([21, 7]);
      await again.close();
    },
  );

  it('while old segments go keeps them whole, and they go later', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk, { segmentBytes: 1 }).open();
    for (let n = 0; n < 6; n++) await log.append(groupAfter(n, 1), schemaOf(n % 2 === 0 ? 'a' : 'b'));
    let removals = 0;
    disk.troubles = (_, name) => (name === 'remove' && ++removals > 2 ? 'ENOSPC' : undefined);
    await expect(log.compact(6)).rejects.toMatchObject({ code: 'LogRefused', cause: { code: 'ENOSPC' } });
    host.kill();
    disk.troubles = () => undefined;
    const after = await host.plan(disk).open();
    expect([after.floor, after.head]).toEqual([3, 6]);
    await after.compact(6);
    expect([after.floor, after.head]).toEqual([6, 6]);
    await after.close();
    expect(await host.plan(disk).verify()).toMatchObject({ isWhole: true, floor: 6 });
  });

  it('where a segment is to begin refuses the append and leaves nothing', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk, { segmentBytes: 1 }).open();
    await log.append(groupAfter(0, 1), schemaOf('a'));
    disk.troubles = (_, name, path) => (name === 'write' && path.endsWith('2.avro.tmp') ? 'ENOSPC' : undefined);
    await expect(log.append(groupAfter(1, 1), schemaOf('a'))).rejects.toMatchObject({ code: 'LogRefused' });
    expect(await unfinished(disk)).toEqual([]);
    disk.troubles = () => undefined;
    await log.close();
    const after = await host.plan(disk).open();
    await after.append(groupAfter(1, 1), schemaOf('a'));
    await after.close();
  });
});

describe('a disk that cannot be read', () => {
  it('is told by file and byte, at the beginning of a file as within it', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk).open();
    await log.append(groupAfter(0, 3), schemaOf('a'));
    await log.close();
    for (const nth of [1, 2]) {
      let reads = 0;
      const isIt = (name: string, path: string): boolean =>
        name === 'read' && path.endsWith('log-0000000000000001.avro') && ++reads === nth;
      disk.troubles = (_, name, path) => (isIt(name, path) ? 'EIO' : undefined);
      await expect(host.plan(disk).open()).rejects.toMatchObject({
        ...{ code: 'Damaged', file: 'log/log-0000000000000001.avro', byte: expect.any(Number) as number },
        cause: { code: 'EIO' },
      });
    }
    disk.troubles = () => undefined;
    expect((await host.plan(disk).open()).head).toBe(3);
  });
});
