import { assert } from '../assert.js';
import { MemoirError } from '../errors.js';
import type { AnyBatch } from '../log/batch.js';
import type { Engine } from '../projections/engine.js';
import { fold } from '../projections/fold.js';
import type { Ledger } from './ledger.js';
import { roughBytes } from './recovery.js';
import type { Sink } from './sink.js';
import type { Transactor } from './transactor.js';

/** What batches are applied to. */
export interface ApplierParts {
  readonly engine: Engine;
  /** Where batches go once they are folded: into the log, to be seen and told of. */
  readonly sink: Sink;
  readonly ledgers: readonly Ledger[];
  readonly transactor: Transactor;
}

/** @throws `Conflict` for an offset that is not the next */
export function mustFollow(offset: number, head: number): void {
  if (offset === head + 1) return;
  throw new MemoirError('Conflict', `batch ${offset} does not follow the head, which is ${head}`, { offset, head });
}

/** Takes batches that were made elsewhere into a store, one after the other: each is folded, seen, and told of. */
export class Applier {
  readonly #parts: ApplierParts;

  constructor(parts: ApplierParts) {
    this.#parts = parts;
  }

  /** Applies the batch after the head; what is thrown has changed nothing. @throws `Conflict`, what a fold throws */
  apply(batch: AnyBatch): void {
    const { engine, sink, ledgers, transactor } = this.#parts;
    mustFollow(batch.offset, sink.head);
    assert(batch.at >= sink.lastAt, 'time does not go back');
    transactor.alone(() => {
      try {
        fold(engine, batch);
      } catch (error) {
        engine.rollback(0);
        engine.settle();
        throw error;
      }
    });
    sink.take(batch);
    for (const ledger of ledgers) ledger.note(batch);
    sink.settle(batch, engine.version, roughBytes(batch));
  }
}
