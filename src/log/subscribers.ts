/** Someone who follows a store, and how far they have come. */
export interface Subscriber {
  /** How they follow: pushed, pulled, one at a time, or by a live query, or as a projection. */
  readonly kind: 'changes' | 'follow' | 'consume' | 'live' | 'project';
  readonly label: string;
  /**
   * The newest batch that they were given, or passed over; for a consumer, the one it has dealt with; for a live query,
   * the one its answer accounts for.
   */
  readonly offset: number;
  /** How many batches they have yet to be given: 0 for all but those who are slow, unless asked in a callback. */
  readonly lag: number;
}

interface Enlisted {
  readonly kind: Subscriber['kind'];
  readonly label: string;
  readonly place: () => number;
}

/** Who follows a store, in the order in which they came. */
export class Subscribers {
  readonly #all = new Set<Enlisted>();

  /** Enlists someone whose place moves; returns how to strike them off. */
  add(kind: Subscriber['kind'], label: string, place: () => number): () => void {
    const enlisted = { kind, label, place };
    this.#all.add(enlisted);
    return () => this.#all.delete(enlisted);
  }

  /** Everyone, with how far behind the head they are. */
  at(head: number): readonly Subscriber[] {
    return [...this.#all].map(({ kind, label, place }) => {
      const offset = place();
      return { kind, label, offset, lag: Math.max(0, head - offset) };
    });
  }
}
