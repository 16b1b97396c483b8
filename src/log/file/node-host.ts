import { hash, randomBytes } from 'node:crypto';
import { readFileSync, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';

import { DIGEST_BYTES } from '../frame.js';
import { isCode } from './disk.js';
import type { Host, Owner } from './host.js';
import { nodeDisk } from './node-disk.js';

/** The machine that Node runs on. */
export function nodeHost(): Host {
  const start = startIn(textOf(`/proc/${process.pid}/stat`));
  const boot = textOf('/proc/sys/kernel/random/boot_id')?.trim();
  const me: Owner = {
    pid: process.pid,
    host: hostname(),
    ...(boot !== undefined && { boot }),
    ...(start !== undefined && { start }),
  };
  return {
    disk: nodeDisk,
    me,
    isAlive: (owner) => isAlive(owner, me),
    token: () => randomBytes(16).toString('hex'),
    digest,
    after(ms, then) {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
    pause: () => setImmediate(),
    watch: watched,
  };
}

/** SHA-256, cut to 16 bytes. As text of one character a byte it takes half the time that a Buffer does. */
function digest(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary');
  const out = new Uint8Array(DIGEST_BYTES);
  for (let i = 0; i < DIGEST_BYTES; i++) out[i] = text.charCodeAt(i);
  return out;
}

async function isAlive(owner: Owner, me: Owner): Promise<boolean> {
  if (owner.boot !== undefined && me.boot !== undefined && owner.boot !== me.boot) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // one that belongs to another user cannot be signalled, and lives
    return isCode(error, 'EPERM');
  }
  if (owner.start === undefined) return true;
  const stat = await readFile(`/proc/${owner.pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined || startIn(stat) === owner.start;
}

/** When a process began: the 22nd field of its line, counted behind its name, which may hold anything. */
function startIn(stat: string | undefined): string | undefined {
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function watched(dir: string, changed: () => void): () => void {
  try {
    const watcher = watch(dir, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    // no such folder yet, or no more watches to be had: whoever waits asks again after a while
    return () => undefined;
  }
}
