import type { LogEntry, Saved } from './disk.js';

/**
 * What nodes say to each other. Source: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm",
 * 2014.
 */
export type Message = { readonly from: string; readonly term: number } & (
  | { readonly type: 'askVote'; readonly lastIndex: number; readonly lastTerm: number }
  | { readonly type: 'vote'; readonly isGranted: boolean }
  | {
      readonly type: 'append';
      readonly prevIndex: number;
      readonly prevTerm: number;
      readonly entries: readonly LogEntry[];
      readonly commit: number;
      readonly round: number;
    }
  | { readonly type: 'install'; readonly snapshot: Saved; readonly round: number }
  | {
      readonly type: 'appended';
      readonly isMatch: boolean;
      /** The newest index that is known to be the leader's; where there is no match, one that may be. */
      readonly index: number;
      readonly round: number;
    }
);

/** A message of a type. */
export type MessageOf<T extends Message['type']> = Extract<Message, { readonly type: T }>;
