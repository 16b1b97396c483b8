import { describe, expect, it } from 'vitest';

import { parseInstant } from '../../examples/git-time-machine/instant.js';

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
