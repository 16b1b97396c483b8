import { expect, it } from 'vitest';

import { Entries } from '../../src/projections/entries.js';
import { headOf } from '../../src/projections/key-head.js';
import { OrderedTree } from '../../src/projections/ordered-tree.js';

it('puts entries in their places within a load of more than may wait', () => {
  const count = 2 ** 21 + 1000;
  const tree = new OrderedTree({
    fullKey: (ref) => [ref],
    headOf: (ref, skip, into) => headOf([ref], false, 0x00, into, skip),
  });
  // Each number once, in an order that jumps about.
  for (let i = 0, ref = 0; i < count; i++, ref = (ref + 1_000_003) % count) tree.insert(ref, i);

  expect(tree.size).toBe(count);
  const position = { leaf: 0, at: 0 };
  for (const low of [0, 1, 127, 1_000_000, count - 1]) {
    tree.seek({ parts: [low], side: -1, cut: false }, position);
    expect(tree.refAt(position)).toBe(low);
  }
  const taken = new Entries(1);
  for (let ref = 0; ref < count; ref += 999) tree.remove(ref, taken);
  tree.check();
  expect(tree.size).toBe(count - Math.ceil(count / 999));
});
