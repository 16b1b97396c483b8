/**
 * The HTTP API of a node.
 *
 * - `POST /commands/:name` proposes a command, whose input is the body; a follower redirects to the leader
 * - `GET /board/:definition`, `GET /all/:definition`, `GET /instances/:id` read what is here; with `?index=n` once
 *   entry n is applied here; with `?linearizable=1`, on the leader, what no later read will precede
 * - `GET /watch/:definition?since=n` waits until the board differs from that at entry n
 * - `GET /changes` is the stream of batches, as server-sent events; `Last-Event-ID` says after which it goes on
 * - `GET /status` says how the node stands, `GET /hashes?from=a&to=b` the state hashes between two offsets
 * - `POST /save` has Raft make a snapshot now
 *
 * What cannot be done now is 503: there is no leader, Raft refuses, or entry n is not here in time.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { MemoirError } from 'memoir';

import { board, type Instance } from '../task-server.js';
import { RaftFailure, type RaftBridge } from './bridge.js';
import { streamChanges } from './changes.js';
import type { TaskMachine } from './machine.js';

/** Where a node is found. */
export interface Place {
  readonly raft: string;
  readonly http: string;
}

/** What is behind the API. */
export interface Parts {
  readonly machine: TaskMachine;
  readonly raft: Pick<RaftBridge, 'propose' | 'barrier' | 'verify' | 'save' | 'status' | 'pid'>;
  /** All nodes by name. */
  readonly places: Readonly<Record<string, Place>>;
  /** How long a reader may wait for an entry; 5 seconds unless told. */
  readonly patienceMs?: number;
}

type Reply = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>];

/** The server of a node; it does not listen yet. */
export function createApi(parts: Parts): Server {
  return createServer((request, response) => {
    const url = new URL(request.url!, 'http://here');
    if (request.method === 'GET' && url.pathname === '/changes') {
      void streamChanges(parts.machine, request, response);
      return;
    }
    void new Api(parts).respond(request, url, response);
  });
}

class Api {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async respond(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const [status, body, headers = {}] = await this.#answerTo(request, url).catch(refusal);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(`${JSON.stringify(body)}\n`);
  }

  async #answerTo(request: IncomingMessage, { pathname, searchParams: query }: URL): Promise<Reply> {
    const { machine, raft } = this.#parts;
    const [, what, which = ''] = pathname.split('/').map(decodeURIComponent);
    switch (`${request.method} ${what}`) {
      case 'POST commands':
        return await this.#propose(which, request);
      case 'GET board':
        await this.#upTo(query);
        return [200, { index: machine.appliedIndex, board: machine.store.read(board(which)) }];
      case 'GET instances': {
        await this.#upTo(query);
        const instance: Instance | undefined = machine.store.read((db) => db.instances.get(which));
        return instance === undefined ? [404, { error: `there is no ${which}` }] : [200, instance];
      }
      case 'GET all':
        await this.#upTo(query);
        return [200, { instances: machine.store.read((db) => [...db.instances.scan('byState', { prefix: [which] })]) }];
      case 'GET hashes':
        return [200, { hashes: this.#hashes(Number(query.get('from')), Number(query.get('to'))) }];
      case 'GET watch':
        return [200, await machine.watch(board(which), { since: Number(query.get('since') ?? 0), timeoutMs: 30_000 })];
      case 'GET status':
        return [200, { ...(await raft.status()), ...this.#at(Number(query.get('index') ?? machine.appliedIndex)) }];
      case 'POST save':
        await raft.save();
        return [200, {}];
      default:
        return [404, { error: `there is no ${pathname}` }];
    }
  }

  async #propose(name: string, request: IncomingMessage): Promise<Reply> {
    const { machine, raft } = this.#parts;
    const { state, leader } = await raft.status();
    if (state !== 'Leader') return this.#elsewhere(leader, request);
    const input: unknown = JSON.parse(await bodyOf(request));
    const data = machine.encode(name as 'start', input as { definition: string; title: string });
    const { index, answer } = await raft.propose(data);
    const { status } = answer as { readonly status: string };
    return [status === 'accepted' ? 200 : 409, { ...(answer as object), index }];
  }

  #elsewhere(leader: string, { url }: IncomingMessage): Reply {
    const place = Object.values(this.#parts.places).find((one) => one.raft === leader);
    if (place === undefined) return [503, { error: 'there is no leader now: try again' }];
    return [307, { leader: place.http }, { location: `http://${place.http}${url!}` }];
  }

  /** Waits until what is read here is as new as the reader wants. */
  async #upTo(query: URLSearchParams): Promise<void> {
    const { machine, raft, patienceMs = 5000 } = this.#parts;
    const index = Number(query.get('index') ?? 0);
    if (index > 0) await machine.waitFor(index, { signal: AbortSignal.timeout(patienceMs) });
    if (query.get('linearizable') === '1') {
      await raft.barrier();
      await raft.verify();
    }
  }

  #at(index: number): object {
    const { machine, raft } = this.#parts;
    const { floor, head } = machine.store;
    return { index, hash: machine.stateHash(index), offset: machine.offsetOf(index), floor, head, raftPid: raft.pid };
  }

  /** The state hashes from one offset to another, each with its index. */
  #hashes(from: number, to: number): readonly (readonly [index: number, hash: string])[] {
    const { machine } = this.#parts;
    return Array.from({ length: to - from + 1 }, (_, i) => {
      const index = machine.indexOf(from + i);
      return [index, machine.stateHash(index)] as const;
    });
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function refusal(error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RaftFailure) return [503, { error: message, outcome: error.outcome }];
  const isLate = error instanceof MemoirError && error.code === 'WaitAborted';
  return [isLate ? 503 : 400, { error: message }];
}
