/** Stake, unstake, claim, compound: prepared by the server, signed by the wallet. */

import { signal } from "@preact/signals";
import { post } from "../api/client";
import type { Prepared } from "../api/types";
import { inWords } from "../api/words";
import { formatSol } from "../numbers/units";
import { network, refreshFigures } from "../state/data";
import { say } from "../state/toasts";
import { confirmed, signAndSend } from "./sign";
import { connected } from "./standard";

export type Verb = "stake" | "unstake" | "claim" | "compound";

/** What is wanted. `amount` is decimal in the asset's own unit, or `all`; claims have none. */
export interface Wanted {
  verb: Verb;
  pool: string;
  amount: string | null;
  /** How it is told: `Stake 1.5 SOL`. */
  title: string;
}

/** How far the transaction under way is; `null`: none is. */
export const step = signal<"preparing" | "signing" | "confirming" | null>(null);

/** The server's unsigned transaction with what it would do. */
export function prepare(wanted: Wanted, account: string, signal?: AbortSignal): Promise<Prepared> {
  const query = new URLSearchParams({ pool: wanted.pool });
  if (wanted.amount !== null) query.set("amount", wanted.amount);
  return post<Prepared>(`/api/actions/${wanted.verb}?${query.toString()}`, { account }, signal);
}

/** Does it, telling how it goes; whether the chain confirmed it. */
export async function perform(wanted: Wanted): Promise<boolean> {
  const session = connected.peek();
  if (!session || step.peek() !== null) return false;
  const toast = say({ tone: "progress", text: `${wanted.title}: preparing the transaction` });
  let signature: string | undefined;
  try {
    step.value = "preparing";
    // Prepared anew, so that its blockhash is fresh when the wallet shows it.
    const { transaction } = await prepare(wanted, session.account.address);
    step.value = "signing";
    say({ tone: "progress", text: `${wanted.title}: approve it in ${session.wallet.name}` }, toast);
    const sent = await signAndSend(session, transaction, network.state.peek().data);
    signature = sent.signature;
    step.value = "confirming";
    say({ tone: "progress", text: `${wanted.title}: sent, waiting for the network`, signature }, toast);
    await confirmed(sent);
    say({ tone: "good", text: `${wanted.title}: confirmed`, signature }, toast);
    return true;
  } catch (error) {
    say({ tone: "bad", text: `${wanted.title}: ${inWords(error)}`, ...(signature && { signature }) }, toast);
    return false;
  } finally {
    step.value = null;
    void refreshFigures();
    // The server reads the chain a moment after it has confirmed.
    setTimeout(() => void refreshFigures(), 1_500);
  }
}

/** SOL for trying things out, where the network gives it away. */
export async function askFaucet(): Promise<void> {
  const session = connected.peek();
  if (!session) return;
  const toast = say({ tone: "progress", text: "Asking the faucet for SOL" });
  try {
    const body = { account: session.account.address };
    const { signature, lamports } = await post<{ signature: string; lamports: string | number }>("/api/faucet", body);
    await confirmed({ signature });
    say({ tone: "good", text: `${formatSol(BigInt(lamports))} SOL from the faucet are in your wallet`, signature }, toast);
  } catch (error) {
    say({ tone: "bad", text: `The faucet: ${inWords(error)}` }, toast);
  }
}
