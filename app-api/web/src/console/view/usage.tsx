/** What was used, and what it cost: in all, by day, by model, line by line. */

import { computed, signal } from "@preact/signals";
import type { UsageLine, UsageSum } from "../../api/platform";
import { formatMoney, nano, sum } from "../../numbers/money";
import { formatCount, formatDate, formatTime, UNKNOWN } from "../../numbers/show";
import { Chart } from "../../view/history/chart";
import { Listed } from "../../view/listed";
import { Empty, Panel, Skeleton } from "../../view/parts";
import { byDay, byModel, lines } from "../data";
import { Trouble } from "./parts";

const DAY = 86_400;
const ABSENT = "Usage is not counted on this server.";

interface Day extends Pick<UsageSum, "listNanoUsd" | "chargeNanoUsd" | "discountNanoUsd" | "requests"> {
  dayUnix: number;
}

/** Each day of the window, the oldest first; a day without a sum had no usage. */
const days = computed<Day[] | null>(() => {
  const summary = byDay.state.value.data;
  if (!summary) return null;
  const told = new Map(summary.sums.map((one) => [one.dayUnix, one]));
  const rows: Day[] = [];
  for (let at = Math.floor(summary.fromUnix / DAY) * DAY; at < summary.toUnix; at += DAY)
    rows.push({ requests: 0, listNanoUsd: "0", discountNanoUsd: "0", chargeNanoUsd: "0", ...told.get(at), dayUnix: at });
  return rows;
});

const pointed = signal<number | null>(null);

export const UsagePage = () => (
  <>
    <Days />
    <Models />
    <Lines />
  </>
);

function Days() {
  const { error } = byDay.state.value;
  const rows = days.value;
  const body = () => {
    if (!rows) return error ? <Trouble error={error} retry={byDay.refresh} what="Your usage by day" absent={ABSENT} /> : <Skeleton lines={6} />;
    if (rows.every((row) => row.requests === 0))
      return <Empty title="No usage in the last 30 days.">Ask a model in the playground, or with a key from your programs.</Empty>;
    return <DaysOf rows={rows} />;
  };
  return <Panel id="days" title="The last 30 days" note="Days are in UTC.">{body()}</Panel>;
}

const total = (rows: Day[], of: "listNanoUsd" | "chargeNanoUsd" | "discountNanoUsd"): bigint | null =>
  sum(rows.map((row) => row[of]));

function DaysOf({ rows }: { rows: Day[] }) {
  const last = rows.length - 1;
  const at = rows[Math.min(pointed.value ?? last, last)];
  const values = (of: "listNanoUsd" | "chargeNanoUsd") => rows.map((row) => Number(nano(row[of]) ?? 0n));
  return (
    <>
      <dl class="figures sums">
        <div><dt>Charged</dt><dd data-figure="charged">{formatMoney(total(rows, "chargeNanoUsd"))}</dd></div>
        <div><dt>List price</dt><dd>{formatMoney(total(rows, "listNanoUsd"))}</dd></div>
        <div><dt>Paid by the subsidy</dt><dd class="gain">{formatMoney(total(rows, "discountNanoUsd"))}</dd></div>
        <div><dt>Requests</dt><dd>{formatCount(rows.reduce((all, row) => all + row.requests, 0))}</dd></div>
      </dl>
      {at && (
        <p class="readout">
          <span>{formatDate(at.dayUnix)}</span>
          <span><span class="key compute" />Charge <strong class="number">{formatMoney(at.chargeNanoUsd)}</strong></span>
          <span><span class="key base" />List price {formatMoney(at.listNanoUsd)}</span>
        </p>
      )}
      <Chart
        times={rows.map((row) => row.dayUnix)}
        // The list price at the back: what is left to see before the charge is the subsidy.
        lines={[
          { label: "List price", color: "base", values: values("listNanoUsd") },
          { label: "Charge", color: "compute", values: values("chargeNanoUsd") },
        ]}
        format={(value) => formatMoney(BigInt(Math.round(value)))}
        summary={`Charges by day over ${rows.length} days, ${formatMoney(total(rows, "chargeNanoUsd"))} in all.`}
        onPoint={(index) => (pointed.value = index)}
      />
      <details>
        <summary>The same as a table</summary>
        <Sums rows={rows.slice().reverse()} head="Day" name={(row) => formatDate(row.dayUnix)} label="Usage by day" />
      </details>
    </>
  );
}

