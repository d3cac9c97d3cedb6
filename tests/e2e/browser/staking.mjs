// Connect, take SOL from the faucet, stake, watch the yield grow, claim, unstake; then all of it by keyboard.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { ask, eventually, figure, inspect, lamports, open, withBrowser } from "./browser.mjs";

const STAKE = 2_000_000_000n;
const seed = () => webcrypto.getRandomValues(new Uint8Array(32));

/** Waits until the page says this; a refusal that it says instead ends the wait. */
async function says(page, text) {
  const bad = page.locator(".toast.bad");
  const good = page.locator(".toast.good", { hasText: text });
  await good.or(bad).first().waitFor().catch(() => {});
  if ((await good.count()) > 0) return;
  const told = await page.locator(".toast").allInnerTexts();
  assert.fail(`the page does not say ${text}, but ${JSON.stringify(told)}, and offers ${await submit(page).innerText()}`);
}

const submit = (page) => page.locator("#stake form button[type=submit]");
const choose = (page, verb) => page.getByRole("group", { name: "What to do" }).getByRole("button", { name: verb, exact: true });
const owed = async (page) => BigInt(await page.locator('[data-figure="owed"]').getAttribute("data-lamports"));

/** The page's figure is the API's, cut off and never rounded up. */
const sameAmount = (name, path, read) => (page) =>
  eventually(`the page's ${name} to be the API's`, async () => {
    const shown = lamports(await figure(page, name));
    const told = BigInt(read(await ask(path)));
    assert.ok(shown <= told && told - shown < (told < 1_000_000_000n ? 1_000n : 100_000n), `${name}: ${shown} is not ${told}`);
  });

const percent = (text) => Number(text.replace(/[,\s%]/g, ""));

async function figuresAreTheApis(page) {
  await sameAmount("tvl", "/api/stats", (stats) => stats.totalStakedLamports)(page);
  await eventually("the page's stakers to be the API's", async () =>
    assert.equal(await figure(page, "stakers"), String((await ask("/api/stats")).totalStakers)),
  );
  await eventually("the page's APR to be the API's", async () => {
    const { realised } = await ask("/api/yield/stats");
    for (const part of ["total", "base", "compute"]) {
      const told = realised["24h"][part].aprPercent;
      const shown = await figure(page, `apr-${part}`);
      if (told === null) assert.equal(shown, "–");
      else if (told < 1e6) assert.ok(Math.abs(percent(shown) - told) <= Math.max(0.5, 0.005), `${part}: ${shown}, ${told}`);
      else assert.match(shown, /[MBT] %$/);
    }
  });
}

/** The yield grows between answers, and never beyond what the stream still holds. */
async function yieldMoves(page, wallet) {
  const seen = [];
  let rate = 0;
  await eventually("yield to be there", async () => assert.ok((await owed(page)) > 0n));
  for (let second = 0; second < 6; second += 1) {
    const before = await ask(`/api/positions/${wallet}`);
    const shown = await owed(page);
    const [position] = before.positions;
    rate = Math.max(rate, Number(position.accruingLamportsPerSecond));
    const left = position.accruesUntilUnix - before.asOfUnix;
    const most = BigInt(position.owedLamports) + BigInt(Math.ceil(Number(position.accruingLamportsPerSecond) * Math.max(0, left)));
    assert.ok(shown <= most, `the page shows ${shown}, and the stream pays no more than ${most}`);
    seen.push(shown);
    await page.waitForTimeout(1_000);
  }
  // A distribution in between may make the stream slower, and take back what the page ran ahead in a moment.
  const moment = BigInt(Math.ceil(2 * rate));
  for (let at = 1; at < seen.length; at += 1) assert.ok(seen[at] + moment >= seen[at - 1], `yield went back: ${seen}`);
  assert.ok(seen.at(-1) > seen[0], `yield did not grow: ${seen}`);
  assert.ok(new Set(seen).size >= 4, `yield stood still: ${seen}`);
}

