import type { Driven } from '../../fsm.js';
import { Hosted } from './hosted.js';
import type { Message, MessageOf } from './messages.js';
import type { NodeParts } from './node-parts.js';

const HEARTBEAT_MS = 40;
const ELECTION_MS = [150, 300] as const;
/** So many entries at the most go in one message. */
const ENTRIES_MAX = 8;

/** What a leader knows of another node. */
interface Follower {
  /** The next entry to send. */
  next: number;
  /** The newest entry that it is known to have. */
  match: number;
  /** The newest round of messages that it has answered. */
  round: number;
}

/** A read that waits until it is known that its node still led when it was asked. */
interface Waiting {
  readonly round: number;
  readonly act: (machine: Driven) => void;
}

/** A node of the cluster while it runs: Raft, as far as simulations need it. What it must not forget is on its disk. */
export class RaftNode {
  readonly #parts: NodeParts;
  readonly #hosted: Hosted;
  #role: 'follower' | 'candidate' | 'leader' = 'follower';
  #commit: number;
  readonly #votes = new Set<string>();
  readonly #followers = new Map<string, Follower>();
  readonly #reads = new Set<Waiting>();
  #round = 0;
  /** The newest of its own entries that it has synced. */
  #synced = 0;
  /** Grows whenever waiting for a leader begins anew. */
  #patience = 0;
  #isDown = false;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.#hosted = new Hosted(parts);
    this.#commit = this.#snapshotIndex;
  }

  /** Begins: with what its disk has, as a follower. */
  async start(): Promise<void> {
    await this.#hosted.start();
    this.#waitForLeader();
  }

  stop(): void {
    this.#isDown = true;
    this.#hosted.stop();
  }

  get term(): number {
    return this.#parts.disk.state.term;
  }

  get isLeader(): boolean {
    return this.#role === 'leader' && !this.#isDown;
  }

  get machine(): Driven {
    return this.#hosted.machine;
  }

  /** The newest entry, of those too that no machine is given, that its state is of. */
  get appliedIndex(): number {
    return this.#hosted.applied;
  }

  /** Takes a proposal, as the leader that it is. */
  propose(proposal: number, data: Uint8Array): void {
    this.#appendOwn(proposal, data);
  }

  /** Acts when the state is known to have all that was answered before the call; false where it does not lead. */
  read(act: (machine: Driven) => void): boolean {
    // Until an entry of its own term is committed a leader does not know how far others have come.
    if (!this.isLeader || this.#termAt(this.#commit) !== this.term) return false;
    this.#reads.add({ round: ++this.#round, act });
    this.#sendAll();
    return true;
  }

  async receive(message: Message): Promise<void> {
    if (message.term > this.term) this.#follow(message.term);
    if (message.type === 'askVote') this.#onAskVote(message);
    else if (message.type === 'vote') this.#onVote(message);
    else if (message.type === 'append') this.#onAppend(message);
    else if (message.type === 'install') await this.#onInstall(message);
    else this.#onAppended(message);
  }

  #onAskVote({ from, term, lastIndex, lastTerm }: MessageOf<'askVote'>): void {
    const { disk, broken } = this.#parts;
    const own = this.#termAt(this.#lastIndex);
    const isRecent = lastTerm > own || (lastTerm === own && lastIndex >= this.#lastIndex);
    const { vote } = disk.state;
    const isGranted = term === this.term && isRecent && (vote === undefined || vote === from);
    if (isGranted) {
      if (broken !== 'forgets its vote') disk.write({ vote: from });
      this.#waitForLeader();
    }
    this.#whenSynced(() => this.#answer(from, term, { type: 'vote', isGranted }));
  }

  #onVote({ from, term, isGranted }: MessageOf<'vote'>): void {
    if (this.#role !== 'candidate' || term !== this.term || !isGranted) return;
    this.#votes.add(from);
    if (this.#isMajority(this.#votes.size)) this.#lead();
  }

  #onAppend({ from, term, prevIndex, prevTerm, entries, commit, round }: MessageOf<'append'>): void {
    if (term < this.term) return this.#send(from, { type: 'appended', isMatch: false, index: 0, round });
    this.#heed();
    const known = Math.max(prevIndex, this.#snapshotIndex);
    if (prevIndex > this.#lastIndex || (prevIndex >= this.#snapshotIndex && this.#termAt(prevIndex) !== prevTerm)) {
      const index = Math.min(prevIndex - 1, this.#lastIndex);
      return this.#send(from, { type: 'appended', isMatch: false, index, round });
    }
    for (const entry of entries) {
      if (entry.index <= known || this.#termAt(entry.index) === entry.term) continue;
      this.#truncate(entry.index);
      this.#parts.disk.write({ log: [...this.#parts.disk.state.log, entry] });
    }
    const index = Math.max(prevIndex + entries.length, this.#snapshotIndex);
    this.#whenSynced(() => {
      this.#answer(from, term, { type: 'appended', isMatch: true, index, round });
      if (this.term === term) this.#commitTo(Math.min(commit, index));
    });
  }

  async #onInstall({ from, term, snapshot, round }: MessageOf<'install'>): Promise<void> {
    if (term < this.term) return this.#send(from, { type: 'appended', isMatch: false, index: 0, round });
    this.#heed();
    if (snapshot.index > this.#commit) {
      const isKnown = this.#termAt(snapshot.index) === snapshot.term;
      const log = isKnown ? this.#parts.disk.state.log.filter(({ index }) => index > snapshot.index) : [];
      this.#parts.disk.write({ snapshot, log });
      this.#commit = snapshot.index;
      await this.#hosted.install(snapshot);
    }
    const { index } = snapshot;
    this.#whenSynced(() => this.#answer(from, term, { type: 'appended', isMatch: true, index, round }));
  }

  #onAppended({ from, term, isMatch, index, round }: MessageOf<'appended'>): void {
    if (!this.isLeader || term !== this.term) return;
    const follower = this.#followers.get(from)!;
    follower.round = Math.max(follower.round, round);
    if (isMatch) {
      follower.match = Math.max(follower.match, index);
      follower.next = Math.max(follower.next, follower.match + 1);
      this.#commitByMajority();
    } else {
      follower.next = Math.max(follower.match + 1, Math.min(follower.next - 1, index + 1));
    }
    this.#answerReads();
    if (follower.next <= this.#lastIndex) this.#sendTo(from);
  }

  /** Hears from a leader of its term. */
  #heed(): void {
    if (this.#role !== 'follower') this.#follow(this.term);
    this.#waitForLeader();
  }

  #follow(term: number): void {
    if (term > this.term) this.#parts.disk.write({ term, vote: undefined });
    if (this.#role === 'leader') this.#waitForLeader();
    this.#role = 'follower';
    this.#reads.clear();
  }

  /** Waits for a leader from now on, and stands for election if none is heard of. */
  #waitForLeader(): void {
    const { timeline, random } = this.#parts;
    const patience = ++this.#patience;
    timeline.after(random.between(...ELECTION_MS), () => {
      if (!this.#isDown && patience === this.#patience && this.#role !== 'leader') this.#stand();
    });
  }

  #stand(): void {
    const { disk, name, peers, broken } = this.#parts;
    this.#role = 'candidate';
    this.#votes.clear();
    disk.write({ term: this.term + 1, vote: broken === 'forgets its vote' ? undefined : name });
    this.#waitForLeader();
    const { term } = this;
    const [lastIndex, lastTerm] = [this.#lastIndex, this.#termAt(this.#lastIndex)];
    this.#whenSynced(() => {
      if (this.#role !== 'candidate' || this.term !== term) return;
      this.#votes.add(name);
      if (this.#isMajority(this.#votes.size)) this.#lead();
      for (const peer of peers) this.#send(peer, { type: 'askVote', lastIndex, lastTerm });
    });
  }

  #lead(): void {
    const { name, peers, elected } = this.#parts;
    this.#role = 'leader';
    this.#synced = 0;
    this.#followers.clear();
    for (const peer of peers) this.#followers.set(peer, { next: this.#lastIndex + 1, match: 0, round: 0 });
    elected(name, this.term);
    this.#appendOwn(0, undefined);
    this.#beat(this.term);
  }

  #beat(term: number): void {
    if (!this.isLeader || this.term !== term) return;
    this.#sendAll();
    this.#parts.timeline.after(HEARTBEAT_MS, () => this.#beat(term));
  }

  #appendOwn(proposal: number, data: Uint8Array | undefined): void {
    const { disk } = this.#parts;
    const { term } = this;
    const index = this.#lastIndex + 1;
    disk.write({ log: [...disk.state.log, { index, term, proposal, data }] });
    this.#whenSynced(() => {
      if (this.term !== term || !this.isLeader) return;
      this.#synced = Math.max(this.#synced, index);
      this.#commitByMajority();
    });
    this.#sendAll();
  }

  #sendAll(): void {
    for (const peer of this.#parts.peers) this.#sendTo(peer);
  }

  #sendTo(peer: string): void {
    const { next } = this.#followers.get(peer)!;
    const { snapshot, log } = this.#parts.disk.state;
    const round = this.#round;
    const prevIndex = next - 1;
    const first = log[0]?.index ?? this.#lastIndex + 1;
    const isKept = prevIndex === 0 || prevIndex === snapshot?.index || prevIndex >= first;
    if (!isKept && snapshot !== undefined) return this.#send(peer, { type: 'install', snapshot, round });
    const entries = log.filter(({ index }) => index >= next).slice(0, ENTRIES_MAX);
    this.#send(peer, {
      ...{ type: 'append', prevIndex, prevTerm: this.#termAt(prevIndex), entries },
      ...{ commit: this.#commit, round },
    });
  }

  #commitByMajority(): void {
    const own = this.#parts.broken === 'answers before it has synced' ? this.#lastIndex : this.#synced;
    for (let index = this.#lastIndex; index > this.#commit; index--) {
      // Only entries of its own term are counted: those before them follow.
      if (this.#termAt(index) !== this.term) return;
      const count = [...this.#followers.values()].filter(({ match }) => match >= index).length;
      const isAgreed = this.#isMajority(count + Number(own >= index)) || this.#parts.broken === 'commits alone';
      if (isAgreed) return this.#commitTo(index);
    }
  }

  #commitTo(commit: number): void {
    if (commit <= this.#commit) return;
    const entries = this.#parts.disk.state.log.filter(({ index }) => index > this.#commit && index <= commit);
    this.#commit = commit;
    for (const entry of entries) this.#parts.committed(this.#parts.name, entry);
    this.#hosted.apply(entries);
  }

  #answerReads(): void {
    for (const read of this.#reads) {
      const count = [...this.#followers.values()].filter(({ round }) => round >= read.round).length;
      if (!this.#isMajority(count + 1)) continue;
      this.#reads.delete(read);
      read.act(this.machine);
    }
  }

  #truncate(from: number): void {
    const { disk } = this.#parts;
    if (from > this.#lastIndex) return;
    disk.write({ log: disk.state.log.filter(({ index }) => index < from) });
  }

  /** Answers what was said in a term, unless it has moved on: by then it may have other entries. */
  #answer(to: string, term: number, message: Said): void {
    if (this.term === term) this.#send(to, message);
  }

  #send(to: string, message: Said): void {
    this.#parts.send(to, { ...message, from: this.#parts.name, term: this.term });
  }

  #whenSynced(act: () => void): void {
    const { disk, broken } = this.#parts;
    if (broken === 'answers before it has synced') act();
    else disk.synced(() => (this.#isDown ? undefined : act()));
  }

  #isMajority(count: number): boolean {
    return count * 2 > this.#parts.peers.length + 1;
  }

  get #snapshotIndex(): number {
    return this.#parts.disk.state.snapshot?.index ?? 0;
  }

  get #lastIndex(): number {
    return this.#parts.disk.state.log.at(-1)?.index ?? this.#snapshotIndex;
  }

  /** The term of an entry; −1 where it is not known. */
  #termAt(index: number): number {
    const { log, snapshot } = this.#parts.disk.state;
    if (index === 0) return 0;
    if (index === snapshot?.index) return snapshot.term;
    return log[index - (log[0]?.index ?? 0)]?.term ?? -1;
  }
}

/** A message without what every message has. */
type Said = Message extends infer M ? (M extends Message ? Omit<M, 'from' | 'term'> : never) : never;
