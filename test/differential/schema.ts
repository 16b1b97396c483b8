import * as t from 'io-ts';

import { table } from '../../src/index.js';

/** A row of either table. Its twin is `Row` in memdb/schema.go. */
export const Row = t.readonly(
  t.exact(
    t.intersection([
      t.type({
        group: t.string,
        id: t.string,
        name: t.string,
        badge: t.union([t.string, t.null]),
        rank: t.number,
        score: t.number,
        done: t.boolean,
        tags: t.readonlyArray(t.string),
        aliases: t.readonlyArray(t.string),
        marks: t.record(t.string, t.string),
        serial: t.string,
      }),
      t.partial({ nick: t.string, owner: t.string, due: t.number, path: t.string }),
    ]),
  ),
);
export type Row = t.TypeOf<typeof Row>;

/**
 * Indexed as go-memdb's own indexers do it: an empty string is missing, so `where` leaves it out here; a nil pointer is
 * missing; integers stand in no order.
 */
const stock = table(Row, {
  primaryKey: 'id',
  indexes: {
    name: { on: ['name'], where: ({ name }) => name !== '' },
    nameLower: { on: ['name'], lower: true, where: ({ name }) => name !== '' },
    nick: { on: ['nick'], unique: true, sparse: true, where: ({ nick }) => nick !== '' },
    badge: { on: ['badge'], sparse: 'null', where: ({ badge }) => badge !== '' },
    owner: { by: ({ owner }) => (owner === undefined || owner === '' ? undefined : [owner]) },
    rank: ['rank'],
    done: ['done'],
    nickSet: { by: ({ nick }) => [nick !== undefined] },
    high: { by: ({ rank }) => [rank > 5] },
    tags: { each: 'tags' },
    tagsLower: { each: 'tags', lower: true },
    aliases: { each: 'aliases', unique: true },
    marks: { entries: 'marks' },
    serial: { on: ['serial'], unique: true, lower: true, where: ({ serial }) => serial !== '' },
    nameDoneNick: {
      on: ['name', 'done', 'nick'],
      sparse: true,
      where: ({ name, nick }) => name !== '' && nick !== '',
    },
    badgeOwner: {
      on: ['badge', 'owner'],
      unique: true,
      sparse: 'null',
      where: ({ badge, owner }) => badge !== '' && owner !== '',
    },
    doneIDNick: {
      by: ({ done, id, nick }) => (nick === undefined || nick === '' ? [done, id, null] : [done, id, nick]),
      unique: true,
    },
  },
});

/** Indexed with all that memoir can say; go-memdb gets indexers that keep the order of all values. */
const own = table(Row, {
  primaryKey: ['group', 'id'],
  indexes: {
    byName: ['name'],
    byNameLower: { on: ['name'], lower: true },
    byNameRank: ['name', 'rank'],
    byRank: ['rank'],
    byScore: ['score', 'name'],
    byBadge: ['badge', 'rank'],
    byOwner: ['owner'],
    byDue: { on: ['due'], sparse: true },
    byNick: { on: ['nick', 'done'], unique: true, sparse: true },
    open: { on: ['rank', 'name'], where: ({ done }) => !done },
    overdue: {
      on: ['name', 'due'],
      unique: true,
      where: ({ due, rank }) => due !== undefined && due < rank,
    },
    byTag: { each: 'tags' },
    byTagLower: { each: 'tags', lower: true },
    byAlias: { each: 'aliases', unique: true },
    byMark: { entries: 'marks' },
    byMarkName: { keys: 'marks' },
    byPath: { on: ['path'], unique: true, sparse: true },
    byGroupPath: { on: ['group', 'path'], unique: true, sparse: true },
  },
});

export const tables = { stock, own };
export type TableName = keyof typeof tables;

/** What the value of a key part is, and so from which pool it comes. */
export type PartName = Exclude<keyof Row, 'tags' | 'aliases' | 'marks'> | 'tag' | 'alias' | 'mark' | 'flag';

/** An index, and in which ways it can be asked of go-memdb; `id` is the primary key. */
export interface IndexForm {
  readonly name: string;
  readonly parts: readonly PartName[];
  readonly unique: boolean;
  /** Any range at all. Otherwise, of ranges: */
  readonly any: boolean;
  /** - the whole index */
  readonly all: boolean;
  /** - `prefix` with so many parts */
  readonly exact: readonly number[];
  /** - `startsWith` with so many parts */
  readonly cut: readonly number[];
  /** - `gte` with so many parts */
  readonly from: readonly number[];
  /** Keys end where their last string does, as go-memdb's LongestPrefix needs it. */
  readonly longest: boolean;
}

type Asked = Partial<Omit<IndexForm, 'name' | 'parts'>>;

/** An index of the table that go-memdb's own indexers serve: asked only for what it can be asked itself. */
function native(name: string, parts: readonly PartName[], asked: Asked = {}): IndexForm {
  const whole = [parts.length];
  const text = parts.at(-1) !== 'done' && parts.at(-1) !== 'flag';
  const cut = text ? whole : [];
  return {
    name,
    parts,
    unique: false,
    any: false,
    all: true,
    exact: whole,
    cut,
    from: whole,
    longest: false,
    ...asked,
  };
}

/** An index of the table with an order in all its parts. */
function ordered(name: string, parts: readonly PartName[], asked: Asked = {}): IndexForm {
  return { ...native(name, parts), any: true, ...asked };
}

const unique = { unique: true };
const raw = { any: false, unique: true, exact: [], longest: true };

export const forms: Readonly<Record<TableName, readonly IndexForm[]>> = {
  stock: [
    native('id', ['id'], unique),
    native('name', ['name']),
    native('nameLower', ['name']),
    native('nick', ['nick'], unique),
    native('badge', ['badge']),
    native('owner', ['owner']),
    native('rank', ['rank'], { all: false, cut: [], from: [] }),
    native('done', ['done']),
    native('nickSet', ['flag']),
    native('high', ['flag']),
    native('tags', ['tag']),
    native('tagsLower', ['tag']),
    native('aliases', ['alias'], unique),
    native('marks', ['mark', 'tag'], { exact: [1, 2], cut: [], from: [1, 2] }),
    native('serial', ['serial'], unique),
    native('nameDoneNick', ['name', 'done', 'nick'], { cut: [1, 3] }),
    native('badgeOwner', ['badge', 'owner'], { unique: true, cut: [1, 2] }),
    native('doneIDNick', ['done', 'id', 'nick'], { unique: true, cut: [2] }),
  ],
  own: [
    ordered('id', ['group', 'id'], unique),
    ordered('byName', ['name']),
    ordered('byNameLower', ['name']),
    ordered('byNameRank', ['name', 'rank']),
    ordered('byRank', ['rank']),
    ordered('byScore', ['score', 'name']),
    ordered('byBadge', ['badge', 'rank']),
    ordered('byOwner', ['owner']),
    ordered('byDue', ['due']),
    ordered('byNick', ['nick', 'done'], unique),
    ordered('open', ['rank', 'name']),
    ordered('overdue', ['name', 'due'], unique),
    ordered('byTag', ['tag']),
    ordered('byTagLower', ['tag']),
    ordered('byAlias', ['alias'], unique),
    ordered('byMark', ['mark', 'tag']),
    ordered('byMarkName', ['mark']),
    ordered('byPath', ['path'], raw),
    ordered('byGroupPath', ['group', 'path'], { ...raw, exact: [1], cut: [1, 2], from: [1, 2] }),
  ],
};
