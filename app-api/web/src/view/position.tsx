/** The connected wallet's stake, and the yield that accrues to it each second. */

import type { Position, Positions } from "../api/types";
import { isStreaming, owedAfter, parseRate, type Accrual } from "../numbers/accrual";
import { formatDate, formatUsd, nanoUsd } from "../numbers/show";
import { formatSol, formatSolExactly, formatUnits } from "../numbers/units";
import { chainNow } from "../state/clock";
import { positions, price } from "../state/data";
import { poolOf, symbol, withSymbol } from "./asset";
import { connected } from "../wallet/standard";
import { perform, step, type Verb } from "../wallet/actions";
import { Empty, Panel, Problem, Skeleton } from "./parts";

export function PositionPanel() {
  if (!connected.value) return null;
  const { data, error } = positions.state.value;
  return (
    <Panel id="position" title="Your position" class="position">
      {data ? (
        data.positions.length > 0 ? <Held of={data} /> : (
          <Empty title="You have not staked yet.">
            Stake SOL or a liquid staking token. Your yield appears here and grows every second from then on.
          </Empty>
        )
      ) : error ? (
        <Problem error={error} retry={positions.refresh} what="Your position" />
      ) : (
        <Skeleton lines={3} />
      )}
    </Panel>
  );
}

/** How a position's yield goes on from an answer; `null` where the API does not tell. */
function accrual(position: Position, asOfUnix: number): Accrual | null {
  const rate = position.accruingLamportsPerSecond && parseRate(position.accruingLamportsPerSecond);
  const until = position.accruesUntilUnix;
  if (!rate || until === null || until === undefined) return null;
  return { owedLamports: BigInt(position.owedLamports), rate, asOfUnix, untilUnix: until };
}

function owedNow(position: Position, asOfUnix: number, elapsedMs: number): bigint {
  const flow = accrual(position, asOfUnix);
  return flow ? owedAfter(flow, elapsedMs) : BigInt(position.owedLamports);
}

function Held({ of }: { of: Positions }) {
  // By the chain's own clock, so that the next answer finds the figure where it would put it.
  const elapsed = (chainNow() - of.asOfUnix) * 1000;
  const owed = of.positions.reduce((sum, one) => sum + owedNow(one, of.asOfUnix, elapsed), 0n);
  const flows = of.positions.map((one) => accrual(one, of.asOfUnix)).filter((flow) => flow !== null);
  const streaming = flows.some((flow) => isStreaming(flow, elapsed));
  const usd = price.value;
  const staked = BigInt(of.stakedLamports);
  return (
    <>
      <dl class="figures">
        <div class="owed">
          <dt>Yield to claim</dt>
          <dd data-figure="owed" data-lamports={owed.toString()}>
            {formatSolExactly(owed)} <small>SOL</small>
          </dd>
          <dd class="sub">
            {streaming ? (
              <><span class="dot" aria-hidden="true" /> accruing each second</>
            ) : of.positions.some((one) => one.accruingLamportsPerSecond === undefined) ? (
              "as of the last look at the chain"
            ) : staked === 0n ? "nothing is staked, so nothing accrues" : "waiting for the next distribution"}
          </dd>
        </div>
        <div>
          <dt>Your stake</dt>
          <dd data-figure="staked">{formatSol(staked)} <small>SOL</small></dd>
          <dd class="sub">{usd === null ? "value in SOL" : formatUsd(nanoUsd(staked, usd))}</dd>
        </div>
        <div>
          <dt>Claimed so far</dt>
          <dd data-figure="claimed">{formatSol(BigInt(of.claimedTotalLamports))} <small>SOL</small></dd>
          <dd class="sub">paid out or compounded</dd>
        </div>
      </dl>
      <ul class="holdings">
        {of.positions.map((one) => (
          <Holding key={one.address} of={one} owed={owedNow(one, of.asOfUnix, elapsed)} />
        ))}
      </ul>
    </>
  );
}

function Holding({ of, owed }: { of: Position; owed: bigint }) {
  const pool = poolOf(of.pool);
  const name = pool ? symbol(pool) : "";
  const act = (verb: Verb, title: string) => () => void perform({ verb, pool: of.pool, amount: null, title });
  const idle = step.value === null && owed > 0n;
  return (
    <li>
      <div class="holding">
        <strong>{pool ? withSymbol(BigInt(of.units), pool) : of.units}</strong>
        <span class="note">since {formatDate(of.openedAtUnix)}</span>
      </div>
      <div class="holding end">
        <span class="number">{formatSol(owed)} SOL</span>
        <span class="note">to claim</span>
      </div>
      <div class="tools">
        <button type="button" disabled={!idle} onClick={act("claim", `Claim yield of ${name}`)}>
          Claim<span class="sr"> the yield of {name}</span>
        </button>
        {pool?.kind === "sol" && (
          <button type="button" disabled={!idle} onClick={act("compound", "Compound yield")}>
            Compound
          </button>
        )}
      </div>
      {of.ticket && (
        <p class="ticket">
          Ticket {of.ticket.number} waits for {pool ? formatUnits(BigInt(of.ticket.units), pool.decimals) : of.ticket.units} {name} since{" "}
          {formatDate(of.ticket.openedAtUnix)}. It earns until it is paid.{" "}
          <button
            type="button"
            class="quiet"
            disabled={step.value !== null}
            onClick={() => void perform({ verb: "unstake", pool: of.pool, amount: "cancel", title: "Cancel the ticket" })}
          >
            Cancel it
          </button>
        </p>
      )}
    </li>
  );
}
