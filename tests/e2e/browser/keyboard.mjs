// Staking without a mouse: every stop on the way shows that it has the focus.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { ask, eventually, open, withBrowser } from "./browser.mjs";

const FARTHEST = 60;

/** What has the focus: its words, and whether one can see that it has it. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const outlined = (one) => one !== null && getComputedStyle(one).outlineStyle !== "none" && getComputedStyle(one).outlineWidth !== "0px";
    return {
      text: element.textContent?.trim() ?? "",
      name: element.getAttribute("name") ?? "",
      type: element.getAttribute("type") ?? "",
      tag: element.tagName,
      visible: outlined(element) || outlined(element.closest(".amount")),
    };
  });

/** Tabs until `there`; every stop must be visible. */
async function tabTo(page, what, there) {
  const passed = [];
  for (let steps = 0; steps < FARTHEST; steps += 1) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    // Past the last stop the browser's own bar has the focus.
    if (stop.tag !== "BODY") assert.ok(stop.visible, `one cannot see the focus on ${JSON.stringify(stop)}`);
    if (there(stop)) return;
    passed.push(`${stop.tag} ${stop.text.slice(0, 20)}`);
  }
  assert.fail(`${what} is not reached by Tab: ${passed.join(", ")}`);
}

await withBrowser(async (browser) => {
  const { page, faults, close } = await open(browser, { seed: webcrypto.getRandomValues(new Uint8Array(32)) });
  await page.getByRole("button", { name: "Connect wallet" }).first().waitFor();
  await page.locator("#stake input[name=amount]").waitFor();

  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).text, "Skip to content");
  await tabTo(page, "the connect button", (stop) => stop.text === "Connect wallet");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  if ((await focused(page)).text !== "Test Wallet") await tabTo(page, "the wallet", (stop) => stop.text === "Test Wallet");
  await page.keyboard.press("Enter");
  await page.locator(".address").waitFor();
  const wallet = await page.locator(".address").getAttribute("title");

  await page.getByRole("button", { name: "Get test SOL" }).waitFor();
  await tabTo(page, "the faucet", (stop) => stop.text === "Get test SOL");
  await page.keyboard.press("Enter");
  await page.locator(".toast.good", { hasText: "from the faucet" }).waitFor();

  await tabTo(page, "the amount", (stop) => stop.name === "amount");
  await page.keyboard.type("0.5");
  await page.locator(".preview").getByText("Network fee").waitFor();
  await tabTo(page, "the stake button", (stop) => stop.type === "submit");
  await page.keyboard.press("Enter");
  await page.locator(".toast.good", { hasText: "Stake 0.5 SOL: confirmed" }).waitFor();
  await eventually("the stake", async () =>
    assert.equal((await ask(`/api/positions/${wallet}`)).stakedLamports, "500000000"),
  );
  assert.deepEqual(faults, []);
  await close();
});
