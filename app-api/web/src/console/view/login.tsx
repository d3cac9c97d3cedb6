/** Log in, or sign up: by address and password, by a provider, or by a wallet. */

import { signal, useSignal } from "@preact/signals";
import type { Wallet } from "@wallet-standard/base";
import { useEffect } from "preact/hooks";
import { ApiError } from "../../api/client";
import type { LoginMethods } from "../../api/platform";
import { inWords } from "../../api/words";
import { resource } from "../../state/resource";
import { Choice } from "../../view/parts";
import { signers, signIn } from "../../wallet/signin";
import { enter, logIn, signUp } from "../session";
import { Field } from "./parts";

type How = "login" | "signup";
const how = signal<How>("login");
const methods = resource<LoginMethods>(() => "/api/auth/methods");

const REFUSED: Record<string, string> = {
  wrong_login: "No account has this address and this password.",
  not_configured: "This server is not set up for this way to log in.",
  too_many_attempts: "These were too many attempts. Wait a minute and try again.",
};

const told = (error: unknown): string => (error instanceof ApiError && REFUSED[error.code]) || inWords(error);

export function LogIn(props: { why: string | null }) {
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);
  useEffect(() => void methods.refresh(), []);
  const attempt = async (act: () => Promise<void>) => {
    busy.value = true;
    problem.value = null;
    try {
      await act();
    } catch (error) {
      problem.value = told(error);
    } finally {
      busy.value = false;
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [email, password] = [String(form.get("email")), String(form.get("password"))];
    void attempt(how.peek() === "login" ? () => logIn(email, password) : () => open(email, password));
  };
  const signing = how.value === "signup";
  return (
    <section class="panel gate" aria-labelledby="gate-title">
      <h1 id="gate-title">{signing ? "Open an account" : "Log in"}</h1>
      {props.why && <p class="blocked" role="status">{props.why}</p>}
      <Choice
        label="Log in or sign up"
        value={how.value}
        options={[{ value: "login", text: "Log in" }, { value: "signup", text: "Sign up" }]}
        onPick={(value) => {
          how.value = value;
          problem.value = null;
        }}
      />
      <form onSubmit={submit}>
        <Field label="E-mail" id="email">
          <input class="text" id="email" name="email" type="email" required maxLength={254} autocomplete="username" />
        </Field>
        <Field label="Password" id="password" {...(signing ? { note: "At least 10 characters." } : {})}>
          <input
            class="text" id="password" name="password" type="password" required minLength={signing ? 10 : 1} maxLength={256}
            autocomplete={signing ? "new-password" : "current-password"}
            {...(signing ? { "aria-describedby": "password-note" } : {})}
          />
        </Field>
        {problem.value && <p class="field-problem" role="alert">{problem.value}</p>}
        <button type="submit" class="primary tall" disabled={busy.value}>
          {busy.value ? "One moment" : signing ? "Sign up" : "Log in"}
        </button>
      </form>
      <Providers />
      {methods.state.value.data?.wallet !== false && <Wallets busy={busy.value} attempt={attempt} />}
    </section>
  );
}

/** Whether an address is taken is told to nobody: the login that follows tells it to its owner. */
async function open(email: string, password: string): Promise<void> {
  try {
    await signUp(email, password);
  } catch (error) {
    if (error instanceof ApiError && error.code === "wrong_login")
      throw new ApiError("This address may have an account already. Log in with its password.", "taken", error.status);
    throw error;
  }
}

/** Those that the server names; until it has, and where it cannot, there are the other ways. */
function Providers() {
  const named = methods.state.value.data?.providers ?? [];
  if (named.length === 0) return null;
  return (
    <div class="or">
      <p class="note">Or with an account elsewhere. It opens one here the first time.</p>
      {named.map(({ id, name }) => (
        <a key={id} class="button" href={`/api/auth/oauth/${id}`}>
          Continue with {name}
        </a>
      ))}
    </div>
  );
}

const Wallets = (props: { busy: boolean; attempt: (act: () => Promise<void>) => Promise<void> }) => (
  <div class="or">
    <p class="note">
      {signers.value.length > 0
        ? "Or with a Solana wallet. It signs a text, sends no transaction, and opens an account the first time."
        : "A Solana wallet works too: install one that supports the Wallet Standard, then reload the page."}
    </p>
    {signers.value.map((wallet: Wallet) => (
      <button
        key={wallet.name}
        type="button"
        disabled={props.busy}
        onClick={() => void props.attempt(async () => enter(await signIn(wallet)))}
      >
        <img src={wallet.icon} alt="" width="20" height="20" />
        Sign in with {wallet.name}
      </button>
    ))}
  </div>
);