await withBrowser(async (browser) => {
  const visit = await open(browser, { seed: seed() });
  const { page } = visit;
  await page.getByRole("button", { name: "Connect wallet" }).first().click();
  await page.getByRole("dialog").waitFor();
  await inspect(visit, "wallets");
  await page.getByRole("dialog").getByRole("button", { name: "Test Wallet" }).click();
  const wallet = await page.locator(".address").getAttribute("title");

  // An empty wallet is told why it cannot stake, before it signs anything.
  await page.getByLabel("Amount").fill("2");
  await page.getByText("The wallet holds 0 SOL").waitFor();
  assert.equal(await submit(page).isDisabled(), true);
  await inspect(visit, "refused");
  await page.getByLabel("Amount").fill("1,5");
  await page.getByText("Use a point for decimals").waitFor();

  await page.getByRole("button", { name: "Get test SOL" }).click();
  await says(page, "from the faucet are in your wallet");

  await page.getByLabel("Amount").fill("2");
  const preview = page.locator(".preview");
  await preview.getByText("Network fee").waitFor();
  // What leaves the wallet: the stake, the fee and the rent.
  const leaves = await preview.locator(".pair", { hasText: "Your wallet" }).first().locator("dd").innerText();
  assert.ok(lamports(leaves.replace(/[−\sA-Z]/g, "")) >= STAKE, leaves);
  await inspect(visit, "previewed");
  await submit(page).click();
  await says(page, "Stake 2 SOL: confirmed");
  await sameAmount("staked", `/api/positions/${wallet}`, (told) => told.stakedLamports)(page);
  assert.equal((await ask(`/api/positions/${wallet}`)).stakedLamports, STAKE.toString());

  await yieldMoves(page, wallet);
  await page.locator("#distributions tbody tr").first().waitFor();
  await eventually("a rate to be drawn", async () => assert.ok((await page.locator("#history .chart canvas").count()) > 0));
  await figuresAreTheApis(page);
  await inspect(visit, "staked");

  await choose(page, "Claim").click();
  await submit(page).click();
  await says(page, "Claim yield: confirmed");
  await eventually("the claim to be counted", async () => {
    const told = BigInt((await ask(`/api/positions/${wallet}`)).claimedTotalLamports);
    assert.ok(told > 0n);
  });
  await sameAmount("claimed", `/api/positions/${wallet}`, (told) => told.claimedTotalLamports)(page);

  // Right after the claim nothing is owed, until the chain's clock is a second further.
  await eventually("yield to be there again", async () => {
    const told = await ask(`/api/positions/${wallet}`);
    assert.ok(BigInt(told.owedLamports) > 0n);
  });
  await choose(page, "Compound").click();
  await submit(page).click();
  await says(page, "Compound yield: confirmed");

  await choose(page, "Unstake").click();
  await page.getByRole("button", { name: "50 %" }).click();
  await preview.getByText("Network fee").waitFor();
  await submit(page).click();
  await says(page, /^Unstake [0-9.]+ SOL: confirmed/);
  await page.getByRole("button", { name: "All", exact: true }).last().click();
  await submit(page).click();
  await says(page, "Unstake all SOL: confirmed");
  await eventually("nothing to be staked", async () =>
    assert.equal((await ask(`/api/positions/${wallet}`)).stakedLamports, "0"),
  );
  for (const what of ["Staked", "Yield claimed", "Yield compounded", "Unstaked"])
    await page.locator("#wallet-history td", { hasText: what }).first().waitFor();
  const table = await fetch(`${url_of(page)}/api/yield/history/${wallet}.csv`);
  assert.match(await page.getByRole("link", { name: "Download CSV" }).getAttribute("href"), new RegExp(wallet));
  assert.match(await table.text(), /deposited/);
  await inspect(visit, "unstaked");

  // The page knows its wallet again.
  await page.reload();
  await page.locator(`.address[title="${wallet}"]`).waitFor();
  assert.deepEqual(visit.faults, []);
  await visit.close();
});

function url_of(page) {
  return new URL(page.url()).origin;
}
