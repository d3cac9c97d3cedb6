/** API keys: made, shown once, listed, revoked. */

import { signal, useSignal } from "@preact/signals";
import { ApiError, json } from "../../api/client";
import type { ApiKey, CreatedKey, Scope } from "../../api/platform";
import { inWords } from "../../api/words";
import { formatCount, formatDate, formatTime, UNKNOWN } from "../../numbers/show";
import { say } from "../../state/toasts";
import { Empty, Panel, Skeleton } from "../../view/parts";
import { keys } from "../data";
import { send } from "../session";
import { Confirm, Copy, Field, Trouble } from "./parts";

const SCOPES: { scope: Scope; text: string }[] = [
  { scope: "read", text: "read: see usage, credit and models" },
  { scope: "write", text: "write: ask models, run jobs, buy credit" },
  { scope: "admin", text: "admin: make and revoke keys, change the plan" },
];
const EXPIRIES = [
  { days: 0, text: "Never" },
  { days: 30, text: "In 30 days" },
  { days: 90, text: "In 90 days" },
  { days: 365, text: "In a year" },
];
const DAY = 86_400;

/** The key that was just made: it is nowhere else. */
const made = signal<CreatedKey | null>(null);
const revoking = signal<ApiKey | null>(null);

const now = (): number => Math.floor(Date.now() / 1000);

export const KeysPage = () => (
  <>
    {made.value && <Secret of={made.value} />}
    <div class="columns keys">
      <div class="main-column"><List /></div>
      <div class="side-column"><Create /></div>
    </div>
    {revoking.value && <Revoke of={revoking.value} />}
  </>
);

const Secret = ({ of }: { of: CreatedKey }) => (
  <section class="panel secret" aria-labelledby="secret-title">
    <h2 id="secret-title">Your new key, “{of.key.name}”</h2>
    <p class="warning" role="status">Copy it now. It is shown this once, and nobody can show it to you again.</p>
    <code class="secret-text" data-figure="secret">{of.secret}</code>
    <div class="buttons">
      <Copy text={of.secret} what="key" />
      <button type="button" class="quiet" onClick={() => (made.value = null)}>I have stored it</button>
    </div>
  </section>
);

function Create() {
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);
  const create = async (form: HTMLFormElement) => {
    const data = new FormData(form);
    const days = Number(data.get("expiry"));
    busy.value = true;
    problem.value = null;
    try {
      const asked = {
        name: String(data.get("name")).trim(),
        scopes: data.getAll("scope"),
        expiresAtUnix: days > 0 ? now() + days * DAY : null,
      };
      if (asked.scopes.length === 0) throw new ApiError("Choose at least one scope.", "invalid_scopes", 0);
      made.value = await send<CreatedKey>("/api/keys", json("POST", asked));
      form.reset();
      scrollTo({ top: 0 });
      await keys.refresh();
    } catch (error) {
      problem.value =
        error instanceof ApiError && error.code === "too_many_keys"
          ? "Ten keys are active, and no account may have more. Revoke one first."
          : inWords(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Panel id="new-key" title="New key">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void create(event.currentTarget);
        }}
      >
        <Field label="Name" id="key-name" note="Says later what it is for.">
          <input class="text" id="key-name" name="name" required maxLength={100} autocomplete="off" aria-describedby="key-name-note" />
        </Field>
        <fieldset>
          <legend>Scopes</legend>
          {SCOPES.map(({ scope, text }) => (
            <label key={scope} class="check">
              <input type="checkbox" name="scope" value={scope} defaultChecked={scope !== "admin"} />
              {text}
            </label>
          ))}
        </fieldset>
        <Field label="Expires" id="key-expiry">
          <select id="key-expiry" name="expiry">
            {EXPIRIES.map(({ days, text }) => <option key={days} value={days}>{text}</option>)}
          </select>
        </Field>
        {problem.value && <p class="field-problem" role="alert">{problem.value}</p>}
        <button type="submit" class="primary" disabled={busy.value}>Create key</button>
      </form>
    </Panel>
  );
}

const active = (key: ApiKey): boolean => key.revokedAtUnix === null && (key.expiresAtUnix ?? Infinity) > now();

function List() {
  const { data, error } = keys.state.value;
  const body = () => {
    if (!data)
      return error ? <Trouble error={error} retry={keys.refresh} what="Your keys" absent="This server has no keys." /> : <Skeleton lines={5} />;
    const [live, past] = [data.keys.filter(active), data.keys.filter((key) => !active(key))];
    return (
      <>
        {live.length === 0 ? <Empty title="No active key.">Create one to use the API from your programs.</Empty> : <Table of={live} />}
        {past.length > 0 && (
          <details>
            <summary>Revoked and expired keys, {formatCount(past.length)}</summary>
            <Table of={past} past />
          </details>
        )}
      </>
    );
  };
  return <Panel id="keys-list" title="Your keys" note="A program sends its key as Authorization: Bearer.">{body()}</Panel>;
}

const Table = (props: { of: ApiKey[]; past?: boolean }) => (
  <div class="scroll" role="region" aria-label={props.past ? "Revoked and expired keys" : "Active keys"} tabIndex={0}>
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Scopes</th>
          <th scope="col">Last used</th>
          <th scope="col" class="end">Requests</th>
          <th scope="col">{props.past ? "Ended" : "Expires"}</th>
          {!props.past && <th scope="col"><span class="sr">Revoke</span></th>}
        </tr>
      </thead>
      <tbody>
        {props.of.map((key) => (
          <tr key={key.id}>
            <th scope="row"><span class="asset">{key.name}<code class="note">{key.prefix}…</code></span></th>
            <td>{key.scopes.join(", ")}</td>
            <td>{key.lastUsedAtUnix === null ? UNKNOWN : formatTime(key.lastUsedAtUnix)}</td>
            <td class="end">{formatCount(key.requests)}</td>
            <td>{props.past ? ended(key) : key.expiresAtUnix === null ? "Never" : formatDate(key.expiresAtUnix)}</td>
            {!props.past && (
              <td class="end act">
                <button type="button" class="quiet danger" onClick={() => (revoking.value = key)}>
                  Revoke<span class="sr"> {key.name}</span>
                </button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const ended = (key: ApiKey): string =>
  key.revokedAtUnix !== null ? `Revoked ${formatDate(key.revokedAtUnix)}` : `Expired ${formatDate(key.expiresAtUnix ?? 0)}`;

const Revoke = ({ of }: { of: ApiKey }) => (
  <Confirm
    title={`Revoke “${of.name}”?`}
    verb="Revoke key"
    close={() => (revoking.value = null)}
    act={async () => {
      await send(`/api/keys/${encodeURIComponent(of.id)}`, { method: "DELETE" });
      if (made.peek()?.key.id === of.id) made.value = null;
      say({ tone: "good", text: `The key ${of.name} is revoked.` });
      await keys.refresh();
    }}
  >
    Programs that use {of.prefix}… are refused within seconds. This cannot be undone.
  </Confirm>
);
