// A real Chromium and what must hold on every page it shows.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const WIDTHS = [360, 768, 1440];
const HEIGHT = 900;
/** How long anything that must happen may take, ms. */
export const PATIENCE = 120_000;

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const walletSource = await readFile(new URL("wallet.js", import.meta.url), "utf8");

/** What this run was started with. */
export const { DASHBOARD_URL: url, CHROMIUM: executablePath, SCREENSHOTS: screenshots } = process.env;

/** Runs `visit` with a browser, which is closed whatever happens. */
export async function withBrowser(visit) {
  const browser = await chromium.launch({ executablePath, timeout: PATIENCE });
  try {
    await visit(browser);
  } finally {
    await browser.close();
  }
}

/** A page that tells everything it should not do. `seed`: with a wallet of this key. `refused`: the
 * refusals, as `STATUS URL`, that are part of the page's work; without more, that of a preview. */
export async function open(browser, { seed, path = "", refused = /^4\d\d .*\/api\/actions\//, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: HEIGHT }, ...options });
  if (seed) await context.addInitScript(`const SEED = ${JSON.stringify([...seed])};\n${walletSource}`);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const faults = [];
  page.on("request", (request) => {
    const asked = request.url();
    const own = [`${url}/`, `blob:${url}/`, "data:"].some((begin) => asked.startsWith(begin));
    if (!own) faults.push(`asked ${asked}`);
  });
  page.on("console", (message) => {
    const from = message.location().url ?? "";
    // A browser logs each refusal.
    const [, status] = /status of (\d{3})/.exec(message.text()) ?? [];
    const refusal = status !== undefined && refused.test(`${status} ${from}`);
    if (message.type() === "error" && !refusal) faults.push(`console: ${message.text()} (${from})`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.stack}`));
  await page.goto(url + path);
  return { page, faults, close: () => context.close() };
}

/** Waits until `check` no longer throws; its last error otherwise. */
export async function eventually(what, check) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`, { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** The API's answer. */
export async function ask(path) {
  const response = await fetch(url + path);
  assert.equal(response.status, 200, path);
  return response.json();
}

/** A figure's text, without its unit. */
export const figure = async (page, name) =>
  (await page.locator(`[data-figure="${name}"]`).first().evaluate((element) => element.firstChild.textContent)).trim();

/** The lamports that a figure in SOL stands for. */
export function lamports(text) {
  assert.match(text, /^[\d,]+(\.\d{1,9})?$/, `"${text}" is no amount`);
  const [whole, fraction = ""] = text.replaceAll(",", "").split(".");
  return BigInt(whole + fraction.padEnd(9, "0"));
}

/** Looks at the page's state at every width: accessibility, horizontal scrolling, a screenshot. */
export async function inspect({ page, faults }, name) {
  console.error(`${new Date().toISOString()} ${name}`);
  await mkdir(screenshots, { recursive: true });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
    // Layout, and what is drawn by its size, have settled after two frames.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.screenshot({ path: join(screenshots, `${name}-${width}.png`), fullPage: true });
    assert.equal(beyond, 0, `${name} scrolls sideways at ${width} px`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document));
    const grave = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" | ")}`);
    assert.deepEqual(grave, [], `${name} at ${width} px`);
  }
  assert.deepEqual(faults, [], name);
}