function Models() {
  const { data, error } = byModel.state.value;
  const body = () => {
    if (!data) return error ? <Trouble error={error} retry={byModel.refresh} what="Your usage by model" absent={ABSENT} /> : <Skeleton lines={3} />;
    if (data.sums.length === 0) return <Empty title="No model was used." />;
    return <Sums rows={data.sums} head="Model" name={(row) => row.sku ?? UNKNOWN} label="Usage by model" />;
  };
  return <Panel id="by-model" title="By model" note="The last 30 days.">{body()}</Panel>;
}

type Summed = Pick<UsageSum, "requests" | "listNanoUsd" | "discountNanoUsd" | "chargeNanoUsd">;

const Sums = <R extends Summed>(props: { rows: R[]; head: string; name: (row: R) => string; label: string }) => (
  <div class="scroll" role="region" aria-label={props.label} tabIndex={0}>
    <table>
      <thead>
        <tr>
          <th scope="col">{props.head}</th>
          <th scope="col" class="end">Charge</th>
          <th scope="col" class="end">List price</th>
          <th scope="col" class="end">Subsidy</th>
          <th scope="col" class="end">Requests</th>
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <tr key={props.name(row)}>
            <th scope="row">{props.name(row)}</th>
            <td class="end strong">{formatMoney(row.chargeNanoUsd)}</td>
            <td class="end">{formatMoney(row.listNanoUsd)}</td>
            <td class="end">{formatMoney(row.discountNanoUsd)}</td>
            <td class="end">{formatCount(row.requests)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const tokens = (count: number | null): string => (count === null ? UNKNOWN : formatCount(count));

function Lines() {
  const { rows, error } = lines.state.value;
  return (
    <Panel id="lines" title="Every request" note="The newest first. A request is listed once it is charged.">
      {!rows && error?.code === "not_configured" ? (
        <Trouble error={error} retry={lines.refresh} what="Your requests" absent={ABSENT} />
      ) : (
        <Listed<UsageLine>
          of={lines}
          what="Your requests"
          empty={<Empty title="No request yet.">Each will be listed here with its tokens and its price.</Empty>}
          columns={
            <>
              <th scope="col">Model</th>
              <th scope="col" class="end">Charge</th>
              <th scope="col" class="end">List price</th>
              <th scope="col" class="end">Subsidy</th>
              <th scope="col" class="end">Prompt tokens</th>
              <th scope="col" class="end">Cached</th>
              <th scope="col" class="end">Answer</th>
              <th scope="col">Asked with</th>
            </>
          }
          row={(line) => (
            <tr key={line.id} data-request={line.id}>
              <th scope="row"><span class="asset">{line.sku}<span class="note">{formatTime(line.settledAtUnix)}</span></span></th>
              <td class="end strong" data-figure="charge">
                {formatMoney(line.chargeNanoUsd)}
                {line.estimated && <Estimated />}
              </td>
              <td class="end">{formatMoney(line.listNanoUsd)}</td>
              <td class="end">{formatMoney(line.discountNanoUsd)}</td>
              <td class="end">{tokens(line.promptTokens)}</td>
              <td class="end">{tokens(line.cachedTokens)}</td>
              <td class="end">{tokens(line.completionTokens)}</td>
              <td>{line.keyId === null ? "Session" : "Key"}</td>
            </tr>
          )}
        />
      )}
    </Panel>
  );
}

/** The provider told no token counts. */
export const Estimated = () => (
  <abbr class="estimated" title="The model's provider told no token counts: they were counted here."> estimated</abbr>
);
