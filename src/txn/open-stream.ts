import { LoggedStream, streamEvent, type AnyStreamEvent } from '../log/event-stream.js';
import type { MemoryLog } from '../log/memory-log.js';
import type { Sink } from './sink.js';

/** Opens an event stream that has a head, and of the transaction that asks the events it has emitted so far. */
export type OpenStream = (name: string, head: number, own: readonly AnyStreamEvent[]) => LoggedStream;

/** Opens streams as transactions see them: with the batches that are on their way to the log. */
export function streamsOf(log: MemoryLog, sink: Sink): OpenStream {
  return (name, head, own) => {
    const tail: AnyStreamEvent[] = [];
    for (const batch of sink.waiting)
      for (const event of batch.events) if (event.stream === name) tail.push(streamEvent(batch, event));
    return new LoggedStream({ log, name, head, tail: [...tail, ...own] });
  };
}
