/** How pools are called and counted. */

import type { Pool } from "../api/types";
import { short } from "../numbers/show";
import { formatAmount } from "../numbers/units";
import { pools } from "../state/data";

export const symbol = (pool: Pool): string => pool.symbol ?? (pool.kind === "sol" ? "SOL" : short(pool.mint));

/** What the asset is, for a list of them. */
export const describe = (pool: Pool): string => (pool.kind === "sol" ? "Native SOL" : "Liquid staking token");

/** The pool of this address, if it is known. */
export const poolOf = (address: string): Pool | null =>
  pools.state.value.data?.pools.find((pool) => pool.address === address) ?? null;

/** The pool whose asset the API names so: `SOL`, a mint, or the pool itself. */
export function poolOfAsset(asset: string): Pool | null {
  const all = pools.state.value.data?.pools ?? [];
  return all.find((pool) => (asset === "SOL" ? pool.kind === "sol" : pool.mint === asset || pool.address === asset)) ?? null;
}

export const withSymbol = (units: bigint, pool: Pool): string => `${formatAmount(units, pool.decimals)} ${symbol(pool)}`;

/** Why a pool takes no deposit now; `null`: it does. */
export function closedBecause(pool: Pool, nowUnix: number): string | null {
  if (pool.status === "retired") return "This pool is retired: unstake and claim only.";
  if (pool.status === "closed_to_deposits") return "This pool takes no deposits: unstake and claim only.";
  if (pool.opensAtUnix > nowUnix) return "This pool is not open for deposits yet.";
  if (pool.kind === "token" && pool.priceLamportsPerBillionUnits === null) return "This pool waits for its first price.";
  return null;
}
