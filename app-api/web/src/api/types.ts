/** What the API answers. Fields that older servers do not tell are optional; unknown is `null`. */

export interface NetworkStats {
  totalStakedLamports: string;
  totalStakers: number;
  totalJobsCompleted: number;
  networkRevenueLamports: string;
  distributionCount: number;
  updatedAt: string | null;
}

export interface RateView {
  aprPercent: number | null;
  apyPercent: number | null;
}

/** A source's rates, and both together. */
export interface Rates {
  base: RateView;
  compute: RateView;
  total: RateView;
}

export interface RateWindow extends Rates {
  averageStakeLamports: string | null;
  fromUnix: number | null;
  toUnix: number | null;
}

export interface SourceTotals {
  distributedTotalLamports: string;
  stakersTotalLamports: string;
}

export interface SourceView extends SourceTotals {
  fundedTotalLamports: string;
  distributionCount: number;
  lastIntervalUnix: number;
  lastDistributedAtUnix: number;
}

export type WindowName = "24h" | "7d" | "30d" | "all";

export interface YieldStats {
  asOfSlot: number;
  asOfUnix: number;
  realised: Record<WindowName, RateWindow>;
  projected: Rates;
  streamingLamports: string;
  owedLamports: string;
  claimedTotalLamports: string;
  carriedLamports: string;
  dustLamports: string;
  subsidyBucketLamports: string;
  reserveBucketLamports: string;
  treasuryBucketLamports: string;
  sweptTotalLamports: string;
  fundedLamports: string;
  base: SourceView;
  compute: SourceView;
  lastDistributionAtUnix?: number | null;
  nextDistributionAtUnix?: number | null;
}

export interface RevenueModel {
  yearlyComputeVolumeUSD: number;
  platformFeePercent: number | null;
  stakersSharePercent: number | null;
  solPriceUSD: number | null;
  intervalSeconds: number;
}

export interface StakeYield {
  userStakeLamports: string;
  stakePercent: number | null;
  yearlyEarningsUSD: number | null;
  apr_percent: number | null;
  solPriceUSD: number | null;
}

/** Percent a year. */
export interface PoolRates {
  base: number | null;
  compute: number | null;
  total: number | null;
}

export interface Pool {
  address: string;
  mint: string;
  decimals: number;
  kind: "sol" | "token";
  status: "active" | "closed_to_deposits" | "retired";
  opensAtUnix: number;
  priceLamportsPerBillionUnits: string | null;
  priceSOL: number | null;
  totalUnits: string;
  capUnits: string;
  minDepositUnits: string;
  valueLamports: string | null;
  valuePercent: number | null;
  delegatedLamports: string;
  ticketUnits: string;
  streamingLamports: string;
  streamEndUnix: number;
  positionCount: number;
  symbol?: string | null;
  projectedAprPercent?: PoolRates;
}

export interface Pools {
  asOfUnix: number;
  totalValueLamports: string;
  pools: Pool[];
}

export interface Ticket {
  number: number;
  units: string;
  openedAtUnix: number;
}

export interface Position {
  address: string;
  pool: string;
  mint: string;
  units: string;
  valueLamports: string;
  owedLamports: string;
  claimedTotalLamports: string;
  openedAtUnix: number;
  accruingLamportsPerSecond?: string | null;
  accruesUntilUnix?: number | null;
  ticket?: Ticket | null;
}

export interface Positions {
  wallet: string;
  asOfUnix: number;
  stakedLamports: string;
  owedLamports: string;
  claimedTotalLamports: string;
  positions: Position[];
}

export interface Distribution {
  signature: string;
  slot: number;
  source: "staking" | "compute";
  intervalFromUnix: number;
  intervalToUnix: number;
  distributedAtUnix: number;
  amountLamports: string;
  stakersLamports: string;
  totalValueLamports: string;
}

export interface DistributionPage {
  distributions: Distribution[];
  nextCursor: string | null;
}

export interface WalletEvent {
  signature: string;
  eventIndex: number;
  event: string;
  atUnix: number;
  pool: string;
  amountUnits: string | null;
  amountLamports: string | null;
}

export interface WalletEventPage {
  events: WalletEvent[];
  nextCursor: string | null;
}

export interface HistoryPoint {
  fromUnix: number;
  toUnix: number;
  tvlLamports: string | null;
  aprPercent: number | null;
  baseAprPercent: number | null;
  computeAprPercent: number | null;
  distributionCount: number;
}

export interface History {
  points: HistoryPoint[];
  nextCursor: string | null;
}

export interface Network {
  network: "localnet" | "devnet" | "testnet" | "mainnet";
  chain: `${string}:${string}`;
  programId: string;
  vault: string | null;
  faucet: boolean;
  explorerTransactionUrl: string | null;
  explorerAddressUrl: string | null;
}

export interface Simulation {
  feeLamports: string;
  rentLamports: string;
  changes: { asset: string; deltaUnits: string }[];
}

export interface Prepared {
  transaction: string;
  message?: string;
  simulation?: Simulation;
}

export interface TransactionStatus {
  signature: string;
  status: "unknown" | "processed" | "confirmed" | "finalized" | "failed";
  error: string | null;
}

export interface Index {
  program: string;
  vault: string | null;
  version: string;
}
