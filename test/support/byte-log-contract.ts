import { describe, expect, it } from 'vitest';

import { ByteWriter } from '../../src/codecs/byte-writer.js';
import type { ByteLog, Entry, WrittenSchema } from '../../src/log/byte-log.js';

// What every log outside the process gives, whatever it is made of.

/** A place where a log can be opened, again and again. */
export interface LogPlace {
  open(): Promise<ByteLog>;
  /** Lets what was appended to the open log be lost, as far as it does not last yet, and the log find out by itself. */
  lose?(): Promise<void>;
  remove?(): Promise<void>;
}

/** A schema that is called so. */
export function schemaOf(fingerprint: string): WrittenSchema {
  return {
    avro: '{"type":"record","name":"batch","fields":[]}',
    notes: { 'memoir.codec': 'avro', 'memoir.fingerprint': fingerprint },
    fingerprint,
  };
}

/** A body of an entry: its offset, and some text. */
export function bodyOf(offset: number, text = ''): Uint8Array {
  const to = new ByteWriter(text.length + 16);
  to.long(offset);
  to.string(text);
  return to.since(0);
}

/** A group of entries after an offset. */
export function groupAfter(head: number, count: number, text = 'entry'): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => bodyOf(head + 1 + i, `${text} ${head + 1 + i}`));
}

/** All of some entries. */
export async function taken(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const all: Entry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

const schema = schemaOf('a');
const text = new TextEncoder();

async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await Promise.resolve();
    yield text.encode(part);
  }
}

