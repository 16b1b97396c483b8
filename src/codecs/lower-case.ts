import { LOWER_CASE_RANGES } from './lower-case-table.js';

/** The table spread out, by code point: searching its ranges for every letter is several times slower. */
const LOWER: ReadonlyMap<number, string> = new Map(
  LOWER_CASE_RANGES.flatMap(([first, last, step, delta]) =>
    Array.from({ length: (last - first) / step + 1 }, (_, i) => {
      const point = first + i * step;
      return [point, String.fromCodePoint(point + delta)] as const;
    }),
  ),
);

/**
 * The text in lower case by memoir's own table, so that replicas on platforms of different Unicode versions agree.
 *
 * Each code point is mapped by itself to one code point: its simple lower-case mapping in Unicode, whatever the
 * language and the neighbours. So Σ becomes σ at the end of a word too, where the platform writes ς; İ becomes i, not
 * i with a combining dot; I becomes i, not the Turkish ı. What has no such mapping stays: ß, digits, lone surrogates.
 * Lower case is not case folding: σ and ς stay apart. Lower-casing twice gives what lower-casing once gives.
 */
export function lowerCase(text: string): string {
  let ascii = 0;
  while (ascii < text.length && text.charCodeAt(ascii) < 0x80) ascii++;
  // Of ASCII every version of every platform says the same, and says it faster.
  if (ascii === text.length) return text.toLowerCase();

  let result = text.slice(0, ascii).toLowerCase();
  let kept = ascii;
  for (let i = ascii; i < text.length; i++) {
    const point = text.codePointAt(i)!;
    const size = point > 0xffff ? 2 : 1;
    const lower = LOWER.get(point);
    if (lower !== undefined) {
      result += text.slice(kept, i) + lower;
      kept = i + size;
    }
    i += size - 1;
  }
  return result + text.slice(kept);
}
