// A server that sells nothing says so on each page, and the rest works; one without accounts says it at once.

import { webcrypto } from "node:crypto";
import { inspect, open, withBrowser } from "./browser.mjs";

const refused = /^(401|503) /;
const { BARE: bare } = process.env;

await withBrowser(async (browser) => {
  const visit = await open(browser, { path: "/console", refused });
  const { page } = visit;
  if (bare === "accounts") {
    await page.getByText("This server has no customer accounts").waitFor();
    await inspect(visit, "bare-accounts");
    await visit.close();
    return;
  }
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByLabel("E-mail").fill(`eve-${webcrypto.randomUUID()}@example.com`);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.locator("form").getByRole("button", { name: "Sign up" }).click();
  await page.getByText("No usage in the last 30 days.").waitFor();
  const pages = page.getByRole("navigation", { name: "Pages" });
  await pages.getByRole("link", { name: "Playground" }).click();
  await page.getByText("This server sells no models.").waitFor();
  await inspect(visit, "bare-playground");
  await pages.getByRole("link", { name: "Billing" }).click();
  await page.getByRole("button", { name: "$25.00 $25.00 of credit" }).click();
  await page.getByText("No payments on this server.").waitFor();
  await inspect(visit, "bare-billing");
  await pages.getByRole("link", { name: "Keys" }).click();
  await page.getByText("No active key.").waitFor();
  await visit.close();
});
