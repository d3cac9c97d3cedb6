/** Where the vault's yield is, to the lamport. */

import type { YieldStats } from "../api/types";
import { formatSolColumn } from "../numbers/units";
import { yields } from "../state/data";
import { Empty, Panel, Problem, Skeleton } from "./parts";

const PLACES: readonly { text: string; note: string; of: (stats: YieldStats) => string }[] = [
  { text: "Claimed", note: "paid to stakers, or compounded", of: (stats) => stats.claimedTotalLamports },
  { text: "Owed", note: "earned, waits for its owner to claim", of: (stats) => stats.owedLamports },
  { text: "Streaming", note: "being earned, second by second", of: (stats) => stats.streamingLamports },
  { text: "Carried", note: "waits for a first staker", of: (stats) => stats.carriedLamports },
  { text: "Treasury", note: "the platform's part", of: (stats) => stats.treasuryBucketLamports },
  { text: "Subsidy", note: "makes compute cheaper", of: (stats) => stats.subsidyBucketLamports },
  { text: "Reserve", note: "kept back", of: (stats) => stats.reserveBucketLamports },
  { text: "Paid out of these", note: "to the addresses fixed for them", of: (stats) => stats.sweptTotalLamports },
  { text: "Funded", note: "waits for the next distribution", of: (stats) => stats.fundedLamports },
];

/** By both sources. */
const paidIn = (stats: YieldStats): bigint =>
  BigInt(stats.base.fundedTotalLamports) + BigInt(stats.compute.fundedTotalLamports);

export function FlowPanel() {
  const { data, error } = yields.state.value;
  return (
    <Panel id="flow" title="Where the yield is" note="Everything that was paid into the vault as yield, as its accounts on chain say.">
      {data && paidIn(data) === 0n ? (
        <Empty title="Nothing was paid in yet.">Each lamport of yield will be accounted for here.</Empty>
      ) : data ? (
        <dl class="pairs flow">
          {PLACES.filter((place) => BigInt(place.of(data)) > 0n).map((place) => (
            <div class="pair" key={place.text}>
              <dt>{place.text} <span class="note">{place.note}</span></dt>
              <dd>{formatSolColumn(BigInt(place.of(data)))} SOL</dd>
            </div>
          ))}
          <div class="pair total">
            <dt>Paid in</dt>
            <dd>{formatSolColumn(paidIn(data))} SOL</dd>
          </div>
        </dl>
      ) : error ? <Problem error={error} retry={yields.refresh} what="Yield" /> : <Skeleton lines={5} />}
    </Panel>
  );
}
