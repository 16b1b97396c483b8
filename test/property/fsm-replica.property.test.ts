/**
 * A replica that follows a state machine is the state machine, whatever the log holds.
 *
 * Strategy: a random log of commands that are accepted, refused and unreadable, draw ids and chance, emit events into
 * streams and change a projection. A replica follows the machine's store. At random moments another node is made from
 * the machine's snapshot and the replica follows that; or the machine is restored to an older snapshot, and the replica
 * with it.
 *
 * Invariants: the replica has the same batches, and at every offset the same state hash, of which the entry's index is
 * part; it goes on with another node where it was; its snapshot restores to a machine of the same index and bytes.
 */
import fc from 'fast-check';
import * as t from 'io-ts';
import { expect, it } from 'vitest';

import { openReplica, projection, table } from '../../src/index.js';
import { commandOn, createFsm, Rejection } from '../../src/fsm.js';
import { runs } from '../support/runs.js';

const Account = t.strict({ id: t.string, cents: t.number });
const tables = { accounts: table(Account, { primaryKey: 'id', indexes: { byCents: ['cents'] } }) };
const events = { Opened: t.strict({ id: t.string }) };
const derived = { cents: table(Account, { primaryKey: 'id' }) };
const projections = [
  projection({
    ...{ name: 'cents', version: 1, from: 'rows' as const, sources: tables, tables: derived },
    on: {
      changes: {
        accounts: (tx, { key, after }) =>
          after === undefined ? tx.cents.delete(key) : tx.cents.put({ id: key, cents: after.cents * 2 }),
      },
    },
  }),
] as const;
const command = commandOn({ ...tables, ...derived }, events);
const shared = { tables, events, projections, lineage: 'cluster' };

const make = () =>
  createFsm({
    ...shared,
    onInvalid: 'skip',
    commands: {
      open: command(t.strict({ id: t.string }), (tx, { id }) => {
        tx.accounts.insert({ id, cents: tx.nextId('opened') + tx.random() });
        tx.emit('Opened', { id }, { stream: `account ${id}` });
      }),
      double: command(t.strict({ id: t.string }), (tx, { id }) => {
        const cents = tx.cents.getOrThrow(id).cents;
        if (cents > 50) throw new Rejection('TooMuch', 'that is too much', { cents });
        return tx.accounts.update(id, { cents }).cents;
      }),
      close: command(t.strict({ id: t.string }), (tx, { id }) => tx.accounts.delete(id)),
    },
  });
type Node = ReturnType<typeof make>;

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: number[] = [];
  for await (const piece of chunks) pieces.push(...piece);
  return Uint8Array.from(pieces);
}

const step = fc.record({
  what: fc.constantFrom('open' as const, 'double' as const, 'close' as const, 'nonsense' as const),
  id: fc.constantFrom('a', 'b', 'c'),
  gap: fc.nat(2),
  after: fc.option(fc.constantFrom('move' as const, 'back' as const, 'keep' as const), { freq: 5 }),
});

it('a replica that follows a state machine is the state machine', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      let fsm = make();
      let kept = await bytesOf(fsm.snapshot().persist());
      using replica = openReplica({ ...shared, idWindow: 1, stateHash: true });
      const follow = (node: Node): { readonly stop: () => Promise<unknown> } => {
        const signal = new AbortController();
        const over = replica.follow(node.store, { signal: signal.signal }).catch((error: unknown) => error);
        return {
          stop: async () => {
            signal.abort();
            return over;
          },
        };
      };
      let following = follow(fsm);
      const agree = async (): Promise<void> => {
        const { head } = fsm.store;
        await replica.store.waitFor(head);
        expect(replica.store.head).toBe(head);
        const floor = Math.max(fsm.store.floor, replica.store.floor);
        for (let offset = floor - 1; offset <= head; offset++)
          expect([offset, replica.store.stateHash(offset)]).toEqual([offset, fsm.store.stateHash(offset)]);
        for (let offset = floor; offset <= head; offset++)
          expect(replica.store.batch(offset)).toEqual(fsm.store.batch(offset));
        expect(replica.store.lastBatch()?.meta['index'] ?? 0).toBe(fsm.appliedIndex);
      };
      for (const { what, id, gap, after } of steps) {
        const index = fsm.appliedIndex + 1 + gap;
        const data = what === 'nonsense' ? new Uint8Array(3) : fsm.encode(what, { id }, { at: index });
        fsm.apply({ index, term: 1, data });
        if (after === 'keep') kept = await bytesOf(fsm.snapshot().persist());
        if (after === 'move') {
          // Another node, made from what this one has, is the same log.
          const bytes = await bytesOf(fsm.snapshot().persist());
          await agree();
          await following.stop();
          fsm.close();
          fsm = make();
          await fsm.restore(bytes);
          following = follow(fsm);
        }
        if (after === 'back') {
          await agree();
          await following.stop();
          await fsm.restore(kept);
          await replica.restore(kept);
          following = follow(fsm);
        }
      }
      await agree();
      await following.stop();
      const bytes = await bytesOf(replica.store.snapshot().chunks());
      expect(bytes).toEqual(await bytesOf(fsm.snapshot().persist()));
      using again = make();
      await again.restore(bytes);
      expect([again.appliedIndex, again.stateHash()]).toEqual([fsm.appliedIndex, replica.store.stateHash()]);
      fsm.close();
    }),
    { numRuns: runs(40) },
  );
});
