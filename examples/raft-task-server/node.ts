/** One node of the cluster: the state machine, its raftd, and the HTTP API of `http.ts`. */
import { RaftBridge, type RaftOptions } from './bridge.js';
import { createApi, type Place } from './http.js';
import { createTaskMachine } from './machine.js';

/** What a node is told when it is started. */
export interface NodeOrder extends Omit<RaftOptions, 'peers' | 'address'> {
  readonly places: Readonly<Record<string, Place>>;
}

const order = JSON.parse(process.argv[2]!) as NodeOrder;
const { places, id } = order;
const here = places[id]!;
const machine = createTaskMachine();
const peers = Object.fromEntries(Object.entries(places).map(([name, { raft }]) => [name, raft]));
const raft = new RaftBridge({ ...order, address: here.raft, peers }, machine, () => process.exit(4));
const [host, port] = here.http.split(':') as [string, string];
createApi({ machine, raft, places }).listen(Number(port), host);
process.on('disconnect', () => process.exit(0));
