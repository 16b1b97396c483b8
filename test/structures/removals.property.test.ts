/**
 * The entries that an index has removed and a list of them: transactions add to them and take some back, the floor
 * rises, and now and then somebody asks for the past; some transactions are large enough for room to be given back.
 */
import { Entries } from '../../src/projections/entries.js';
import { Removals } from '../../src/projections/removals.js';
import { drive, same, sameList, type Chance, type Trial } from '../support/structures.js';

/** Room for so many stays. */
const ROOM_MAX = 2 ** 16;
const ROOM_MIN = 8;
/** An entry takes so many bytes of the columns. */
const ENTRY_BYTES = 60;

interface Gone {
  readonly source: object;
  readonly slot: number;
  readonly head: readonly number[];
  readonly born: number;
  readonly died: number;
  readonly since: number;
}

class RemovalsTrial implements Trial {
  readonly #random: Chance;
  readonly #removals = new Removals<object>();
  #twin: Gone[] = [];
  /** How many the running transaction added. */
  #running = 0;
  /** The most that there were since room was given back. */
  #most = 0;
  readonly #head = new Float64Array(3);
  readonly #entry = new Entries(1);
  #now = 1;
  #floor = 0;
  #left = 0;
  #pushes = 0.6;

  constructor(random: Chance) {
    this.#random = random;
  }

  operate(): void {
    if (this.#left-- === 0) this.#turn();
    const random = this.#random;
    const dice = random.next();
    if (dice < this.#pushes) this.#push();
    else if (dice < 0.75) this.#pop();
    else if (dice < 0.95) this.#settle();
    else if (dice < 0.99) this.#drop();
    else if (random.is(0.1)) this.#drain();
    same(this.#removals.length, this.#twin.length, 'length');
    same(this.#removals.firstDied, this.#twin[0]?.died ?? Infinity, 'firstDied');
  }

  check(): void {
    this.#removals.check();
    const seen = this.#twin.filter(({ born, died }) => born < died);
    same(this.#removals.seen, seen.length, 'seen');
    const entries = [...this.#removals.entries()];
    sameList(entries.map(nameOf), seen.map(nameOf), 'entries');
    sameList(
      entries.map(({ source }) => source),
      seen.map(({ source }) => source),
      'sources',
    );
    const bytesMax = Math.max(ROOM_MIN, this.#most * 4) * ENTRY_BYTES;
    const { bytes } = this.#removals;
    if (bytes > bytesMax) throw new Error(`${bytes} bytes are held for ${this.#most} entries at the most`);
  }

  #turn(): void {
    const random = this.#random;
    this.#left = 500 + random.below(5_000);
    this.#pushes = random.pick([0.1, 0.6, 0.7]);
    if (!random.is(0.1)) return;
    for (let i = 0; i <= ROOM_MAX; i++) this.#push();
    this.check();
    if (random.is(0.5)) this.#drain();
  }

  /** What was born within the running transaction nobody sees. */
  #push(): void {
    const random = this.#random;
    const died = this.#now;
    const born = random.is(0.2) ? died : random.below(died + 1);
    const head = [random.next(), random.next(), random.next()];
    const gone = { source: {}, slot: random.below(2 ** 31), head, born, died, since: random.below(died + 1) };
    this.#head.set(head);
    this.#entry.set(0, this.#head, random.below(2 ** 31), born);
    const { seen } = this.#removals;
    this.#removals.push(gone.source, gone.slot, this.#entry, died, gone.since);
    this.#twin.push(gone);
    this.#running++;
    this.#most = Math.max(this.#most, this.#twin.length);
    same(this.#removals.seen, born < died ? seen + 1 : seen, 'seen');
  }

  #pop(): void {
    for (let left = this.#random.is(0.1) ? Infinity : 1; left > 0 && this.#running > 0; left--) {
      this.#running--;
      same(this.#removals.pop(), this.#twin.pop()!.born, 'pop');
    }
  }

  #settle(): void {
    this.#running = 0;
    this.#now += 1 + this.#random.below(3);
  }

  /** The floor stays below what runs. */
  #drop(): void {
    const far = this.#random.is(0.1) ? 1 : 0.1;
    this.#floor += Math.floor((this.#now - 1 - this.#floor) * this.#random.next() * far);
    if (this.#random.is(0.05)) this.#floor = this.#now - 1;
    this.#removals.drop(this.#floor);
    this.#twin = this.#twin.filter(({ died }) => died > this.#floor);
    same(this.#removals.seen, this.#twin.filter(({ born, died }) => born < died).length, 'seen');
  }

  #drain(): void {
    const twin = this.#twin;
    let drained = 0;
    this.#removals.drain((source, entries, at, died, since, number) => {
      const gone = twin[drained]!;
      same(number, drained++, 'number');
      same(source, gone.source, 'source');
      const born = entries.bornAt(at);
      same(nameOf({ slot: entries.ref[at]!, born, died }), nameOf(gone), `drained[${number}]`);
      same(since, gone.since, 'since');
      sameList(entries.numbers.subarray(at * 4, at * 4 + 3), gone.head, 'head');
    });
    same(drained, twin.length, 'drained');
    this.#twin = [];
    this.#running = 0;
    same(this.#removals.seen, 0, 'seen');
    const { bytes } = this.#removals;
    if (bytes > ROOM_MAX * ENTRY_BYTES) throw new Error(`${bytes} bytes are held for no entry`);
    if (this.#most > ROOM_MAX) this.#most = 0;
  }
}

const nameOf = ({ slot, born, died }: Pick<Gone, 'slot' | 'born' | 'died'>) => `${slot} ${born} ${died}`;

drive('Removals', (random) => new RemovalsTrial(random));
