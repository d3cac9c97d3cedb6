/** The month's statement, and invoices. */

import { useSignal } from "@preact/signals";
import type { Invoice, StatementPosting } from "../../api/platform";
import { inWords } from "../../api/words";
import { formatChange, formatMoney } from "../../numbers/money";
import { formatDate, formatTime } from "../../numbers/show";
import { say } from "../../state/toasts";
import { Listed } from "../../view/listed";
import { Empty, Pair, Panel } from "../../view/parts";
import { bounds, invoices, month, months, refreshStatement, statement } from "../data";
import { file } from "../session";

const KINDS: Record<string, string> = {
  top_up: "Top-up", usage: "Usage", refund: "Refund", dispute: "Dispute", run: "Run", overage: "Calls above the plan",
};
const spoken = (kind: string): string => KINDS[kind] ?? kind.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

const MonthChoice = () => (
  <>
    <label class="sr" htmlFor="month">Month</label>
    <select
      id="month"
      class="small"
      value={month.value}
      onChange={(event) => {
        month.value = event.currentTarget.value;
        void refreshStatement();
      }}
    >
      {months.value.map((one) => <option key={one} value={one}>{one}</option>)}
    </select>
  </>
);

export const StatementPanel = () => (
  <Panel id="statement" title="Statement" note="What moved your credit, by month in UTC." tools={<MonthChoice />}>
    {bounds.value && (
      <dl class="pairs">
        <Pair label="At the beginning">{formatMoney(bounds.value.openingNanoUsd)}</Pair>
        <Pair label="At the end, or now">{formatMoney(bounds.value.closingNanoUsd)}</Pair>
      </dl>
    )}
    <Listed<StatementPosting>
      of={statement}
      what="The statement"
      next="Show more"
      empty={<Empty title="Nothing moved your credit in this month." />}
      columns={
        <>
          <th scope="col">What</th>
          <th scope="col" class="end">Amount</th>
        </>
      }
      row={(posting) => (
        <tr key={posting.id}>
          <th scope="row"><span class="asset">{spoken(posting.kind)}<span class="note">{formatTime(posting.atUnix)}</span></span></th>
          <td class="end strong">{formatChange(posting.amountNanoUsd)}</td>
        </tr>
      )}
    />
  </Panel>
);

export const InvoicesPanel = () => (
  <Panel id="invoices" title="Invoices" note="One for each month with payments or usage, and a credit note for each refund.">
    <Listed<Invoice>
      of={invoices}
      what="Your invoices"
      empty={<Empty title="No invoice yet.">The first comes after the first month in which you paid or used anything.</Empty>}
      columns={
        <>
          <th scope="col">Number</th>
          <th scope="col" class="end">Total</th>
          <th scope="col">Files</th>
        </>
      }
      row={(invoice) => (
        <tr key={invoice.number}>
          <th scope="row">
            <span class="asset">
              {invoice.number}
              <span class="note">
                {invoice.kind === "creditNote" ? "Credit note" : `For ${invoice.month}`}, {formatDate(invoice.issuedAtUnix)}
              </span>
            </span>
          </th>
          <td class="end strong">{formatMoney(invoice.totalNanoUsd)}</td>
          <td>
            <Download number={invoice.number} form="html" /> <Download number={invoice.number} form="pdf" />
          </td>
        </tr>
      )}
    />
  </Panel>
);

/** A link cannot carry the session: the file is asked for, then saved. */
function Download(props: { number: string; form: "html" | "pdf" }) {
  const busy = useSignal(false);
  const name = `${props.number}.${props.form}`;
  const save = async () => {
    busy.value = true;
    try {
      const url = URL.createObjectURL(await file(`/api/billing/invoices/${encodeURIComponent(name)}`));
      const link = document.createElement("a");
      link.href = url;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      say({ tone: "bad", text: inWords(error) });
    } finally {
      busy.value = false;
    }
  };
  return (
    <button type="button" class="name" disabled={busy.value} onClick={() => void save()}>
      {props.form.toUpperCase()}<span class="sr"> of {props.number}</span>
    </button>
  );
}
