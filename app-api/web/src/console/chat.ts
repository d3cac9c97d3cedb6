/** One question to a model: its answer piece by piece, and what it cost. */

import { computed, signal } from "@preact/signals";
import { ApiError, json } from "../api/client";
import type { UsageLine, UsagePage } from "../api/platform";
import { eventReader, pieceOf } from "../api/sse";
import { billing } from "./data";
import { get, stream } from "./session";

/** How often and how long the line of what it cost is looked for. */
const LOOKS = 20;
const LOOK_MS = 500;
const RECENT = 50;

export interface Question {
  model: string;
  prompt: string;
  maxTokens: number;
  /** An API key; `null`: the session. */
  key: string | null;
}

export type Answer = {
  at: "asking" | "answering" | "done" | "stopped" | "failed";
  text: string;
  error: ApiError | null;
  /** What it cost: `null` until it is charged, `"unknown"` if that takes too long. */
  line: UsageLine | "unknown" | null;
};

/** `null`: nothing was asked yet. */
export const answer = signal<Answer | null>(null);
export const running = computed(() => answer.value?.at === "asking" || answer.value?.at === "answering");

let abort: AbortController | null = null;
export const stop = (): void => abort?.abort();

const change = (of: Partial<Answer>): void => {
  if (answer.peek()) answer.value = { ...(answer.peek() as Answer), ...of };
};

export async function ask(question: Question): Promise<void> {
  abort = new AbortController();
  answer.value = { at: "asking", text: "", error: null, line: null };
  let request: string | null = null;
  try {
    const body = {
      model: question.model,
      messages: [{ role: "user", content: question.prompt }],
      max_tokens: question.maxTokens,
      stream: true,
    };
    const response = await stream("/v1/chat/completions", { ...json("POST", body), signal: abort.signal }, question.key);
    request = response.headers.get("x-primis-request-id");
    change({ at: "answering" });
    await read(response);
    change({ at: "done" });
  } catch (error) {
    if (abort.signal.aborted) change({ at: "stopped" });
    else if (error instanceof ApiError) change({ at: "failed", error });
    else change({ at: "failed", error: new ApiError("The answer broke off. What the model wrote is charged.", "lost", 0) });
  }
  // A key may be another account's: what it cost is not told here.
  if (request !== null && question.key === null) await look(request);
}

async function read(response: Response): Promise<void> {
  if (!response.body) throw new ApiError("The server answered nothing.", "empty", response.status);
  const events = eventReader();
  const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await pieces.read();
    if (done) return;
    const more = events(value).map(pieceOf).join("");
    if (more) change({ text: (answer.peek()?.text ?? "") + more });
  }
}

/** The line comes when the request is settled, moments after its end. */
async function look(request: string): Promise<void> {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const page = await get<UsagePage>(`/api/usage?limit=${RECENT}`).catch(() => null);
    const line = page?.lines.find((one) => one.id === request);
    if (line) {
      change({ line });
      await billing.refresh();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  change({ line: "unknown" });
}
