import fc from 'fast-check';

import { forms, type IndexForm, type Row, type TableName } from './schema.js';
import { cutOf, partOf, patchOf, rowOf } from './values.js';

type Parts = readonly (string | number | boolean | null)[];

/** A range as both sides are asked for it. */
export interface AskedRange {
  readonly prefix?: Parts;
  readonly startsWith?: Parts;
  readonly gt?: Parts;
  readonly gte?: Parts;
  readonly lt?: Parts;
  readonly lte?: Parts;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** What is asked of a view or of a transaction. `first` is the first row of a key, `last` the last of a range. */
export type Question = { readonly table: TableName; readonly index: string } & (
  | { readonly ask: 'find' | 'first' | 'longestPrefix'; readonly key: Parts }
  | { readonly ask: 'scan' | 'count' | 'last'; readonly range: AskedRange }
);

/** Reads some rows of a pass that has been opened before: the nth, counted round. */
interface PassStep {
  readonly do: 'step';
  readonly nth: number;
  readonly rows: number;
}

/** What a transaction does. A patch takes away the fields in `without`. */
export type Statement =
  | { readonly do: 'insert' | 'put'; readonly table: TableName; readonly row: Row }
  | {
      readonly do: 'update';
      readonly table: TableName;
      readonly key: Parts;
      readonly patch: Partial<Row>;
      readonly without: readonly string[];
    }
  | { readonly do: 'delete'; readonly table: TableName; readonly key: Parts }
  | { readonly do: 'deleteRange'; readonly table: TableName; readonly index: string; readonly range: AskedRange }
  | { readonly do: 'ask' | 'open'; readonly question: Question }
  | PassStep;

/** Which state: the nth of the held views, counted round; so many batches back; or now. */
interface Where {
  readonly of: 'held' | 'back' | 'now';
  readonly nth: number;
}

export type Step =
  | { readonly do: 'transact'; readonly statements: readonly Statement[]; readonly end: 'commit' | 'abort' | 'dry' }
  | { readonly do: 'hold'; readonly how: 'now' | 'asOf' }
  | { readonly do: 'release'; readonly nth: number }
  | ({ readonly do: 'ask'; readonly question: Question } & Where)
  | ({ readonly do: 'dump' } & Where)
  | { readonly do: 'open'; readonly question: Question }
  | PassStep
  | { readonly do: 'diff'; readonly from: number; readonly to: number }
  | { readonly do: 'history'; readonly table: TableName; readonly key: Parts };

/** What is done, in order; `keep` is how many batches the store keeps. */
export interface History {
  readonly keep: number;
  readonly steps: readonly Step[];
}

const tableName = fc.constantFrom<TableName[]>('stock', 'own');
const small = fc.nat(7);

const keyOf = (table: TableName, form: IndexForm, width = form.parts.length): fc.Arbitrary<Parts> =>
  fc.tuple(...form.parts.slice(0, width).map((part) => partOf(table, part)));

const cutKeyOf = (table: TableName, form: IndexForm, width: number): fc.Arbitrary<Parts> =>
  fc.tuple(keyOf(table, form, width - 1), cutOf(table, form.parts[width - 1]!)).map(([whole, cut]) => [...whole, cut]);

/** `true` and a number seldom, so that most scans go all the way forward. */
const direction = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record({ reverse: fc.boolean(), limit: fc.nat(4) }, { requiredKeys: [] }),
);

/** The bounds that an index can be asked for. */
function boundsOf(table: TableName, form: IndexForm): fc.Arbitrary<AskedRange> {
  const widths = form.any ? form.parts.map((_, i) => i + 1) : [];
  const some = (name: string, choices: readonly number[], make: (width: number) => fc.Arbitrary<Parts>) =>
    choices.map((width) => make(width).map((parts) => ({ [name]: parts })));
  const key = (width: number) => keyOf(table, form, width);
  const cut = (width: number) => cutKeyOf(table, form, width);
  const cuts = form.any ? widths.filter((width) => isText(form, width)) : form.cut;
  if (!form.any) {
    return fc.oneof(
      ...(form.all ? [fc.constant({})] : []),
      ...some('prefix', form.exact, key),
      ...some('startsWith', cuts, cut),
      ...some('gte', form.from, key),
    );
  }
  const nothing = fc.constant<AskedRange>({});
  const low = fc.oneof(nothing, ...some('gt', [0, ...widths], key), ...some('gte', widths, key));
  const high = fc.oneof(nothing, ...some('lt', widths, key), ...some('lte', [0, ...widths], key));
  const begins = fc.oneof(
    { weight: 3, arbitrary: nothing },
    ...some('prefix', [0, ...widths], key),
    ...some('startsWith', cuts, cut),
  );
  return fc.tuple(low, high, begins).map(([a, b, c]) => ({ ...a, ...b, ...c }));
}

