import type { ErrorCode } from '../errors.js';
import { keepShape } from '../keep-shape.js';
import { Fault } from './fault.js';

/** Deeper data than this is taken to be cyclic. */
const DEPTH_MAX = 256;

/** More objects than this is no row: data that shares its parts can be small and yet endless to copy. */
const OBJECTS_MAX = 2 ** 20;

/** One walk through a value, which bounds how deep it goes and how many objects it meets. */
export class Walk {
  #depth = 0;
  #objects = 0;
  readonly #code: ErrorCode;
  readonly #tooMany: ErrorCode;
  readonly #objectsMax: number;

  /** @param objectsMax how many objects the walk may meet, one that it meets again counted again */
  constructor(code: ErrorCode, tooMany = code, objectsMax = OBJECTS_MAX) {
    this.#code = code;
    this.#tooMany = tooMany;
    this.#objectsMax = objectsMax;
  }

  /** Goes into an object. A walk that ends in a fault is over, so only whole passes need `leave`. */
  enter(): void {
    if (++this.#depth > DEPTH_MAX) throw new Fault(this.#code, `is nested deeper than ${DEPTH_MAX} or cyclic`);
    if (++this.#objects > this.#objectsMax) {
      throw new Fault(
        this.#tooMany,
        `leads to more than ${this.#objectsMax} objects, some of them perhaps again and again`,
      );
    }
  }

  leave(): void {
    this.#depth--;
  }
}

keepShape(new Walk('RowInvalid'));
