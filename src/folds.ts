export { groupBy, type Grouped, type GroupByOptions } from './projections/folds/group-by.js';
export { join, type JoinOptions } from './projections/folds/join.js';
export {
  average,
  count,
  max,
  min,
  sum,
  type Measure,
  type Measured,
  type Measures,
} from './projections/folds/measures.js';
export { topN, type Ranked, type TopNOptions } from './projections/folds/top-n.js';
export { window, type Windowed, type WindowOptions } from './projections/folds/window.js';
