import { describe, expect, it } from 'vitest';

import { parseRequest, UsageError } from '../../examples/git-time-machine/arguments.js';

describe('parseRequest', () => {
  it.each([
    ['', { kind: 'tour', path: undefined, watch: false }],
    ['PATH --watch', { kind: 'tour', path: 'PATH', watch: true }],
    ['--tree HEAD~3 PATH', { kind: 'tree', path: 'PATH', point: 'HEAD~3' }],
    ['PATH --tree=-x', { kind: 'tree', path: 'PATH', point: '-x' }],
    ['--verify 10', { kind: 'verify', path: undefined, count: 10 }],
    ['--history a/b', { kind: 'history', path: undefined, file: 'a/b' }],
    ['-h', { kind: 'help', path: undefined }],
    ['-- --tree', { kind: 'tour', path: '--tree', watch: false }],
  ])('reads %j', (line, request) => {
    expect(parseRequest(line.split(' ').filter(Boolean))).toEqual(request);
  });

  it.each([
    '--diff A B',
    '--diff=A B',
    '--diff A..B',
    'P --diff A B',
    'P --diff A..B',
    '--diff A B P',
    '--diff A..B P',
  ])('reads both points of %j, and leaves the path', (line) => {
    const path = line.includes('P') ? 'P' : undefined;
    expect(parseRequest(line.split(' '))).toEqual({ kind: 'diff', path, from: 'A', to: 'B' });
  });

  it('takes HEAD for a point that is left out beside dots', () => {
    expect(parseRequest(['--diff', 'A..'])).toMatchObject({ from: 'A', to: 'HEAD' });
    expect(parseRequest(['--diff', '..B'])).toMatchObject({ from: 'HEAD', to: 'B' });
  });

  it.each([
    ['--bogus'],
    ['--tree'],
    ['--tree', '-x'],
    ['--tree', 'A', '--tree', 'B'],
    ['--tree', 'A', '--watch'],
    ['--help', '--verify', '3'],
    ['--diff', 'A'],
    ['P', '--diff', 'A'],
    ['--diff', 'A...B'],
    ['--diff', 'A..B', 'P', 'Q'],
    ['--verify', '0'],
    ['--verify', '1.5'],
    ['--verify', '1e3'],
    ['--verify', '9'.repeat(30)],
    ['--watch=yes'],
    ['P', 'Q'],
    [''],
  ])('refuses %j %j', (...args) => {
    expect(() => parseRequest(args)).toThrow(UsageError);
  });
});
