/** What the console knows of the account. */

import { computed, signal } from "@preact/signals";
import type {
  Account, ApiKeys, Billing, Invoice, Invoices, Models, Statement, StatementPosting, UsageLine, UsagePage, UsageSummary,
} from "../api/platform";
import { pages } from "../state/pages";
import { resource } from "../state/resource";
import type { Page } from "./route";
import { get, session } from "./session";

/** Nothing is asked for while nobody is logged in. */
const own = (path: () => string) => () => (session.value.at === "in" ? path() : null);

export const account = resource<Account>(own(() => "/api/account"), get);
export const keys = resource<ApiKeys>(own(() => "/api/keys"), get);
export const billing = resource<Billing>(own(() => "/api/billing"), get);
export const models = resource<Models>(own(() => "/v1/models"), get);
export const byDay = resource<UsageSummary>(own(() => "/api/usage/summary?by=day"), get);
export const byModel = resource<UsageSummary>(own(() => "/api/usage/summary?by=model"), get);

export const lines = pages<UsagePage, UsageLine>(
  own(() => "/api/usage"),
  (page) => ({ rows: page.lines, nextCursor: page.nextCursor }),
  (line) => line.id,
  { by: get, limit: 25 },
);

export const invoices = pages<Invoices, Invoice>(
  own(() => "/api/billing/invoices"),
  (page) => ({ rows: page.invoices, nextCursor: page.next }),
  (invoice) => invoice.number,
  { by: get, limit: 12, cursorName: "before" },
);

const monthOf = (date: Date): string => date.toISOString().slice(0, 7);

/** This month and the eleven before it, UTC. */
export const months = computed<string[]>(() => {
  const now = new Date();
  return Array.from({ length: 12 }, (_, ago) => monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago, 1))));
});
export const month = signal(monthOf(new Date()));
/** Of the month: the credit at its begin and end. */
export const bounds = signal<Pick<Statement, "openingNanoUsd" | "closingNanoUsd"> | null>(null);

export const statement = pages<Statement, StatementPosting>(
  own(() => `/api/billing/statement?month=${month.value}`),
  (page) => {
    bounds.value = page;
    return { rows: page.postings, nextCursor: page.next };
  },
  (posting) => posting.id,
  { by: get, limit: 50, cursorName: "after" },
);

/** The statement is read from its first posting on: what is new belongs at its end. */
export async function refreshStatement(): Promise<void> {
  statement.reset();
  await statement.refresh();
}

/** What each page shows. */
const SHOWN: Record<Page, (() => Promise<void>)[]> = {
  usage: [lines.refresh, byDay.refresh, byModel.refresh],
  keys: [keys.refresh],
  billing: [billing.refresh, invoices.refresh, refreshStatement],
  playground: [models.refresh, billing.refresh],
};

export const refreshPage = (page: Page): Promise<unknown> =>
  Promise.all([account.refresh(), ...SHOWN[page].map((refresh) => refresh())]);

/** Another account sees nothing of the one before. */
export function forget(): void {
  for (const one of [account, keys, billing, models, byDay, byModel, lines, invoices, statement]) one.reset();
  bounds.value = null;
}
