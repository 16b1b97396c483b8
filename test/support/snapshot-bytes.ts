import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { containerHead, writeBlock } from '../../src/codecs/container.js';
import { crc32c } from '../../src/codecs/crc32c.js';

/** The bytes of a snapshot without tables. */
export function snapshotBytes(offset: number, text = '', notes: Readonly<Record<string, string>> = {}): Uint8Array {
  const head = containerHead('"string"', {
    'memoir.kind': 'snapshot',
    'memoir.format': '1',
    'memoir.codec': 'json',
    'memoir.schema': '[]',
    'memoir.offset': String(offset),
    'memoir.text': text,
    ...notes,
  });
  const to = new ByteWriter(256);
  to.fixed(head.bytes);
  const state = new ByteWriter(32);
  for (const number of [0, offset, 0, 0]) state.long(number);
  writeBlock(to, 1, state.since(0), head.sync);
  const end = new ByteWriter(32);
  end.long(2);
  end.long(0);
  end.fixed(new Uint8Array(16));
  end.uint32(crc32c(to.bytes, 0, to.at));
  writeBlock(to, 1, end.since(0), head.sync);
  return to.since(0);
}
