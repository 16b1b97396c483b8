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
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const ahead = (sign === '-' ? -60 : 60) * (Number(zoneHour) * 60 + Number(zoneMinute));
  return local / 1000 - ahead;
}

/**
 * Finds commits by date as `git rev-list -1 --first-parent --before=DATE` does: the newest in the history, not the
 * latest by the clock, of those committed by then. Dates can go back, so the list is not sorted; but the earliest date
 * from each commit on never sinks, and can be searched.
 */
export class CommitDates {
  /** For each commit, the earliest date among it and all after it. */
  readonly #earliest: Float64Array;

  /** @param dates when each commit was committed, in the order of history, in seconds since 1970 */
  constructor(dates: readonly number[]) {
    this.#earliest = Float64Array.from(dates);
    for (let i = dates.length - 2; i >= 0; i--)
      this.#earliest[i] = Math.min(this.#earliest[i]!, this.#earliest[i + 1]!);
  }

  /** The place of the commit, or -1 where none had been made by then. */
  lastBy(seconds: number): number {
    let low = 0;
    let high = this.#earliest.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#earliest[middle]! <= seconds) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
