/** What the rates on the page are made of. */

import type { SourceTotals } from "../api/types";

/**
 * What a stake earns where nobody shares the rewards: the vault's base rate, scaled by the part of base
 * rewards that its stakers were given so far. `null` where no reward was distributed yet.
 */
export function regularStakingPercent(basePercent: number | null, base: SourceTotals): number | null {
  const given = BigInt(base.stakersTotalLamports);
  const all = BigInt(base.distributedTotalLamports);
  if (basePercent === null || given === 0n) return null;
  return (basePercent * Number((all * 1_000_000n) / given)) / 1_000_000;
}

/** Parts of a whole in percent of the larger of both, for a bar. `null` where there is nothing to draw. */
export function widths(base: number | null, compute: number | null): { base: number; compute: number } | null {
  const total = (base ?? 0) + (compute ?? 0);
  if (total <= 0) return null;
  return { base: (100 * (base ?? 0)) / total, compute: (100 * (compute ?? 0)) / total };
}
