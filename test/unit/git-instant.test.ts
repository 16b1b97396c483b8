import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { CommitDates, parseInstant } from '../../examples/git-time-machine/instant.js';

describe('parseInstant', () => {
  it.each([
    ['2024-01-01T00:00:00Z', 1_704_067_200],
    ['2024-01-01T00:00Z', 1_704_067_200],
    ['2024-01-01T00:00:00.999Z', 1_704_067_200],
    ['2024-01-01T02:00:00+02:00', 1_704_067_200],
    ['2024-01-01T02:00:00+0200', 1_704_067_200],
    ['2024-01-01T02:00+02', 1_704_067_200],
    ['2023-12-31 18:30:00 -0530', 1_704_067_200],
    ['2024-02-30T00:00:00Z', 1_709_251_200],
  ])('reads %s', (text, seconds) => {
    expect(parseInstant(text)).toBe(seconds);
  });

  it.each(['2024-01-01', '2024-01-01T00:00:00', 'yesterday', 'v2024', '20240101T000000Z', '2024-13-01T00:00:00Z', ''])(
    'leaves %j to be a revision',
    (text) => {
      expect(parseInstant(text)).toBeUndefined();
    },
  );
});

describe('CommitDates', () => {
  it('finds the newest commit that was made by then, though later dates came before it', () => {
    const dates = new CommitDates([10, 30, 20, 90, 40]);
    expect([9, 10, 19, 20, 29, 39, 40, 100].map((seconds) => dates.lastBy(seconds))).toEqual([-1, 0, 0, 2, 2, 2, 4, 4]);
    expect(new CommitDates([]).lastBy(5)).toBe(-1);
  });

  it('finds what a walk back from the newest finds', () => {
    const date = fc.nat(20);
    fc.assert(
      fc.property(fc.array(date), date, (dates, seconds) => {
        expect(new CommitDates(dates).lastBy(seconds)).toBe(dates.findLastIndex((one) => one <= seconds));
      }),
    );
  });
});
