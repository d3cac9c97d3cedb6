// Before anybody has staked: what is not known is not shown as a number.

import assert from "node:assert/strict";
import { ask, eventually, figure, inspect, open, withBrowser } from "./browser.mjs";

await withBrowser(async (browser) => {
  const visit = await open(browser);
  const { page } = visit;
  await page.locator("#distributions").getByText("Nothing was distributed yet.").waitFor();
  await page.getByText("No history yet.").waitFor();
  await page.getByText("be the first").waitFor();
  for (const name of ["apr-total", "apr-base", "apr-compute"])
    if (await page.locator(`[data-figure="${name}"]`).count()) assert.equal(await figure(page, name), "–", name);
  assert.equal((await ask("/api/stats")).totalStakedLamports, "0");
  await page.getByText("The rate appears with the first distribution").waitFor();
  const network = await ask("/api/network");
  await page.locator(".badge", { hasText: network.network }).waitFor();
  await inspect(visit, "empty");
  await visit.close();

  // Somebody who has not staked is told so, and what to do.
  const guest = await open(browser, { seed: new Uint8Array(32).fill(7) });
  await guest.page.getByRole("button", { name: "Connect wallet" }).first().click();
  await guest.page.getByRole("dialog").getByRole("button", { name: "Test Wallet" }).click();
  await guest.page.getByText("You have not staked yet.").waitFor();
  await guest.page.getByText("Nothing happened yet.").waitFor();
  await guest.page.getByRole("button", { name: "Unstake", exact: true }).click();
  await guest.page.getByText("You have no position in this pool yet.").waitFor();
  await inspect(guest, "empty-connected");
  await guest.close();

  // Nobody who asks for less motion gets any.
  const calm = await open(browser, { reducedMotion: "reduce" });
  await calm.page.getByText("be the first").waitFor();
  assert.equal(await calm.page.evaluate(() => document.getAnimations().length), 0);
  await calm.close();

  // A server that fails is told of in words, and asked again.
  const broken = await open(browser);
  await broken.page.route("**/api/pools", (route) => route.abort());
  await broken.page.reload();
  const problem = broken.page.locator("#assets .problem");
  await problem.getByText("could not be loaded").waitFor();
  await broken.page.unroute("**/api/pools");
  await eventually("the list of assets", async () => {
    if (await problem.count()) await problem.getByRole("button", { name: "Try again" }).click({ timeout: 1_000 });
    assert.ok((await broken.page.locator("#assets tbody tr").count()) > 0);
  });
  await broken.close();
});
