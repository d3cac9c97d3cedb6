/** The seconds that pass: on this machine, and on the chain. */

import { signal } from "@preact/signals";

/** Now, by `performance.now()`: it goes on evenly whatever is done to the wall clock. Ticks each second. */
export const tick = signal(performance.now());

/** How far the chain's clock is ahead of `performance.now()`, seconds; `null` until the chain was read. */
const chainOffset = signal<number | null>(null);

/** Takes in the chain's clock from an answer that just came. Answers are late by some seconds and never
 * early: the greatest offset is the truest, and one that is far off tells of another clock. */
export function sawChainClock(unix: number): void {
  const offset = unix - performance.now() / 1000;
  const known = chainOffset.peek();
  if (known === null || offset > known || known - offset > 60) chainOffset.value = offset;
}

/** The chain's clock, Unix seconds, as well as it is known. */
export function chainNow(): number {
  const offset = chainOffset.value;
  return offset === null ? Date.now() / 1000 : tick.value / 1000 + offset;
}

/** Begins ticking. */
export function startClock(): void {
  setInterval(() => {
    if (document.visibilityState === "visible") tick.value = performance.now();
  }, 1000);
}
