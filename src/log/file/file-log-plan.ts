import type { ByteCodec } from '../../codecs/byte-codec.js';
import { checkOptions, MemoirError, show } from '../../errors.js';
import { avro } from '../../codecs/avro/avro-codec.js';
import { json } from '../../codecs/json-codec.js';
import type { FollowedLog, LogPlan, SnapshotEvery } from '../byte-log.js';
import { keepFault, type Keep } from '../keep.js';
import { openFileLog, type FileLogSettings } from './file-log.js';
import { followFileLog } from './followed-log.js';
import type { Host } from './host.js';
import { nodeHost } from './node-host.js';
import { repairFileLog, type LogRepair } from './repair.js';
import { verifyFileLog, type LogReport } from './verify.js';

/** How a log is kept in a folder. */
export interface FileLogOptions {
  /** The folder; it is made where there is none. One process writes to it at a time. */
  readonly dir: string;
  /**
   * When what was appended is synced to the disk: `always`, before the append resolves; every so many milliseconds; or
   * `never`, when the system likes. Unless it is `always`, a crash of the machine may take the newest entries.
   */
  readonly fsync?: 'always' | 'never' | { readonly everyMs: number };
  /** A file of this size is followed by another; 64 MiB unless told. Old entries go by whole files. */
  readonly segmentBytes?: number;
  /** How rows are laid down; Avro unless told. */
  readonly codec?: ByteCodec;
  /** How far back the log is kept. */
  readonly keep?: Keep;
  /** When a snapshot is made beside it: after so many batches, or so many bytes of them. */
  readonly snapshotEvery?: SnapshotEvery;
  /** Stands in for parts of the machine, in simulations. */
  readonly host?: Partial<Host>;
}

/** A log in a folder, before it is opened. */
export interface FileLogPlan extends LogPlan {
  readonly dir: string;
  /** Opens it to read what another process writes, while it does. @throws `Damaged`, `FormatUnknown` */
  follow(): Promise<FollowedLog>;
  /**
   * Reads all of it, and says what is there, what is damaged, and how far a repair would let it go on; changes nothing.
   * Snapshots are decoded, and their rows compared with the state hash, which takes as long as loading them; of one
   * whose codec is not at hand, the checksum alone is compared.
   */
  verify(): Promise<LogReport>;
  /**
   * Lets it go on with what goes farthest of what can be proved, by its entries alone or from a snapshot on, and sets
   * aside what is dropped. @throws `LogLocked`
   */
  repair(): Promise<LogRepair>;
}

const OPTIONS = ['dir', 'fsync', 'segmentBytes', 'codec', 'keep', 'snapshotEvery', 'host'];
const SEGMENT_BYTES = 2 ** 26;
/** A timer of Node that is to wait longer rings at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * A log in the files of a folder, which lasts when the process ends. Nothing is opened yet.
 *
 * @throws `OptionInvalid`
 * @example
 * ```ts
 * import { fileLog } from 'memoir/log/file';
 *
 * const log = await fileLog({ dir: 'data', fsync: { everyMs: 100 } }).open();
 * console.log(log.floor, log.head);
 * await log.close();
 * ```
 */
export function fileLog(options: FileLogOptions): FileLogPlan {
  checkOptions('fileLog', options, OPTIONS);
  const { dir, codec = avro, keep, snapshotEvery } = options;
  const settings = settingsOf(options);
  const codecs = [codec, avro, json];
  return {
    dir,
    codec,
    ...(keep !== undefined && { keep }),
    ...(snapshotEvery !== undefined && { snapshotEvery }),
    open: () => openFileLog(settings),
    follow: () => followFileLog(settings.host, dir),
    verify: () => verifyFileLog(settings.host, dir, codecs),
    repair: () => repairFileLog(settings.host, dir, codecs),
  };
}

function settingsOf(options: FileLogOptions): FileLogSettings {
  const { dir, fsync = 'always', segmentBytes = SEGMENT_BYTES, codec, keep, snapshotEvery, host } = options;
  if (typeof dir !== 'string' || dir === '') throw invalid('dir', dir, 'give the path of a folder');
  if (!isAbove0(segmentBytes)) throw invalid('segmentBytes', segmentBytes, 'give a number of bytes above 0');
  if (codec !== undefined && !isObject(codec, 'coder'))
    throw invalid('codec', codec, 'give `avro` from memoir/avro, or leave it out');
  if (host !== undefined && !isObject(host)) throw invalid('host', host, 'give parts of a machine, or leave it out');
  const keeping = keep === undefined ? undefined : keepFault(keep);
  if (keeping !== undefined)
    throw new MemoirError('OptionInvalid', `${keeping.path} of fileLog ${keeping.says}`, { path: keeping.path });
  if (snapshotEvery !== undefined) checkEvery(snapshotEvery);
  const everyMs = isObject(fsync) ? (fsync as { readonly everyMs?: unknown }).everyMs : 0;
  const isTimed = isAbove0(everyMs) && everyMs <= TIMER_MS_MAX;
  if (!isTimed && fsync !== 'always' && fsync !== 'never')
    throw invalid('fsync', fsync, `give 'always', 'never' or { everyMs }, milliseconds from 1 to ${TIMER_MS_MAX}`);
  const policy = typeof fsync === 'object' ? 'timed' : fsync;
  return { host: { ...nodeHost(), ...host }, dir, policy, everyMs: Number(everyMs), segmentBytes };
}

function isAbove0(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}

/** A caller without types may give null, which is an object, too. */
function isObject(value: unknown, method?: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return method === undefined || typeof (value as Readonly<Record<string, unknown>>)[method] === 'function';
}

function checkEvery(every: SnapshotEvery): void {
  checkOptions('snapshotEvery', every, ['batches', 'bytes']);
  for (const [name, count] of Object.entries(every) as readonly [string, unknown][]) {
    if (!isAbove0(count)) throw invalid(`snapshotEvery.${name}`, count, 'give a number above 0');
  }
}

function invalid(path: string, value: unknown, instead: string): MemoirError {
  return new MemoirError('OptionInvalid', `${path} of fileLog is ${show(value)}: ${instead}`, { path });
}
