import { describe, expect, it } from 'vitest';

import { lowerCase } from '../../src/codecs/lower-case.js';

/** Every code point of the first two planes, the only ones that have letters with case; surrogates left out. */
const CHARACTERS = Array.from({ length: 0x20000 }, (_, point) => point)
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));

describe('lowerCase', () => {
  it.each([
    ['', ''],
    ['ada', 'ada'],
    ['ADA Lovelace 1815', 'ada lovelace 1815'],
    ['@[`{', '@[`{'],
    ['Ärger in ÅRHUS', 'ärger in århus'],
    ['ŸŽ', 'ÿž'],
    ['ΑΒΓ', 'αβγ'],
    ['ЖЁ', 'жё'],
    ['Ա', 'ա'],
    ['ა Ა', 'ა ა'],
    ['Ꭰ', 'ꭰ'],
    ['ǅ Ǆ', 'ǆ ǆ'],
    ['ẞ', 'ß'],
    ['K (the Kelvin sign)', 'k (the kelvin sign)'],
    ['\u{10400}a\u{10427}', '\u{10428}a\u{1044f}'],
    ['\u{1e900}', '\u{1e922}'],
    ['日本 😀 ß ı', '日本 😀 ß ı'],
  ])('maps "%s" to "%s"', (text, lower) => {
    expect(lowerCase(text)).toBe(lower);
  });

  it('writes σ at the end of a word too', () => {
    expect(lowerCase('ΟΔΟΣ')).toBe('οδοσ');
    expect(lowerCase('οδος')).toBe('οδος');
  });

  it('maps İ to i alone', () => {
    expect(lowerCase('İstanbul')).toBe('istanbul');
  });

  it('leaves lone surrogates as they are', () => {
    expect(lowerCase('Ä\ud801')).toBe('ä\ud801');
    expect(lowerCase('\udc00Ä\ud801B')).toBe('\udc00ä\ud801b');
  });

  it('knows the mappings of Unicode 17 on every platform', () => {
    expect(CHARACTERS.filter((character) => lowerCase(character) !== character)).toHaveLength(1488);
    // new in Unicode 15.1 or later, which older platforms leave as they are
    expect(lowerCase('\ua7cb\ua7da\ua7dc\u{10d50}')).toBe('\u0264\ua7db\u019b\u{10d70}');
  });

  it('says nothing else than the platform where both know a mapping, İ aside', () => {
    const disagreeing = CHARACTERS.filter((character) => {
      const ours = lowerCase(character);
      const theirs = character.toLowerCase();
      return ours !== character && theirs !== character && ours !== theirs;
    });
    expect(disagreeing).toEqual(['İ']);
  });

  it('maps no character to one that it would map again', () => {
    const moving = CHARACTERS.filter((character) => lowerCase(lowerCase(character)) !== lowerCase(character));
    expect(moving).toEqual([]);
  });
});
