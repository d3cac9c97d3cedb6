/** Lists that go back in time: distributions, and what the connected wallet did. */

import type { Distribution, WalletEvent } from "../api/types";
import { formatAgo, formatSpan, formatTime, UNKNOWN } from "../numbers/show";
import { formatSol, formatSolColumn } from "../numbers/units";
import { chainNow } from "../state/clock";
import { distributions, owner, walletEvents } from "../state/data";
import { poolOf, withSymbol } from "./asset";
import { Listed } from "./listed";
import { Empty, Name, Panel } from "./parts";

const EVENTS: Record<string, string> = {
  opened: "Position opened",
  closed: "Position closed",
  deposited: "Staked",
  withdrawn: "Unstaked",
  emergency_withdrawn: "Unstaked, emergency exit",
  claimed: "Yield claimed",
  compounded: "Yield compounded",
  ticket_opened: "Withdrawal ticket opened",
  ticket_cancelled: "Withdrawal ticket cancelled",
  ticket_served: "Withdrawal ticket paid",
};

export const DistributionsPanel = () => (
  <Panel id="distributions" title="Distributions" note="Each is one transaction on chain, for one interval, exactly once.">
    <Listed<Distribution>
      of={distributions}
      what="Distributions"
      empty={<Empty title="Nothing was distributed yet.">The first distribution comes at the end of the first interval with revenue.</Empty>}
      columns={
        <>
          <th scope="col">When</th>
          <th scope="col">Source</th>
          <th scope="col">Interval</th>
          <th scope="col" class="end">Amount, SOL</th>
          <th scope="col" class="end">To stakers, SOL</th>
          <th scope="col">Transaction</th>
        </>
      }
      row={(row) => (
        <tr key={row.signature + row.source}>
          <th scope="row"><When unix={row.distributedAtUnix} /></th>
          <td><span class={`key ${row.source === "staking" ? "base" : "compute"}`} />{row.source === "staking" ? "Base" : "Compute"}</td>
          <td>{formatSpan(row.intervalToUnix - row.intervalFromUnix)}</td>
          <td class="end">{formatSolColumn(BigInt(row.amountLamports))}</td>
          <td class="end strong">{formatSolColumn(BigInt(row.stakersLamports))}</td>
          <td><Name of={row.signature} kind="transaction" /></td>
        </tr>
      )}
    />
  </Panel>
);

export function WalletPanel() {
  const wallet = owner.value;
  if (!wallet) return null;
  return (
    <Panel
      id="wallet-history"
      title="Your history"
      tools={<a class="button" href={`/api/yield/history/${wallet}.csv`} download>Download CSV</a>}
    >
      <Listed<WalletEvent>
        of={walletEvents}
        what="Your history"
        empty={<Empty title="Nothing happened yet.">Every stake, claim and withdrawal of this wallet will be listed here.</Empty>}
        columns={
          <>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col" class="end">Amount</th>
            <th scope="col">Transaction</th>
          </>
        }
        row={(row) => (
          <tr key={`${row.signature}.${row.eventIndex}`}>
            <th scope="row"><When unix={row.atUnix} /></th>
            <td>{EVENTS[row.event] ?? row.event}</td>
            <td class="end">{moved(row)}</td>
            <td><Name of={row.signature} kind="transaction" /></td>
          </tr>
        )}
      />
    </Panel>
  );
}

function moved(row: WalletEvent): string {
  const pool = poolOf(row.pool);
  if (row.amountUnits !== null) return pool ? withSymbol(BigInt(row.amountUnits), pool) : row.amountUnits;
  return row.amountLamports === null ? UNKNOWN : `${formatSol(BigInt(row.amountLamports))} SOL`;
}

const When = ({ unix }: { unix: number }) => <span title={formatTime(unix)}>{formatAgo(unix, chainNow())}</span>;
