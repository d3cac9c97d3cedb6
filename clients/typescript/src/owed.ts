import type { Pool, Position } from './generated/program/index.js';

/** Bits of fraction in a Q64.64 number. */
const FRACTION_BITS = 64n;

type PoolStream = Pick<Pool, 'acc' | 'rate' | 'streamEnd' | 'lastUpdate' | 'totalUnits'>;
type PositionYield = Pick<Position, 'units' | 'acc' | 'owedLamports'>;

/**
 * Lamports a claim would pay at `now` (Unix seconds), by the program's own arithmetic: yield per
 * unit grows by the stream's rate until the stream ends.
 */
export function owedLamportsAt(position: PositionYield, pool: PoolStream, now: bigint): bigint {
  const until = now < pool.streamEnd ? now : pool.streamEnd;
  const seconds = until > pool.lastUpdate ? until - pool.lastUpdate : 0n;
  const grown = pool.totalUnits > 0n ? (pool.rate * seconds) / pool.totalUnits : 0n;
  const earned = (position.units * (pool.acc + grown - position.acc)) >> FRACTION_BITS;
  return position.owedLamports + earned;
}
