/** Sign-In With Solana: a wallet of the Wallet Standard signs the server's challenge. */

import { signal } from "@preact/signals";
import type { SolanaSignInFeature, SolanaSignMessageFeature } from "@solana/wallet-standard-features";
import { getWallets } from "@wallet-standard/app";
import type { Wallet } from "@wallet-standard/base";
import type { StandardConnectFeature } from "@wallet-standard/features";
import bs58 from "bs58";
import { post } from "../api/client";
import type { Challenge, Session } from "../api/platform";

type Features = StandardConnectFeature & Partial<SolanaSignInFeature & SolanaSignMessageFeature>;

/** Wallets in this browser that can sign in. */
export const signers = signal<readonly Wallet[]>([]);

const able = (wallet: Wallet): boolean =>
  wallet.chains.some((chain) => chain.startsWith("solana:")) &&
  "standard:connect" in wallet.features &&
  ("solana:signIn" in wallet.features || "solana:signMessage" in wallet.features);

/** Looks for wallets; they may register at any time. */
export function startSigners(): void {
  const api = getWallets();
  const look = () => (signers.value = api.get().filter(able));
  api.on("register", look);
  api.on("unregister", look);
  look();
}

/** Asks the wallet for its account and its signature; answers the session they open. */
export async function signIn(wallet: Wallet): Promise<Session> {
  const features = wallet.features as unknown as Features;
  const { accounts } = await features["standard:connect"].connect();
  const account = accounts.find((one) => one.chains.some((chain) => chain.startsWith("solana:")));
  if (!account) throw new Error(`${wallet.name} gave no Solana account. Allow one in the wallet and try again`);
  const { message, input } = await post<Challenge>("/api/auth/siws/challenge", { address: account.address });
  // What was signed is sent back as it is: a wallet that makes the text itself may make another.
  const verify = (text: string, signature: Uint8Array) =>
    post<Session>("/api/auth/siws/verify", { message: text, signature: bs58.encode(signature) });
  const asText = features["solana:signMessage"];
  if (asText) {
    const [signed] = await asText.signMessage({ account, message: new TextEncoder().encode(message) });
    if (!signed) throw new Error("The wallet returned no signature");
    return verify(new TextDecoder().decode(signed.signedMessage), signed.signature);
  }
  const [signed] = (await features["solana:signIn"]?.signIn(input)) ?? [];
  if (!signed) throw new Error("This wallet cannot sign in");
  return verify(new TextDecoder().decode(signed.signedMessage), signed.signature);
}
