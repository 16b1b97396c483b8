import type { EnumValue } from './shape.js';

/** A literal's value as it is in rows. */
export function valueOf(value: EnumValue): string | number | boolean | bigint {
  return typeof value === 'object' ? BigInt(value.bigint) : value;
}

/** A literal's value as plain data, or undefined for what is none. */
export function enumValue(value: unknown): EnumValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? (value === 0 ? 0 : value) : undefined;
    case 'bigint':
      return { bigint: value.toString() };
    default:
      return undefined;
  }
}

/** The same values, each once, in an order of their own. */
export function inOrder(values: readonly EnumValue[]): EnumValue[] {
  const byText = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
