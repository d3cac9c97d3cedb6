/** A model, a prompt, its answer as it is written, and what it cost. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { ApiError } from "../../api/client";
import { inWords } from "../../api/words";
import { formatMoney } from "../../numbers/money";
import { formatCount, UNKNOWN } from "../../numbers/show";
import { Empty, Pair, Panel, Skeleton } from "../../view/parts";
import { type Answer, answer, ask, running, stop } from "../chat";
import { billing, models } from "../data";
import { Field, Trouble } from "./parts";
import { Estimated } from "./usage";

const MOST_TOKENS = 512;

export const Playground = () => (
  <div class="columns play">
    <div class="main-column">
      <Ask />
      <AnswerPanel />
    </div>
    <div class="side-column">
      <Prices />
    </div>
  </div>
);

function Ask() {
  const { data, error } = models.state.value;
  const model = useSignal<string | null>(null);
  const chat = data?.data.filter((one) => one.kind === "chat") ?? [];
  const body = () => {
    if (!data)
      return error ? <Trouble error={error} retry={models.refresh} what="The models" absent="This server sells no models." /> : <Skeleton lines={5} />;
    const chosen = model.value ?? chat[0]?.id ?? "";
    return (
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const key = String(form.get("key")).trim();
          void ask({
            model: chosen,
            prompt: String(form.get("prompt")),
            maxTokens: Number(form.get("most")),
            key: key === "" ? null : key,
          });
        }}
      >
        <div class="pair-fields">
          <Field label="Model" id="model">
            <input
              class="text" id="model" name="model" list="models" required maxLength={200} autocomplete="off" spellcheck={false}
              value={chosen} onInput={(event) => (model.value = event.currentTarget.value)}
            />
            <datalist id="models">{chat.map((one) => <option key={one.id} value={one.id} />)}</datalist>
          </Field>
          <Field label="Most tokens of the answer" id="most">
            <input class="text" id="most" name="most" type="number" min={1} max={1_000_000} step={1} defaultValue={String(MOST_TOKENS)} required />
          </Field>
        </div>
        <Field label="Prompt" id="prompt">
          <textarea class="text" id="prompt" name="prompt" rows={5} required />
        </Field>
        <details>
          <summary>Use an API key instead of your session</summary>
          <Field label="API key" id="key" note="It stays in this field, and is sent to this server alone.">
            <input class="text" id="key" name="key" type="password" autocomplete="off" aria-describedby="key-note" />
          </Field>
        </details>
        <div class="buttons">
          <button type="submit" class="primary" disabled={running.value}>{running.value ? "Answering" : "Ask"}</button>
          {running.value && <button type="button" onClick={stop}>Stop</button>}
          <span class="note">Available: {formatMoney(billing.state.value.data?.availableNanoUsd)}</span>
        </div>
      </form>
    );
  };
  return <Panel id="ask" title="Ask a model" note="The same as POST /v1/chat/completions, charged to your credit.">{body()}</Panel>;
}

const SAID = { asking: "Waiting for the model", answering: "Answering", done: "Answered", stopped: "Stopped", failed: "Failed" };

function AnswerPanel() {
  const now = answer.value;
  return (
    <Panel
      id="answer"
      title="Answer"
      tools={now && <span class={`badge state-${now.at}`} role="status">{SAID[now.at]}</span>}
    >
      {!now && <Empty title="Nothing was asked yet.">What the model answers appears here as it is written.</Empty>}
      {now?.text && <p class="answer-text" data-figure="answer">{now.text}</p>}
      {now?.at === "asking" && <Skeleton lines={2} />}
      {now?.error && <Refused error={now.error} />}
      {now && <Cost of={now} />}
    </Panel>
  );
}

function Refused({ error }: { error: ApiError }) {
  const advice: Record<number, ComponentChildren> = {
    401: "The key is not valid. Check it, or clear the field to use your session.",
    402: <>Your credit does not cover what the answer could cost. <a href="#billing">Top up</a>, or allow fewer tokens.</>,
    403: "The key may not ask models: it needs the scope write.",
    429: "You asked too often, or the model is busy. Wait a moment and ask again.",
  };
  return (
    <div class="problem" role="alert">
      <p><strong>{advice[error.status] ?? "There is no answer."}</strong> {error.status !== 401 && error.status !== 403 && inWords(error)}</p>
    </div>
  );
}

function Cost({ of }: { of: Answer }) {
  const { line } = of;
  if (line === null)
    return of.at === "done" || of.at === "stopped" ? <p class="note cost">What it cost is in Usage once it is charged.</p> : null;
  if (line === "unknown") return <p class="note cost">It is not charged yet. Look at <a href="#usage">Usage</a> in a moment.</p>;
  return (
    <dl class="pairs cost">
      <Pair label="Charged">
        <strong data-figure="cost" data-nano={line.chargeNanoUsd}>{formatMoney(line.chargeNanoUsd)}</strong>
        {line.estimated && <Estimated />}
      </Pair>
      <Pair label="List price">{formatMoney(line.listNanoUsd)}</Pair>
      <Pair label="Paid by the subsidy" tone="gain">{formatMoney(line.discountNanoUsd)}</Pair>
      <Pair label="Tokens: prompt and answer">
        {line.promptTokens === null ? UNKNOWN : formatCount(line.promptTokens)} + {line.completionTokens === null ? UNKNOWN : formatCount(line.completionTokens)}
      </Pair>
    </dl>
  );
}

function Prices() {
  const { data } = models.state.value;
  if (!data) return null;
  return (
    <Panel id="prices" title="Models" note="Prices for 1,000,000 tokens, before the subsidy.">
      {data.data.length === 0 ? (
        <Empty title="No model is listed.">A model that a price rule matches can still be asked by its name.</Empty>
      ) : (
        <div class="scroll" role="region" aria-label="Models" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col" class="end">Prompt</th>
                <th scope="col" class="end">Answer</th>
              </tr>
            </thead>
            <tbody>
              {data.data.map((one) => (
                <tr key={one.id}>
                  <th scope="row">{one.id}</th>
                  <td class="end">{formatMoney(one.prompt_nano_usd)}</td>
                  <td class="end">{one.kind === "chat" ? formatMoney(one.completion_nano_usd) : UNKNOWN}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
