import { join } from 'node:path';

import type { Row } from '../../peers/rows.js';
import { requirePeer, type Fsync, type Peer, type PeerKind } from '../peer.js';

interface Put {
  readonly type: 'put';
  readonly key: string;
  readonly value: string;
}

interface Level {
  open(): Promise<void>;
  batch(puts: readonly Put[], options: { readonly sync: boolean }): Promise<void>;
  values(range: { readonly gt: string; readonly lt: string }): { nextv(size: number): Promise<string[]> };
  close(): Promise<void>;
}

interface ClassicLevel {
  readonly ClassicLevel: new (path: string) => Level;
}

/** So many rows are fetched at once. */
const FETCHED = 1000;

/** LevelDB, whose native side joins batches that wait at the same time; rows are JSON, index entries keys by hand. */
export const classicLevel: PeerKind = {
  name: 'classic-level',
  package: 'classic-level',
  async open(dir, fsync) {
    const { ClassicLevel: Class } = requirePeer('classic-level') as ClassicLevel;
    const level = new Class(join(dir, 'data'));
    await level.open();
    return new LevelPeer(level, fsync);
  },
};

class LevelPeer implements Peer {
  readonly #level: Level;
  readonly #options: { readonly sync: boolean };

  constructor(level: Level, fsync: Fsync) {
    this.#level = level;
    this.#options = { sync: fsync === 'always' };
  }

  commit(row: Row): Promise<void> {
    const { id, namespace, name, status, priority } = row;
    const puts: readonly Put[] = [
      { type: 'put', key: `r!${id}`, value: JSON.stringify(row) },
      { type: 'put', key: `n!${namespace}!${name}`, value: id },
      { type: 'put', key: `s!${status}!${id}`, value: '' },
      { type: 'put', key: `p!${String(priority).padStart(10, '0')}!${id}`, value: '' },
    ];
    return this.#level.batch(puts, this.#options);
  }

  async scan(each: (row: Row) => void): Promise<void> {
    const values = this.#level.values({ gt: 'r!', lt: 'r"' });
    for (;;) {
      const fetched = await values.nextv(FETCHED);
      if (fetched.length === 0) return;
      for (const text of fetched) each(JSON.parse(text) as Row);
    }
  }

  close(): Promise<void> {
    return this.#level.close();
  }
}
