import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';

import { describe, expect, it, vi } from 'vitest';

import { blocksIn } from '../support/doc-blocks.js';
import { root } from '../support/repository.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the program at the head of README.md', () => {
  const [program] = blocksIn({ path: 'README.md', text: read('README.md') });

  it('is examples/quickstart.ts, in at most 30 lines', () => {
    expect(program!.code).toBe(read('examples/quickstart.ts'));
    expect(program!.code.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  });

  it('prints what README.md says when it runs as an example', async () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...values) => void lines.push(format(...values)));
    try {
      await import('../../examples/quickstart.js');
    } finally {
      log.mockRestore();
    }
    expect(lines.join('\n')).toBe(program!.output);
  });
});
