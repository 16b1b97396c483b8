import { Entries, grown } from './entries.js';

/** A leaf has room for so many entries. */
export const LEAF_BITS = 7;
export const LEAF = 1 << LEAF_BITS;

/** A piece has room for so many leaves: 144 KiB. */
export const PIECE_BITS = 5;
const PIECE = 1 << PIECE_BITS;

/**
 * The room of leaves, in pieces: it grows by a piece, never by a copy of all there is, which at a million rows held up
 * a transaction for long and had V8 collect the whole heap besides. Only the last piece may be smaller than the others.
 *
 * Beside its entries each leaf has their *order*, a byte each: at which place in the leaf the first one stands, the
 * second, and so on; then the places that are free. So entries stay where they are put, and to put one in its order is
 * to move bytes.
 */
export class Arena {
  readonly #pieces: Entries[] = [];
  readonly #orders: Uint8Array[] = [];

  /** @param leaves room for so many; by itself next to none, since there are many small trees on the history side */
  constructor(leaves = 0) {
    for (let left = leaves; left > 0; left -= PIECE) this.#add(Math.min(left, PIECE) << LEAF_BITS);
    if (leaves === 0) this.#add(8);
  }

  get bytes(): number {
    const entries = (this.#pieces.length - 1) * this.#pieces[0]!.bytes + this.#pieces.at(-1)!.bytes;
    return entries + (this.#orders.length - 1) * this.#orders[0]!.length + this.#orders.at(-1)!.length;
  }

  /** The piece in which a leaf lies. */
  pieceOf(leaf: number): Entries {
    return this.#pieces[leaf >> PIECE_BITS]!;
  }

  /** The order of the leaves of its piece. */
  orderOf(leaf: number): Uint8Array {
    return this.#orders[leaf >> PIECE_BITS]!;
  }

  /** Where in its piece, and in the order of that, a leaf begins. */
  startOf(leaf: number): number {
    return (leaf & (PIECE - 1)) << LEAF_BITS;
  }

  /** Makes room for a leaf; there is room for all before it. */
  reserve(leaf: number): void {
    const place = leaf >> PIECE_BITS;
    // An eighth of what there is at the most: to grow a piece is to copy it.
    if (place === this.#pieces.length) this.#add(Math.min(PIECE, 4 * place) << LEAF_BITS);
    else this.#growTo(place, this.startOf(leaf) + LEAF);
  }

  /** Makes room for more entries in the first leaf. */
  reserveFirst(count: number): void {
    this.#growTo(0, count);
  }

  /** Takes a free place of a leaf for an entry that is to be the one `at` in its order; `count` are there. */
  takePlace(leaf: number, at: number, count: number): number {
    const order = this.orderOf(leaf);
    const start = this.startOf(leaf);
    const place = order[start + count]!;
    // A loop: `copyWithin` is a call into the engine.
    for (let i = start + count; i > start + at; i--) order[i] = order[i - 1]!;
    order[start + at] = place;
    return place;
  }

  /** Frees the place of the entry `at` in the order of a leaf in which `count` are. */
  freePlace(leaf: number, at: number, count: number): number {
    const order = this.orderOf(leaf);
    const start = this.startOf(leaf);
    const place = order[start + at]!;
    const last = start + count - 1;
    for (let i = start + at; i < last; i++) order[i] = order[i + 1]!;
    order[last] = place;
    return place;
  }

  #add(capacity: number): void {
    this.#pieces.push(new Entries(capacity));
    this.#orders.push(inPlace(new Uint8Array(capacity), 0));
  }

  #growTo(place: number, count: number): void {
    const piece = this.#pieces[place]!;
    if (count <= piece.capacity) return;
    const before = piece.capacity;
    piece.grow(Math.min(Math.max(count, before * 2), PIECE << LEAF_BITS));
    this.#orders[place] = inPlace(grown(this.#orders[place]!, new Uint8Array(piece.capacity)), before);
  }
}

/** Orders leaves from a place on as their entries stand. */
function inPlace(order: Uint8Array, from: number): Uint8Array {
  for (let i = from; i < order.length; i++) order[i] = i & (LEAF - 1);
  return order;
}
