import { fits } from './branch-choice.js';
import { valueOf } from './enum-value.js';
import { namedShapes, resolved, type NamedShapes } from './named-shapes.js';
import { shapeText } from './shape-text.js';
import type { EnumShape, FieldShape, RecordShape, Shape, TupleShape, UnionShape } from './shape.js';

/** More comparisons than this, or types within types, are no two shapes of rows. */
const COMPARISONS_MAX = 2 ** 20;
const OPEN_MAX = 256;

/** Every reason why rows of one shape cannot all be read as those of another, each with its path; none if they can. */
export function resolutionFaults(writer: Shape, reader: Shape, what = 'row'): string[] {
  return sameRows(writer, reader) ? [] : new Resolution(writer, reader).faults(writer, reader, what);
}

/** True where rows of one shape are those of the other. */
export function sameRows(writer: Shape, reader: Shape): boolean {
  return writer === reader || shapeText(writer) === shapeText(reader);
}

/** Which of the writer's shapes is read as which of the reader's: by Avro's rules, with paths instead of names. */
export class Resolution {
  readonly writers: NamedShapes;
  readonly readers: NamedShapes;
  /** The pairs of names that are being compared: what they hold of themselves is as they are. */
  readonly #open = new Set<string>();
  #left = COMPARISONS_MAX;

  constructor(writer: Shape, reader: Shape) {
    this.writers = namedShapes(writer);
    this.readers = namedShapes(reader);
  }

  faults(writer: Shape, reader: Shape, path: string): string[] {
    if (--this.#left < 0 || this.#open.size > OPEN_MAX) return [`${path}: is too intricate to be compared`];
    const from = resolved(writer, this.writers);
    const to = resolved(reader, this.readers);
    if (to.kind === 'plain') return [];
    if (from.kind === 'union') return from.branches.flatMap((branch) => this.faults(branch, to, path));
    if (from.kind === 'enum') return this.#enumFaults(from, to, path);
    if (to.kind === 'union') {
      const branch = this.branchFor(from, to);
      return branch === undefined
        ? [`${path}: may be ${describe(from)}, of which the reader has no branch`]
        : this.faults(from, branch, path);
    }
    if (from.kind === 'record' && to.kind === 'record') return this.#once(from, to, () => this.#fields(from, to, path));
    if (from.kind === 'tuple' && to.kind === 'tuple') return this.#once(from, to, () => this.#items(from, to, path));
    if ((from.kind === 'list' || from.kind === 'map') && from.kind === to.kind)
      return this.faults(from.item, to.item, `${path}.item`);
    return from.kind === to.kind || isWider(from.kind, to.kind)
      ? []
      : [`${path}: was written as ${describe(from)}, which cannot be read as ${describe(to)}`];
  }

  /**
   * The branch of a reader's union that a writer's shape is read as: one that can hold it, of the same name or at least
   * of the same kind if there is one; or else the one that it was surely meant to be, to say what is wrong with it.
   */
  branchFor(from: Shape, to: UnionShape): Shape | undefined {
    const branches = to.branches.map((branch) => resolved(branch, this.readers));
    const alike = branches.filter((branch) => branch.kind === from.kind);
    const namesake = alike.filter((branch) => nameOf(branch) !== undefined && nameOf(branch) === nameOf(from));
    const holding = [...namesake, ...alike, ...branches].find((branch) => this.faults(from, branch, '').length === 0);
    return holding ?? namesake[0] ?? (alike.length === 1 ? alike[0] : undefined);
  }

  #once(from: RecordShape | TupleShape, to: RecordShape | TupleShape, compare: () => string[]): string[] {
    const pair = `${from.name} ${to.name}`;
    if (this.#open.has(pair)) return [];
    this.#open.add(pair);
    const found = compare();
    this.#open.delete(pair);
    return found;
  }

  #fields(from: RecordShape, to: RecordShape, path: string): string[] {
    return to.fields.flatMap((field) => {
      const at = `${path}.${field.name}`;
      const written = writtenAs(field, from);
      const isSpared = field.optional || field.fallback !== undefined;
      if (written === undefined)
        return isSpared ? [] : [`${at}: is required, and was not written: make it optional, or give it a default`];
      const may = written.optional && !isSpared ? [`${at}: is required, and may be absent in what was written`] : [];
      return [...may, ...this.faults(written.shape, field.shape, at)];
    });
  }

  #items(from: TupleShape, to: TupleShape, path: string): string[] {
    if (from.items.length !== to.items.length)
      return [`${path}: was written with ${from.items.length} items, and is read with ${to.items.length}`];
    return from.items.flatMap((item, i) => this.faults(item, to.items[i]!, `${path}.${i}`));
  }

  #enumFaults(from: EnumShape, to: Shape, path: string): string[] {
    const lost = from.values.map(valueOf).filter((value) => !fits(to, value, this.readers));
    return lost.length === 0 ? [] : [`${path}: may be ${lost.join(', ')}, which the reader does not have`];
  }
}

/** The field that was written for one of the reader's: of its name, or else of a name that it had before. */
export function writtenAs({ name, aliases = [] }: FieldShape, { fields }: RecordShape): FieldShape | undefined {
  return fields.find((field) => field.name === name) ?? fields.find((field) => aliases.includes(field.name));
}

/** What can be read as another kind: whole numbers as any, and as bigints, and the other way where that is exact. */
export function isWider(from: string, to: string): boolean {
  return (from === 'int' && (to === 'number' || to === 'bigint')) || (from === 'bigint' && to === 'int');
}

/** The name of a shape without the path to it. */
function nameOf(shape: Shape): string | undefined {
  return 'name' in shape ? shape.name.slice(shape.name.lastIndexOf('.') + 1) : undefined;
}

function describe(shape: Shape): string {
  return 'name' in shape ? `${shape.kind} ${shape.name}` : shape.kind;
}
