import { MemoirError, show } from '../../errors.js';
import { refused } from './damage.js';
import { isCode } from './disk.js';
import { UNFINISHED } from './file-names.js';
import type { Host, Owner } from './host.js';
import { readWhole, writeAll } from './whole-file.js';

// Who writes holds the lock file with the highest number, `lock-<n>`. It is made whole under another name and then
// linked, which succeeds for one alone. A lock whose owner is gone is not removed: two could do that one after the
// other, the second to the lock of the first. It is outbid, by the next number. The file with the highest number
// stays, held or released, so that numbers only grow, and who bids on what he saw long ago finds a higher one and
// steps back.

/** What a lock file says. */
interface Held extends Owner {
  readonly token: string;
  readonly released?: true;
}

/** How often to bid anew when others bid as well; each time, one of them has won. */
const ATTEMPTS = 100;

/** Locks a folder for one writer; returns how to release it. @throws `LogLocked`, which names the owner */
export async function lock(host: Host, dir: string): Promise<() => Promise<void>> {
  const token = host.token();
  const mine: Held = { ...host.me, token };
  const unfinished = `${dir}/lock-${token}${UNFINISHED}`;
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const highest = (await numbers(host, dir)).at(-1) ?? 0;
      await refuseLive(host, dir, highest);
      const mineIs = highest + 1;
      // anew each time, since who has won meanwhile takes away what looks left over
      await write(host, unfinished, mine);
      if (await bid(host, dir, unfinished, mineIs)) return () => release(host, dir, mineIs, mine);
    }
  } finally {
    await removeQuietly(host, unfinished);
  }
  throw new MemoirError('LogLocked', `${dir} is being opened for writing by many at once: try again later`, {
    file: dir,
  });
}

/** Links a lock of such a number; false when another was faster. */
async function bid(host: Host, dir: string, unfinished: string, number: number): Promise<boolean> {
  const path = pathOf(dir, number);
  try {
    await host.disk.link(unfinished, path);
  } catch (error) {
    if (isCode(error, 'EEXIST') || isCode(error, 'ENOENT')) return false;
    throw error;
  }
  const all = await numbers(host, dir);
  if (all.at(-1)! > number) {
    await removeQuietly(host, path);
    return false;
  }
  for (const other of all) if (other < number) await removeQuietly(host, pathOf(dir, other));
  return true;
}

async function refuseLive(host: Host, dir: string, number: number): Promise<void> {
  if (number === 0) return;
  const path = pathOf(dir, number);
  const bytes = await readWhole(host.disk, path);
  if (bytes === undefined) return;
  const held = parsed(bytes, path);
  if (held.released === true) return;
  const isHere = held.host === host.me.host;
  if (isHere && !(await host.isAlive(held))) return;
  const who = `process ${held.pid}${isHere ? '' : ` on ${show(held.host)}`}`;
  const or = isHere ? '' : `; if that machine is gone for good, remove ${path}`;
  throw new MemoirError(
    'LogLocked',
    `${dir} is open for writing in ${who}: close it there, or open to read only${or}`,
    {
      file: pathOf(dir, number),
      holder: who,
    },
  );
}

/** Says in the lock itself that it is free, for the name must stay. */
async function release(host: Host, dir: string, number: number, mine: Held): Promise<void> {
  const unfinished = `${dir}/lock-${mine.token}${UNFINISHED}`;
  try {
    await write(host, unfinished, { ...mine, released: true });
    await host.disk.rename(unfinished, pathOf(dir, number));
  } catch (cause) {
    throw refused(`${pathOf(dir, number)} could not be released, which only the end of the process does now`, cause);
  }
}

async function numbers(host: Host, dir: string): Promise<number[]> {
  const names = await host.disk.list(dir);
  return names
    .flatMap((name) => /^lock-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** What a lock file says. It was synced before it had its name, so that one that says nothing is damaged. */
function parsed(bytes: Uint8Array, path: string): Held {
  let cause: unknown;
  try {
    const said = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Held> | null;
    if (typeof said?.pid === 'number' && typeof said.host === 'string') return said as Held;
  } catch (error) {
    cause = error;
  }
  const message = `${path} cannot be read, so the log may be open for writing: remove it, if it is not`;
  throw new MemoirError('LogLocked', message, { file: path, ...(cause !== undefined && { cause }) });
}

async function write(host: Host, path: string, held: Held): Promise<void> {
  const file = await host.disk.open(path, 'create');
  try {
    await writeAll(file, new TextEncoder().encode(`${JSON.stringify(held)}\n`), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function removeQuietly(host: Host, path: string): Promise<void> {
  try {
    await host.disk.remove(path);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

function pathOf(dir: string, number: number): string {
  return `${dir}/lock-${number}`;
}
