import type { Codec, TypeOf } from './codec.js';
import type { FieldNotes, Input } from './table-types.js';

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

/** What `event` makes: a codec of an event's data that knows what older logs need. */
export interface EventCodec<D> extends Codec {
  readonly is: (value: unknown) => value is D;
}

/** What older logs need of an event type. */
export interface EventOptions<D> {
  /** Names that the type had before. */
  readonly aliases?: readonly string[];
  /** What older data need, by field: names it had, and what it is where it was not there. */
  readonly fields?: NoInfer<{ readonly [F in keyof D & string]?: FieldNotes<Input<D[F]>> }>;
  /**
   * Steps from version to version, by the one that each leads to: `{ 2: (data) => … }`. The type is of the highest
   * version that there is a step to, or of version 1. Steps must be pure functions.
   */
  readonly migrate?: { readonly [version: number]: (data: never) => unknown };
}
