import { writeFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { readCommits } from '../../examples/git-time-machine/git-log.js';
import { openRepository } from '../../examples/git-time-machine/git-repository.js';
import { loadRecordedHistory, RECORDED_HISTORY } from '../../examples/git-time-machine/recorded-history.js';
import { fixtureRepository } from '../support/git-fixture.js';
import { temporaryFolder } from '../support/git-folders.js';
import { collect } from '../support/git-tree-fold.js';

const folder = temporaryFolder();

it('the recorded history is what git says of the repository of odd cases', async () => {
  await fixtureRepository(folder('odd'));
  const commits = await collect(readCommits(await openRepository(folder('odd'))));
  if (process.env['UPDATE_RECORDED'] !== undefined) {
    // beyond ASCII as escapes, as some of the characters in these paths cannot be seen
    const json = JSON.stringify(commits, undefined, 2).replaceAll(
      /[\x7f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    writeFileSync(RECORDED_HISTORY, `${json}\n`);
  }
  expect(loadRecordedHistory(), 'run this test with UPDATE_RECORDED=1, then npm run format').toEqual(commits);
});
