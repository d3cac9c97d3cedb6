/** Wallets of the Wallet Standard that can sign for Solana. */

import { signal } from "@preact/signals";
import type {
  SolanaSignAndSendTransactionFeature, SolanaSignTransactionFeature,
} from "@solana/wallet-standard-features";
import { getWallets } from "@wallet-standard/app";
import type { Wallet, WalletAccount } from "@wallet-standard/base";
import type {
  StandardConnectFeature, StandardDisconnectFeature, StandardEventsFeature,
} from "@wallet-standard/features";
import { setOwner } from "../state/data";

export type Features = StandardConnectFeature &
  Partial<StandardDisconnectFeature & StandardEventsFeature & SolanaSignTransactionFeature & SolanaSignAndSendTransactionFeature>;

export interface Connected {
  wallet: Wallet;
  account: WalletAccount;
}

/** Where the name of the last wallet is kept, to connect silently the next time. */
const REMEMBERED = "primis.wallet";

/** Wallets in this browser. */
export const wallets = signal<readonly Wallet[]>([]);
export const connected = signal<Connected | null>(null);
/** The name of the wallet that is being asked. */
export const connecting = signal<string | null>(null);

export const features = (wallet: Wallet): Features => wallet.features as unknown as Features;

const usable = (wallet: Wallet): boolean =>
  wallet.chains.some((chain) => chain.startsWith("solana:")) &&
  "standard:connect" in wallet.features &&
  ("solana:signTransaction" in wallet.features || "solana:signAndSendTransaction" in wallet.features);

/** An account that can sign for Solana. */
const solana = (accounts: readonly WalletAccount[]): WalletAccount | undefined =>
  accounts.find((account) => account.chains.some((chain) => chain.startsWith("solana:")));

let stopListening: (() => void) | undefined;

function take(wallet: Wallet, account: WalletAccount | undefined): void {
  connected.value = account ? { wallet, account } : null;
  setOwner(account?.address ?? null);
}

/** Asks a wallet for its account; silently, only if it was allowed before. */
export async function connect(wallet: Wallet, silent = false): Promise<void> {
  connecting.value = silent ? null : wallet.name;
  try {
    const { accounts } = await features(wallet)["standard:connect"].connect(silent ? { silent } : undefined);
    const account = solana(accounts);
    if (!account) {
      if (silent) return;
      throw new Error(`${wallet.name} gave no Solana account. Allow one in the wallet and try again`);
    }
    take(wallet, account);
    remember(wallet.name);
    stopListening?.();
    stopListening = features(wallet)["standard:events"]?.on("change", (change) => {
      if (change.accounts) take(wallet, solana(change.accounts));
    });
  } finally {
    connecting.value = null;
  }
}

export async function disconnect(): Promise<void> {
  const wallet = connected.peek()?.wallet;
  stopListening?.();
  stopListening = undefined;
  connected.value = null;
  setOwner(null);
  remember(null);
  if (wallet) await features(wallet)["standard:disconnect"]?.disconnect().catch(() => undefined);
}

/** Storage may be forbidden; then the wallet is simply asked again. */
function remember(name: string | null): void {
  try {
    if (name === null) localStorage.removeItem(REMEMBERED);
    else localStorage.setItem(REMEMBERED, name);
  } catch {
    return;
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

/** Looks for wallets; they may register at any time. */
export function startWallets(): void {
  const api = getWallets();
  const look = () => {
    wallets.value = api.get().filter(usable);
    const name = remembered();
    const known = wallets.peek().find((wallet) => wallet.name === name);
    if (known && !connected.peek()) void connect(known, true).catch(() => undefined);
  };
  api.on("register", look);
  api.on("unregister", look);
  look();
}
