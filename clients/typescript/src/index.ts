// The staking vault's program and the HTTP API, both generated; and what joins them.

export * from './generated/program/index.js';
export type { components, operations, paths } from './generated/api.js';
export { createApi, unwrap, type PrimisApi } from './api.js';
export { PrimisClient, NATIVE_MINT, type Connection, type PrimisSettings } from './client.js';
export { PrimisError } from './error.js';
export { owedLamportsAt } from './owed.js';
export { sendAndConfirm, type Landed } from './send.js';
