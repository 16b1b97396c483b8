export { purely } from './purity.js';
export { isStackFull } from './stack-room.js';
export { MemoirError, type ErrorCode, type ErrorFields } from './errors.js';
export type { ByteCodec, RowCoder, RowReader } from './codecs/byte-codec.js';
export { json } from './codecs/json-codec.js';
export type { Migrate } from './codecs/evolution.js';
export type { Codec, TypeOf } from './codecs/codec.js';
export { event } from './codecs/event.js';
export type { DomainEvent, EventCodec, EventOptions, Events, NoEvents } from './codecs/event-types.js';
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
export { equalPlain } from './codecs/equality.js';
export { valueCoder, type ValueCoder } from './codecs/value-coder.js';
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
export type { Consumption } from './log/consumer.js';
export type { Marker } from './log/cursor.js';
export type { EventStream, StreamEvent, StreamRange } from './log/event-stream.js';
export type { Keep } from './log/keep.js';
export type { Block, Gap, Policy } from './log/policy.js';
export type { Position } from './log/position.js';
export type { Abort } from './log/streams.js';
export type { Subscriber } from './log/subscribers.js';
export type { Bound, Explanation } from './projections/explanation.js';
export type { HistoryOptions, Holder, PinStats } from './projections/horizon.js';
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
export type { BuildStats, HistoryStats, IndexStats, StoreStats, TableStats } from './projections/stats.js';
export type { Snapshot, SnapshotOptions } from './projections/snapshot.js';
export type { ReadSnapshotOptions, VerifiedSnapshot } from './projections/verified-snapshot.js';
export { projection, valueProjection } from './projections/projection.js';
export type {
  DerivedTables,
  Fold,
  FoldedBatch,
  Folds,
  FoldTools,
  Projection,
  ProjectionSources,
  TableProjection,
  TablesOf,
  ValueFolds,
  ValueProjection,
  ValueRow,
  ValueTable,
} from './projections/projection-types.js';
export { openStore } from './open-store.js';
export { openReplica } from './open-replica.js';
export { readSnapshot } from './read-snapshot.js';
export { checkCompatibility, describeSchema, type SchemaSource } from './compatibility.js';
export { createStore } from './store.js';
export type {
  AnyStore,
  DurableStore,
  OpenOptions,
  RestoreOptions,
  Sampling,
  Store,
  StoreOptions,
  Strict,
  ViewOf,
} from './txn/contract.js';
export { decideOn, decider } from './txn/decider.js';
export type { AnyFact, Decided, DecideOptions, Decider, FactOf } from './txn/decider.js';
export type { Expectation, QueryExpectation, StreamExpectation } from './txn/expectation.js';
export type {
  Appended,
  DryRun,
  Emitter,
  Repeated,
  TransactOptions,
  Transaction,
  TransactionTools,
  Unchanged,
} from './txn/transact-types.js';
export type { Parked, ProjectedStore, ProjectOptions, ReadableStore, RowChange } from './txn/readable-store.js';
export type { Rebuilding, RebuildOptions, Rebuilt } from './txn/rebuilding.js';
export type { Replica, ReplicaOptions, ReplicaSource } from './txn/replica.js';
export type { FollowingOptions, FollowingStore } from './txn/following.js';
export type { AddIndexOptions } from './txn/schema-changes.js';
export type { NewName, One, WithIndex, WithTable, WithoutIndex } from './txn/schema-types.js';
export type {
  Coalesced,
  Consumed,
  ConsumeOptions,
  FollowOptions,
  StreamOptions,
  WithMarkers,
} from './txn/stream-types.js';
export type { Limits } from './txn/write-scope.js';
