import type { Measured } from '../harness/measure.js';
import { abort, load } from './loads.js';
import { plainRows, rowMemory, versionMemory } from './memory.js';
import { operations } from './operations.js';

type Part = (order: never) => Measured | Promise<Measured>;

const PARTS: Readonly<Record<string, Part>> = { operations, plainRows, rowMemory, versionMemory, load, abort };

const order = JSON.parse(process.argv[2]!) as { readonly part: string };
console.log(JSON.stringify(await PARTS[order.part]!(order as never)));
process.exit(0);
