/** What went wrong, in words for whoever sits in front of the page. */

import { ApiError } from "./client";

/** Where the API's own words are meant for whoever runs it. */
const WORDS: Record<string, string> = {
  rpc_unavailable: "The Solana node does not answer right now. Try again in a moment.",
  chain_not_indexed: "The server is still reading the vault from the chain. This takes a moment after a start.",
  not_configured: "This server is not set up for this.",
  busy: "The server has its hands full right now. Try again in a moment.",
  internal: "Something failed on the server. Try again in a moment.",
};

/** A sentence or two: the API's own, as a rule. */
export function inWords(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.absent) return "This server does not offer this yet.";
    return WORDS[error.code] ?? sentence(error.message);
  }
  if (error instanceof Error && /reject|denied|cancel|declin/i.test(error.message))
    return "You declined this in your wallet. Nothing was sent.";
  return error instanceof Error && error.message ? sentence(error.message) : "Something went wrong.";
}

const sentence = (text: string): string => {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
};
