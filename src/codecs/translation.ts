import { Branch } from './branch.js';
import { fits } from './branch-choice.js';
import { Fault } from './fault.js';
import { resolved } from './named-shapes.js';
import { copyPlain, getOwn, plainClass, setOwn, small } from './plain-data.js';
import { isWider, Resolution, writtenAs } from './resolution.js';
import type { RecordShape, Shape, TupleShape, UnionShape } from './shape.js';

/** Makes a value of the reader's shape of one of the writer's whose unions are read as `Branch`. */
export type Translate = (value: unknown) => unknown;

/** Compiles what makes rows of one shape those of another; a row that has no place there is refused when it is met. */
export function translation(writer: Shape, reader: Shape): Translate {
  return new Translations(writer, reader).of(writer, reader);
}

class Translations {
  readonly #resolution: Resolution;
  /** What translates a type into another, by both names. */
  readonly #made = new Map<string, Translate>();

  constructor(writer: Shape, reader: Shape) {
    this.#resolution = new Resolution(writer, reader);
  }

  of(writer: Shape, reader: Shape): Translate {
    const from = resolved(writer, this.#resolution.writers);
    const to = resolved(reader, this.#resolution.readers);
    if (to.kind === 'plain') return withoutBranches;
    if (from.kind === 'union') return this.#branches(from, to);
    if (from.kind === 'enum') return (value) => (fits(to, value, this.#resolution.readers) ? value : refuse(value));
    if (to.kind === 'union') {
      const branch = this.#resolution.branchFor(from, to);
      return branch === undefined ? refuse : this.of(from, branch);
    }
    if (from.kind === 'record' && to.kind === 'record') return this.#once(from, to, () => this.#record(from, to));
    if (from.kind === 'tuple' && to.kind === 'tuple') return this.#once(from, to, () => this.#tuple(from, to));
    if (from.kind === 'list' && to.kind === 'list') return list(this.of(from.item, to.item));
    if (from.kind === 'map' && to.kind === 'map') return map(this.of(from.item, to.item));
    return from.kind === to.kind ? (value) => value : isWider(from.kind, to.kind) ? WIDENED[to.kind]! : refuse;
  }

  #once(from: RecordShape | TupleShape, to: RecordShape | TupleShape, compile: () => Translate): Translate {
    const pair = `${from.name} ${to.name}`;
    const known = this.#made.get(pair);
    if (known !== undefined) return known;
    // Found by what refers to it while it is compiled itself.
    let made: Translate = refuse;
    this.#made.set(pair, (value) => made(value));
    made = compile();
    return made;
  }

  #branches(from: UnionShape, to: Shape): Translate {
    const translations = from.branches.map((branch) => this.of(branch, to));
    return (value) => {
      const branch = value as Branch;
      return translations[branch.index]!(branch.value);
    };
  }

  #record(from: RecordShape, to: RecordShape): Translate {
    const plan = to.fields.map((field) => {
      const { name, shape, optional, fallback } = field;
      const written = writtenAs(field, from);
      const translate = written === undefined ? refuse : this.of(written.shape, shape);
      return { name, as: written?.name ?? name, optional, fallback, translate };
    });
    const Plain = plainClass();
    return (value) => {
      const made = new Plain();
      for (const { name, as, optional, fallback, translate } of plan) {
        const item = getOwn(value as Readonly<Record<string, unknown>>, as);
        if (item !== undefined) setOwn(made, name, translate(item));
        // A copy each: what is in one row is no other's.
        else if (fallback !== undefined) setOwn(made, name, copyPlain(fallback, 'Defect'));
        else if (!optional) refuse(item);
      }
      return made;
    };
  }

  #tuple(from: TupleShape, to: TupleShape): Translate {
    if (from.items.length !== to.items.length) return refuse;
    const items = from.items.map((item, i) => this.of(item, to.items[i]!));
    return (value) => items.map((translate, i) => translate((value as readonly unknown[])[i]));
  }
}

function list(translate: Translate): Translate {
  return (value) => (value as readonly unknown[]).map((item) => translate(item));
}

function map(translate: Translate): Translate {
  return (value) => {
    const made: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value as object)) setOwn(made, name, translate(item));
    return made;
  };
}

const WIDENED: Readonly<Record<string, Translate>> = {
  number: (value) => value,
  bigint: (value) => BigInt(value as number),
  int: (value) => (Number.isSafeInteger(Number(value)) ? small(Number(value)) : refuse(value)),
};

/** Plain data as it was, whatever branches it is of. */
function withoutBranches(value: unknown): unknown {
  if (value instanceof Branch) return withoutBranches(value.value);
  if (Array.isArray(value)) return value.map(withoutBranches);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  return map(withoutBranches)(value);
}

function refuse(value: unknown): never {
  const what = value === undefined ? 'nothing' : `a ${typeof value}`;
  throw new Fault('SchemaIncompatible', `holds ${what} where the reader has no place for it`);
}
