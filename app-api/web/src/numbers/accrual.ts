/** Yield that streams, between two answers of the API. */

/** Lamports per second, exact: `value / scale`. */
export interface Rate {
  value: bigint;
  scale: bigint;
}

/** What is owed at a moment of the chain's clock, and how it grows until the stream ends. */
export interface Accrual {
  owedLamports: bigint;
  rate: Rate;
  asOfUnix: number;
  untilUnix: number;
}

/** Reads `"12.345"`; `null` for what is no such number. */
export function parseRate(text: string): Rate | null {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return null;
  const [, whole = "0", fraction = ""] = match;
  return { value: BigInt(whole + fraction), scale: 10n ** BigInt(fraction.length) };
}

/**
 * What is owed `elapsedMs` after the answer, lamports, rounded down. It stands still at the stream's end,
 * where the next answer of the chain goes on: the page never promises what no stream pays.
 */
export function owedAfter(accrual: Accrual, elapsedMs: number): bigint {
  const streamMs = Math.max(0, (accrual.untilUnix - accrual.asOfUnix) * 1000);
  const ms = BigInt(Math.floor(Math.min(Math.max(0, elapsedMs), streamMs)));
  return accrual.owedLamports + (accrual.rate.value * ms) / (accrual.rate.scale * 1000n);
}

/** Whether anything is still to stream `elapsedMs` after the answer. */
export function isStreaming(accrual: Accrual, elapsedMs: number): boolean {
  return accrual.rate.value > 0n && accrual.asOfUnix + elapsedMs / 1000 < accrual.untilUnix;
}
