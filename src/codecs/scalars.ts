import * as t from 'io-ts';

import { readBase64Url, toBase64Url } from './base64url.js';

/** Date, time and zone; of the second's fraction no more than the three digits that a Date holds. */
const ISO = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,3}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

class DateType extends t.Type<Date, string> {
  readonly _tag = 'DateType' as const;

  constructor() {
    super(
      'date',
      isDate,
      (value, context) => {
        const read = isDate(value) ? new Date(value) : typeof value === 'string' ? readDate(value) : undefined;
        return read === undefined ? t.failure(value, context) : t.success(read);
      },
      (value) => value.toISOString(),
    );
  }
}

class BytesType extends t.Type<Uint8Array, string> {
  readonly _tag = 'BytesType' as const;

  constructor() {
    super(
      'bytes',
      isBytes,
      (value, context) => {
        const read = isBytes(value)
          ? new Uint8Array(value)
          : typeof value === 'string'
            ? readBase64Url(value)
            : undefined;
        return read === undefined ? t.failure(value, context) : t.success(read);
      },
      toBase64Url,
    );
  }
}

/**
 * The codec of a point in time: a valid Date, which encodes as its ISO string. It decodes from a Date, which it copies,
 * and from an ISO string with date, time and zone; it refuses a day that the month does not have, and a fraction finer
 * than milliseconds.
 *
 * @example
 * ```ts
 * import { date } from 'memoir';
 * import * as t from 'io-ts';
 *
 * const Task = t.strict({ id: t.string, due: date });
 * console.log(Task.encode({ id: 't1', due: new Date(0) })); // { id: 't1', due: '1970-01-01T00:00:00.000Z' }
 * console.log(Task.decode({ id: 't1', due: '2026-03-01T10:00:00+01:00' })._tag); // Right
 * console.log(date.is(new Date('someday'))); // false
 * ```
 */
export const date: t.Type<Date, string> & { readonly _tag: 'DateType' } = new DateType();

/**
 * The codec of bytes: a Uint8Array, which encodes as base64url without padding. It decodes from bytes, which it copies,
 * and from base64url.
 *
 * @example
 * ```ts
 * import { bytes } from 'memoir';
 * import * as t from 'io-ts';
 *
 * const File = t.strict({ path: t.string, content: bytes });
 * console.log(File.encode({ path: 'hi', content: Uint8Array.of(104, 105) })); // { path: 'hi', content: 'aGk' }
 * console.log(File.decode({ path: 'hi', content: 'aGk' })._tag); // Right
 * console.log(bytes.is([104, 105])); // false
 * ```
 */
export const bytes: t.Type<Uint8Array, string> & { readonly _tag: 'BytesType' } = new BytesType();

/** An object that only inherits from Date has no time: asking for it throws. */
function isDate(value: unknown): value is Date {
  try {
    return value instanceof Date && !Number.isNaN(value.getTime());
  } catch {
    return false;
  }
}

/** An object that only inherits from Uint8Array has no bytes: only `isView` tells. */
function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && ArrayBuffer.isView(value);
}

/**
 * Engines read 31 February and the like in ways of their own. The date that a text stands for must say the same when
 * it is written again, so all of them agree.
 */
function readDate(text: string): Date | undefined {
  const [, local, fraction = '', sign, hours, minutes] = ISO.exec(text) ?? [];
  if (local === undefined) return undefined;
  const asUtc = `${local}.${fraction.padEnd(3, '0')}Z`;
  const read = new Date(asUtc);
  if (Number.isNaN(read.getTime()) || read.toISOString() !== asUtc) return undefined;
  if (sign === undefined) return read;
  const ahead = (Number(hours) * 60 + Number(minutes)) * 60_000;
  const shifted = new Date(read.getTime() + (sign === '+' ? -ahead : ahead));
  return Number.isNaN(shifted.getTime()) ? undefined : shifted;
}
