/** The stream of batches as server-sent events, which goes on where a client that comes again has left it. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { MemoirError, type Position } from 'memoir';

import type { TaskMachine } from './machine.js';

/** How many seconds a client is to wait before it asks again, in the words of HTTP. */
const AGAIN = { 'retry-after': '1' };

/**
 * Writes batches and markers until the client goes, no faster than it reads: one that falls behind what the log keeps
 * is let go. Each has its position as its id, by which any node goes on, for they all have the same log.
 *
 * Answers 410 where the batches after `Last-Event-ID` are there no more, or were never of this log: the client is to
 * read the state anew. Answers 503 where this node has not come so far yet.
 */
export async function streamChanges(
  { store }: Pick<TaskMachine, 'store'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController();
  try {
    const from = positionAfter(request.headers['last-event-id']);
    const items = store.follow({ ...(from !== undefined && { from }), markers: true, label: 'changes over HTTP' });
    response.on('close', () => {
      left.abort();
      void items.return?.();
    });
    for await (const item of items) {
      // The first is there at once: it says where the stream begins, if nothing else.
      if (!response.headersSent) {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      }
      const event = 'marker' in item ? item.marker : 'batch';
      const id = `${store.lineage}/${item.offset}`;
      const isTaken = response.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(item)}\n\n`);
      if (!isTaken) await once(response, 'drain', { signal: left.signal });
    }
  } catch (error) {
    if (left.signal.aborted) return;
    if (!response.headersSent) refuse(response, error);
  }
  response.end();
}

/** The position to begin at, of the id of the last event that a client has seen. */
function positionAfter(id: string | string[] | undefined): Position | undefined {
  if (id === undefined) return undefined;
  const [, lineage, offset] = /^(.+)\/(\d+)$/.exec(String(id)) ?? [];
  if (lineage === undefined) throw new SyntaxError(`Last-Event-ID is ${String(id)}: give the id of an event`);
  return { lineage, offset: Number(offset) + 1 };
}

function refuse(response: ServerResponse, error: unknown): void {
  const { code, message } = error as Partial<MemoirError> & Error;
  if (code === 'OffsetInFuture') response.writeHead(503, AGAIN);
  else response.writeHead(error instanceof MemoirError ? 410 : 400);
  response.write(`${JSON.stringify({ error: message, code })}\n`);
}
