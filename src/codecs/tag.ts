import { valueOf } from './enum-value.js';
import type { EnumValue } from './shape.js';

/**
 * The field that tells objects apart: each has it, with literals that no other has. Where several do, the first by
 * name, so that the order of the objects does not matter.
 *
 * @param objects of each, the fields that hold literals only
 */
export function commonTag(objects: readonly ReadonlyMap<string, readonly EnumValue[]>[]): string | undefined {
  const names = [...(objects[0]?.keys() ?? [])].toSorted();
  return names.find((name) => {
    const values = objects.map((object) => object.get(name));
    if (!values.every((list) => list !== undefined)) return false;
    const all = values.flatMap((list) => [...new Set(list.map(valueOf))]);
    return new Set(all).size === all.length;
  });
}
