import type { Measured } from '../harness/measure.js';
import { below } from './below.js';
import { closing, compacting } from './giving-back.js';
import { head, opening, viewReads } from './window.js';

type Part = (order: never) => Measured | Promise<Measured>;

const PARTS: Readonly<Record<string, Part>> = { head, opening, views: viewReads, below, closing, compacting };

const order = JSON.parse(process.argv[2]!) as { readonly part: string };
console.log(JSON.stringify(await PARTS[order.part]!(order as never)));
process.exit(0);
