export { specificationOf, type Given, type GivenEvents, type Outcome, type Thrown } from './testing/specification.js';
export { fsmContract, type Check, type FsmContractOptions } from './testing/fsm-contract.js';
export type { OtherProcess } from './testing/other-process.js';
export { linearizable, type NotLinearizable, type Operation, type SequentialModel } from './testing/linearizability.js';
export {
  simulateCluster,
  type Asked,
  type ClusterFaults,
  type ClusterOptions,
  type SimulatedCluster,
} from './testing/cluster/cluster.js';
export type { Driven } from './fsm/driven.js';
export type { NetworkFaults } from './testing/cluster/network.js';
export type { BrokenRule } from './testing/cluster/node-parts.js';
