import { parseArgs } from 'node:util';

import { Figures } from '../harness/figures.js';
import { build, run } from '../harness/launch.js';
import { FOLDS, report } from './report.js';

const USAGE = `npm run bench:projections -- [options]
  --rows 10000,1000000    how many rows the store has
  --rounds 5              how often each case runs
  --smoke                 tiny sizes: shows only that everything runs`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({ options: { rows: text, rounds: text, smoke: flag, help: flag } });
if (values.help) {
  console.log(USAGE);
} else {
  const { smoke } = values;
  const sizes = (values.rows ?? (smoke ? '1000,2000' : '10000,1000000')).split(',').map(Number);
  const rounds = Number(values.rounds ?? (smoke ? 1 : 5));
  const jobs = sizes.flatMap((rows) => {
    const base = { rounds, rows, heap: Math.max(2048, Math.ceil(rows / 200)) };
    return [...FOLDS.map((fold) => ({ ...base, part: 'folds', fold })), { ...base, part: 'rebuild', fold: 'none' }];
  });
  build();
  console.log(report(new Figures([run('projections', jobs, smoke)])));
}
