import type { Buffer } from 'node:buffer';

import type { CommitRow } from './tables.js';

const ID_DIGITS = 10;
const CHARACTERS_MAX = 72;

/** Prints on standard output. */
export function print(text: string | Buffer): void {
  process.stdout.write(text);
}

/** Says something about the work itself, on standard error. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Ends where nothing more can be printed: quietly where nobody reads on, as in `… | head`. */
export function endWithOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    say(`nothing more can be printed: ${error.message}`);
    process.exit(1);
  });
  // where nobody reads what is said, there may still be someone who reads the answer
  process.stderr.on('error', () => undefined);
}

/** Text of somebody else's, such as the subject of a commit, without what could steer a terminal. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** A number of things: `1 file`, `1,234 files`. */
export function count(number: number, thing: string): string {
  return `${number.toLocaleString('en')} ${thing}${number === 1 ? '' : 's'}`;
}

/** A commit on one line. */
export function commitLine({ id, author, committedAt, subject }: CommitRow): string {
  const day = new Date(committedAt * 1000).toISOString().slice(0, 10);
  const name = author.replace(/ <[^<]*$/, '');
  return `${id.slice(0, ID_DIGITS)} ${day} ${clipped(name)}: ${clipped(subject)}`;
}

function clipped(text: string): string {
  const characters = [...plain(text)];
  return characters.length > CHARACTERS_MAX ? `${characters.slice(0, CHARACTERS_MAX).join('')}…` : characters.join('');
}
