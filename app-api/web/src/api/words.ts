/** What went wrong, in words for whoever sits in front of the page. */

import { ApiError } from "./client";

const WORDS: Record<string, string> = {
  invalid_amount: "That is not an amount this asset can have.",
  unknown_pool: "The vault has no pool for this asset.",
  insufficient_funds: "Your wallet does not hold enough for this amount, the network fee and the account's rent.",
  deposits_paused: "Deposits are paused right now. Withdrawals and claims work as always.",
  pool_closed: "This pool takes no deposits any more. You can still unstake and claim.",
  cap_exceeded: "This amount would take the pool over its cap. Try a smaller one.",
  below_minimum: "This is less than the pool's minimum deposit.",
  nothing_to_claim: "There is no yield to claim yet.",
  nothing_staked: "You have nothing staked in this pool.",
  rpc_unavailable: "The Solana node does not answer right now. Try again in a moment.",
  chain_not_indexed: "The server is still reading the vault from the chain. This takes a moment after a start.",
  not_configured: "This server is not set up for this.",
};

/** A sentence or two. The API's own words go along where they say more. */
export function inWords(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.absent) return "This server does not offer this yet.";
    const words = WORDS[error.code];
    if (error.code === "insufficient_funds" || error.code === "below_minimum" || error.code === "cap_exceeded")
      return `${words} (${error.message})`;
    return words ?? sentence(error.message);
  }
  if (error instanceof Error && /reject|denied|cancel|declin/i.test(error.message))
    return "You declined this in your wallet. Nothing was sent.";
  return error instanceof Error && error.message ? sentence(error.message) : "Something went wrong.";
}

const sentence = (text: string): string => {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
};
