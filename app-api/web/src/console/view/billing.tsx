/** Credit, top-ups and plans. */

import { computed, signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { ApiError } from "../../api/client";
import type { Billing, Checkout, Plan, Subscribed, Subscription } from "../../api/platform";
import { inWords } from "../../api/words";
import { formatCents, formatMoney, parseCents } from "../../numbers/money";
import { formatCount, formatDate } from "../../numbers/show";
import { say } from "../../state/toasts";
import { Empty, Pair, Panel, Skeleton } from "../../view/parts";
import { billing } from "../data";
import { postAs } from "../session";
import { InvoicesPanel, StatementPanel } from "./documents";
import { Confirm, Field, Trouble } from "./parts";

const ABSENT = "Credit is not kept on this server.";
/** How long and how often a payment that was just made is looked for. */
const LOOKS = 20;
const LOOK_MS = 3_000;
/** Where is kept what was there before a payment. */
const BEFORE = "primis.before";

/** The payment provider is not set up. */
const unpaid = signal(false);
const choosing = signal<Plan | null>(null);

/** What payments add to. */
interface Bought {
  balance: bigint;
  runs: number;
}

const bought = ({ balanceNanoUsd, runCredits }: Billing): Bought => ({ balance: BigInt(balanceNanoUsd), runs: runCredits });

function boughtBefore(): Bought | null {
  const [balance, runs] = sessionStorage.getItem(BEFORE)?.split(" ") ?? [];
  return balance === undefined || runs === undefined ? null : { balance: BigInt(balance), runs: Number(runs) };
}

/** Leads to where it is paid. */
async function goAndPay(checkout: Checkout): Promise<void> {
  const to = new URL(checkout.url);
  if (to.protocol !== "https:" && to.protocol !== "http:") throw new ApiError("The payment address is not one.", "url", 0);
  // To tell by when back: what was bought may be there before the page is.
  const { data } = billing.state.value;
  if (data) sessionStorage.setItem(BEFORE, `${data.balanceNanoUsd} ${data.runCredits}`);
  location.assign(to);
}

export const BillingPage = () => (
  <>
    <Returned />
    <div class="columns">
      <div class="main-column">
        <Credit />
        <StatementPanel />
        <InvoicesPanel />
      </div>
      <div class="side-column">
        <TopUp />
        <Plans />
      </div>
    </div>
    {choosing.value && <Choose plan={choosing.value} />}
  </>
);

/** After the payment: what was bought comes once the provider has told this server of it. */
function Returned() {
  const came = new URLSearchParams(location.search).has("paid");
  const before = useSignal<Bought | null>(null);
  const done = useSignal(false);
  const { data } = billing.state.value;
  const now = data && bought(data);
  if (before.peek() === null && now) before.value = boughtBefore() ?? now;
  const credited = now && before.value && now.balance > before.value.balance;
  const stocked = now && before.value && now.runs > before.value.runs;
  useEffect(() => {
    if (!came) return undefined;
    let left = LOOKS;
    const timer = setInterval(() => {
      left -= 1;
      if (left === 0) clearInterval(timer);
      void billing.refresh();
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [came]);
  if (!came || done.value) return null;
  const dismiss = () => {
    done.value = true;
    sessionStorage.removeItem(BEFORE);
    history.replaceState(null, "", location.pathname + location.hash);
  };
  return (
    <div class="problem thanks" role="status">
      <p>
        <strong>Thank you.</strong>{" "}
        {credited && "Your credit is there."}
        {!credited && stocked && "Your prepaid runs are there."}
        {!credited && !stocked && "What you bought appears here once the payment is confirmed, mostly within seconds."}
      </p>
      <button type="button" class="quiet" onClick={dismiss}>Dismiss</button>
    </div>
  );
}

const loaded = (body: (data: Billing) => ComponentChildren, what: string, count: number) => {
  const { data, error } = billing.state.value;
  if (data) return body(data);
  return error ? <Trouble error={error} retry={billing.refresh} what={what} absent={ABSENT} /> : <Skeleton lines={count} />;
};

const Credit = () => (
  <Panel id="credit" title="Credit" note="Prepaid: models and runs are charged to it.">
    {loaded(
      (data) => (
        <dl class="figures">
          <div class="owed">
            <dt>Available</dt>
            <dd data-figure="available" data-nano={data.availableNanoUsd}>{formatMoney(data.availableNanoUsd)}</dd>
          </div>
          <div><dt>Balance</dt><dd data-figure="balance" data-nano={data.balanceNanoUsd}>{formatMoney(data.balanceNanoUsd)}</dd></div>
          <div>
            <dt>Of it, reserved</dt>
            <dd data-figure="held">{formatMoney(data.heldNanoUsd)}</dd>
            <dd class="sub">for requests under way</dd>
          </div>
          {(data.runCredits > 0 || data.runPacks.length > 0) && (
            <div>
              <dt>Prepaid runs</dt>
              <dd data-figure="runs">{formatCount(data.runCredits)}</dd>
              <dd class="sub">of simulations; used before credit</dd>
            </div>
          )}
        </dl>
      ),
      "Your credit",
      3,
    )}
  </Panel>
);

const TopUp = () => (
  <Panel id="top-up" title="Top up" note="You pay on the payment provider's page, and come back here.">
    {unpaid.value ? (
      <Empty title="No payments on this server.">Whoever runs it has not set up a payment provider. Everything else works without it.</Empty>
    ) : (
      loaded((data) => <Packs of={data} />, "What can be bought", 4)
    )}
  </Panel>
);

function Packs({ of }: { of: Billing }) {
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);
  const buy = async (what: () => { pack: string } | { amountCents: number } | { runPack: string }) => {
    busy.value = true;
    problem.value = null;
    try {
      await goAndPay(await postAs<Checkout>("/api/billing/checkout", what()));
    } catch (error) {
      unpaid.value = error instanceof ApiError && error.code === "not_configured";
      problem.value = inWords(error);
    } finally {
      busy.value = false;
    }
  };
  const { packs, runPacks, customMinCents: min, customMaxCents: max } = of;
  if (packs.length === 0 && runPacks.length === 0 && min === 0) return <Empty title="Nothing is sold here." />;
  return (
    <div class="stack">
      <div class="packs">
        {packs.map((pack) => (
          <button key={pack.id} type="button" disabled={busy.value} onClick={() => void buy(() => ({ pack: pack.id }))}>
            <strong>{formatCents(pack.priceCents)}</strong>
            <span class="note">{formatMoney(pack.creditNanoUsd)} of credit</span>
          </button>
        ))}
      </div>
      {min > 0 && (
        <form
          class="inline"
          onSubmit={(event) => {
            event.preventDefault();
            const typed = String(new FormData(event.currentTarget).get("amount"));
            void buy(() => ({ amountCents: parseCents(typed, min, max) }));
          }}
        >
          <Field label="Or another amount, USD" id="amount">
            <input class="text" id="amount" name="amount" inputMode="decimal" autocomplete="off" placeholder="50.00" required />
          </Field>
          <button type="submit" disabled={busy.value}>Continue</button>
        </form>
      )}
      {runPacks.length > 0 && (
        <>
          <h3>Prepaid runs of simulations</h3>
          <div class="packs">
            {runPacks.map((pack) => (
              <button key={pack.id} type="button" disabled={busy.value} onClick={() => void buy(() => ({ runPack: pack.id }))}>
                <strong>{formatCents(pack.priceCents)}</strong>
                <span class="note">{counted(pack.runs, "run")}</span>
              </button>
            ))}
          </div>
        </>
      )}
      {problem.value && <p class="field-problem" role="alert">{problem.value}</p>}
    </div>
  );
}

const subscribedTo = (of: Billing, plan: Plan): Subscription | undefined =>
  of.subscriptions.find((one) => one.plan === plan.plan);

/** Whether it is what is served now: a catalogue without a subscription stands at what is free. */
const current = (of: Billing, plan: Plan): boolean =>
  of.plan.plan === plan.plan ||
  subscribedTo(of, plan) !== undefined ||
  (plan.terms.priceCents === 0 &&
    plan.terms.catalogue !== of.plan.terms.catalogue &&
    !of.subscriptions.some((one) => one.catalogue === plan.terms.catalogue));

const TITLES: Record<string, string> = { metered: "Metered systems", sandbox: "Sandboxes" };
const catalogues = computed<[string, Plan[]][]>(() => {
  const all = new Map<string, Plan[]>();
  for (const plan of billing.state.value.data?.plans ?? [])
    all.set(plan.terms.catalogue, [...(all.get(plan.terms.catalogue) ?? []), plan]);
  return [...all].map(([name, plans]) => [name, plans.slice().sort((a, b) => a.terms.priceCents - b.terms.priceCents)]);
});

const Plans = () => (
  <Panel id="plans" title="Plan">
    {loaded(
      (data) => (
        <div class="stack">
          <dl class="pairs">
            <Pair label="Your plan"><span data-figure="plan">{data.plan.terms.name}</span></Pair>
            <Pair label={`Calls in ${data.usage.month}`}>
              {formatCount(data.usage.calls)} of {formatCount(data.plan.terms.includedCalls)}
            </Pair>
            <Pair label="Calls above, so far">{formatMoney(data.usage.overageNanoUsd)}</Pair>
          </dl>
          {data.subscriptions.map((one) => (
            <p key={one.catalogue + one.plan} class="note">
              {nameOf(data, one.plan)}: {one.status}, {one.cancelAtPeriodEnd ? "ends" : "renews"} {formatDate(one.periodEndUnix)}.
            </p>
          ))}
          {catalogues.value.map(([name, plans]) => (
            <div key={name}>
              <h3>{TITLES[name] ?? name}</h3>
              <ul class="plans">
                {plans.map((plan) => <Offer key={plan.plan} plan={plan} of={data} />)}
              </ul>
            </div>
          ))}
        </div>
      ),
      "Your plan",
      6,
    )}
  </Panel>
);

const nameOf = (of: Billing, id: string): string => of.plans.find((plan) => plan.plan === id)?.terms.name ?? id;

const counted = (count: number, what: string): string => `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;

function described({ terms }: Plan): string {
  if (terms.sandbox)
    return `${counted(terms.sandbox.hours, "hour")} of ${counted(terms.sandbox.cpus, "CPU")} and ${formatCount(terms.sandbox.memoryMib)} MiB`;
  const systems = terms.systems === null ? "Any number of systems" : counted(terms.systems, "system");
  const above = terms.overagePerThousandNanoUsd === null ? "" : `, then ${formatMoney(terms.overagePerThousandNanoUsd)} per 1,000`;
  return `${systems}, ${formatCount(terms.includedCalls)} calls${above}, ${formatCount(terms.historyDays)} days of history`;
}

const Offer = ({ plan, of }: { plan: Plan; of: Billing }) => (
  <li>
    <div>
      <strong>{plan.terms.name}</strong> <span class="number">{formatCents(plan.terms.priceCents)} a month</span>
      <p class="note">{described(plan)}</p>
    </div>
    {current(of, plan) ? (
      <span class="badge">Yours</span>
    ) : (
      <button type="button" disabled={unpaid.value} onClick={() => (choosing.value = plan)}>
        Choose<span class="sr"> {plan.terms.name}</span>
      </button>
    )}
  </li>
);

const Choose = ({ plan }: { plan: Plan }) => (
  <Confirm
    title={`Change to ${plan.terms.name}?`}
    verb={`Change to ${plan.terms.name}`}
    close={() => (choosing.value = null)}
    act={async () => {
      const { checkout } = await postAs<Subscribed>("/api/billing/subscription", { plan: plan.plan });
      if (checkout) return goAndPay(checkout);
      say({ tone: "good", text: `Your plan changes to ${plan.terms.name}.` });
      await billing.refresh();
    }}
  >
    {plan.terms.priceCents === 0
      ? "It costs nothing. What you subscribe to now ends with the month that is paid for."
      : `It costs ${formatCents(plan.terms.priceCents)} a month, to be paid on the payment provider's page where it is your first.`}
  </Confirm>
);
