/** The HTTP API of a node of the Raft example, over a log that a test stands in for. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

import { afterEach, describe, expect, it } from 'vitest';

import { createApi } from '../../examples/raft-task-server/http.js';
import { createTaskMachine, type TaskMachine } from '../../examples/raft-task-server/machine.js';

const places = {
  n1: { raft: 'localhost:1', http: 'localhost:11' },
  n2: { raft: 'localhost:2', http: 'localhost:12' },
};
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A node whose log is this process; where it does not lead, n2 does. */
async function node({ leads = true, machine = createTaskMachine() } = {}) {
  const settled = async (): Promise<void> => Promise.resolve();
  const propose = async (data: Uint8Array) => {
    const index = machine.appliedIndex + 1;
    return Promise.resolve({ index, answer: machine.apply({ index, term: 1, data }) });
  };
  const status = async () => {
    const at = { last: machine.appliedIndex, applied: machine.appliedIndex };
    return Promise.resolve({
      state: leads ? ('Leader' as const) : ('Follower' as const),
      leader: 'localhost:2',
      ...at,
    });
  };
  const raft = { propose, status, barrier: settled, verify: settled, save: settled, pid: 0 };
  const server = createApi({ machine, raft, places, patienceMs: 50 }).listen(0, '127.0.0.1');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
    machine.close();
  });
  await once(server, 'listening');
  return { machine, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Begins so many definitions, each named by its number. */
function define(machine: TaskMachine, count: number, initial = 'open'): void {
  for (let i = 0; i < count; i++) {
    const index = machine.appliedIndex + 1;
    const data = machine.encode('define', { name: `d${index}`, initial, moves: { [initial]: [] } }, { at: index });
    machine.apply({ index, term: 1, data });
  }
}

async function listen(url: string, lastEventId?: string): Promise<IncomingMessage> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const [response] = (await once(get(`${url}/changes?client=1`, { headers }), 'response')) as [IncomingMessage];
  closing.push(() => response.destroy());
  return response;
}

/** The names and offsets of the next so many events, and the id of the last. */
async function events(response: IncomingMessage, count: number): Promise<{ seen: string[]; id: string }> {
  const whole: string[] = [];
  let rest = '';
  for await (const piece of response.iterator({ destroyOnReturn: false })) {
    const parts = (rest + String(piece)).split('\n\n');
    rest = parts.pop()!;
    whole.push(...parts);
    if (whole.length >= count) break;
  }
  const parts = whole.map((one) => /^event: (\w+)\nid: (.+\/(\d+))\ndata: (.+)$/.exec(one)!);
  for (const [, , , offset, data] of parts) expect(JSON.parse(data!)).toMatchObject({ offset: Number(offset) });
  return { seen: parts.map(([, name, , offset]) => `${name} ${offset}`), id: parts.at(-1)![2]! };
}

describe('the stream of changes', () => {
  it('begins now, and goes on after the last event that a client has seen', async () => {
    const { machine, url } = await node();
    define(machine, 2);
    const first = await listen(url);
    expect(first.headers['content-type']).toBe('text/event-stream');
    expect(await events(first, 1)).toMatchObject({ seen: ['caughtUp 2'] });
    define(machine, 2);
    const { seen, id } = await events(first, 2);
    expect(seen).toEqual(['batch 3', 'batch 4']);
    first.destroy();
    define(machine, 3);
    expect(await events(await listen(url, id), 4)).toMatchObject({
      seen: ['batch 5', 'batch 6', 'batch 7', 'caughtUp 7'],
    });
  });

  it('says when it cannot go on', async () => {
    const { machine, url } = await node();
    define(machine, 2);
    const { lineage } = machine.store;
    const told = async (id: string) => (await listen(url, id)).statusCode;
    expect(await told(`another/1`)).toBe(410);
    expect(await told(`${lineage}/9`)).toBe(503);
    expect(await told('what?')).toBe(400);
  });

  it('is no faster than its reader, and is let go when that goes', async () => {
    const { machine, url } = await node();
    define(machine, 1);
    const slow = await listen(url);
    await events(slow, 1);
    const streams = () => machine.store.stats().subscribers;
    define(machine, 60, 'x'.repeat(200_000));
    await expect.poll(() => streams()[0]!.lag).toBeLessThan(60);
    await setTimeout(200);
    expect(streams()[0]!.lag).toBeGreaterThan(30);
    const { seen } = await events(slow, 60);
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => `batch ${i + 2}`));
    expect(streams()).toHaveLength(1);
    slow.destroy();
    await expect.poll(streams).toEqual([]);
  });
});

describe('a node', () => {
  it('redirects what is proposed to the leader, where it is none', async () => {
    const { url } = await node({ leads: false });
    const response = await fetch(`${url}/commands/start?x=1`, { method: 'POST', body: '{}', redirect: 'manual' });
    expect(response.status).toBe(307);
    expect(response.headers.get('location')).toBe('http://localhost:12/commands/start?x=1');
    expect(await response.json()).toEqual({ leader: 'localhost:12' });
  });

  it('takes commands, and says that it has none of an index that does not come in time', async () => {
    const { url } = await node();
    const body = JSON.stringify({ name: 'job', initial: 'open', moves: { open: [] } });
    expect((await fetch(`${url}/commands/define`, { method: 'POST', body })).status).toBe(200);
    expect((await fetch(`${url}/board/job?index=1&linearizable=1`)).status).toBe(200);
    expect((await fetch(`${url}/board/job?index=2`)).status).toBe(503);
    expect((await fetch(`${url}/commands/define`, { method: 'POST', body: '{' })).status).toBe(400);
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });
});
