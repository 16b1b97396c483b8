/** Machines that read what differs from node to node by what they took from globals when they were loaded. */
import { create } from './counting-machine.js';

const { now } = Date;
const Then = Date;
const { hrtime } = process;
const format = new Intl.DateTimeFormat('en', { day: 'numeric' }).format.bind(undefined);
const { getHours } = Date.prototype;

export const byNow = () => create(() => Math.floor(now() / 60_000));
export const byDate = () => create(() => new Then().getUTCHours());
export const byHrtime = () => create(() => hrtime()[0]);
export const byFormat = () => create(() => Number(format()));
export const byTimeZone = () => create(() => getHours.call(new Date(0)));
export const byLanguage = () => create(() => (1234.5).toLocaleString().indexOf('.'));
