// A newcomer at the local network's console: logs in as a demo customer and sees what was used, then signs up
// and tops up on the page of the local Stripe. `EMAIL` and `PASSWORD` are the demo customer's, `STRIPE` is
// where the page is.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { eventually, inspect, open, withBrowser } from "./browser.mjs";

const { EMAIL, PASSWORD, STRIPE: stripe } = process.env;
/** No session yet. */
const refused = /^401 .*\/api\//;

const go = async (page, name) => {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
};

const fill = async (page, email) => {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
};

/** What was used is there line by line, and what was paid for it. */
async function seesUsage(visit) {
  const { page } = visit;
  await page.getByRole("heading", { level: 1, name: "Log in" }).waitFor();
  await fill(page, EMAIL);
  await page.keyboard.press("Enter");
  await page.locator("#lines tbody tr").first().waitFor();
  await page.locator("#by-model").getByText("local/").first().waitFor();
  await inspect(visit, "localnet-usage");
  await go(page, "Billing");
  await page.locator("#statement").getByText("+$").first().waitFor();
  await page.locator('[data-figure="runs"]').waitFor();
  await inspect(visit, "localnet-billing");
}

async function topsUp(visit) {
  const { page, faults } = visit;
  await page.getByRole("button", { name: "Sign up" }).click();
  await fill(page, `grace-${webcrypto.randomUUID()}@example.com`);
  await page.locator("form").getByRole("button", { name: "Sign up" }).click();
  await page.getByText("No request yet.").waitFor();
  await go(page, "Billing");
  await page.getByRole("button", { name: "$25.00 $25.00 of credit" }).click();
  await page.waitForURL(`${stripe}/c/pay/**`);
  await page.getByText("A local stand-in for Stripe").waitFor();
  await page.screenshot({ path: `${process.env.SCREENSHOTS}/localnet-pay.png` });
  await page.getByRole("button", { name: "Pay $25.00" }).click();
  await page.getByText("Your credit is there.").waitFor();
  await eventually("the credit", async () => {
    const balance = await page.locator('[data-figure="balance"]').first().innerText();
    assert.ok(balance.startsWith("$25.00"), balance);
  });
  // Nothing but the page to pay on was asked for.
  for (const fault of faults.splice(0)) assert.ok(fault.startsWith(`asked ${stripe}/`), fault);
  await inspect(visit, "localnet-topped-up");
}

await withBrowser(async (browser) => {
  for (const does of [seesUsage, topsUp]) {
    const visit = await open(browser, { path: "/console", refused });
    await does(visit);
    assert.deepEqual(visit.faults, []);
    await visit.close();
  }
});
