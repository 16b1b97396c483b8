import type { Codec, TypeOf } from './codec.js';

/** The domain events of a store: the codec of each one's data, by the name of its type. */
export type Events = Readonly<Record<string, Codec>>;

/** The events of a store that has none. */
export type NoEvents = Readonly<Record<never, never>>;

/** One domain fact: its type and its data, and its place in a stream if it is of one. */
export type DomainEvent<E extends Events> = {
  readonly [N in keyof E & string]: EventOf<N, TypeOf<E[N]>>;
}[keyof E & string];

interface EventOf<N, D> {
  /** The name of its type. */
  readonly type: N;
  readonly data: D;
  /** The stream that it is of, if any. */
  readonly stream: string | undefined;
  /** Its place in the stream: 1, 2, 3 … with no gaps; undefined for an event without a stream. */
  readonly position: number | undefined;
}
