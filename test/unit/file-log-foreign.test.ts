import { describe, expect, it } from 'vitest';

import { groupAfter, schemaOf, taken } from '../support/byte-log-contract.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** A log of three entries, whose process was killed. */
async function written(): Promise<{ disk: SimulatedDisk; host: SimulatedHost }> {
  const disk = new SimulatedDisk();
  const host = new SimulatedHost();
  const log = await host.plan(disk).open();
  await log.append(groupAfter(0, 3), schemaOf('a'));
  host.kill();
  return { disk, host };
}

/** Names that others may have given their files, and that look a little like those of a log. */
const FOREIGN = [
  ...['notes.txt', 'backup.avro', 'backup.avro.tmp', 'a.tmp', '.tmp', 'log-1.avro', 'log-1.avro.tmp', 'clean.bak'],
  ...['log-0000000000000001.avro~', 'snapshot-0000000000000002.avro.old', 'lock', 'lock-1.bak', 'lock-x', 'begin.avro'],
  ...['begin-12.avro', 'log-00000000000000001.avro', 'aside-me', 'CLEAN', 'xlog-0000000000000001.avro'],
];

describe('files of others in the folder of a log', () => {
  it('stay as they are, whatever is done with the log', async () => {
    const { disk, host } = await written();
    for (const name of FOREIGN) disk.plant(`log/${name}`, text(`what ${name} says`));
    const plan = host.plan(disk);
    expect(await plan.verify()).toMatchObject({ floor: 1, head: 3, isWhole: true });
    const log = await plan.open();
    expect(await taken(log.read(1))).toHaveLength(3);
    await log.append(groupAfter(3, 1), schemaOf('b'));
    await log.compact(4);
    await log.close();
    disk.plant('log/clean', text('{}'));
    await plan.repair();
    await (await plan.open()).close();
    for (const name of FOREIGN) expect(disk.bytesOf(`log/${name}`), name).toEqual(text(`what ${name} says`));
  });

  it('in the making, of the log itself, go', async () => {
    const { disk, host } = await written();
    const left = [
      ...['log-0000000000000009.avro.tmp', 'snapshot-0000000000000009.avro.tmp', 'clean.tmp'],
      ...[`begin-${'a'.repeat(32)}.avro.tmp`, `lock-${'b'.repeat(32)}.tmp`],
    ];
    for (const name of left) disk.plant(`log/${name}`, text('half'));
    await (await host.plan(disk).open()).close();
    const names = await disk.list('log');
    expect(left.filter((name) => names.includes(name))).toEqual([]);
  });
});

describe('a lock that is none', () => {
  it.each(['', 'null', '5', '"x"', '[]', '{}', '{"pid":"1","host":"simulated"}', '{"pid":1}', 'no JSON', '\0\0\0'])(
    'is respected, and named: %j',
    async (words) => {
      const { disk, host } = await written();
      disk.plant('log/lock-7', text(words));
      const refusal = { code: 'LogLocked', file: 'log/lock-7' };
      await expect(host.plan(disk).open()).rejects.toMatchObject(refusal);
      await expect(host.plan(disk).repair()).rejects.toMatchObject(refusal);
      expect((await host.plan(disk).follow()).head).toBe(3);
      await disk.remove('log/lock-7');
      await (await host.plan(disk).open()).close();
    },
  );
});
