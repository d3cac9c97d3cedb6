// A customer of the console: signs up, makes a key, pays, asks a model, sees what it cost, revokes the key.
// `CONTROL` is the test's own server: it pays at the payment provider, and lets the model go on.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import { eventually, inspect, open, url, withBrowser } from "./browser.mjs";

const { CONTROL: control } = process.env;
const PASSWORD = "correct horse battery";
const email = `ada-${webcrypto.randomUUID()}@example.com`;
/** What the pages cannot know before they ask: no session yet, a wrong password, no credit, a key that is gone. */
const refused = /^401 .*\/(api\/|v1\/)|^402 .*\/v1\/chat\/completions$/;
const CHECKOUT = "https://checkout.stripe.com/";
const PACK = 25_000_000_000n;

const tell = async (path) => {
  const response = await fetch(control + path, { method: "POST" });
  assert.equal(response.status, 200, path);
};

/** JSON of the API, by a key. */
const byKey = async (key, path) => {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: await response.json() };
};

/** The nano-USD of a figure, read from its text: what a person sees. */
const money = async (page, name) => {
  const text = await page.locator(`[data-figure="${name}"]`).first().evaluate((element) => element.firstChild.textContent);
  assert.match(text, /^\$[\d,]+\.\d{2,9}$/, `"${text}" is no amount`);
  const [whole, fraction] = text.slice(1).replaceAll(",", "").split(".");
  return BigInt(whole + fraction.padEnd(9, "0"));
};

const go = async (page, name) => {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
};

const fill = async (page, password) => {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
};

async function signUp(visit) {
  const { page } = visit;
  await page.getByRole("heading", { level: 1, name: "Log in" }).waitFor();
  await inspect(visit, "login");
  await fill(page, PASSWORD);
  await page.locator("form").getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").getByText("No account has this address").waitFor();
  await inspect(visit, "login-wrong");
  await page.getByRole("button", { name: "Sign up" }).click();
  await fill(page, PASSWORD);
  await page.locator("form").getByRole("button", { name: "Sign up" }).click();
  await page.getByText("No usage in the last 30 days.").waitFor();
  await page.getByText("No request yet.").waitFor();
  await inspect(visit, "usage-empty");

  // The session outlives the page, and no script can read what keeps it.
  await page.reload();
  await page.getByText("No usage in the last 30 days.").waitFor();
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  assert.equal(kept, '[{"primis.console":"in"},{},""]');
}

