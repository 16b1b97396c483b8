import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';

import { avro } from '../../src/avro.js';
import type { ByteCodec } from '../../src/codecs/byte-codec.js';
import { ByteReader } from '../../src/codecs/byte-reader.js';
import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { containerHead, readBlocks, readHead, writeBlock } from '../../src/codecs/container.js';
import { crc32c } from '../../src/codecs/crc32c.js';
import { shapeOf } from '../../src/codecs/shape-of.js';
import { readCommand, writeCommand } from '../../src/fsm/command-bytes.js';
import { bytes, createStore, date, json, MemoirError, readSnapshot, table, valueCoder } from '../../src/index.js';
import { readFrame, writeFrame } from '../../src/log/frame.js';
import { SimulatedDisk } from '../support/simulated-disk.js';
import { SimulatedHost } from '../support/simulated-host.js';
import { groupAfter, schemaOf, taken } from '../support/byte-log-contract.js';

// Counts and lengths that nobody wrote. Where one stands, whatever decodes it refuses, and takes no memory for it.

/** As Avro's longs: 2^26, 2^31, 2^40, 2^53 − 1, 2^63 − 1, −1, −2^31, −2^53, and ones that never end or say nothing. */
const FORGED = [
  [0x80, 0x80, 0x80, 0x40],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x40],
  [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f],
  [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x01],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f],
  Array<number>(400).fill(0xff),
  [...Array<number>(200).fill(0x80), 0],
];

/**
 * What a decoder may take of the heap besides what it makes of the bytes: what V8 compiles, and what the test itself
 * needs and waits for the collector.
 */
const HEAP = 2 ** 23;
/** What a byte may become on the heap: an item of a list takes 8 bytes, and an object of one field some 40. */
const HEAP_PER_BYTE = 64;
/** What a decoder may take in buffers besides the bytes: first pages of writers, and windows on files. */
const BUFFERS = 2 ** 16;

/** What is in use. Buffers are counted to the byte, when they are made, and go when they are collected. */
const inUse = (): { readonly heap: number; readonly buffers: number } => {
  const { heapUsed: heap, arrayBuffers: buffers } = process.memoryUsage();
  return { heap, buffers };
};

/** The bytes with a forged number in the place of each byte, and before it. */
function* forgeries(given: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at <= given.length; at++) {
    for (const number of FORGED) {
      yield Uint8Array.from([...given.subarray(0, at), ...number, ...given.subarray(at + 1)]);
      yield Uint8Array.from([...given.subarray(0, at), ...number, ...given.subarray(at)]);
    }
  }
}

/**
 * Has bytes decoded: they make sense, or are refused for what they are; that is told. Of buffers they may take so many
 * times their own size, copies of theirs that are to be had.
 */
async function isRefused(forged: Uint8Array, decode: (forged: Uint8Array) => unknown, times: number): Promise<boolean> {
  const before = inUse();
  try {
    await decode(forged);
    return false;
  } catch (error) {
    expect(['Damaged', 'FormatUnknown'], String(error)).toContain((error as MemoirError).code);
    return true;
  } finally {
    const { heap, buffers } = inUse();
    expect(buffers - before.buffers).toBeLessThanOrEqual(times * forged.length + BUFFERS);
    expect(heap - before.heap).toBeLessThan(HEAP_PER_BYTE * forged.length + HEAP);
  }
}

/** Has all forgeries of bytes decoded. */
async function holds(given: Uint8Array, decode: (forged: Uint8Array) => unknown, times = 1): Promise<void> {
  let refused = 0;
  for (const forged of forgeries(given)) if (await isRefused(forged, decode, times)) refused++;
  expect(refused).toBeGreaterThan(given.length);
}

interface Tree {
  readonly all: Tree[];
}
const Tree: t.Type<Tree> = t.recursion('Tree', (self) => t.strict({ all: t.array(self) }));

const Row = t.strict({
  id: t.string,
  list: t.array(t.array(t.number)),
  map: t.record(t.string, t.array(t.string)),
  blob: bytes,
  when: date,
  big: t.bigint,
  either: t.union([t.string, t.number, t.null]),
  any: t.unknown,
  tree: Tree,
});
const row = {
  ...{ id: 'a', list: [[1, 2], []], map: { k: ['v'] }, blob: Uint8Array.of(1, 2, 3), when: new Date(5), big: 7n },
  ...{ either: 'e', any: { x: [1] }, tree: { all: [{ all: [] }] } },
};

/** A snapshot with other blocks, and a checksum that says that they are what was written. */
function reblocked(whole: Uint8Array, change: (data: Uint8Array) => Uint8Array): Uint8Array {
  const from = new ByteReader(whole);
  const { sync } = readHead(from);
  const to = new ByteWriter(whole.length + 1000);
  to.fixed(whole.subarray(0, from.at));
  for (const { count, data } of readBlocks(from, sync)) {
    const held = data.fixed(data.end - data.at);
    if (!from.done) writeBlock(to, count, change(held), sync);
    else {
      const end = held.slice();
      new DataView(end.buffer).setUint32(end.length - 4, crc32c(to.bytes, 0, to.at), true);
      writeBlock(to, count, end, sync);
    }
  }
  return to.since(0);
}

