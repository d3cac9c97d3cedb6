/** Stake, unstake, claim and compound. */

import { useId } from "preact/hooks";
import { formatAmount, partOf, toInput } from "../../numbers/units";
import { pools } from "../../state/data";
import { perform, step, type Verb } from "../../wallet/actions";
import { connected } from "../../wallet/standard";
import { symbol, withSymbol } from "../asset";
import { ConnectButton } from "../header";
import { Choice, Panel, Problem, Skeleton } from "../parts";
import { amount, blocked, choices, choose, free, pool, preview, question, takesAmount, typed, verb, wanted } from "./form";
import { PreviewNote } from "./preview";

const VERBS: readonly { value: Verb; text: string }[] = [
  { value: "stake", text: "Stake" },
  { value: "unstake", text: "Unstake" },
  { value: "claim", text: "Claim" },
  { value: "compound", text: "Compound" },
];

const EXPLAINED: Record<Verb, string> = {
  stake: "Your stake stays yours: only you can withdraw it. Yield starts to accrue at once.",
  unstake: "Paid out at once while the pool's buffer covers it; otherwise a ticket waits, and earns, until stake is back.",
  claim: "Pays the yield you are owed to your wallet, in SOL.",
  compound: "Adds the yield you are owed to your stake.",
};

const STEPS = { preparing: "Preparing", signing: "Approve in your wallet", confirming: "Waiting for the network" };

export function StakePanel() {
  const { data, error } = pools.state.value;
  return (
    <Panel id="stake" title="Stake and earn" class="stake">
      {data ? <Form /> : error ? <Problem error={error} retry={pools.refresh} what="The list of assets" /> : <Skeleton lines={5} />}
    </Panel>
  );
}

function Form() {
  const field = useId();
  const chosen = pool.value;
  if (!chosen) return <p>The vault has no pool yet.</p>;
  const submit = (event: Event) => {
    event.preventDefault();
    const what = wanted.peek();
    if (what) void perform(what).then((done) => done && (typed.value = ""));
  };
  const problem = amount.value.problem;
  return (
    <form onSubmit={submit} noValidate>
      <Choice label="What to do" even value={verb.value} options={VERBS} onPick={(next) => choose({ verb: next })} />
      <label class="field-label" for={`${field}-pool`}>Asset</label>
      <select id={`${field}-pool`} name="pool" value={chosen.address} onChange={(event) => choose({ pool: event.currentTarget.value })}>
        {choices.value.map((one) => (
          <option key={one.address} value={one.address}>
            {symbol(one)} {one.kind === "sol" ? "" : "(liquid staking token)"}
          </option>
        ))}
      </select>
      {takesAmount(verb.value) && (
        <>
          <div class="field-row">
            <label class="field-label" for={`${field}-amount`}>Amount</label>
            {free.value !== null && (
              <span class="note">
                staked <span class="number">{withSymbol(free.value, chosen)}</span>
              </span>
            )}
          </div>
          <div class={`amount ${problem ? "bad" : ""}`}>
            <input
              id={`${field}-amount`}
              name="amount"
              inputMode="decimal"
              autoComplete="off"
              spellcheck={false}
              placeholder="0.00"
              value={typed.value}
              aria-invalid={problem !== null}
              aria-describedby={`${field}-problem`}
              onInput={(event) => (typed.value = event.currentTarget.value)}
            />
            <span aria-hidden="true">{symbol(chosen)}</span>
          </div>
          <Presets />
          <p class="field-problem" id={`${field}-problem`} role="alert">{problem}</p>
        </>
      )}
      <p class="note">{EXPLAINED[verb.value]}</p>
      {blocked.value ? <p class="blocked">{blocked.value}</p> : <PreviewNote />}
      <Submit />
    </form>
  );
}

/** Amounts at a press. */
function Presets() {
  const chosen = pool.value;
  if (!chosen) return null;
  const staked = free.value ?? 0n;
  const fill = (text: string) => () => (typed.value = text);
  if (verb.value === "unstake") {
    if (staked === 0n) return null;
    return (
      <div class="presets">
        {[25, 50, 75].map((percent) => (
          <button key={percent} type="button" onClick={fill(toInput(partOf(staked, percent), chosen.decimals))}>
            {percent} %
          </button>
        ))}
        <button type="button" onClick={fill("all")}>All</button>
      </div>
    );
  }
  return (
    <div class="presets">
      {["0.5", "1", "5", "10"].map((text) => (
        <button key={text} type="button" onClick={fill(text)}>
          {text}
        </button>
      ))}
      {BigInt(chosen.minDepositUnits) > 0n && (
        <span class="note">minimum {formatAmount(BigInt(chosen.minDepositUnits), chosen.decimals)}</span>
      )}
    </div>
  );
}

function Submit() {
  if (!connected.value) return <ConnectButton tall />;
  const title = wanted.value?.title ?? VERBS.find((one) => one.value === verb.value)?.text;
  const refused = preview.value?.of === question.value && preview.value?.error != null;
  return (
    <button type="submit" class="primary tall" disabled={!wanted.value || refused || step.value !== null}>
      {step.value ? STEPS[step.value] : title}
    </button>
  );
}
