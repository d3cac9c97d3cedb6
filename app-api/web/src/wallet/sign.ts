/** A transaction the server prepared: signed by the wallet, sent, and followed until it is final enough. */

import bs58 from "bs58";
import { ApiError, get, post } from "../api/client";
import type { Network, TransactionStatus } from "../api/types";
import { features, type Connected } from "./standard";

/** How often, and for how long, a transaction is looked for. A blockhash is dead long before that. */
const LOOK_MS = 700;
const PATIENCE_MS = 100_000;
/** Every so many looks in vain it is sent again: a cluster may drop what it was sent. */
const LOOKS = 4;
/** The server says that it would fail now. */
const REFUSED = 422;

/** A transaction under way. */
export interface Sent {
  signature: string;
  /** Sends it once more; it lands once all the same. Wallets that send by themselves do so by themselves. */
  again?: () => Promise<unknown>;
}

const toBytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

/** Has the wallet sign, and sends what it signed. */
export async function signAndSend(
  { wallet, account }: Connected,
  transaction: string,
  network: Network | null,
): Promise<Sent> {
  const bytes = toBytes(transaction);
  // A wallet that has never heard of the local network signs bytes for it all the same.
  const chain = network && account.chains.includes(network.chain) ? network.chain : undefined;
  const able = features(wallet);
  const sign = able["solana:signTransaction"];
  if (sign) {
    const [signed] = await sign.signTransaction({ account, transaction: bytes, ...(chain && { chain }) });
    if (!signed) throw new Error("The wallet returned no signed transaction");
    const body = { transaction: toBase64(signed.signedTransaction) };
    const again = () => post<{ signature: string }>("/api/transactions", body);
    return { ...(await again()), again };
  }
  const send = able["solana:signAndSendTransaction"];
  if (!send) throw new Error("This wallet cannot sign transactions");
  if (!chain) throw new Error(`This wallet sends by itself, and not to ${network?.network ?? "this network"}`);
  const [sent] = await send.signAndSendTransaction({ account, transaction: bytes, chain });
  if (!sent) throw new Error("The wallet returned no signature");
  return { signature: bs58.encode(sent.signature) };
}

/** Waits until the cluster has confirmed it; throws what the chain says if it failed. */
export async function confirmed({ signature, again }: Sent): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  let refused: ApiError | null = null;
  for (let looks = 1; performance.now() < deadline; looks += 1) {
    const state = await get<TransactionStatus>(`/api/transactions/${signature}`).catch(() => null);
    if (state?.status === "confirmed" || state?.status === "finalized") return;
    if (state?.status === "failed") throw new Error(state.error ?? "The chain refused the transaction");
    // It did not land since it was refused either.
    if (refused && state?.status === "unknown") throw refused;
    if (again && looks % LOOKS === 0 && state?.status === "unknown") {
      refused = await again().then(
        () => null,
        (error: unknown) => (error instanceof ApiError && error.status === REFUSED ? error : null),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error("The network did not confirm it in time. It may have expired: look at your position before you try again");
}
