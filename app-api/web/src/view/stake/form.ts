/** What the person at the stake form wants, and what the server says to it while they type. */

import { computed, effect, signal } from "@preact/signals";
import type { Pool, Position, Prepared } from "../../api/types";
import { AmountError, parseUnits } from "../../numbers/units";
import { chainNow } from "../../state/clock";
import { pools, positions, solPool } from "../../state/data";
import { prepare, step, type Verb, type Wanted } from "../../wallet/actions";
import { connected } from "../../wallet/standard";
import { closedBecause, poolOf, symbol } from "../asset";

/** How long typing must rest before the server is asked. */
const REST_MS = 350;
/** A preview is made anew after this long: the yield to be claimed grows. */
const AGE_MS = 10_000;

export const verb = signal<Verb>("stake");
const picked = signal<string | null>(null);
export const typed = signal("");

/** The pool that is chosen; the one of SOL, until another is. */
export const pool = computed<Pool | null>(() => (picked.value && poolOf(picked.value)) || solPool.value);

/** The connected wallet's position in it. */
export const position = computed<Position | null>(() => {
  const address = pool.value?.address;
  return positions.state.value.data?.positions.find((one) => one.pool === address) ?? null;
});

/** What of it can be unstaked: not what waits in a ticket already. */
export const free = computed<bigint | null>(
  () => position.value && BigInt(position.value.units) - BigInt(position.value.ticket?.units ?? "0"),
);

export const takesAmount = (which: Verb): boolean => which === "stake" || which === "unstake";

/** The amount in units; `all` of a stake; `null` while nothing is typed; or why it is none. */
export const amount = computed<{ units: bigint | "all" | null; problem: string | null }>(() => {
  const text = typed.value.trim();
  if (!pool.value || text === "") return { units: null, problem: null };
  if (verb.value === "unstake" && /^all$/i.test(text)) return { units: "all", problem: null };
  try {
    const units = parseUnits(text, pool.value.decimals);
    return units === 0n ? { units: null, problem: "Enter more than zero." } : { units, problem: limits(units) };
  } catch (error) {
    return { units: null, problem: error instanceof AmountError ? error.message : "Enter an amount." };
  }
});

/** What can be told without asking. */
function limits(units: bigint): string | null {
  if (verb.value === "unstake" && free.value !== null && units > free.value) return "This is more than you have staked here.";
  return null;
}

/** Why the chosen move is impossible whatever the amount. */
export const blocked = computed<string | null>(() => {
  const chosen = pool.value;
  if (!chosen) return null;
  if (verb.value === "stake") return closedBecause(chosen, chainNow());
  if (verb.value === "compound" && chosen.kind !== "sol") return "Yield is paid in SOL: it can be compounded in the SOL pool only.";
  if (!connected.value || !positions.state.value.data) return null;
  if (!position.value) return "You have no position in this pool yet.";
  return null;
});

/** What would be asked of the server; `null` while it is not complete. */
export const wanted = computed<Wanted | null>(() => {
  const chosen = pool.value;
  const { units, problem } = amount.value;
  if (!chosen || blocked.value || problem) return null;
  const name = { stake: "Stake", unstake: "Unstake", claim: "Claim yield", compound: "Compound yield" }[verb.value];
  if (!takesAmount(verb.value)) return { verb: verb.value, pool: chosen.address, amount: null, title: name };
  if (units === null) return null;
  const text = units === "all" ? "all" : typed.value.trim();
  return { verb: verb.value, pool: chosen.address, amount: text, title: `${name} ${text} ${symbol(chosen)}` };
});

export interface Preview {
  /** What it is of; another question makes it stale. */
  of: string;
  prepared: Prepared | null;
  error: unknown;
}

export const preview = signal<Preview | null>(null);
export const previewing = signal(false);
const age = signal(0);

/** Names a question. */
export const question = computed<string | null>(() => {
  const { value } = wanted;
  const account = connected.value?.account.address;
  return value && account ? [account, value.verb, value.pool, value.amount].join(" ") : null;
});

/** Begins asking while people type. */
export function startPreviews(): void {
  effect(() => {
    const asked = question.value;
    void age.value;
    const account = connected.peek()?.account.address;
    const what = wanted.peek();
    if (!asked || !what || !account || step.value !== null) {
      previewing.value = false;
      if (!asked) preview.value = null;
      return undefined;
    }
    const abort = new AbortController();
    previewing.value = true;
    const timer = setTimeout(() => {
      prepare(what, account, abort.signal)
        .then((prepared): Preview => ({ of: asked, prepared, error: null }))
        .catch((error: unknown): Preview => ({ of: asked, prepared: null, error }))
        .then((answer) => {
          if (abort.signal.aborted) return;
          preview.value = answer;
          previewing.value = false;
        });
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  });
  setInterval(() => {
    if (document.visibilityState === "visible" && question.peek()) age.value += 1;
  }, AGE_MS);
}

/** Chooses another move or pool; an amount typed for one is not meant for another. */
export function choose(next: { verb?: Verb; pool?: string }): void {
  if (next.pool !== undefined && next.pool !== pool.peek()?.address) typed.value = "";
  if (next.verb !== undefined && next.verb !== verb.peek()) typed.value = "";
  if (next.pool !== undefined) picked.value = next.pool;
  if (next.verb !== undefined) verb.value = next.verb;
}

/** Pools to choose from. */
export const choices = computed<Pool[]>(() => pools.state.value.data?.pools ?? []);
