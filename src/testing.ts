export { specificationOf, type Given, type GivenEvents, type Outcome, type Thrown } from './testing/specification.js';
export { fsmContract, type Check, type FsmContractOptions } from './testing/fsm-contract.js';
export type { OtherProcess } from './testing/other-process.js';
