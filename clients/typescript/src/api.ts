import createClient, { type Client } from 'openapi-fetch';

import { PrimisError } from './error.js';
import type { paths } from './generated/api.js';

/** The HTTP API: `api.GET('/api/stats')`, with every path, parameter and answer typed. */
export type PrimisApi = Client<paths>;

/**
 * A client of the API at this address. Give `fetch` another one, for example with a time limit, a
 * cache or retries.
 */
export function createApi(url: string, fetch?: (request: Request) => Promise<Response>): PrimisApi {
  const baseUrl = url.replace(/\/+$/, '');
  return createClient<paths>(fetch === undefined ? { baseUrl } : { baseUrl, fetch });
}

/**
 * The answer's data: `await unwrap(api.GET('/api/stats'))`.
 *
 * @throws {PrimisError} The API refused, could not be reached, or answered something else.
 */
export async function unwrap<T>(
  request: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<Exclude<T, undefined>> {
  let answer;
  try {
    answer = await request;
  } catch (cause) {
    // `fetch` rejects with a TypeError where there is no answer; a body that is not JSON is another.
    const unreadable = cause instanceof SyntaxError;
    const what = unreadable ? 'the API answered something else' : 'the API cannot be reached';
    const code = unreadable ? 'invalid_answer' : 'unreachable';
    throw new PrimisError(`${what}: ${reason(cause)}`, code, undefined, { cause });
  }
  const { data, error, response } = answer;
  if (response.ok && data !== undefined) {
    return data as Exclude<T, undefined>;
  }
  if (isRefusal(error)) {
    throw new PrimisError(error.message, error.code, response.status);
  }
  throw new PrimisError(`the API answered ${response.status}`, 'invalid_answer', response.status);
}

function isRefusal(error: unknown): error is { message: string; code: string } {
  if (typeof error !== 'object' || error === null) {
    return false;
  }
  const { message, code } = error as Record<string, unknown>;
  return typeof message === 'string' && typeof code === 'string';
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) {
    return String(cause);
  }
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}
