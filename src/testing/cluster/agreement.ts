import { equalPlain } from '../../index.js';
import type { LogEntry } from './disk.js';
import type { Driven } from '../../fsm.js';

/** What all nodes have to agree on, held against what each of them says. Every method throws what is wrong. */
export class Agreement {
  readonly #leaders = new Map<number, string>();
  readonly #log = new Map<number, LogEntry>();
  readonly #places = new Map<number, number>();
  readonly #answers = new Map<number, unknown>();
  /** By the index that machines tell. */
  readonly #hashes = new Map<number, string>();

  /** The newest entry that any node holds for agreed. */
  get head(): number {
    return this.#log.size;
  }

  elected(name: string, term: number): void {
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== name) throw new Error(`${other} and ${name} both lead in term ${term}`);
    this.#leaders.set(term, name);
  }

  committed(name: string, entry: LogEntry): void {
    const { index, term, proposal } = entry;
    const agreed = this.#log.get(index);
    if (agreed === undefined) {
      if (index !== this.head + 1) throw new Error(`${name} commits entry ${index}, and ${this.head} is the newest`);
      this.#log.set(index, entry);
    } else if (agreed.term !== term || agreed.proposal !== proposal) {
      throw new Error(`${name} commits another entry ${index} than was agreed on, of term ${term}, not ${agreed.term}`);
    }
    if (proposal === 0) return;
    const place = this.#places.get(proposal) ?? index;
    if (place !== index) throw new Error(`proposal ${proposal} is agreed on twice: as entry ${place} and ${index}`);
    this.#places.set(proposal, index);
  }

  applied(name: string, { index, proposal }: LogEntry, answer: unknown, machine: Driven): void {
    if (proposal === 0) return;
    if (!this.#answers.has(index)) this.#answers.set(index, answer);
    if (!equalPlain(this.#answers.get(index), answer)) {
      const [said, before] = [answer, this.#answers.get(index)].map((one) => JSON.stringify(one));
      throw new Error(`${name} answers entry ${index} with ${said}, and another node with ${before}`);
    }
    this.holds(name, machine);
  }

  /** The state of a machine is that of all others at its index. */
  holds(name: string, machine: Driven): void {
    const { appliedIndex } = machine;
    const hash = machine.stateHash();
    const agreed = this.#hashes.get(appliedIndex);
    if (agreed === undefined) this.#hashes.set(appliedIndex, hash);
    else if (agreed !== hash)
      throw new Error(`the state of ${name} at entry ${appliedIndex} is not that of other nodes`);
  }

  /** What was answered is in the log. */
  answered(proposal: number, index: number): void {
    if (this.#places.get(proposal) !== index)
      throw new Error(`proposal ${proposal} was answered as entry ${index}, which it is not`);
  }
}
