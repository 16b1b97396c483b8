import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { fileLog } from 'memoir/log/file';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { groupAfter, schemaOf, taken } from '../support/byte-log-contract.js';
import { Workshop } from '../support/file-log-processes.js';

let workshop: Workshop;
beforeAll(() => {
  workshop = new Workshop();
}, 60_000);
afterAll(() => workshop.remove());

describe('the lock of a log', () => {
  it('refuses a second writer, and names the first', async () => {
    const first = workshop.start('held', 'hold');
    expect(await first.found()).toBe('open 0');
    const plan = fileLog({ dir: join(workshop.dir, 'held') });
    await expect(plan.open()).rejects.toMatchObject({
      code: 'LogLocked',
      holder: expect.stringMatching(/^process \d+$/) as string,
    });
    await first.kill();
    await (await plan.open()).close();
  });

  it('of a process that was killed is taken over by one alone, of however many', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 6; round++) {
      const owner = workshop.start('contended', 'hold');
      expect(await owner.found()).toBe('open 0');
      await owner.kill();
      const bidders = Array.from({ length: 6 }, () => workshop.start('contended', 'hold'));
      const found = await Promise.all(bidders.map((bidder) => bidder.found()));
      expect(found.toSorted()).toEqual(['open 0', ...Array.from({ length: 5 }, () => 'refused LogLocked')]);
      await Promise.all(bidders.map((bidder) => bidder.kill()));
    }
    const locks = readdirSync(join(workshop.dir, 'contended')).filter((name) => name.startsWith('lock'));
    expect(locks).toHaveLength(1);
  });

  it('of a process whose number another has now is taken over', async () => {
    const dir = join(workshop.dir, 'reused');
    const { pid } = process;
    const first = await fileLog({ dir, host: { me: { pid, host: hostname(), start: 'another time' } } }).open();
    await (await fileLog({ dir }).open()).close();
    await first.close();
  });

  it('of another machine is respected, whatever runs here', async () => {
    const dir = join(workshop.dir, 'elsewhere');
    const first = await fileLog({ dir, host: { me: { pid: 1, host: 'elsewhere' } } }).open();
    await expect(fileLog({ dir }).open()).rejects.toThrow(/process 1 on "elsewhere".*remove/);
    await first.close();
  });
});

describe('a follower in another process', () => {
  it('reads what is appended, as it is appended, through new segments and the death of the writer', async () => {
    const follower = workshop.start('followed', 'follow');
    for (let life = 0; life < 3; life++) {
      const writer = workshop.start('followed', 'write');
      await writer.until(() => writer.have > 60 * (life + 1));
      await follower.until(() => follower.have >= 60 * (life + 1));
      await writer.kill();
    }
    const log = await fileLog({ dir: join(workshop.dir, 'followed') }).open();
    await follower.until(() => follower.have === log.head);
    await log.close();
    await follower.kill();
    const offsets = follower.lines.filter((line) => line.startsWith('have ')).map((line) => Number(line.slice(5)));
    expect(offsets).toEqual(Array.from({ length: log.head }, (_, i) => i + 1));
    expect(follower.lines.filter((line) => line.startsWith('wrong'))).toEqual([]);
  });

  it('is told when it was overtaken by compaction', async () => {
    const plan = fileLog({ dir: join(workshop.dir, 'overtaken'), segmentBytes: 500, fsync: 'never' });
    const log = await plan.open();
    await log.append(groupAfter(0, 2), schemaOf('a'));
    const reader = await plan.follow();
    expect((await taken(reader.read(1))).map(({ offset }) => offset)).toEqual([1, 2]);
    for (let i = 0; i < 30; i++) await log.append(groupAfter(log.head, 4), schemaOf('a'));
    await log.compact(100);
    await reader.look();
    expect([reader.floor, reader.head]).toEqual([log.floor, log.head]);
    const next = reader.follow(3)[Symbol.asyncIterator]().next();
    await expect(next).rejects.toMatchObject({ code: 'OffsetCompacted', requested: 3, floor: log.floor });
    await log.close();
    await reader.close();
  });

  it('is told when the lineage is another', async () => {
    const dir = join(workshop.dir, 'renewed');
    const first = fileLog({ dir, fsync: 'never' });
    const log = await first.open();
    await log.append(groupAfter(0, 3), schemaOf('a'));
    const reader = await first.follow();
    const entries = reader.follow(1)[Symbol.asyncIterator]();
    for (let i = 1; i <= 3; i++) expect((await entries.next()).value).toMatchObject({ offset: i });
    // as if the process had died
    const second = await fileLog({ dir, host: { isAlive: () => Promise.resolve(false) } }).open();
    expect(second.lineage).not.toBe(log.lineage);
    await second.append(groupAfter(3, 1), schemaOf('a'));
    await expect(entries.next()).rejects.toMatchObject({ code: 'LineageChanged', requested: log.lineage });
    await second.close();
    await reader.close();
    await log.close();
  });

  it('waits for a log that is not there yet', async () => {
    const plan = fileLog({ dir: join(workshop.dir, 'to come') });
    const reader = await plan.follow();
    expect([reader.lineage, reader.floor, reader.head]).toEqual(['', 1, 0]);
    const next = reader.follow(1)[Symbol.asyncIterator]().next();
    const log = await plan.open();
    await log.append(groupAfter(0, 1), schemaOf('a'));
    expect((await next).value).toMatchObject({ offset: 1 });
    expect(reader.lineage).toBe(log.lineage);
    await log.close();
    await reader.close();
  });
});
