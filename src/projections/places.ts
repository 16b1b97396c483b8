import { grown } from './entries.js';

/**
 * Where the entry of each ref is: at a place in the arena of a tree, among those that wait, or nowhere. The arena has
 * no more than 2 ** 30 places, and so many may wait.
 */
export class Places {
  /** By ref: the place in the arena, plus one; −1 less the place of an entry that waits; 0 when it is not there. */
  #of = new Int32Array(8);

  get bytes(): number {
    return this.#of.byteLength;
  }

  /** How many entries have a place in the arena, less those that wait. */
  get balance(): number {
    return this.#of.reduce((sum, place) => sum + Math.sign(place), 0);
  }

  /** Forgets all, and makes just the room that so many refs need. */
  clear(refs: number): void {
    this.#of = new Int32Array(refs);
  }

  /** The place in the arena; below 0 when the entry is not there. */
  get(ref: number): number {
    return ref < this.#of.length ? this.#of[ref]! - 1 : -1;
  }

  /** Notes the place in the arena of an entry that waited. */
  set(ref: number, place: number): void {
    this.#of[ref] = place + 1;
  }

  delete(ref: number): void {
    this.#of[ref] = 0;
  }

  /** Notes at which place an entry waits. */
  setWaiting(ref: number, place: number): void {
    const room = this.#of.length;
    if (ref >= room) this.#of = grown(this.#of, new Int32Array(Math.max(ref + 1, Math.ceil(room * 1.5))));
    this.#of[ref] = -1 - place;
  }

  /** The place at which an entry waits. */
  waiting(ref: number): number {
    return -1 - this.#of[ref]!;
  }
}
