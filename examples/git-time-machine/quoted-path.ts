import { Buffer } from 'node:buffer';

import { bytesToPath, pathToBytes } from './git-path.js';

// oxlint-disable-next-line no-control-regex -- control characters are what must be quoted
const ALWAYS = /["\\\x00-\x1f\x7f]/g;
// oxlint-disable-next-line no-control-regex -- as above
const BEYOND_ASCII = /["\\\x00-\x1f\x7f-\xff]/g;
const NAMED = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
]);
const MEANT = new Map([...NAMED].map(([meant, escape]) => [escape, meant]));

/** The bytes of a path as a string with one character for each, so that strings compare as bytes do. */
export function toBinary(path: string): string {
  return pathToBytes(path).toString('latin1');
}

/**
 * Bytes as git prints those of a path: as a string of C where that differs, otherwise as they are.
 *
 * @param quotePath whether bytes beyond ASCII are quoted: `core.quotePath`
 */
export function quoteBinary(binary: string, quotePath: boolean): string {
  const quoted = binary.replace(
    quotePath ? BEYOND_ASCII : ALWAYS,
    (byte) => NAMED.get(byte) ?? `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return quoted === binary ? binary : `"${quoted}"`;
}

/** A path as git shows it, as text: bytes that are no UTF-8, and not quoted either, read as U+FFFD. */
export function showPath(path: string, quotePath: boolean): string {
  return Buffer.from(quoteBinary(toBinary(path), quotePath), 'latin1').toString('utf8');
}

/** The path that git shows in quotes, or undefined where the text is no such thing. */
export function parseQuoted(text: string): string | undefined {
  const [, inner] = /^"((?:[^"\\]|\\[abtnvfr"\\]|\\[0-3][0-7]{2})*)"$/s.exec(text) ?? [];
  if (inner === undefined) return undefined;
  const binary = Buffer.from(inner, 'utf8')
    .toString('latin1')
    .replace(/\\(?:[0-7]{3}|.)/gs, (escape) => MEANT.get(escape) ?? String.fromCharCode(parseInt(escape.slice(1), 8)));
  return bytesToPath(Buffer.from(binary, 'latin1'));
}
