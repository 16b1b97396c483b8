/**
 * One node of the cluster: the state machine, its raftd, and an HTTP API.
 *
 * - `POST /commands/:name` proposes a command, whose input is the body; a follower redirects to the leader
 * - `GET /board/:definition`, `GET /all/:definition`, `GET /instances/:id` read what is here; with `?index=n` once
 *   entry n is applied here; with `?linearizable=1`, on the leader, what no later read will precede
 * - `GET /watch/:definition?since=n` waits until the board differs from that at entry n
 * - `GET /changes` is the stream of batches, as server-sent events
 * - `GET /status` says how the node stands, `GET /hashes?from=a&to=b` the state hashes between two offsets
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { board, type Instance } from '../task-server.js';
import { RaftBridge, RaftFailure, type RaftOptions } from './bridge.js';
import { createTaskMachine } from './machine.js';

/** Where a node is found. */
interface Place {
  readonly raft: string;
  readonly http: string;
}

/** What a node is told when it is started. */
export interface NodeOrder extends Omit<RaftOptions, 'peers' | 'address'> {
  readonly places: Readonly<Record<string, Place>>;
}

const order = JSON.parse(process.argv[2]!) as NodeOrder;
const { places, id } = order;
const here = places[id]!;
const machine = createTaskMachine();
const peers = Object.fromEntries(Object.entries(places).map(([name, { raft }]) => [name, raft]));
const raft = new RaftBridge({ ...order, address: here.raft, peers }, machine, () => process.exit(4));

type Reply = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>];

async function propose(name: string, request: IncomingMessage): Promise<Reply> {
  const { state, leader } = await raft.status();
  if (state !== 'Leader') return elsewhere(leader, request);
  const input: unknown = JSON.parse(await bodyOf(request));
  const data = machine.encode(name as 'start', input as { definition: string; title: string });
  const { index, answer } = await raft.propose(data);
  const { status } = answer as { readonly status: string };
  return [status === 'accepted' ? 200 : 409, { ...(answer as object), index }];
}

function elsewhere(leader: string, { url }: IncomingMessage): Reply {
  const place = Object.values(places).find((one) => one.raft === leader);
  if (place === undefined) return [503, { error: 'there is no leader now: try again' }];
  return [307, { leader: place.http }, { location: `http://${place.http}${url!}` }];
}

/** Waits until what is read here is as new as the reader wants. */
async function upTo(query: URLSearchParams): Promise<void> {
  const index = Number(query.get('index') ?? 0);
  if (index > 0) await machine.waitFor(index, { signal: AbortSignal.timeout(5000) });
  if (query.get('linearizable') === '1') {
    await raft.barrier();
    await raft.verify();
  }
}

async function answerTo(request: IncomingMessage): Promise<Reply> {
  const { pathname, searchParams: query } = new URL(request.url!, 'http://here');
  const [, what, which = ''] = pathname.split('/').map(decodeURIComponent);
  switch (`${request.method} ${what}`) {
    case 'POST commands':
      return await propose(which, request);
    case 'GET board':
      await upTo(query);
      return [200, { index: machine.appliedIndex, board: machine.store.read(board(which)) }];
    case 'GET instances': {
      await upTo(query);
      const instance: Instance | undefined = machine.store.read((db) => db.instances.get(which));
      return instance === undefined ? [404, { error: `there is no ${which}` }] : [200, instance];
    }
    case 'GET all':
      await upTo(query);
      return [200, { instances: machine.store.read((db) => [...db.instances.scan('byState', { prefix: [which] })]) }];
    case 'GET hashes':
      return [200, { hashes: hashes(Number(query.get('from')), Number(query.get('to'))) }];
    case 'GET watch':
      return [200, await machine.watch(board(which), { since: Number(query.get('since') ?? 0), timeoutMs: 30_000 })];
    case 'GET status':
      return [200, { ...(await raft.status()), ...stateAt(Number(query.get('index') ?? machine.appliedIndex)) }];
    case 'POST save':
      await raft.save();
      return [200, {}];
    default:
      return [404, { error: `there is no ${pathname}` }];
  }
}

function stateAt(index: number): object {
  const { floor, head } = machine.store;
  return { index, hash: machine.stateHash(index), offset: machine.offsetOf(index), floor, head, raftPid: raft.pid };
}

/** The state hashes from one offset to another, each with its index. */
function hashes(from: number, to: number): readonly (readonly [index: number, hash: string])[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const index = machine.indexOf(from + i);
    return [index, machine.stateHash(index)] as const;
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** Every batch from now on, for as long as the client listens. */
function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const listening = machine.store.changes({ markers: true, label: 'changes over HTTP' }).subscribe((item) => {
    const event = 'marker' in item ? item.marker : 'batch';
    response.write(`event: ${event}\nid: ${item.offset}\ndata: ${JSON.stringify(item)}\n\n`);
  });
  response.on('close', () => listening.unsubscribe());
}

function refusal(error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof RaftFailure)) return [400, { error: message }];
  return [503, { error: message, outcome: error.outcome }];
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body, headers = {}] = await answerTo(request).catch(refusal);
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}

const server = createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/changes') return stream(response);
  void respond(request, response);
});
const [host, port] = here.http.split(':') as [string, string];
server.listen(Number(port), host);
process.on('disconnect', () => process.exit(0));
