import { Fault } from '../../codecs/fault.js';
import { MemoirError } from '../../errors.js';
import { SegmentFault } from './segment-reader.js';

/** The error for what is wrong in a file; anything but a fault is passed on as it is. */
export function damaged(error: unknown, file: string, offset: number): unknown {
  if (!(error instanceof Fault)) return error;
  const byte = error instanceof SegmentFault ? error.byte : 0;
  const why = error.cause === undefined ? '' : `: ${messageOf(error.cause)}`;
  const what =
    error.code === 'FormatUnknown'
      ? `${file} ${error.says}. Open it with what wrote it, or a newer memoir`
      : `${file} ${error.says}, at byte ${byte}, where entry ${offset} belongs${why}. ` +
        '`verify` tells what else is damaged, `repair` keeps what can be proved';
  return new MemoirError(error.code, what, {
    file,
    byte,
    offset,
    ...(error.cause !== undefined && { cause: error.cause }),
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error for what the disk did not take, and certainly does not have. */
export function refused(what: string, cause: unknown): MemoirError {
  return new MemoirError('LogRefused', `${what}: ${messageOf(cause)}`, { cause });
}

/** An error of memoir as it is; any other as what the disk did not take. */
export function asMemoirError(error: unknown, what: string): MemoirError {
  return error instanceof MemoirError ? error : refused(what, error);
}

/** The error for what the disk does not give. */
export function unreadable(path: string, cause: unknown): MemoirError {
  const message = `${path} cannot be read: ${messageOf(cause)}. Look at the disk`;
  return new MemoirError('Damaged', message, { file: path, byte: 0, cause });
}
