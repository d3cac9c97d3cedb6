/** What this is and what it yields, understood in ten seconds. */

import { signal } from "@preact/signals";
import type { Rates, WindowName, YieldStats } from "../api/types";
import { regularStakingPercent, widths } from "../numbers/apr";
import { formatCount, formatLength, formatPercent, formatSpan, formatUsd, formatWait, nanoUsd, UNKNOWN } from "../numbers/show";
import { formatSol } from "../numbers/units";
import { chainNow } from "../state/clock";
import { model, price, stats, yields } from "../state/data";
import { Choice, Problem, Skeleton } from "./parts";

type Shown = WindowName | "projected";

const WINDOWS = [
  { value: "24h", text: "24 h" },
  { value: "7d", text: "7 d" },
  { value: "30d", text: "30 d" },
  { value: "all", text: "All" },
  { value: "projected", text: "Projected" },
] as const;

const shown = signal<Shown>("24h");

/** What the rate is of, in a sentence. A young vault's window is told as long as it is. */
function told(stats: YieldStats): string {
  if (shown.value === "projected") return "What the revenue model expects at today's stake and price: variable, not a promise.";
  const { fromUnix, toUnix } = stats.realised[shown.value];
  const length = fromUnix === null || toUnix === null ? "this period" : `the last ${formatLength(toUnix - fromUnix)}`;
  return `Given to stakers in ${length}, as a yearly rate.`;
}

/** Why there is no rate. */
function whyUnknown(stats: YieldStats): string {
  if (shown.value === "projected") return "Nothing is projected: this takes a price of SOL and something staked.";
  return stats.base.distributionCount + stats.compute.distributionCount === 0
    ? "Nothing was distributed yet. The rate appears with the first distribution to stakers."
    : "Not enough was distributed in this period yet to tell a rate.";
}

export const Hero = () => (
  <section class="hero" aria-labelledby="hero-title">
    <div class="pitch">
      <h1 id="hero-title">
        Staking rewards, <span class="accent">plus a share of compute revenue.</span>
      </h1>
      <p>
        Stake SOL or liquid staking tokens. A platform that sells GPU and AI work pays part of what it earns to stakers,
        streamed second by second on Solana. Withdraw your stake at any time.
      </p>
      <Figures />
    </div>
    <Apr />
  </section>
);

function Apr() {
  const { data, error } = yields.state.value;
  return (
    <div class="apr" aria-labelledby="apr-title">
      <div class="apr-head">
        <h2 id="apr-title">Total APR</h2>
        <Choice label="Period of the APR" value={shown.value} options={WINDOWS} onPick={(value) => (shown.value = value)} />
      </div>
      {data ? <AprFigures stats={data} /> : error ? (
        <Problem error={error} retry={yields.refresh} what="Yield" />
      ) : (
        <Skeleton lines={4} />
      )}
    </div>
  );
}

function AprFigures({ stats }: { stats: YieldStats }) {
  const rates: Rates = shown.value === "projected" ? stats.projected : stats.realised[shown.value];
  const [base, compute, total] = [rates.base.aprPercent, rates.compute.aprPercent, rates.total.aprPercent];
  const parts = widths(base, compute);
  const regular = regularStakingPercent(base, stats.base);
  return (
    <>
      <p class="apr-total" data-figure="apr-total">{formatPercent(total)}</p>
      <p class="note">
        {total === null ? whyUnknown(stats) : told(stats)}
        {rates.total.apyPercent !== null && ` ${formatPercent(rates.total.apyPercent)} APY if each day's yield is staked again.`}
      </p>
      {parts && (
        <div class="split" aria-hidden="true">
          {parts.base > 0 && <span class="base" style={{ flexGrow: parts.base }} />}
          {parts.compute > 0 && <span class="compute" style={{ flexGrow: parts.compute }} />}
        </div>
      )}
      <dl class="legend">
        <div>
          <dt><span class="key base" />Base: staking rewards</dt>
          <dd data-figure="apr-base">{formatPercent(base)}</dd>
        </div>
        <div>
          <dt><span class="key compute" />Compute: platform revenue</dt>
          <dd data-figure="apr-compute">{formatPercent(compute)}</dd>
        </div>
        <div class="versus">
          <dt>
            <abbr title="The same validators' rewards without the vault: the base rate divided by the part of base rewards that stakers were given">
              Regular staking
            </abbr>, for comparison
          </dt>
          <dd>{formatPercent(regular)}</dd>
        </div>
      </dl>
    </>
  );
}

function Figures() {
  const { data, error } = stats.state.value;
  if (!data) {
    return error ? <Problem error={error} retry={stats.refresh} what="Network figures" /> : <Skeleton lines={2} />;
  }
  const staked = BigInt(data.totalStakedLamports);
  const usd = price.value;
  const paid = yields.state.value.data;
  const given = paid && BigInt(paid.base.stakersTotalLamports) + BigInt(paid.compute.stakersTotalLamports);
  return (
    <dl class="figures">
      <div>
        <dt>Total staked</dt>
        <dd data-figure="tvl">{formatSol(staked)} <small>SOL</small></dd>
        <dd class="sub">{usd === null ? "no SOL price right now" : formatUsd(nanoUsd(staked, usd))}</dd>
      </div>
      <div>
        <dt>Stakers</dt>
        <dd data-figure="stakers">{formatCount(data.totalStakers)}</dd>
        <dd class="sub">{data.totalStakers === 0 ? "be the first" : "wallets with a stake"}</dd>
      </div>
      <div>
        <dt>Given to stakers</dt>
        <dd data-figure="given">{given === null ? UNKNOWN : formatSol(given)} <small>SOL</small></dd>
        <dd class="sub">in {formatCount(data.distributionCount)} distributions</dd>
      </div>
      <Countdown />
    </dl>
  );
}

/** When yield is next distributed: as the API says, else an interval after the last one's end. */
function nextDistribution(stats: YieldStats | null, intervalSeconds: number | undefined): number | null {
  if (!stats) return null;
  if (stats.nextDistributionAtUnix !== undefined) return stats.nextDistributionAtUnix;
  const last = stats.compute.lastIntervalUnix;
  return intervalSeconds && last > 0 ? last + intervalSeconds : null;
}

function Countdown() {
  const interval = model.state.value.data?.intervalSeconds;
  const next = nextDistribution(yields.state.value.data, interval);
  const left = next === null ? null : next - chainNow();
  return (
    <div>
      <dt>Next distribution</dt>
      <dd data-figure="countdown">
        <span role="timer">{left === null ? UNKNOWN : left > 0 ? formatWait(left) : "due now"}</span>
      </dd>
      <dd class="sub">{interval ? `one each ${formatSpan(interval)}` : "time not known"}</dd>
    </div>
  );
}
