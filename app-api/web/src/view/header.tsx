/** The bar at the top: name, network, wallet. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { inWords } from "../api/words";
import { short } from "../numbers/show";
import { live, network } from "../state/data";
import { say } from "../state/toasts";
import { askFaucet } from "../wallet/actions";
import { connect, connected, connecting, disconnect, wallets } from "../wallet/standard";

const LIVE = { connecting: "Connecting", streaming: "Live", polling: "Refreshing every 5 s" };

export const Header = () => (
  <header class="top">
    <a class="brand" href="/" aria-label="Primis, home">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <path d="M8 25V7h8a5.6 5.6 0 0 1 0 11.200H8" />
        <circle cx="24.500" cy="23.500" r="2.800" />
      </svg>
      Primis
    </a>
    <NetworkBadge />
    <span class={`live ${live.value}`} role="status">
      <span class="dot" aria-hidden="true" />
      <span class="live-text">{LIVE[live.value]}</span>
    </span>
    <span class="spring" />
    {connected.value ? <Account /> : <ConnectButton />}
  </header>
);

function NetworkBadge() {
  const { data } = network.state.value;
  if (!data) return null;
  return (
    <span class={`badge ${data.network}`} title={data.chain}>
      <span class="sr">Network: </span>
      {data.network}
    </span>
  );
}

function Account() {
  const session = connected.value;
  if (!session) return null;
  return (
    <div class="account">
      {network.state.value.data?.faucet && (
        <button type="button" class="quiet" id="faucet" onClick={() => void askFaucet()}>
          Get test SOL
        </button>
      )}
      <span class="address" title={session.account.address}>
        <img src={session.wallet.icon} alt="" width="18" height="18" />
        <span class="sr">Connected with {session.wallet.name}: </span>
        {short(session.account.address)}
      </span>
      <button type="button" class="quiet" onClick={() => void disconnect()}>
        Disconnect
      </button>
    </div>
  );
}

/** Connects the one wallet there is, or asks which. */
export function ConnectButton(props: { tall?: boolean }) {
  const open = useSignal(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open.value && !dialog.current?.open) dialog.current?.showModal();
  }, [open.value]);
  const pick = (name: string) => {
    const wallet = wallets.peek().find((one) => one.name === name);
    dialog.current?.close();
    if (wallet) connect(wallet).catch((error: unknown) => say({ tone: "bad", text: inWords(error) }));
  };
  return (
    <>
      <button
        type="button"
        class={`primary ${props.tall ? "tall" : ""}`}
        disabled={connecting.value !== null}
        onClick={() => (open.value = true)}
      >
        {connecting.value ? `Waiting for ${connecting.value}` : "Connect wallet"}
      </button>
      {open.value && (
        <dialog ref={dialog} class="wallets" aria-labelledby="wallets-title" onClose={() => (open.value = false)}>
          <h2 id="wallets-title">Connect a wallet</h2>
          {wallets.value.length > 0 ? (
            <>
              <p class="note">The page sees your address. It can send nothing without your approval.</p>
              <ul>
                {wallets.value.map((wallet) => (
                  <li key={wallet.name}>
                    <button type="button" onClick={() => pick(wallet.name)}>
                      <img src={wallet.icon} alt="" width="28" height="28" />
                      {wallet.name}
                    </button>
                  </li>
                ))}
              </ul>
            </>
          ) : (
            <p>
              No Solana wallet was found in this browser. Install one that supports the Wallet Standard (most do), then
              reload the page.
            </p>
          )}
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </dialog>
      )}
    </>
  );
}
