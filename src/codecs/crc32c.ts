/** The polynomial of Castagnoli, its bits reversed (RFC 3720, appendix B.4). */
const POLYNOMIAL = 0x82f63b78;

/** How many bytes are taken a step: "slicing-by-8" (Kounavis and Berry, 2005). */
const SLICES = 8;

/** For each of the eight bytes of a step, what it does to the sum. */
const TABLES = tables();

/**
 * The CRC-32C of bytes: what iSCSI, ext4 and Kafka check theirs with.
 *
 * @param seed the sum of the bytes before these, to go on from
 * @returns an unsigned 32-bit integer
 */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, seed = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let crc = ~seed;
  let at = from;
  for (const last = to - SLICES; at <= last; at += SLICES) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      t7[low & 0xff]! ^
      t6[(low >>> 8) & 0xff]! ^
      t5[(low >>> 16) & 0xff]! ^
      t4[low >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!;
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}

type Table = Int32Array;

function tables(): readonly [Table, Table, Table, Table, Table, Table, Table, Table] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? POLYNOMIAL : 0);
    return sum;
  });
  const all = [first];
  while (all.length < SLICES) all.push(all.at(-1)!.map((sum) => (sum >>> 8) ^ first[sum & 0xff]!));
  return all as unknown as ReturnType<typeof tables>;
}
