/** Stake and yield over time. */

import { computed, effect, signal } from "@preact/signals";
import type { History, HistoryPoint } from "../../api/types";
import { compact, formatDate, formatPercent, formatTime, UNKNOWN } from "../../numbers/show";
import { formatSol } from "../../numbers/units";
import { distributedCount } from "../../state/data";
import { resource } from "../../state/resource";
import { Choice, Empty, Panel, Problem, Skeleton } from "../parts";
import { Chart, type Line } from "./chart";

type By = "interval" | "day";
type Shown = "apr" | "tvl";

const POINTS = 120;
const by = signal<By>("interval");
const shown = signal<Shown>("apr");
const pointed = signal<number | null>(null);

const history = resource<History>(() => `/api/yield/history?by=${by.value}&limit=${POINTS}`);

/** Oldest first, as charts go. */
const points = computed<HistoryPoint[] | null>(() => history.state.value.data?.points.slice().reverse() ?? null);

/** Begins asking; anew with each distribution. */
export function startHistory(): void {
  effect(() => {
    void by.value;
    void distributedCount.value;
    void history.refresh();
  });
}

export const HistoryPanel = () => (
  <Panel
    id="history"
    title="History"
    tools={
      <>
        <Choice
          label="Figure"
          value={shown.value}
          options={[{ value: "apr", text: "APR" }, { value: "tvl", text: "TVL" }]}
          onPick={(value) => (shown.value = value)}
        />
        <Choice
          label="Step"
          value={by.value}
          options={[{ value: "interval", text: "Interval" }, { value: "day", text: "Day" }]}
          onPick={(value) => {
            by.value = value;
            pointed.value = null;
          }}
        />
      </>
    }
  >
    <Body />
  </Panel>
);

function Body() {
  const { error } = history.state.value;
  const rows = points.value;
  if (!rows) return error ? <Problem error={error} retry={history.refresh} what="The history" /> : <Skeleton lines={6} />;
  if (rows.length === 0)
    return <Empty title="No history yet.">The chart begins with the first distribution to stakers.</Empty>;
  const last = rows.length - 1;
  const plot = plotted(rows);
  const at = rows[Math.min(pointed.value ?? last, last)];
  return (
    <>
      {at && <Readout of={at} />}
      {plot.lines.every((line) => line.values.every((value) => value === null)) ? (
        <Empty title="No rate yet.">Nothing was given to stakers over the time shown.</Empty>
      ) : (
        <Chart {...plot} onPoint={(index) => (pointed.value = index)} />
      )}
      <Table rows={rows} />
    </>
  );
}

const sol = (lamports: string | null): number | null => (lamports === null ? null : Number(BigInt(lamports)) / 1e9);

function plotted(rows: HistoryPoint[]): { times: number[]; lines: Line[]; format: (value: number) => string; summary: string } {
  const times = rows.map((row) => row.toUnix);
  const last = rows[rows.length - 1];
  if (shown.value === "tvl") {
    return {
      times,
      lines: [{ label: "TVL", color: "base", values: rows.map((row) => sol(row.tvlLamports)) }],
      format: (value) => `${compact(value)}`,
      summary: `Total staked over time, ${rows.length} points, last ${last?.tvlLamports ? formatSol(BigInt(last.tvlLamports)) : UNKNOWN} SOL.`,
    };
  }
  return {
    times,
    // The total at the back, base before it: what is left to see between them is compute.
    lines: [
      { label: "Total", color: "compute", values: rows.map((row) => row.aprPercent) },
      { label: "Base", color: "base", values: rows.map((row) => row.baseAprPercent) },
    ],
    format: (value) => `${compact(value)} %`,
    summary: `APR over time, ${rows.length} points, last ${formatPercent(last?.aprPercent)}.`,
  };
}

const when = (row: HistoryPoint): string => (by.value === "day" ? formatDate(row.fromUnix) : formatTime(row.toUnix));

/** The figures of the point that is looked at; the newest, where none is. */
const Readout = ({ of }: { of: HistoryPoint }) => (
  <p class="readout">
    <span>{when(of)}</span>
    {shown.value === "tvl" ? (
      <strong class="number">{of.tvlLamports === null ? UNKNOWN : `${formatSol(BigInt(of.tvlLamports))} SOL`}</strong>
    ) : (
      <>
        <strong class="number">{formatPercent(of.aprPercent)}</strong>
        <span><span class="key base" />{formatPercent(of.baseAprPercent)}</span>
        <span><span class="key compute" />{formatPercent(of.computeAprPercent)}</span>
      </>
    )}
  </p>
);

const Table = ({ rows }: { rows: HistoryPoint[] }) => (
  <details>
    <summary>The same as a table</summary>
    <div class="scroll" role="region" aria-label="History" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{by.value === "day" ? "Day" : "Until"}</th>
            <th scope="col" class="end">Staked, SOL</th>
            <th scope="col" class="end">Base APR</th>
            <th scope="col" class="end">Compute APR</th>
            <th scope="col" class="end">Total APR</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice().reverse().map((row) => (
            <tr key={row.fromUnix}>
              <th scope="row">{when(row)}</th>
              <td class="end">{row.tvlLamports === null ? UNKNOWN : formatSol(BigInt(row.tvlLamports))}</td>
              <td class="end">{formatPercent(row.baseAprPercent)}</td>
              <td class="end">{formatPercent(row.computeAprPercent)}</td>
              <td class="end">{formatPercent(row.aprPercent)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </details>
);
