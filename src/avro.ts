export { avro } from './codecs/avro/avro-codec.js';