async function makeKey(visit) {
  const { page } = visit;
  await go(page, "Keys");
  await page.getByText("No active key.").waitFor();
  await inspect(visit, "keys-empty");
  await page.getByLabel("Name").fill("laptop");
  await page.getByLabel("Expires").selectOption({ label: "In 90 days" });
  await page.getByRole("button", { name: "Create key" }).click();
  const key = await page.locator('[data-figure="secret"]').innerText();
  await page.getByText("It is shown this once").waitFor();
  await page.getByRole("button", { name: "Copy key" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
  await inspect(visit, "keys-secret");
  assert.equal((await byKey(key, "/api/account")).body.email, email);
  await page.reload();
  await page.locator("#keys-list tbody tr", { hasText: "laptop" }).getByText("read, write").waitFor();
  assert.ok(!(await page.content()).includes(key), "the key is shown again");
  return key;
}

async function withoutCredit(visit) {
  const { page } = visit;
  await go(page, "Playground");
  await page.getByLabel("Prompt").fill("Say this is a test");
  await inspect(visit, "playground");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.getByRole("alert").getByText("Your credit does not cover").waitFor();
  await inspect(visit, "playground-no-credit");
  await page.getByRole("alert").getByRole("link", { name: "Top up" }).click();
  await page.getByRole("heading", { level: 1, name: "Billing" }).waitFor();
}

/** Goes to pay what a button sells, and comes back before the payment is confirmed. */
async function buy(visit, button) {
  const { page, faults } = visit;
  await page.getByRole("button", { name: button }).click();
  await page.waitForURL(`${CHECKOUT}**`);
  const session = page.url().split("/").at(-1);
  // Nothing but the payment provider's page was asked for.
  for (const fault of faults.splice(0)) assert.match(fault, /^asked https:\/\/checkout\.stripe\.com\//);
  await page.goto(`${url}/console?paid#billing`);
  await page.getByText("What you bought appears here once").waitFor();
  await tell(`/pay/${session}`);
}

async function topUp(visit) {
  const { page } = visit;
  await eventually("no credit", async () => assert.equal(await money(page, "available"), 0n));
  await page.getByText("Nothing moved your credit in this month.").waitFor();
  await page.getByText("No invoice yet.").waitFor();
  await inspect(visit, "billing-empty");
  await page.getByLabel("Or another amount, USD").fill("1.00");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("from $5.00").waitFor();

  await page.route(`${CHECKOUT}**`, (route) => route.fulfill({ contentType: "text/html", body: "<title>Pay</title>" }));
  await buy(visit, "$25.00 $25.00 of credit");
  await page.getByText("Your credit is there.").waitFor();
  assert.equal(await money(page, "balance"), PACK);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.reload();
  await page.locator("#statement").getByText("+$25.00").waitFor();
  assert.equal(await page.getByText("Thank you.").count(), 0);
  await buy(visit, "$10.00 100 runs");
  await page.getByText("Your prepaid runs are there.").waitFor();
  assert.equal(await page.locator('[data-figure="runs"]').innerText(), "100");
  // They are no credit.
  assert.equal(await money(page, "balance"), PACK);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await inspect(visit, "billing");
  await page.getByRole("button", { name: "Choose Pro" }).first().click();
  await page.getByRole("dialog").getByText("$99.00 a month").waitFor();
  await inspect(visit, "billing-plan");
  await page.getByRole("button", { name: "Cancel" }).click();
}

/** Asks a model; answers what it cost by the page. */
async function askModel(visit, model, key = "") {
  const { page } = visit;
  await page.getByLabel("Model", { exact: true }).fill(model);
  await page.getByLabel("Prompt").fill("Say this is a test");
  if (key) {
    await page.getByText("Use an API key instead").click();
    await page.getByLabel("API key", { exact: true }).fill(key);
  }
  await page.getByRole("button", { name: "Ask", exact: true }).click();
}

async function play(visit, key) {
  const { page } = visit;
  await go(page, "Playground");
  await askModel(visit, "test/gated");
  // As it is written: the first piece is there while the model still waits.
  await tell("/gate/3");
  await page.locator('[data-figure="answer"]').waitFor();
  await page.locator("#answer").getByText("Answering").waitFor();
  await tell("/gate/100");
  await page.locator("#answer").getByText("Answered").waitFor();
  await page.locator('[data-figure="cost"]').waitFor();
  const text = await page.locator('[data-figure="answer"]').innerText();
  assert.equal(text.trim(), "This is a test.");
  const cost = await money(page, "cost");
  assert.ok(cost > 0n);
  await inspect(visit, "playground-answered");

  await go(page, "Usage");
  await page.locator("#lines tbody tr").waitFor();
  assert.equal(await money(page, "charge"), cost);
  assert.equal(await money(page, "charged"), cost);
  await page.locator("#by-model").getByText("test/gated").waitFor();
  const { body } = await byKey(key, "/api/usage");
  assert.deepEqual(body.lines.map((line) => BigInt(line.chargeNanoUsd)), [cost]);
  await inspect(visit, "usage");

  await go(page, "Billing");
  await eventually("the balance without the charge", async () => assert.equal(await money(page, "balance"), PACK - cost));
  assert.equal(await money(page, "available"), PACK - cost);
  assert.equal(BigInt((await byKey(key, "/api/billing")).body.balanceNanoUsd), PACK - cost);

  // By the key: the line says so.
  await go(page, "Playground");
  await askModel(visit, "test/model", key);
  await page.locator("#answer").getByText("Answered").waitFor();
  await go(page, "Usage");
  await eventually("the line of the key", async () => {
    if ((await page.locator("#lines tbody tr").count()) < 2) await page.reload();
    await page.locator("#lines tbody tr").first().getByRole("cell", { name: "Key", exact: true }).waitFor({ timeout: 2_000 });
  });

  // A model that breaks off says so; what it wrote stays.
  await go(page, "Playground");
  await askModel(visit, "test/error-mid");
  await page.locator("#answer").getByRole("alert").waitFor();
}

async function revoke(visit, key) {
  const { page } = visit;
  await go(page, "Keys");
  await page.getByRole("button", { name: "Revoke laptop" }).click();
  await page.getByRole("dialog").getByText("This cannot be undone").waitFor();
  await inspect(visit, "keys-revoke");
  await page.getByRole("button", { name: "Revoke key" }).click();
  await page.getByText("No active key.").waitFor();
  await page.getByText("Revoked and expired keys, 1").click();
  await page.getByRole("region", { name: "Revoked and expired keys" }).getByText("laptop").waitFor();
  await eventually("the key to be refused", async () => assert.equal((await byKey(key, "/api/account")).status, 401));
  await go(page, "Playground");
  await askModel(visit, "test/model", key);
  await page.getByRole("alert").getByText("The key is not valid").waitFor();
  await inspect(visit, "playground-bad-key");
}

async function comeAndGo(visit) {
  const { page } = visit;
  // Two tabs that renew the session at once do not take it from each other.
  const other = await page.context().newPage();
  await other.goto(`${url}/console`);
  for (let times = 0; times < 4; times += 1) {
    await Promise.all([page, other].map((tab) => tab.reload()));
    for (const tab of [page, other]) await tab.getByRole("button", { name: "Log out" }).waitFor();
  }
  await other.close();

  // Ended elsewhere: the log-in says why, and leads back to the page.
  const ended = await page.request.post(`${url}/api/auth/logout`, { data: {} });
  assert.equal(ended.status(), 204);
  await page.reload();
  await page.getByText("Your session has ended.").waitFor();
  await inspect(visit, "login-ended");
  await fill(page, PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Playground" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { level: 1, name: "Log in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Log in" }).waitFor();
  assert.equal(await page.getByText("Your session has ended.").count(), 0);
}

/** By an OpenID provider: twice the same account. */
async function byProvider(browser) {
  const visit = await open(browser, { path: "/console", refused });
  const { page, faults } = visit;
  const names = [];
  for (const time of ["first", "second"]) {
    const way = page.getByRole("link", { name: "Continue with My Company" });
    await way.waitFor();
    if (time === "first") await inspect(visit, "login-provider");
    await way.click();
    await page.getByText("No usage in the last 30 days.").waitFor();
    assert.equal(page.url().split("#")[0], `${url}/console`);
    names.push(await page.locator(".who-name").getAttribute("title"));
    await page.getByRole("button", { name: "Log out" }).click();
  }
  assert.deepEqual(names, ["grace@example.com", "grace@example.com"]);
  // Nothing but the provider's page was asked for.
  assert.equal(faults.length, 2);
  for (const fault of faults) assert.match(fault, /^asked http:\/\/127\.0\.0\.1:\d+\/authorize\?/);
  await visit.close();
}

/** A month later there is an invoice, to read and to print. */
async function invoices(visit) {
  const { page } = visit;
  await tell("/wait/45");
  await fill(page, PASSWORD);
  await page.keyboard.press("Enter");
  await go(page, "Billing");
  const row = page.locator("#invoices tbody tr");
  await eventually("the invoice", async () => {
    if ((await row.count()) === 0) await page.reload();
    // The credit and the pack of runs.
    await row.getByText("$35.00").waitFor({ timeout: 2_000 });
  });
  const number = (await row.getByRole("rowheader").innerText()).split("\n")[0].trim();
  for (const [form, begin] of [["HTML", "<!DOCTYPE html>"], ["PDF", "%PDF-"]]) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      row.getByRole("button", { name: `${form} of ${number}` }).click(),
    ]);
    assert.equal(download.suggestedFilename(), `${number}.${form.toLowerCase()}`);
    assert.ok((await readFile(await download.path(), "latin1")).startsWith(begin), form);
  }
  await inspect(visit, "billing-invoice");
}

await withBrowser(async (browser) => {
  await byProvider(browser);
  const permissions = ["clipboard-read", "clipboard-write"];
  const visit = await open(browser, { path: "/console", refused, permissions });
  await signUp(visit);
  const key = await makeKey(visit);
  await withoutCredit(visit);
  await topUp(visit);
  await play(visit, key);
  await revoke(visit, key);
  await comeAndGo(visit);
  await invoices(visit);
  assert.deepEqual(visit.faults, []);
  await visit.close();

  // By a wallet, twice the same account.
  const wallet = await open(browser, { path: "/console", refused, seed: webcrypto.getRandomValues(new Uint8Array(32)) });
  const names = [];
  for (const time of ["first", "second"]) {
    await wallet.page.getByRole("button", { name: "Sign in with Test Wallet" }).click();
    await wallet.page.getByText("No usage in the last 30 days.").waitFor();
    names.push(await wallet.page.locator(".who-name").getAttribute("title"));
    if (time === "first") {
      await wallet.page.getByRole("button", { name: "Log out" }).click();
      await inspect(wallet, "login-wallet");
    }
  }
  assert.equal(names[0], names[1]);
  assert.deepEqual(wallet.faults, []);
  await wallet.close();
});
