/** Asks the API; refusals come as errors in words. */

/** Longest wait for an answer. */
const TIMEOUT_MS = 20_000;
const NO_CONTENT = 204;

/** A refusal, or no answer at all. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The API's own code, or `offline`, `timeout`, `not_json`. */
    readonly code: string,
    readonly status: number,
  ) {
    super(message);
  }

  /** Whether this server does not have what was asked for, now or ever. */
  get absent(): boolean {
    return this.status === 404 && this.code === "not_found";
  }
}

/** What the API says on `path`. */
export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask<T>(path, {}, signal);

/** How {@link get} is asked: by whoever is logged in, for one. */
export type Get = <T>(path: string) => Promise<T>;

/** What the API answers to `body`. */
export const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  ask<T>(path, json("POST", body), signal);

/** A request that sends JSON. */
export const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** What the API answers; `undefined` where it answers without a body. */
export const ask = <T>(path: string, init: RequestInit, outer?: AbortSignal): Promise<T> =>
  patiently(path, init, outer, async (response) => {
    if (response.status === NO_CONTENT) return undefined as T;
    try {
      return (await response.json()) as T;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new ApiError("The server answered something that is not JSON.", "not_json", response.status);
    }
  });

/** What the API answers, as a file. */
export const askFile = (path: string, init: RequestInit): Promise<Blob> =>
  patiently(path, init, undefined, (response) => response.blob());

async function patiently<T>(
  path: string,
  init: RequestInit,
  outer: AbortSignal | undefined,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  const stop = () => abort.abort();
  outer?.addEventListener("abort", stop);
  if (outer?.aborted) stop();
  try {
    const response = await fetch(path, { ...init, signal: abort.signal });
    if (!response.ok) throw refusal(response.status, await response.text());
    return await read(response);
  } catch (error) {
    if (error instanceof ApiError || outer?.aborted) throw error;
    throw abort.signal.aborted
      ? new ApiError("The server took too long to answer.", "timeout", 0)
      : new ApiError("The server cannot be reached. Check your connection.", "offline", 0);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", stop);
  }
}

/** What a refusal says: in the API's own form, or OpenAI's. */
export function refusal(status: number, text: string): ApiError {
  try {
    const told = JSON.parse(text) as Told & { error?: Told };
    const { message, code } = told.error ?? told;
    if (typeof message === "string") return new ApiError(message, String(code ?? ""), status);
  } catch {
    // Not the API's own refusal: a proxy in between, most likely.
  }
  return new ApiError(`The server answered with status ${status}.`, "refused", status);
}

interface Told {
  message?: unknown;
  code?: unknown;
}
