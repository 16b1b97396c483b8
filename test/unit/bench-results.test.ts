import { describe, expect, it } from 'vitest';

import { refuseUntraceable } from '../../bench/harness/traceable.js';
import { report } from '../../bench/peers/report.js';
import { Results, type Sample } from '../../bench/peers/results.js';

const sample = (peer: string, round: number, figures: Partial<Sample> = {}): Sample => ({
  ...{ peer, round, rows: 10, ns: {}, checks: {}, bytes: {} },
  ...figures,
});

describe('the results of the benches', () => {
  it('name the peer and the workload where something else was read than go-memdb read', () => {
    const samples = [
      sample('native-map', 1, { checks: { W6: 4, W7: 1 } }),
      sample('memoir', 1, { checks: { W6: 5, W7: 1 } }),
      sample('go-memdb', 1, { checks: { W6: 5 } }),
      sample('memoir', 2, { checks: { W6: 5, W7: 2 } }),
    ];
    expect(new Results(10, samples).mismatches()).toEqual([
      { peer: 'native-map', workload: 'W6', rows: 10, round: 1, got: 4, expected: 5, of: 'go-memdb' },
      { peer: 'memoir', workload: 'W7', rows: 10, round: 2, got: 2, expected: 1, of: 'native-map' },
    ]);
  });

  it('pair rounds whatever the order in which they ran', () => {
    const samples = [
      sample('go-memdb', 2, { ns: { W1: 40 } }),
      sample('memoir', 1, { ns: { W1: 1 } }),
      sample('memoir', 2, { ns: { W1: 10 } }),
      sample('go-memdb', 1, { ns: { W1: 4 } }),
      { ...sample('memoir', 3, { ns: { W1: 1000 } }), rows: 20 },
    ];
    const results = new Results(10, samples);
    expect(results.ratio('memoir', 'go-memdb', ({ ns }) => ns['W1'])).toEqual({ ratio: 4, low: 4, high: 4 });
    expect(results.median('memoir', ({ ns }) => ns['W1'])).toBe(5.5);
    expect(results.median('memoir', ({ ns }) => ns['W2'])).toBeUndefined();
    expect(results.ratio('memoir', 'go-memdb', ({ ns }) => ns['W2'])).toBeUndefined();
  });

  it.each([
    [9, 'met'],
    [8, 'too few rounds'],
  ])('say of a bar, with %i rounds: %s', (rounds, verdict) => {
    const samples = Array.from({ length: rounds }, (_, i) => i + 1).flatMap((round) => [
      sample('memoir', round, { ns: { W1: 1 } }),
      sample('go-memdb', round, { ns: { W1: 10 } }),
    ]);
    const lines = report(new Results(10, samples)).split('\n');
    expect(lines.find((line) => line.includes('| W1') && line.includes('| 8 '))).toContain(verdict);
  });

  it.each(['0123456789ab-dirty', 'unknown'])('are not shown when they are of no commit: %s', (commit) => {
    const [traced, strange] = ['0123456789ab', commit].map((of) => ({
      bench: 'scale',
      made: `then, ${of}`,
      commit: of,
    }));
    expect(() => refuseUntraceable([traced!])).not.toThrow();
    expect(() => refuseUntraceable([traced!, strange!])).toThrow(`scale of then, ${commit}`);
  });
});
