import { fileLog } from 'memoir/log/file';
import { describe, expect, it } from 'vitest';

import { groupAfter, schemaOf, taken } from '../support/byte-log-contract.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';

/** Waits until all that is under way on a simulated disk is done. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('fileLog', () => {
  it.each([
    [{ dir: '' }, 'dir'],
    [{ dir: 'log', fsync: 'sometimes' }, 'fsync'],
    [{ dir: 'log', fsync: { everyMs: 0 } }, 'fsync'],
    [{ dir: 'log', fsync: null }, 'fsync'],
    [{ dir: 'log', snapshotEvery: { batches: '9' } }, 'snapshotEvery.batches'],
    [{ dir: 'log', fsync: { everyMs: '5' } }, 'fsync'],
    [{ dir: 'log', fsync: { everyMs: Infinity } }, 'fsync'],
    [{ dir: 'log', fsync: { everyMs: 2 ** 31 } }, 'fsync'],
    [{ dir: 'log', segmentBytes: 0 }, 'segmentBytes'],
    [{ dir: 'log', segmentBytes: '5' }, 'segmentBytes'],
    [{ dir: 'log', keep: 'x' }, 'keep'],
    [{ dir: 'log', keep: { batches: -1 } }, 'keep.batches'],
    [{ dir: 'log', codec: {} }, 'codec'],
    [{ dir: 'log', codec: null }, 'codec'],
    [{ dir: 'log', host: null }, 'host'],
  ])('refuses %j', (options, path) => {
    expect(() => fileLog(options as never)).toThrow(expect.objectContaining({ code: 'OptionInvalid', path }) as Error);
  });

  it('carries what whoever opens it asks for', () => {
    const plan = fileLog({ dir: 'log', keep: { batches: 5 }, snapshotEvery: { bytes: 100 } });
    expect(plan).toMatchObject({ dir: 'log', keep: { batches: 5 }, snapshotEvery: { bytes: 100 } });
  });
});

describe('the file log', () => {
  it('begins another file when the schema changes, and goes on in the newest when it is opened again', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    for (const schema of ['a', 'a', 'b', 'b', 'a']) {
      const log = await host.plan(disk, { segmentBytes: 10_000 }).open();
      await log.append(groupAfter(log.head, 2), schemaOf(schema));
      await log.close();
    }
    expect(disk.paths.filter((path) => path.startsWith('log/log-'))).toEqual([
      'log/log-0000000000000001.avro',
      'log/log-0000000000000005.avro',
      'log/log-0000000000000009.avro',
    ]);
  });

  it('writes a group with one call, and syncs it before it resolves', async () => {
    const disk = new SimulatedDisk();
    const log = await new SimulatedHost().plan(disk, { segmentBytes: 10_000 }).open();
    await log.append(groupAfter(0, 1), schemaOf('a'));
    const before = disk.calls.length;
    await log.append(groupAfter(1, 50), schemaOf('a'));
    expect(disk.calls.slice(before)).toEqual(['write log-0000000000000001.avro', 'sync log-0000000000000001.avro']);
  });

  it('syncs once for all that was appended meanwhile, where it syncs every so often', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk, { fsync: { everyMs: 10 }, segmentBytes: 10_000 }).open();
    await log.append(groupAfter(0, 1), schemaOf('a'));
    await log.append(groupAfter(1, 1), schemaOf('a'));
    const before = disk.calls.length;
    host.ring();
    host.ring();
    await settled();
    expect(disk.calls.slice(before)).toEqual(['sync log-0000000000000001.avro']);
  });

  it('takes no more once a sync that nobody waited for has failed', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk, { fsync: { everyMs: 10 } }).open();
    await log.append(groupAfter(0, 1), schemaOf('a'));
    disk.troubles = (_, name) => (name === 'sync' ? 'EIO' : undefined);
    host.ring();
    await settled();
    await expect(log.append(groupAfter(1, 1), schemaOf('a'))).rejects.toMatchObject({
      code: 'LogRefused',
      cause: { code: 'EIO' },
    });
    expect(await taken(log.read(1))).toHaveLength(1);
  });

  it('says that an append is not there when the disk was full, and has taken it back', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk).open();
    await log.append(groupAfter(0, 2), schemaOf('a'));
    const { length } = disk.bytesOf('log/log-0000000000000001.avro');
    disk.troubles = (_, name) => (name === 'write' ? 'ENOSPC' : undefined);
    await expect(log.append(groupAfter(2, 1), schemaOf('a'))).rejects.toMatchObject({ code: 'LogRefused' });
    expect(disk.bytesOf('log/log-0000000000000001.avro')).toHaveLength(length);
  });

  it('says that it does not know when it cannot take an append back, and after a sync that failed', async () => {
    for (const failing of [['write', 'truncate'], ['sync']]) {
      const disk = new SimulatedDisk();
      const log = await new SimulatedHost().plan(disk).open();
      await log.append(groupAfter(0, 2), schemaOf('a'));
      disk.troubles = (_, name) => (failing.includes(name) ? 'EIO' : undefined);
      await expect(log.append(groupAfter(2, 1), schemaOf('a'))).rejects.toMatchObject({ code: 'OutcomeUnknown' });
      disk.troubles = () => undefined;
      await expect(log.append(groupAfter(2, 1), schemaOf('a'))).rejects.toMatchObject({ code: 'LogRefused' });
      expect(log.head).toBe(2);
    }
  });

  it('refuses an append that would begin another file when the one before cannot be synced', async () => {
    const disk = new SimulatedDisk();
    const log = await new SimulatedHost().plan(disk, { fsync: 'never' }).open();
    await log.append(groupAfter(0, 2), schemaOf('a'));
    disk.troubles = (_, name) => (name === 'sync' ? 'EIO' : undefined);
    await expect(log.append(groupAfter(2, 1), schemaOf('b'))).rejects.toMatchObject({
      code: 'LogRefused',
      cause: { code: 'EIO' },
    });
  });

  it('says of an append under which a sync failed that it does not know', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk, { fsync: { everyMs: 5 } }).open();
    const told: unknown[] = [];
    log.onFailure((error) => told.push(error));
    await log.append(groupAfter(0, 2), schemaOf('a'));
    disk.troubles = (_, name) => (name === 'sync' ? 'EIO' : undefined);
    host.ring();
    await expect(log.append(groupAfter(2, 1), schemaOf('a'))).rejects.toMatchObject({ code: 'OutcomeUnknown' });
    expect([told.length, log.head]).toEqual([1, 2]);
  });

  it('says when a snapshot is saved, and when it is closed, that what was appended could not be synced', async () => {
    const disk = new SimulatedDisk();
    const log = await new SimulatedHost().plan(disk, { fsync: 'never' }).open();
    const told: unknown[] = [];
    log.onFailure((error) => told.push(error));
    await log.append(groupAfter(0, 2), schemaOf('a'));
    disk.troubles = (_, name, path) => (name === 'sync' && path.includes('log-0') ? 'EIO' : undefined);
    const saved = log.shelf.save(2, (async function* () {})());
    await expect(saved).rejects.toMatchObject({ code: 'OutcomeUnknown' });
    expect(told).toMatchObject([{ code: 'OutcomeUnknown' }]);
    await expect(log.close()).rejects.toMatchObject({ code: 'LogRefused', cause: { code: 'EIO' } });
  });

  it('keeps its lineage through a kill where appends are synced at once, and changes it otherwise', async () => {
    for (const [fsync, isKept] of [
      ['always', true],
      ['never', false],
    ] as const) {
      const disk = new SimulatedDisk();
      const host = new SimulatedHost();
      const log = await host.plan(disk, { fsync }).open();
      await log.append(groupAfter(0, 2), schemaOf('a'));
      host.kill();
      const again = await host.plan(disk, { fsync }).open();
      expect(again.lineage === log.lineage).toBe(isKept);
    }
  });

  it('makes the name of a file last that a process which was killed had only given', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk).open();
    await log.append(groupAfter(0, 2), schemaOf('a'));
    disk.troubles = (_, name) => (name === 'syncDir' ? 'crash' : undefined);
    await expect(log.append(groupAfter(2, 1), schemaOf('b'))).rejects.toThrow();
    host.kill();
    const again = await host.plan(disk.afterKill()).open();
    await again.append(groupAfter(2, 1), schemaOf('b'));
    host.kill();
    const after = await host.plan(disk.afterCrash({ names: 0, bytes: 0 })).open();
    expect(after.head).toBe(3);
  });

  it('refuses a file of another format, and changes nothing', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const other = new TextEncoder().encode('something else that is no Avro file');
    disk.plant('log/log-0000000000000001.avro', other);
    await expect(host.plan(disk).open()).rejects.toMatchObject({
      code: 'FormatUnknown',
      file: 'log/log-0000000000000001.avro',
    });
    expect(disk.bytesOf('log/log-0000000000000001.avro')).toEqual(other);
  });
});

describe('compaction', () => {
  it('removes what it could not remove before, first, so that no gap is left', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk, { segmentBytes: 1 }).open();
    for (const schema of ['a', 'b', 'a', 'b']) await log.append(groupAfter(log.head, 2), schemaOf(schema));
    disk.troubles = (_, name) => (name === 'remove' ? 'EIO' : undefined);
    await expect(log.compact(3)).rejects.toMatchObject({ code: 'LogRefused' });
    disk.troubles = () => undefined;
    await log.compact(5);
    expect(disk.paths.filter((path) => path.startsWith('log/log-'))).toEqual([
      'log/log-0000000000000005.avro',
      'log/log-0000000000000007.avro',
    ]);
    host.kill();
    const again = await host.plan(disk.afterCrash(disk.unsynced)).open();
    expect([again.floor, again.head]).toEqual([5, 8]);
  });
});

describe('recovery', () => {
  it('cuts once more what one cut whose sync failed', async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk, { segmentBytes: 10_000 }).open();
    await log.append(groupAfter(0, 2), schemaOf('a'));
    const [path] = disk.paths.filter((name) => name.startsWith('log/log-'));
    const whole = disk.bytesOf(path!);
    const torn = disk.copy();
    torn.plant(path!, Uint8Array.from([...whole, 4, 80, 1, 2]));
    host.kill();
    torn.troubles = (_, name, of) => (name === 'sync' && of === path ? 'EIO' : undefined);
    await expect(host.plan(torn).open()).rejects.toMatchObject({ code: 'LogRefused' });
    torn.troubles = () => undefined;
    const mended = await host.plan(torn).open();
    expect(mended.head).toBe(2);
    expect(torn.afterCrash({ names: 0, bytes: 0 }).bytesOf(path!)).toEqual(whole);
    await mended.close();
  });
});
