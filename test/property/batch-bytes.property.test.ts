/**
 * Strategy: random transactions over tables of random codecs, one with a key of several parts, with random meta, ids
 * and sequences; their batches laid down with rows as JSON.
 *
 * Invariants: a batch is read as it was, its result apart; equal batches are equal bytes; bytes that are cut or changed
 * give a batch or a `Fault` `Damaged`; under tables that changed, rows are those of today.
 */
import { describe, it } from 'vitest';

import { json } from '../../src/codecs/json-codec.js';
import { readsBatchesItWrote, readsBatchesOfTablesThatChanged, survivesDamagedBatches } from '../support/batch-laws.js';

describe('batches with rows as JSON', () => {
  it('are read as they were written, equal ones from equal bytes', () => readsBatchesItWrote(json));

  it('give a batch or a typed fault when their bytes are damaged', () => survivesDamagedBatches(json));

  it('are read as those of tables that changed', () => readsBatchesOfTablesThatChanged(json));
});