/** Tests that a log keeps the contract of `ByteLog`. */
export function byteLogContract(name: string, make: () => Promise<LogPlace>): void {
  const within = (body: (log: ByteLog, place: LogPlace) => Promise<void>) => async () => {
    const place = await make();
    const log = await place.open();
    try {
      await body(log, place);
    } finally {
      await log.close();
      await place.remove?.();
    }
  };
  const bodies = async (log: ByteLog, from = log.floor, to?: number) =>
    (await taken(log.read(from, to))).map((entry) => entry.body);

  describe(`${name} keeps the contract of a log`, () => {
    it(
      'begins before all',
      within(async (log) => {
        expect([log.floor, log.head]).toEqual([1, 0]);
        expect(log.lineage).not.toBe('');
        expect(await taken(log.read(1))).toEqual([]);
        await log.append([], schema);
        expect(log.head).toBe(0);
      }),
    );

    it(
      'gives back what it took, byte for byte, with how it was laid down',
      within(async (log) => {
        const all = groupAfter(0, 5);
        await log.append(all.slice(0, 1), schema);
        await log.append(all.slice(1, 4), schema);
        await log.append(all.slice(4), schemaOf('b'));
        const entries = await taken(log.read(1));
        expect(entries.map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5]);
        expect(entries.map(({ body }) => body)).toEqual(all);
        expect(entries.map((entry) => entry.schema)).toEqual([schema, schema, schema, schema, schemaOf('b')]);
        expect([log.floor, log.head]).toEqual([1, 5]);
      }),
    );

    it(
      'reads from any offset to any other, both included',
      within(async (log) => {
        const all = groupAfter(0, 9);
        for (let i = 0; i < 9; i += 3) await log.append(all.slice(i, i + 3), schema);
        for (let from = 1; from <= 10; from++)
          for (let to = from - 1; to <= 10; to++) expect(await bodies(log, from, to)).toEqual(all.slice(from - 1, to));
        await expect(bodies(log, 11)).rejects.toMatchObject({ code: 'OffsetInFuture', requested: 11, head: 9 });
      }),
    );

    it(
      'reads what was there when it was asked, while appends go on',
      within(async (log) => {
        const all = groupAfter(0, 4);
        await log.append(all.slice(0, 2), schema);
        const reading = log.read(1)[Symbol.asyncIterator]();
        expect((await reading.next()).value).toMatchObject({ offset: 1 });
        await log.append(all.slice(2), schema);
        expect((await reading.next()).value).toMatchObject({ offset: 2 });
        expect((await reading.next()).done).toBe(true);
      }),
    );

    it(
      'has all of it when it is opened again, under the same lineage',
      within(async (log, place) => {
        const all = groupAfter(0, 6);
        await log.append(all.slice(0, 4), schema);
        await log.close();
        const again = await place.open();
        expect([again.floor, again.head, again.lineage]).toEqual([1, 4, log.lineage]);
        await again.append(all.slice(4), schema);
        expect(await bodies(again)).toEqual(all);
        await again.close();
      }),
    );

    it(
      'keeps its lineage when nothing was appended',
      within(async (log, place) => {
        await log.close();
        const again = await place.open();
        expect(again.lineage).toBe(log.lineage);
        await again.close();
      }),
    );

    it(
      'has one writer at a time',
      within(async (log, place) => {
        await expect(place.open()).rejects.toMatchObject({ code: 'LogLocked' });
        await log.close();
        await (await place.open()).close();
      }),
    );

    it('tells of a failure that no append was told of, takes no more, and says so when it is closed', async () => {
      const place = await make();
      if (place.lose === undefined) return await place.remove?.();
      const log = await place.open();
      const told: unknown[] = [];
      log.onFailure((error) => told.push(error));
      await log.append(groupAfter(0, 2), schema);
      await place.lose();
      expect(told).toMatchObject([{ code: 'OutcomeUnknown' }]);
      await expect(log.append(groupAfter(2, 1), schema)).rejects.toMatchObject({ code: 'LogRefused' });
      expect(await bodies(log)).toEqual(groupAfter(0, 2));
      await expect(log.close()).rejects.toMatchObject({ code: 'LogRefused' });
      await expect(log.close()).rejects.toMatchObject({ code: 'LogRefused' });
      expect(told).toHaveLength(1);
      await (await place.open()).close();
      await place.remove?.();
    });

    it(
      'takes no more once it is closed, and can be closed twice',
      within(async (log) => {
        await log.close();
        await log.close();
        await expect(log.append(groupAfter(0, 1), schema)).rejects.toMatchObject({ code: 'LogRefused' });
      }),
    );

    it(
      'lets old entries go, and keeps the rest whole',
      within(async (log, place) => {
        const all = groupAfter(0, 40, 'a longer text, so that there are several files');
        for (let i = 0; i < 40; i += 4) await log.append(all.slice(i, i + 4), schema);
        await log.compact(25);
        expect(log.floor).toBeLessThanOrEqual(25);
        expect(await bodies(log)).toEqual(all.slice(log.floor - 1));
        if (log.floor > 1)
          await expect(bodies(log, log.floor - 1)).rejects.toMatchObject({ code: 'OffsetCompacted', floor: log.floor });
        await log.compact(1000);
        expect(await bodies(log)).toEqual(all.slice(log.floor - 1));
        const { floor } = log;
        await log.close();
        const again = await place.open();
        expect([again.floor, again.head]).toEqual([floor, 40]);
        await again.append(groupAfter(40, 2), schema);
        expect(again.head).toBe(42);
        await again.close();
      }),
    );

    it(
      'keeps snapshots, newest first, and replaces one of the same offset',
      within(async (log, place) => {
        await log.append(groupAfter(0, 3), schema);
        for (const offset of [1, 3, 2]) await log.shelf.save(offset, chunks('snapshot ', String(offset)));
        await log.shelf.save(1, chunks('another'));
        expect(await log.shelf.list()).toEqual([3, 2, 1]);
        expect(await log.shelf.open(3)).toEqual(text.encode('snapshot 3'));
        expect(await log.shelf.open(1)).toEqual(text.encode('another'));
        await expect(log.shelf.open(7)).rejects.toMatchObject({ code: 'OffsetInvalid', offset: 7 });
        await log.close();
        const again = await place.open();
        expect(await again.shelf.list()).toEqual([3, 2, 1]);
        await again.close();
      }),
    );

    it(
      'drops the snapshots before an offset, but for some of the newest',
      within(async (log) => {
        await log.append(groupAfter(0, 5), schema);
        for (let offset = 1; offset <= 5; offset++) await log.shelf.save(offset, chunks('snapshot'));
        await log.shelf.prune(3, 0);
        expect(await log.shelf.list()).toEqual([5, 4, 3]);
        await log.shelf.prune(100, 1);
        expect(await log.shelf.list()).toEqual([5]);
      }),
    );

    it(
      'sets a snapshot aside, which then counts no more',
      within(async (log, place) => {
        await log.append(groupAfter(0, 3), schema);
        for (const offset of [1, 2, 3]) await log.shelf.save(offset, chunks('snapshot'));
        await log.shelf.setAside(2);
        expect(await log.shelf.list()).toEqual([3, 1]);
        await log.shelf.prune(4, 2);
        expect(await log.shelf.list()).toEqual([3, 1]);
        await log.close();
        const again = await place.open();
        expect(await again.shelf.list()).toEqual([3, 1]);
        await again.close();
      }),
    );

    it(
      'begins anew after a snapshot, before its head or beyond it, and goes on from there',
      within(async (first, place) => {
        let log = first;
        await log.append(groupAfter(0, 30, 'a longer text, so that there are several files'), schema);
        await log.shelf.save(4, chunks('old'));
        for (const [offset, lineage] of [
          [20, 'b'],
          [100, 'c'],
          [100, 'd'],
          [0, 'e'],
        ] as const) {
          await log.begin({ lineage, offset, snapshot: chunks('snapshot ', lineage) });
          for (let opening = 0; opening < 2; opening++) {
            expect([log.lineage, log.floor, log.head]).toEqual([lineage, offset + 1, offset]);
            expect(await bodies(log)).toEqual([]);
            await expect(bodies(log, offset + 2)).rejects.toMatchObject({ code: 'OffsetInFuture' });
            expect(await log.shelf.list()).toEqual([offset]);
            expect(await log.shelf.open(offset)).toEqual(text.encode(`snapshot ${lineage}`));
            await log.close();
            log = await place.open();
          }
          await log.append(groupAfter(offset, 3), schema);
          await log.close();
          log = await place.open();
          expect([log.lineage, log.floor, log.head]).toEqual([lineage, offset + 1, offset + 3]);
          expect(await bodies(log)).toEqual(groupAfter(offset, 3));
          expect(await log.shelf.list()).toEqual([offset]);
        }
        await log.close();
      }),
    );

    it(
      'is what it was where the snapshot to begin with is not written to its end',
      within(async (log, place) => {
        await log.append(groupAfter(0, 3), schema);
        const broken = (async function* () {
          yield* chunks('half');
          throw new Error('no more');
        })();
        const { lineage } = log;
        await expect(log.begin({ lineage: 'b', offset: 9, snapshot: broken })).rejects.toThrow('no more');
        await log.append(groupAfter(3, 1), schema);
        await log.close();
        const again = await place.open();
        expect([again.lineage, again.floor, again.head]).toEqual([lineage, 1, 4]);
        expect(await again.shelf.list()).toEqual([]);
        await again.close();
      }),
    );

    it(
      'shows nothing of a snapshot that was not written to its end',
      within(async (log) => {
        await log.append(groupAfter(0, 1), schema);
        const broken = (async function* () {
          yield* chunks('half');
          throw new Error('no more');
        })();
        await expect(log.shelf.save(1, broken)).rejects.toThrow('no more');
        expect(await log.shelf.list()).toEqual([]);
      }),
    );
  });
}
