export { bisect, type Divergence } from './fsm/bisect.js';
export { commandOn, type DefineCommand } from './fsm/command.js';
export type {
  Answer,
  AnswerOf,
  Command,
  CommandOptions,
  Commands,
  Entry,
  EntryInfo,
  Fsm,
  FsmSnapshot,
  Handler,
  InputOf,
  Upcast,
  Watched,
  WaitOptions,
  WatchOptions,
} from './fsm/contract.js';
export type { Driven } from './fsm/driven.js';
export { createFsm, type FsmOptions } from './fsm/create-fsm.js';
export type { OnInvalid } from './fsm/machine.js';
export { Rejection } from './fsm/rejection.js';
