/** The API's server-sent events. */

import type { Distribution, NetworkStats } from "./types";

/** What the stream tells, by the name of its event. */
export interface Told {
  stats: NetworkStats;
  distribution: Distribution;
  claim: { wallet: string; pool: string; amountLamports: string };
  price: { nanoUsdPerSol: string | number };
}

export interface Listener {
  told<K extends keyof Told>(kind: K, data: Told[K]): void;
  /** Whether the stream is open. */
  open(open: boolean): void;
}

const KINDS = ["stats", "distribution", "claim", "price"] as const;
/** How long to wait until a stream that the server refused is tried again. */
const RETRY_MS = 30_000;

/** Listens for as long as the page is there. The browser itself reconnects after a break. */
export function listen(listener: Listener): void {
  const source = new EventSource("/api/stream");
  source.onopen = () => listener.open(true);
  source.onerror = () => {
    listener.open(false);
    // Closed for good: refused, not broken off.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(listener), RETRY_MS);
  };
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      try {
        listener.told(kind, JSON.parse((event as MessageEvent<string>).data) as never);
      } catch {
        // An event of a shape this page does not know; the next refresh tells it all.
      }
    });
  }
}
