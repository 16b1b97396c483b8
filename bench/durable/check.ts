import type { Row } from '../peers/rows.js';
import { rowOf } from '../scale/rows.js';
import type { Peer } from './peer.js';

/** How many rows a store has, and a sum of the hashes of all their fields. */
export interface Content {
  readonly count: number;
  readonly hash: number;
}

/** What a store has to have that was given the first so many rows. */
export function expected(count: number): Content {
  let hash = 0;
  for (let i = 0; i < count; i++) hash = (hash + hashOf(rowOf(i))) >>> 0;
  return { count, hash };
}

/** What an open store has. */
export async function contentOf(peer: Peer): Promise<Content> {
  let [count, hash] = [0, 0];
  await peer.scan((row) => {
    hash = (hash + hashOf(row)) >>> 0;
    count++;
  });
  return { count, hash };
}

/** Throws when a store has something else than it was given. */
export function compare(what: string, got: Content, wanted: Content): void {
  if (got.count === wanted.count && got.hash === wanted.hash) return;
  const text = ({ count, hash }: Content) => `${count} rows with the hash ${hash}`;
  throw new Error(`${what} has ${text(got)}, and was given ${text(wanted)}`);
}

/** FNV-1a of the row as JSON, its fields in order. */
function hashOf({ id, namespace, name, status, priority, createdAt, tags }: Row): number {
  const text = JSON.stringify({ id, namespace, name, status, priority, createdAt, tags });
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
