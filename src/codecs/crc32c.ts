/** CRC-32C (Castagnoli), reflected, as in RFC 3720: the polynomial that storage and networks check bytes with. */
const POLYNOMIAL = 0x82f63b78;

/**
 * Eight tables of 256, one after the other, for eight bytes a step: "slicing-by-8", Kounavis and Berry, 2005.
 * Measured: twice as fast as a byte a step; sixteen bytes a step gain nothing that can be relied on.
 */
const TABLES = tables();

function tables(): Int32Array {
  const made = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    made[byte] = crc;
  }
  for (let i = 256; i < made.length; i++) made[i] = (made[i - 256]! >>> 8) ^ made[made[i - 256]! & 0xff]!;
  return made;
}

/**
 * The checksum of a stretch of bytes, as a number from 0 to 2^32 − 1. Passed as `seed`, the checksum of what comes
 * before gives that of the whole.
 */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, seed = 0): number {
  let crc = ~seed;
  let i = from;
  for (; i + 8 <= to; i += 8) {
    crc =
      TABLES[1792 | ((crc ^ bytes[i]!) & 0xff)]! ^
      TABLES[1536 | (((crc >>> 8) ^ bytes[i + 1]!) & 0xff)]! ^
      TABLES[1280 | (((crc >>> 16) ^ bytes[i + 2]!) & 0xff)]! ^
      TABLES[1024 | ((crc >>> 24) ^ bytes[i + 3]!)]! ^
      TABLES[768 | bytes[i + 4]!]! ^
      TABLES[512 | bytes[i + 5]!]! ^
      TABLES[256 | bytes[i + 6]!]! ^
      TABLES[bytes[i + 7]!]!;
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}
