/**
 * Strategy: one script is run with a crash at every call of the disk; of what was not synced, every prefix of the names
 * and many of the bytes survive. Then with every kind of failure at every call. `file-log-story.ts` says what has to
 * hold. The canaries show that the same checks catch a log that is careless.
 */
import { describe, expect, it } from 'vitest';

import type { FileLogOptions } from '../../src/log-file.js';
import { Story, type Act } from '../support/file-log-story.js';
import { SimulatedDisk, type Trouble } from '../support/simulated-disk.js';

const append = (count: number, schema = 'a'): Act => ({ do: 'append', count, schema });

/** Groups of one and of several, segments that are full, another schema, snapshots, compaction, ends of all kinds. */
const SCRIPT: readonly Act[] = [
  append(1),
  append(3),
  { do: 'save' },
  append(2),
  append(4),
  append(1, 'b'),
  { do: 'kill' },
  append(2, 'b'),
  append(5, 'b'),
  { do: 'save' },
  { do: 'compact', before: 8 },
  { do: 'prune', before: 8 },
  { do: 'close' },
  append(2, 'b'),
  append(2, 'c'),
  { do: 'ring' },
  { do: 'kill' },
  { do: 'open' },
  { do: 'close' },
];

/** A log that begins anew: before its head, beyond it, and where it has begun before; with files of all kinds. */
const BEGINNINGS: readonly Act[] = [
  append(4),
  { do: 'save' },
  append(5),
  { do: 'begin', offset: 3 },
  append(3),
  { do: 'save' },
  { do: 'kill' },
  append(2, 'b'),
  { do: 'begin', offset: 14 },
  { do: 'kill' },
  { do: 'save' },
  append(2, 'b'),
  { do: 'begin', offset: 14 },
  { do: 'close' },
  append(1, 'b'),
  { do: 'close' },
];
const SCRIPTS = { 'a life': SCRIPT, 'a life with new beginnings': BEGINNINGS } as const;
type Script = keyof typeof SCRIPTS;
const CASES = Object.keys(SCRIPTS).flatMap((script) =>
  ([{ fsync: 'always' }, { fsync: 'never' }, { fsync: { everyMs: 5 } }] as const).map(
    (options) => [script as Script, options] as const,
  ),
);

type Options = Partial<FileLogOptions>;

/** A disk on which a story goes until a call fails. */
async function lived(
  [story, script]: readonly [Story, Script],
  disk: SimulatedDisk,
  call: number,
  trouble: Trouble,
): Promise<void> {
  disk.troubles = (at) => (at === call ? trouble : undefined);
  await story.run(SCRIPTS[script]);
  disk.troubles = () => undefined;
}

async function callsOf(script: Script, options: Options): Promise<readonly string[]> {
  const disk = new SimulatedDisk();
  await new Story(disk, options).run(SCRIPTS[script]);
  return disk.calls;
}

/** Runs the script with a crash at each call, and checks what each kind of survival leaves. */
async function crashEverywhere(
  script: Script,
  options: Options,
  lasts?: boolean,
  make = () => new SimulatedDisk(),
): Promise<number> {
  let checks = 0;
  for (let call = 0; ; call++) {
    const disk = make();
    const story = new Story(disk, options, lasts);
    await lived([story, script], disk, call, 'crash');
    const { isDown, unsynced } = disk;
    const check = async (left: SimulatedDisk, what: string): Promise<void> => {
      checks++;
      try {
        await story.heir().check(left);
      } catch (error) {
        const message = `crash at call ${call}, ${disk.calls.at(-1)}, ${what}: ${(error as Error).message}`;
        throw new Error(message, { cause: error });
      }
    };
    for (let names = 0; names <= unsynced.names; names++)
      for (const bytes of lengths(unsynced.bytes))
        await check(disk.afterCrash({ names, bytes }), `${names} names and ${bytes} bytes survive`);
    await check(disk.afterKill(), 'all can be seen');
    if (!isDown) return checks;
  }
}

/** Nothing, all, the ends of what was written, and steps between. */
function lengths(most: number): readonly number[] {
  const step = Math.max(1, Math.floor(most / 7));
  const steps = Array.from({ length: Math.floor(most / step) }, (_, i) => i * step + (i % 3));
  return [...new Set([0, 1, ...steps, most - 1, most])].filter((one) => one >= 0 && one <= most);
}

describe('a crash at any call, and any part of what was not synced', () => {
  it.each(CASES)('leaves a log that is whole and goes on: %s, %o', async (script, options) => {
    const checks = await crashEverywhere(script, options);
    console.info(`${script}, ${JSON.stringify(options)}: ${checks} crashes`);
    expect(checks).toBeGreaterThan(500);
  });
});

describe('a failure at any call', () => {
  it.each(CASES)('is told as what it is, and loses nothing that was acknowledged: %s, %o', async (script, options) => {
    const calls = await callsOf(script, options);
    // at every call where it matters most; elsewhere at every third, another third for each trouble
    const step = options.fsync === 'always' ? 1 : 3;
    for (const [i, trouble] of (['EIO', 'ENOSPC', 'short', 'flip'] as const).entries()) {
      for (let call = i % step; call < calls.length; call += step) {
        for (const after of ['power', 'kill'] as const) {
          const disk = new SimulatedDisk();
          const story = new Story(disk, options);
          try {
            await lived([story, script], disk, call, trouble);
            await story.check(after === 'power' ? disk.afterCrash({ names: 0, bytes: 0 }) : disk.afterKill());
          } catch (error) {
            const message = `${trouble} at call ${call}, ${calls[call]}, then ${after}: ${(error as Error).message}`;
            throw new Error(message, { cause: error });
          }
        }
      }
    }
  });
});

describe('the net', () => {
  it('catches a log that acknowledges before it syncs', async () => {
    await expect(crashEverywhere('a life', { fsync: 'never' }, true)).rejects.toThrow('lost that were acknowledged');
  });

  it('catches a log that does not sync the folder', async () => {
    class Careless extends SimulatedDisk {
      override syncDir(): Promise<void> {
        return Promise.resolve();
      }
    }
    await expect(crashEverywhere('a life', {}, true, () => new Careless())).rejects.toThrow(/lost|not opened/);
  });

  it('catches a log that removes what was before it begins anew', async () => {
    class Careless extends SimulatedDisk {
      override async rename(from: string, to: string) {
        if (to.includes('/begin-')) for (const path of this.paths) if (/\/log-/.test(path)) await this.remove(path);
        await super.rename(from, to);
      }
    }
    const careless = crashEverywhere('a life with new beginnings', {}, true, () => new Careless());
    await expect(careless).rejects.toThrow(/lost|missing|not opened/);
  });

  it('catches a log that gives a file its name before it is synced', async () => {
    class Careless extends SimulatedDisk {
      override async open(path: string, how: 'read' | 'change' | 'create') {
        const file = await super.open(path, how);
        return how === 'create' ? { ...file, sync: () => Promise.resolve() } : file;
      }
    }
    await expect(crashEverywhere('a life', {}, true, () => new Careless())).rejects.toThrow(/lost|snapshot|not opened/);
  });
});
