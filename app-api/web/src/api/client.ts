/** Asks the API; refusals come as errors in words. */

/** Longest wait for an answer. */
const TIMEOUT_MS = 20_000;

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

/** What the API answers to `body`. */
export const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  ask<T>(
    path,
    { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
    signal,
  );

async function ask<T>(path: string, init: RequestInit, outer?: AbortSignal): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  const stop = () => abort.abort();
  outer?.addEventListener("abort", stop);
  if (outer?.aborted) stop();
  try {
    const response = await fetch(path, { ...init, signal: abort.signal });
    const text = await response.text();
    if (!response.ok) throw refusal(response, text);
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ApiError("The server answered something that is not JSON.", "not_json", response.status);
    }
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

function refusal(response: Response, text: string): ApiError {
  try {
    const { message, code } = JSON.parse(text) as { message?: unknown; code?: unknown };
    if (typeof message === "string") return new ApiError(message, String(code ?? ""), response.status);
  } catch {
    // Not the API's own refusal: a proxy in between, most likely.
  }
  return new ApiError(`The server answered with status ${response.status}.`, "refused", response.status);
}
