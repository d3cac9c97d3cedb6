/** Everything the page knows, and when it asks again. */

import { computed, signal } from "@preact/signals";
import { listen, type Told } from "../api/stream";
import type {
  Distribution, DistributionPage, Index, Network, NetworkStats, Pool, Pools, Positions, RevenueModel,
  WalletEvent, WalletEventPage, YieldStats,
} from "../api/types";
import { usdNumber } from "../numbers/show";
import { sawChainClock } from "./clock";
import { pages } from "./pages";
import { resource } from "./resource";

/** How often everything is asked again: where no stream tells of changes, and where one does. */
const POLL_MS = 5_000;
const POLL_BESIDE_STREAM_MS = 15_000;
/** Events that come together are answered together. */
const EVENTS_SETTLE_MS = 400;

/** The connected wallet's address. */
export const owner = signal<string | null>(null);

const ofOwner = (path: (wallet: string) => string) => () => {
  const wallet = owner.value;
  return wallet === null ? null : path(wallet);
};

export const network = resource<Network>(() => "/api/network");
export const index = resource<Index>(() => "/api");
export const stats = resource<NetworkStats>(() => "/api/stats");
export const yields = resource<YieldStats>(() => "/api/yield/stats");
export const model = resource<RevenueModel>(() => "/api/yield/revenue-model");
export const pools = resource<Pools>(() => "/api/pools");
export const positions = resource<Positions>(ofOwner((wallet) => `/api/positions/${wallet}`));
export const distributions = pages<DistributionPage, Distribution>(
  () => "/api/yield/distributions",
  (page) => ({ rows: page.distributions, nextCursor: page.nextCursor }),
  (row) => row.signature + row.source,
);
export const walletEvents = pages<WalletEventPage, WalletEvent>(
  ofOwner((wallet) => `/api/yield/history/${wallet}`),
  (page) => ({ rows: page.events, nextCursor: page.nextCursor }),
  (row) => `${row.signature}.${row.eventIndex}`,
);

/** How the page hears of changes. */
export const live = signal<"connecting" | "streaming" | "polling">("connecting");

const streamedPrice = signal<bigint | null>(null);
/** Nano-USD of a SOL; `null` where the server has no price. */
export const price = computed<bigint | null>(() => {
  const usd = model.state.value.data?.solPriceUSD;
  return streamedPrice.value ?? (usd === null || usd === undefined ? null : usdNumber(usd));
});

/** Counts up when something new was distributed: for what is asked by the views themselves. */
export const distributedCount = computed(() => stats.state.value.data?.distributionCount ?? 0);

/** The pool of SOL. */
export const solPool = computed<Pool | null>(
  () => pools.state.value.data?.pools.find((pool) => pool.kind === "sol") ?? null,
);

/** Asks what changes with each distribution and each move. */
export async function refreshFigures(): Promise<void> {
  await Promise.all([
    stats.refresh(),
    yields.refresh().then(() => saw(yields.state.peek().data?.asOfUnix)),
    pools.refresh(),
    positions.refresh().then(() => saw(positions.state.peek().data?.asOfUnix)),
    distributions.refresh(),
    walletEvents.refresh(),
  ]);
}

function saw(unix: number | undefined): void {
  if (unix !== undefined) sawChainClock(unix);
}

/** Asks what seldom changes. */
const refreshSetting = (): Promise<unknown> =>
  Promise.all([network.refresh(), index.refresh(), model.refresh()]);

/** Another wallet, or none. */
export function setOwner(wallet: string | null): void {
  if (owner.peek() === wallet) return;
  owner.value = wallet;
  positions.reset();
  walletEvents.reset();
  void positions.refresh().then(() => saw(positions.state.peek().data?.asOfUnix));
  void walletEvents.refresh();
}

let soon: ReturnType<typeof setTimeout> | undefined;
/** A burst of events asks once, and a steady stream of them once in a while. */
function refreshSoon(): void {
  soon ??= setTimeout(() => {
    soon = undefined;
    void refreshFigures();
  }, EVENTS_SETTLE_MS);
}

/** Whether there is more to ask than these figures: jobs and revenue change all the time, and nothing with them. */
function movedStake(before: NetworkStats | null, after: NetworkStats): boolean {
  return (
    before?.totalStakedLamports !== after.totalStakedLamports ||
    before.totalStakers !== after.totalStakers ||
    before.distributionCount !== after.distributionCount
  );
}

function told<K extends keyof Told>(kind: K, data: Told[K]): void {
  if (kind === "price") {
    streamedPrice.value = BigInt((data as Told["price"]).nanoUsdPerSol);
    return;
  }
  if (kind === "stats") {
    const before = stats.state.peek().data;
    stats.put(data as Told["stats"]);
    if (!movedStake(before, data as Told["stats"])) return;
  }
  refreshSoon();
}

/** Begins asking and listening. */
export function startData(): void {
  void refreshSetting();
  void refreshFigures();
  listen({ told, open: (open) => (live.value = open ? "streaming" : "polling") });
  let asked = performance.now();
  setInterval(() => {
    const due = live.peek() === "streaming" ? POLL_BESIDE_STREAM_MS : POLL_MS;
    if (document.visibilityState !== "visible" || performance.now() - asked < due) return;
    asked = performance.now();
    void refreshFigures();
    if (streamedPrice.peek() === null) void model.refresh();
    for (const setting of [network, index])
      if (setting.state.peek().error && !setting.state.peek().error?.absent) void setting.refresh();
  }, 1_000);
}
