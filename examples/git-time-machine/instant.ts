/** A date and time of ISO 8601 with its zone, as `git log --date=iso` and `--date=iso-strict` write it too. */
const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)? ?(?:([Zz])|([+-])(\d{2})(?::?(\d{2}))?)$/;

/**
 * The seconds since 1970 of a date with its zone, or undefined where the text is none: without a zone it would name
 * different commits on different machines. No name of a branch looks like this, as git allows no colon in one.
 */
export function parseInstant(text: string): number | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', , sign, zoneHour = '0', zoneMinute = '0'] = match;
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31) return undefined;
  // a day can end at 24:00, and with a leap second
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return undefined;
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const ahead = (sign === '-' ? -60 : 60) * (Number(zoneHour) * 60 + Number(zoneMinute));
  return local / 1000 - ahead;
}
