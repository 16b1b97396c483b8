import { Buffer } from 'node:buffer';

/** Cuts output into the fields that zero bytes end, wherever the chunks it comes in are cut. */
export class NulFields {
  /** The pieces of a field that has not ended: joined once, as joining at every chunk would be quadratic. */
  #pieces: Buffer[] = [];

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      const piece = chunk.subarray(start, end);
      start = end + 1;
      if (this.#pieces.length === 0) yield piece;
      else {
        const field = Buffer.concat([...this.#pieces, piece]);
        this.#pieces = [];
        yield field;
      }
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
  }

  /** True in the middle of a field, where output must not end. */
  get unfinished(): boolean {
    return this.#pieces.length > 0;
  }
}
