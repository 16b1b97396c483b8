export { specificationOf, type Given, type GivenEvents, type Outcome, type Thrown } from './testing/specification.js';
