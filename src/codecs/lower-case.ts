import { LOWER_CASE_RANGES } from './lower-case-table.js';

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
    const lower = lowerPoint(point);
    if (lower !== point) {
      result += text.slice(kept, i) + String.fromCodePoint(lower);
      kept = i + size;
    }
    i += size - 1;
  }
  return result + text.slice(kept);
}

/** Finds the last range that begins at or before the code point. */
function lowerPoint(point: number): number {
  let low = 0;
  let high = LOWER_CASE_RANGES.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (LOWER_CASE_RANGES[middle]![0] <= point) low = middle + 1;
    else high = middle;
  }
  const range = LOWER_CASE_RANGES[low - 1];
  if (range === undefined) return point;
  const [first, last, step, delta] = range;
  return point <= last && (point - first) % step === 0 ? point + delta : point;
}
