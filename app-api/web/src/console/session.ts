/** Who is logged in. The access token is in this memory alone; the cookie that renews it is not for scripts. */

import { signal } from "@preact/signals";
import { ApiError, ask, askFile, json, post, refusal } from "../api/client";
import type { Session } from "../api/platform";

/** Says, after a reload, whether there was a session: nothing secret. */
const MARK = "primis.console";
const UNAUTHORIZED = 401;
const OVER = "Your session has ended. Log in again to go on.";

export type State =
  | { at: "starting" }
  /** `why`: what ended the session that was. */
  | { at: "out"; why: string | null }
  /** This server has no accounts. */
  | { at: "absent" }
  /** The server cannot tell now. */
  | { at: "unknown"; error: ApiError }
  | { at: "in"; account: string };

export const session = signal<State>({ at: "starting" });

let token: string | null = null;

/** A login's answer. */
export function enter(opened: Session): void {
  token = opened.accessToken;
  mark(true);
  session.value = { at: "in", account: opened.accountId };
}

function leave(why: string | null): void {
  token = null;
  mark(false);
  session.value = { at: "out", why };
}

/** Goes on with the session that the cookie names, if there is one. */
export async function resume(): Promise<void> {
  session.value = { at: "starting" };
  const was = marked();
  try {
    await renew(null);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === UNAUTHORIZED) leave(was ? OVER : null);
    else session.value = error.code === "not_configured" ? { at: "absent" } : { at: "unknown", error };
  }
}

export async function logIn(email: string, password: string): Promise<void> {
  enter(await post<Session>("/api/auth/login", { email, password }));
}

export async function signUp(email: string, password: string): Promise<void> {
  await post("/api/auth/signup", { email, password });
  await logIn(email, password);
}

/** Ends the session here and on the server. */
export async function logOut(): Promise<void> {
  await post("/api/auth/logout", {});
  leave(null);
}

let renewing: Promise<void> | null = null;

/** Exchanges the cookie for another and a new access token. A cookie that is sent twice ends its session, so
 * tabs of one browser take turns. `stale`: the token that was refused; there may be a newer one already. */
function renew(stale: string | null): Promise<void> {
  if (token !== null && token !== stale) return Promise.resolve();
  renewing ??= inTurn(async () => enter(await post<Session>("/api/auth/refresh", {}))).finally(() => (renewing = null));
  return renewing;
}

/** Where a browser has no locks for this page, a tab does not wait for others. */
async function inTurn(act: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator?.locks;
  await (locks ? locks.request("primis.refresh", act) : act());
}

/** Does something with the access token, and once more with a new one where it was refused. */
async function authorized<T>(act: (headers: { authorization: string }) => Promise<T>): Promise<T> {
  const used = token;
  try {
    if (used === null) throw new ApiError(OVER, "unauthorized", UNAUTHORIZED);
    return await act({ authorization: `Bearer ${used}` });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== UNAUTHORIZED) throw error;
  }
  try {
    await renew(used);
  } catch (error) {
    if (error instanceof ApiError && error.status === UNAUTHORIZED && session.peek().at === "in") leave(OVER);
    throw error;
  }
  return act({ authorization: `Bearer ${token ?? ""}` });
}

const withHeaders = (init: RequestInit, more: Record<string, string>): RequestInit => ({
  ...init,
  headers: { ...(init.headers as Record<string, string> | undefined), ...more },
});

/** As the client's functions of these names, for whoever is logged in. */
export const get = <T>(path: string): Promise<T> => send<T>(path, {});
export const send = <T>(path: string, init: RequestInit): Promise<T> =>
  authorized((headers) => ask<T>(path, withHeaders(init, headers)));
export const postAs = <T>(path: string, body: unknown): Promise<T> => send<T>(path, json("POST", body));
export const file = (path: string): Promise<Blob> => authorized((headers) => askFile(path, { headers }));

/** An answer that is read while it comes. With `key` instead of the session, where there is one. */
export async function stream(path: string, init: RequestInit, key: string | null): Promise<Response> {
  const open = async (headers: { authorization: string }) => {
    const response = await fetch(path, withHeaders(init, headers)).catch((error: unknown) => {
      if (init.signal?.aborted) throw error;
      throw new ApiError("The server cannot be reached. Check your connection.", "offline", 0);
    });
    if (!response.ok) throw refusal(response.status, await response.text());
    return response;
  };
  return key === null ? authorized(open) : open({ authorization: `Bearer ${key}` });
}

/** Storage may be forbidden; then a reload just does not say why a session ended. */
function mark(on: boolean): void {
  try {
    if (on) localStorage.setItem(MARK, "in");
    else localStorage.removeItem(MARK);
  } catch {
    return;
  }
}

function marked(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return false;
  }
}
