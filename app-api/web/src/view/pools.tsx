/** The assets that can be staked. */

import type { Pool } from "../api/types";
import { formatPercent, UNKNOWN } from "../numbers/show";
import { formatAmount, formatSol } from "../numbers/units";
import { chainNow } from "../state/clock";
import { pools } from "../state/data";
import { closedBecause, describe, symbol } from "./asset";
import { Name, Panel, Problem, Skeleton } from "./parts";
import { choose } from "./stake/form";

export function PoolsPanel() {
  const { data, error } = pools.state.value;
  return (
    <Panel id="assets" title="Assets" note="A liquid staking token earns the compute rate here, on top of what its own price gains.">
      {data ? <Table of={data.pools} /> : error ? <Problem error={error} retry={pools.refresh} what="The list of assets" /> : <Skeleton lines={3} />}
    </Panel>
  );
}

const Table = ({ of }: { of: Pool[] }) => (
  <div class="scroll" role="region" aria-label="Assets" tabIndex={0}>
    <table class="assets">
      <thead>
        <tr>
          <th scope="col">Asset</th>
          <th scope="col" class="end">Price, SOL</th>
          <th scope="col" class="end">Staked</th>
          <th scope="col" class="end">Share</th>
          <th scope="col" class="end">Projected APR</th>
          <th scope="col"><span class="sr">Stake it</span></th>
        </tr>
      </thead>
      <tbody>{of.map((pool) => <Row key={pool.address} pool={pool} />)}</tbody>
    </table>
  </div>
);

function Row({ pool }: { pool: Pool }) {
  const closed = closedBecause(pool, chainNow());
  const take = () => {
    choose({ verb: "stake", pool: pool.address });
    document.querySelector<HTMLInputElement>("#stake input[name=amount]")?.focus();
  };
  return (
    <tr>
      <th scope="row">
        <span class="asset">
          <strong>{pool.kind === "sol" ? "SOL" : (pool.symbol ?? <Name of={pool.mint} kind="address" />)}</strong>
          <span class="note">{pool.status === "active" ? describe(pool) : closed}</span>
        </span>
      </th>
      <td class="end">{pool.priceSOL === null ? UNKNOWN : pool.priceSOL.toFixed(4)}</td>
      <td class="end">
        {formatAmount(BigInt(pool.totalUnits), pool.decimals)}
        {pool.kind === "token" && pool.valueLamports !== null && <span class="note block">{formatSol(BigInt(pool.valueLamports))} SOL</span>}
      </td>
      <td class="end">{formatPercent(pool.valuePercent)}</td>
      <td class="end">{formatPercent(pool.projectedAprPercent?.total)}</td>
      <td class="end">
        <button type="button" disabled={closed !== null} title={closed ?? ""} onClick={take}>
          Stake<span class="sr"> {symbol(pool)}</span>
        </button>
      </td>
    </tr>
  );
}
