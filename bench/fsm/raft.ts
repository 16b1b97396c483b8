import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RaftBridge, type RaftMachine } from '../../examples/raft-task-server/bridge.js';
import { short } from '../../examples/raft-task-server/frames.js';
import { GO_FSM } from './places.js';

/** Entries by when they are proposed: `create`, `move` and `alone`. */
export type Proposals = Readonly<Record<'create' | 'move' | 'alone', readonly Uint8Array[]>>;

/** Has `go/raft.go` drive a machine over the bridge that docs/raft-bridge.md lays down; returns what it measured. */
export async function inRaft(machine: RaftMachine, proposals: Proposals): Promise<Record<string, number>> {
  const dir = mkdtempSync(join(tmpdir(), 'memoir-bench-raft-'));
  try {
    for (const [name, entries] of Object.entries(proposals)) {
      writeFileSync(join(dir, name), Buffer.concat(entries.flatMap((data) => [short(data.length), data])));
    }
    const options = { binary: GO_FSM, id: 'memoir', address: 'none', dir, peers: {} };
    await new Promise<void>((ended) => void new RaftBridge(options, machine, ended));
    return JSON.parse(readFileSync(join(dir, 'figures.json'), 'utf8')) as Record<string, number>;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
