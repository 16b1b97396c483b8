import { parseArgs } from 'node:util';

import { Figures } from '../harness/figures.js';
import { build, run } from '../harness/launch.js';
import { report } from './report.js';

const USAGE = `npm run bench:history -- [options]
  --versions 1000000   how many versions are kept
  --rounds 15          how often each read is timed, in turn; at least 9 for numbers to go by
  --only a,b           of head, views, opening, below, closing, compacting
  --smoke              tiny sizes: shows only that everything runs`;

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    ...{ versions: text, rounds: text, only: text },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
} else {
  const { smoke } = values;
  const total = Number(values.versions ?? (smoke ? 2000 : 1_000_000));
  const rounds = Number(values.rounds ?? (smoke ? 2 : 15));
  const [cold, hot] = [Math.ceil(total / 10), Math.ceil(total / 1000)];
  const heap = Math.max(2048, Math.ceil(total / 250));
  const base = { rounds: 1, heap, times: rounds };
  const jobs = [
    { ...base, part: 'head', rows: cold, versions: 10 },
    { ...base, part: 'views', rows: cold, versions: 2 },
    { ...base, part: 'views', rows: cold, versions: 10 },
    { ...base, part: 'views', rows: hot, versions: 1000 },
    { ...base, part: 'opening', rows: Math.ceil(total / 1000), versions: 10 },
    { ...base, part: 'opening', rows: Math.ceil(total / 100), versions: 10 },
    { ...base, part: 'opening', rows: cold, versions: 10 },
    { ...base, part: 'below', rows: cold, versions: 10 },
    { ...base, part: 'closing', rows: cold, versions: 10 },
    { ...base, part: 'compacting', rows: cold, versions: 10 },
  ];
  const only = values.only?.split(',') ?? jobs.map(({ part }) => part);
  build();
  const wanted = jobs.filter(({ part }) => only.includes(part));
  console.log(report(new Figures([run('history', wanted, smoke)])));
}
