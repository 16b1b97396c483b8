import { ByteWriter } from '../../src/codecs/byte-writer.js';
import { containerHead, writeBlock } from '../../src/codecs/container.js';
import { crc32c } from '../../src/codecs/crc32c.js';

/** The bytes of a snapshot without rows, which are whole as far as a log can tell. */
export function snapshotBytes(offset: number, text = ''): Uint8Array {
  const head = containerHead('"string"', { 'memoir.offset': String(offset), 'memoir.text': text });
  const end = new ByteWriter(32);
  end.long(2);
  end.long(0);
  end.fixed(new Uint8Array(16));
  end.uint32(crc32c(head.bytes));
  const to = new ByteWriter(256);
  to.fixed(head.bytes);
  writeBlock(to, 1, end.since(0), head.sync);
  return to.since(0);
}
