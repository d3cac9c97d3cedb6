// The golden case of 11.31 SOL staked at $150, on the page to the printed digit.

import assert from "node:assert/strict";
import { eventually, figure, inspect, open, withBrowser } from "./browser.mjs";

await withBrowser(async (browser) => {
  const visit = await open(browser);
  const { page } = visit;
  await eventually("the golden figures", async () => {
    assert.equal(await figure(page, "tvl"), "11.31");
    assert.equal(await figure(page, "stakers"), "1");
    // Of 10 SOL, where the slider begins: $442,086.65 a year, which is 29,472.44 %.
    assert.equal(await figure(page, "projected-year"), "$442,086");
  });
  await page.locator(".figures", { hasText: "Total staked" }).getByText("$1,696.50").waitFor();
  await page.locator("#projection").getByText("29,472 %").waitFor();
  await page.locator("#projection").getByText("88.42 % of all stake").waitFor();
  // The slider by its keys: a tenth of a decade up, and the figures follow.
  await page.getByLabel("If you stake").press("ArrowRight");
  await eventually("the figures of 13 SOL", async () => assert.notEqual(await figure(page, "projected-year"), "$442,086"));
  await page.getByRole("button", { name: "Projected", exact: true }).click();
  await eventually("the projected rate", async () => assert.equal(await figure(page, "apr-total"), "29,472 %"));
  await inspect(visit, "golden");
  await visit.close();
});
