/**
 * Nodes of a cluster agree, however entries reach them.
 *
 * Strategy: one random log of commands, some of which are refused, at indexes with gaps. One node applies it entry by
 * entry. Another takes it in groups, some entries again; a third one is, at random moments, made anew from a snapshot
 * of the first that is persisted while the first goes on.
 *
 * Invariants: the same answers, batches, indexes and state hashes on all of them at every index that they share; a
 * snapshot is the replay; nothing is applied twice; entries that were given leave one batch each.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { table } from '../../src/index.js';
import { commandOn, createFsm, Rejection, type Entry } from '../../src/fsm.js';
import { runs } from '../support/runs.js';

const Account = t.strict({ id: t.string, cents: t.Int });
const tables = { accounts: table(Account, { primaryKey: 'id', indexes: { byCents: ['cents'] } }) };
const command = commandOn(tables);

const make = () =>
  createFsm({
    tables,
    lineage: 'cluster',
    idWindow: 5,
    commands: {
      open: command(t.strict({ id: t.string }), (tx, { id }) => void tx.accounts.insert({ id, cents: 100 })),
      move: command(t.strict({ from: t.string, to: t.string, cents: t.Int }), (tx, { from, to, cents }) => {
        const left = (tx.accounts.getOrThrow(from).cents - cents) as t.Int;
        tx.accounts.update(from, { cents: left });
        tx.accounts.update(to, ({ cents: had }) => ({ id: to, cents: had + cents }));
        if (left < 0) throw new Rejection('TooLittle', 'there is too little', { left });
        return tx.nextId('moves') + Math.floor(tx.random() * 1000);
      }),
    },
  });
type Node = ReturnType<typeof make>;

const id = fc.constantFrom('a', 'b', 'c', 'd');
const step = fc.oneof(fc.record({ open: id }), fc.record({ from: id, to: id, cents: fc.integer({ min: 0, max: 80 }) }));
const delivery = fc.record({ step, gap: fc.nat(2), group: fc.boolean(), again: fc.boolean(), install: fc.boolean() });

async function persisted(node: Node, meanwhile: () => void): Promise<Uint8Array> {
  const snapshot = node.snapshot();
  const pieces: number[] = [];
  for await (const piece of snapshot.persist()) {
    pieces.push(...piece);
    meanwhile();
  }
  snapshot.release();
  return Uint8Array.from(pieces);
}

it('nodes agree, whatever the log holds and however it reaches them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(delivery, { minLength: 1, maxLength: 40 }), async (deliveries) => {
      const [one, grouped, installed] = [make(), make(), make()];
      const hashes = new Map<number, string>();
      const answers = new Map<number, unknown>();
      const log: Entry[] = [];
      let [index, waiting, behind]: [number, Entry[], Entry[]] = [0, [], []];
      for (const { step: wanted, gap, group, again, install } of deliveries) {
        index += 1 + gap;
        const data =
          'open' in wanted
            ? one.encode('open', { id: wanted.open }, { at: index })
            : one.encode('move', { ...wanted, cents: wanted.cents as t.Int }, { at: index });
        const entry = { index, term: 1, data };
        log.push(entry);
        waiting.push(entry, ...(again ? [entry] : []));
        behind.push(entry);
        const apply = () => {
          if (one.appliedIndex >= index) return;
          answers.set(index, one.apply(entry));
          hashes.set(index, one.stateHash());
        };
        if (install) {
          const before = one.appliedIndex;
          const bytes = await persisted(one, apply);
          await installed.restore(bytes);
          expect([installed.appliedIndex, installed.stateHash()]).toEqual([
            before,
            hashes.get(before) ?? '0'.repeat(32),
          ]);
        }
        apply();
        if (group) {
          for (const answer of grouped.applyBatch(waiting))
            if (answer.status !== 'repeated') expect(answer).toEqual(answers.get(answer.index));
          waiting = [];
          expect(grouped.stateHash()).toBe(hashes.get(index));
          for (const late of behind) installed.apply(late);
          behind = [];
          expect(installed.stateHash()).toBe(hashes.get(index));
        }
      }
      grouped.applyBatch(waiting);
      for (const node of [one, grouped]) {
        expect([node.store.head, node.appliedIndex]).toEqual([log.length, index]);
        for (const [i, entry] of log.entries()) {
          expect(node.indexOf(i + 1)).toBe(entry.index);
          expect(node.offsetOf(entry.index)).toBe(i + 1);
          expect(node.stateHash(entry.index)).toBe(hashes.get(entry.index));
          expect(node.store.batch(i + 1)).toEqual(one.store.batch(i + 1));
        }
      }
    }),
    { numRuns: runs(60) },
  );
});
