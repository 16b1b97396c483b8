import { invalidDefinition as invalid, show } from '../errors.js';
import { isObject } from './codec.js';
import type { Row } from './index-plan.js';

/** A step from one version of a table's rows, or of an event's data, to the next. */
export type Upcast = (row: Row) => unknown;

/** The steps to versions 2, 3 …, in this order. @throws `DefinitionInvalid` for what is none, or leaves one out */
export function upcastsOf(path: string, given: unknown = {}): readonly Upcast[] {
  if (!isObject(given)) throw invalid(path, `is ${show(given)}: give { 2: (row) => … }`);
  return Object.entries(given).map(([version, upcast], i) => {
    if (version !== String(i + 2))
      throw invalid(`${path}.${version}`, `is no step to version ${i + 2}: give every one`);
    if (typeof upcast !== 'function')
      throw invalid(`${path}.${version}`, `is ${show(upcast)}: give a function of a row`);
    return upcast as Upcast;
  });
}