const NOT_TEXT = new Set(['rank', 'due', 'score', 'done', 'flag']);
const isText = (form: IndexForm, width: number): boolean => !NOT_TEXT.has(form.parts[width - 1]!);

/** A range that `form` can be asked for, to be read or to be deleted. */
const rangeOf = (table: TableName, form: IndexForm): fc.Arbitrary<AskedRange> =>
  fc.tuple(boundsOf(table, form), direction).map(([bounds, rest]) => ({ ...bounds, ...rest }));

function questionOf(table: TableName, form: IndexForm): fc.Arbitrary<Question> {
  const to = { table: fc.constant(table), index: fc.constant(form.name) };
  const range = rangeOf(table, form);
  const ranges = fc.record({ ask: fc.constantFrom('scan' as const, 'scan', 'count', 'last'), ...to, range });
  const key = keyOf(table, form);
  const asks = [ranges, ranges] as fc.Arbitrary<Question>[];
  if (form.unique) asks.push(fc.record({ ask: fc.constant('find' as const), ...to, key }));
  if (form.longest) asks.push(fc.record({ ask: fc.constant('longestPrefix' as const), ...to, key }));
  if (form.exact.includes(form.parts.length)) asks.push(fc.record({ ask: fc.constant('first' as const), ...to, key }));
  return fc.oneof(...asks);
}

const some = <A>(of: (table: TableName, form: IndexForm) => fc.Arbitrary<A>): fc.Arbitrary<A> =>
  fc.oneof(...(['stock', 'own'] as const).flatMap((table) => forms[table].map((form) => of(table, form))));

const question = some(questionOf);
/** A pass over a whole index. */
const whole: fc.Arbitrary<Question> = fc
  .constantFrom(...(['stock', 'own'] as const).flatMap((table) => forms[table].map((form) => ({ table, form }))))
  .map(({ table, form }) => ({
    ask: 'scan',
    table,
    index: form.all ? form.name : 'id',
    range: {},
  }));

const passStep = fc.record({ do: fc.constant('step' as const), nth: small, rows: fc.nat(3) });
const primary = (table: TableName) => keyOf(table, forms[table][0]!);

const put = tableName.chain((table) =>
  fc.record({ do: fc.constant('put' as const), table: fc.constant(table), row: rowOf(table) }),
);
const write = tableName.chain((table) => {
  const name = fc.constant(table);
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('insert' as const), table: name, row: rowOf(table) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('put' as const), table: name, row: rowOf(table) }) },
    {
      weight: 5,
      arbitrary: fc
        .tuple(primary(table), patchOf(table))
        .map(([key, patch]) => ({ do: 'update' as const, table, key, ...patch })),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), table: name, key: primary(table) }) },
  );
});
const deleteRange = some((table, form) =>
  rangeOf(table, form).map((range) => ({ do: 'deleteRange' as const, table, index: form.name, range })),
);

const statement: fc.Arbitrary<Statement> = fc.oneof(
  { weight: 12, arbitrary: write },
  { weight: 1, arbitrary: deleteRange },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ask' as const), question }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), question: whole }) },
  { weight: 2, arbitrary: passStep },
);

const at = { of: fc.constantFrom('held' as const, 'back' as const, 'now' as const), nth: small };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('transact' as const),
      statements: fc.array(statement, { maxLength: 8, size: 'max' }),
      end: fc.constantFrom('commit' as const, 'commit', 'commit', 'commit', 'abort', 'dry'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), how: fc.constantFrom('now', 'asOf') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), nth: small }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), question, ...at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dump' as const), ...at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), question: whole }) },
  { weight: 2, arbitrary: passStep },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('diff' as const), from: small, to: small }) },
  {
    weight: 1,
    arbitrary: tableName.chain((table) => primary(table).map((key) => ({ do: 'history' as const, table, key }))),
  },
);

/** Some rows to begin with. */
const beginning: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('transact'),
  statements: fc.array(put, { maxLength: 20, size: 'max' }),
  end: fc.constant('commit'),
});

export const history: fc.Arbitrary<History> = fc.record({
  keep: fc.constantFrom(100_000, 5, 0),
  steps: fc.tuple(beginning, fc.array(step, { maxLength: 40, size: 'max' })).map(([first, rest]) => [first, ...rest]),
});
