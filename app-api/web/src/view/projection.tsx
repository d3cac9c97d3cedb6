/** What a stake could earn, by the revenue model. */

import { computed, effect, signal } from "@preact/signals";
import { get, type ApiError } from "../api/client";
import type { StakeYield } from "../api/types";
import { formatPercent, formatUsd, usdNumber, UNKNOWN } from "../numbers/show";
import { distributedCount, model, yields } from "../state/data";
import { Panel, Problem, Skeleton } from "./parts";

/** The slider's steps: from 0.1 to 100,000 SOL, ten to a decade. */
const STEPS = 60;
const REST_MS = 200;

const position = signal(20);
/** Two significant digits: amounts that people think in. */
const stake = computed(() => Number((0.1 * 10 ** (position.value / 10)).toPrecision(2)));
const asked = signal<{ stake: number; data: StakeYield } | null>(null);
const failed = signal<ApiError | null>(null);
const attempt = signal(0);

/** Begins asking what the slider shows. */
export function startProjection(): void {
  effect(() => {
    const sol = stake.value;
    void distributedCount.value;
    void attempt.value;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      get<StakeYield>(`/api/yield/apy/${sol}`, abort.signal).then(
        (data) => {
          asked.value = { stake: sol, data };
          failed.value = null;
        },
        (error: ApiError) => {
          if (!abort.signal.aborted) failed.value = error;
        },
      );
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  });
}

export const Projection = () => (
  <Panel id="projection" title="Projected earnings" note="Variable, and a projection: it follows revenue, price and how much is staked.">
    <div class="slider">
      <label for="projection-stake">If you stake</label>
      <output for="projection-stake" class="number">{stake.value.toLocaleString("en")} SOL</output>
      <input
        id="projection-stake"
        type="range"
        min="0"
        max={STEPS}
        step="1"
        value={position.value}
        aria-valuetext={`${stake.value} SOL`}
        onInput={(event) => (position.value = event.currentTarget.valueAsNumber)}
      />
    </div>
    <Earnings />
    <Assumptions />
  </Panel>
);

function Earnings() {
  const answer = asked.value;
  if (!answer) {
    return failed.value ? (
      <Problem error={failed.value} retry={() => (attempt.value += 1)} what="The projection" />
    ) : (
      <Skeleton lines={3} />
    );
  }
  const { apr_percent: computePercent, stakePercent, yearlyEarningsUSD, solPriceUSD } = answer.data;
  const basePercent = yields.state.value.data?.projected.base.aprPercent ?? null;
  const yearlyBase = basePercent === null || solPriceUSD === null ? null : (answer.stake * solPriceUSD * basePercent) / 100;
  const yearly = yearlyEarningsUSD === null ? yearlyBase : yearlyEarningsUSD + (yearlyBase ?? 0);
  const usd = (amount: number | null) => (amount === null ? UNKNOWN : formatUsd(usdNumber(amount)));
  const sol = yearly === null || !solPriceUSD ? null : yearly / solPriceUSD;
  return (
    <dl class={`figures ${answer.stake === stake.value ? "" : "stale"}`}>
      <div>
        <dt>A year</dt>
        <dd data-figure="projected-year">{usd(yearly)}</dd>
        <dd class="sub">{sol === null ? UNKNOWN : `${sol.toLocaleString("en", { maximumSignificantDigits: 4 })} SOL`}</dd>
      </div>
      <div>
        <dt>A day</dt>
        <dd>{usd(yearly === null ? null : yearly / 365.25)}</dd>
        <dd class="sub">on average</dd>
      </div>
      <div>
        <dt>Projected APR</dt>
        <dd>{formatPercent(computePercent === null ? basePercent : computePercent + (basePercent ?? 0))}</dd>
        <dd class="sub">{stakePercent === null ? "" : `${formatPercent(stakePercent)} of all stake`}</dd>
      </div>
    </dl>
  );
}

function Assumptions() {
  const assumed = model.state.value.data;
  if (!assumed) return null;
  return (
    <p class="note">
      Assumes {formatUsd(usdNumber(assumed.yearlyComputeVolumeUSD))} of compute sold a year, a platform fee of{" "}
      {formatPercent(assumed.platformFeePercent)} and {formatPercent(assumed.stakersSharePercent)} of it to stakers
      {assumed.solPriceUSD === null ? "" : `, at ${formatUsd(usdNumber(assumed.solPriceUSD))} a SOL`}. Your amount
      is taken as a part of what is staked now, not on top of it: more stake means a smaller part for each. Past figures
      and projections do not guarantee anything.
    </p>
  );
}
