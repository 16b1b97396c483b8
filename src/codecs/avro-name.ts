/**
 * A name that Avro takes, from any text: letters, digits and `_`, not a digit first. Any other character, a digit at
 * the beginning, and an underscore before an x stand as `_x`, their code point in hexadecimal, and `_`. Different texts
 * have different names.
 */
export function avroName(text: string): string {
  if (text === '') return '_x_';
  return text.replace(/_(?=x)|\W|^\d/gu, (character) => `_x${character.codePointAt(0)!.toString(16)}_`);
}
