export { MemoirError, type ErrorCode, type ErrorFields } from './errors.js';
export type { ByteCodec, RowCoder, RowReader } from './codecs/byte-codec.js';
export { json } from './codecs/json-codec.js';
export type { Migrate } from './codecs/evolution.js';
export type { Codec, TypeOf } from './codecs/codec.js';
export type { IndexKind } from './codecs/index-plan.js';
export type { Key, KeyPart } from './codecs/key.js';
export { compareKeys } from './codecs/key.js';
export { decodeKey, encodeKey } from './codecs/key-bytes.js';
export { bytes, date } from './codecs/scalars.js';
export { table } from './codecs/table.js';
export type {
  FieldNotes,
  IndexKey,
  IndexOptions,
  IndexSpec,
  KeyOf,
  Range,
  RowOf,
  Table,
  TableOptions,
  Tables,
} from './codecs/table-types.js';
export type { Batch, Change, ChangeKind, Meta } from './log/batch.js';
export type {
  ByteLog,
  Entry,
  FollowedLog,
  LogCaps,
  LogPlan,
  LogStart,
  ReadableLog,
  ReadableShelf,
  Shelf,
  SnapshotEvery,
  WrittenSchema,
} from './log/byte-log.js';
export type { Marker } from './log/cursor.js';
export type { Keep } from './log/keep.js';
export type { Position } from './log/position.js';
export type { Abort } from './log/streams.js';
export type { Subscriber } from './log/subscribers.js';
export type { Bound, Explanation } from './projections/explanation.js';
export type { Holder, PinStats } from './projections/horizon.js';
export type { Equality, Stamped } from './projections/live.js';
export type {
  Page,
  PageRange,
  PageToken,
  Patch,
  ScanRange,
  TableReader,
  TableWriter,
  View,
} from './projections/read-view.js';
export type { BuildStats, IndexStats, StoreStats, TableStats } from './projections/stats.js';
export type { Snapshot, SnapshotOptions } from './projections/snapshot.js';
export type { ReadSnapshotOptions, VerifiedSnapshot } from './projections/verified-snapshot.js';
export { openStore } from './open-store.js';
export { readSnapshot } from './read-snapshot.js';
export { checkCompatibility, describeSchema, type SchemaSource } from './compatibility.js';
export { createStore } from './store.js';
export type {
  AnyStore,
  Appended,
  DryRun,
  DurableStore,
  FollowOptions,
  OpenOptions,
  ReadableStore,
  Repeated,
  RestoreOptions,
  RowChange,
  Store,
  StoreOptions,
  StreamOptions,
  Strict,
  TransactOptions,
  Transaction,
  TransactionTools,
  Unchanged,
  ViewOf,
  WithMarkers,
} from './txn/contract.js';
export type { FollowingOptions, FollowingStore } from './txn/following.js';
export type { AddIndexOptions } from './txn/schema-changes.js';
export type { NewName, One, WithIndex, WithTable, WithoutIndex } from './txn/schema-types.js';
export type { Limits } from './txn/write-scope.js';
