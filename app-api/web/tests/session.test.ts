import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ApiError } from "../src/api/client";
import { enter, get, logOut, resume, session, stream } from "../src/console/session";

/** A server that takes one access token, and one refresh after another. */
class Server {
  token = "first";
  refreshes = 0;
  over = false;
  asked: string[] = [];

  answer = async (path: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const said = (init.headers as Record<string, string>)["authorization"];
    this.asked.push(`${String(path)} ${said ?? ""}`.trim());
    const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
    if (path === "/api/auth/logout") return new Response(null, { status: 204 });
    if (path === "/api/auth/refresh") {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (this.over) return json(401, { message: "no session", code: "session_over" });
      this.refreshes += 1;
      this.token = `renewed ${this.refreshes}`;
      return json(200, { accountId: "acct_1", accessToken: this.token });
    }
    return said === `Bearer ${this.token}`
      ? json(200, { path })
      : json(401, { message: "log in", code: "unauthorized" });
  };
}

let server = new Server();
beforeEach(() => {
  server = new Server();
  globalThis.fetch = server.answer as typeof fetch;
  enter({ accountId: "acct_1", accessToken: "first" });
});

test("requests that are refused at once renew the session once", async () => {
  server.token = "another";
  const answers = await Promise.all(["/a", "/b", "/c"].map((path) => get(path)));
  assert.deepEqual(answers, [{ path: "/a" }, { path: "/b" }, { path: "/c" }]);
  assert.equal(server.refreshes, 1);
  // The next goes with the new token, at once.
  server.asked = [];
  await get("/d");
  assert.deepEqual(server.asked, ["/d Bearer renewed 1"]);
});

test("a session that is over leads to the log-in, with a word why", async () => {
  server.token = "another";
  server.over = true;
  await assert.rejects(get("/a"), (error) => error instanceof ApiError && error.code === "session_over");
  assert.deepEqual(session.value, { at: "out", why: "Your session has ended. Log in again to go on." });
  // Nothing of it is sent any more.
  server.asked = [];
  await assert.rejects(get("/a"));
  assert.deepEqual(server.asked, ["/api/auth/refresh"]);
});

test("a server that cannot be reached ends no session", async () => {
  server.token = "another";
  const working = globalThis.fetch;
  globalThis.fetch = (async (path: string, init: RequestInit) => {
    if (path === "/api/auth/refresh") throw new TypeError("network");
    return working(path, init);
  }) as typeof fetch;
  await assert.rejects(get("/a"), (error) => error instanceof ApiError && error.code === "offline");
  assert.equal(session.value.at, "in");
  globalThis.fetch = working;
  assert.deepEqual(await get("/a"), { path: "/a" });
});

test("a page that begins anew goes on with the session, or asks to log in", async () => {
  await logOut();
  assert.deepEqual(session.value, { at: "out", why: null });
  await resume();
  assert.deepEqual(session.value, { at: "in", account: "acct_1" });
  await logOut();
  server.over = true;
  await resume();
  assert.deepEqual(session.value, { at: "out", why: null });
});

test("a key that is refused ends no session", async () => {
  await assert.rejects(stream("/v1/chat/completions", {}, "prmis_wrong"), (error) => error instanceof ApiError && error.status === 401);
  assert.equal(session.value.at, "in");
  assert.equal(server.refreshes, 0);
});
