/**
 * A shop: orders are decided on by a pure function, what was sold is a projection that is mended while orders come in,
 * and another one follows at its own pace.
 *
 * `npx tsx examples/shop/main.ts` runs it.
 */
import { createShop, hours, salesV1, salesV2, tell, type Shop } from './shop.js';

const ITEMS = ['book', 'lamp', 'rug'] as const;
const price = (item: string): number => item.length * 500;

/** What happens at the shop; `say` is told. */
export async function trade(say: (line: string) => void): Promise<Shop> {
  let now = Date.UTC(2026, 0, 1, 9);
  const shop = createShop(() => now);
  const sales = (): string =>
    shop.read((db) => Array.from(db.sales.scan(), ({ item, orders }) => `${item} ${orders}`).join(', '));
  const busy = await shop.project(hours, { batches: 100 });

  for (let i = 0; i < 600; i++, now += 60_000)
    tell(shop, `${i}`, { do: 'place', item: ITEMS[i % 3]!, cents: price(ITEMS[i % 3]!) });
  for (let i = 0; i < 600; i += 10) tell(shop, `${i}`, { do: 'cancel', reason: 'too late' });
  try {
    tell(shop, '0', { do: 'ship' });
  } catch (error) {
    say(`order 0 cannot be shipped: ${(error as Error).message}`);
  }
  say(`sold, with what was cancelled: ${sales()}`);
  say(`the hours are ${busy.lag} batches behind`);

  // Mended, and built anew beside the one there is, while orders come in.
  const rebuilding = shop.rebuild(salesV2, { sliceMs: 1 });
  let done = false;
  void rebuilding.finally(() => (done = true));
  let came = 0;
  const stillOpen = (): boolean => !done;
  for (; stillOpen(); came++, now += 60_000) {
    tell(shop, `late ${came}`, { do: 'place', item: 'lamp', cents: price('lamp') });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { from, to, changes } = await rebuilding;
  say(`version ${from} became ${to} ${came > 0 ? 'while orders came in' : ''}: ${changes.length} rows differ`);
  for (let i = 0; i < came; i++) tell(shop, `late ${i}`, { do: 'cancel', reason: 'sold out' });
  say(`sold: ${sales()}`);
  // Should the new one be wrong, the old one is a rebuild away.
  const back = await shop.rebuild(salesV1);
  say(`version ${back.from} became ${back.to} again`);
  await shop.rebuild(salesV2);

  await busy.waitFor(shop.head);
  const first = busy.now().hours.first();
  say(`the hours are up to date: in the first were ${first?.orders} orders, of ${first?.cents} cents`);
  busy.close();
  return shop;
}

if (typeof process !== 'undefined' && process.argv[1]?.endsWith('shop/main.ts') === true) {
  await trade((line) => console.log(line));
}
