import { Entries } from './entries.js';

/** A leaf has room for so many entries. */
export const LEAF_BITS = 7;
export const LEAF = 1 << LEAF_BITS;

/** A piece has room for so many leaves: 144 KiB. */
const PIECE_BITS = 5;
const PIECE = 1 << PIECE_BITS;

/**
 * The room of leaves, in pieces: it grows by a piece, never by a copy of all there is, which at a million rows held up
 * a transaction for long and had V8 collect the whole heap besides. Only the last piece may be smaller than the others.
 */
export class Arena {
  readonly #pieces: Entries[] = [];

  /** @param leaves room for so many; by itself next to none, since there are many small trees on the history side */
  constructor(leaves = 0) {
    for (let left = leaves; left > 0; left -= PIECE) this.#pieces.push(new Entries(Math.min(left, PIECE) << LEAF_BITS));
    if (leaves === 0) this.#pieces.push(new Entries(8));
  }

  get bytes(): number {
    return (this.#pieces.length - 1) * this.#pieces[0]!.bytes + this.#pieces.at(-1)!.bytes;
  }

  /** The piece in which a leaf lies. */
  pieceOf(leaf: number): Entries {
    return this.#pieces[leaf >> PIECE_BITS]!;
  }

  /** Where in its piece a leaf begins. */
  startOf(leaf: number): number {
    return (leaf & (PIECE - 1)) << LEAF_BITS;
  }

  /** Makes room for a leaf; there is room for all before it. */
  reserve(leaf: number): void {
    const place = leaf >> PIECE_BITS;
    const end = this.startOf(leaf) + LEAF;
    if (place === this.#pieces.length) this.#pieces.push(new Entries(end));
    else this.#growTo(place, end);
  }

  /** Makes room for more entries in the first leaf. */
  reserveFirst(count: number): void {
    this.#growTo(0, count);
  }

  #growTo(place: number, count: number): void {
    const piece = this.#pieces[place]!;
    if (count > piece.capacity) piece.grow(Math.min(Math.max(count, piece.capacity * 2), PIECE << LEAF_BITS));
  }
}