const codecs: readonly [string, ByteCodec][] = [
  ['json', json],
  ['avro', avro],
];

describe('forged counts and lengths', () => {
  it('would be seen in what is used', () => {
    const before = inUse();
    const page = new Uint8Array(2 * BUFFERS);
    expect(inUse().buffers - before.buffers + page[0]!).toBe(page.length);
    const list: unknown[] = [];
    list.length = 2 ** 24;
    list.fill(0);
    expect(inUse().heap - before.heap + list.indexOf(1)).toBeGreaterThan(HEAP);
  });

  it('of more than ten bytes are no numbers', () => {
    for (const length of [10, 11, 150, 200]) {
      const from = new ByteReader(Uint8Array.from([...Array<number>(length).fill(0x80), 0]));
      expect(() => from.count()).toThrow(expect.objectContaining({ code: 'Damaged' }) as Error);
    }
    expect(new ByteReader(Uint8Array.from([...Array<number>(9).fill(0x80), 0])).count()).toBe(0);
  });

  it.each(codecs)('in rows as %s', async (_name, codec) => {
    const coder = codec.coder(shapeOf(Row), 'tests');
    const to = new ByteWriter(1);
    coder.write(row, to);
    await holds(to.since(0), (forged) => coder.read(new ByteReader(forged)));
  });

  it.each(codecs)('in rows as %s of any size, take no more than these have', { timeout: 60_000 }, async (_n, codec) => {
    const coder = codec.coder(shapeOf(Row), 'tests');
    for (const size of [2 ** 12, 2 ** 16, 2 ** 20]) {
      const to = new ByteWriter(1);
      const list = Array.from({ length: size >> 6 }, (_, i) => [i]);
      coder.write({ ...row, list, blob: new Uint8Array(size >> 2), map: { k: ['v'.repeat(size >> 2)] } }, to);
      const whole = to.since(0);
      const blob = whole.findIndex((_, i) => i > size >> 5 && whole.subarray(i, i + 16).every((byte) => byte === 0));
      let refused = 0;
      for (const at of [...Array(24).keys(), ...Array.from({ length: 24 }, (_, i) => Math.max(0, blob - 20) + i)])
        for (const times of [1.5, 8, 64, 4096]) {
          const forged = new ByteWriter(1);
          forged.fixed(whole.subarray(0, at));
          forged.long(Math.floor(whole.length * times));
          forged.fixed(whole.subarray(at));
          if (await isRefused(forged.since(0), (given) => coder.read(new ByteReader(given)), 1)) refused++;
        }
      expect(refused, `${size} bytes`).toBeGreaterThan(96);
    }
  });

  it.each(codecs)('in snapshots as %s whose checksum is forged, too', { timeout: 60_000 }, async (_name, codec) => {
    const store = createStore({ tables: { rows: table(Row, { primaryKey: 'id' }) }, codec });
    store.transact((tx) => [tx.rows.put(row), tx.nextId('s')], { id: 'one', meta: { m: [1] } });
    const whole = await store.snapshot().toBytes();
    const { stateHash } = await readSnapshot(whole, { codec });
    const blocks: Uint8Array[] = [];
    expect(reblocked(whole, (data) => (blocks.push(data), data))).toEqual(whole);
    expect(blocks.length).toBe(1);
    await holds(blocks[0]!, async (forged) => {
      const image = await readSnapshot(
        reblocked(whole, () => forged),
        { codec },
      );
      expect(image.stateHash).toBe(stateHash);
    });
  });

  it('in containers', async () => {
    const head = containerHead('"string"', { 'memoir.a': 'b' });
    const to = new ByteWriter(1);
    to.fixed(head.bytes);
    writeBlock(to, 2, Uint8Array.of(2, 97, 2, 98), head.sync);
    await holds(to.since(0), (forged) => {
      const from = new ByteReader(forged);
      return [...readBlocks(from, readHead(from).sync)];
    });
  });

  it('in frames', async () => {
    const to = new ByteWriter(1);
    writeFrame(to, Uint8Array.of(2, 1, 2, 3), new Uint8Array(16));
    await holds(to.since(0), (forged) => readFrame(forged, 0, forged.length));
  });

  it('in the files of a log', { timeout: 60_000 }, async () => {
    const disk = new SimulatedDisk();
    const host = new SimulatedHost();
    const log = await host.plan(disk).open();
    await log.append(groupAfter(0, 2), schemaOf('a'));
    await log.close();
    const path = 'log/log-0000000000000001.avro';
    await holds(disk.bytesOf(path), async (forged) => {
      const copy = disk.copy();
      copy.plant(path, forged);
      host.kill();
      const again = await host.plan(copy).open();
      await taken(again.read(1));
    });
  });

  it.each(codecs)('in commands as %s', async (_name, codec) => {
    const coder = valueCoder(Row, codec);
    const command = writeCommand({ name: 'put', version: 1, at: 5, input: coder.encode(row) });
    await holds(command, (forged) => {
      const read = readCommand(forged);
      if (read === undefined) throw new MemoirError('Damaged', 'is no command');
      return coder.decode(read.input);
    });
  });
});
