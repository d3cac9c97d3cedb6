/** Which page is shown: the address's fragment says it, so that back and reload work. */

import { signal } from "@preact/signals";

export const PAGES = { usage: "Usage", keys: "Keys", billing: "Billing", playground: "Playground" };
export type Page = keyof typeof PAGES;

const named = (): Page => {
  const name = location.hash.slice(1);
  return name in PAGES ? (name as Page) : "usage";
};

export const page = signal<Page>(named());

export function startRoute(): void {
  addEventListener("hashchange", () => {
    // The link past the header names no page.
    if (location.hash !== "#main") page.value = named();
  });
}
