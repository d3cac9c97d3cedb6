/** Dollars, from the API's decimal strings of nano-USD to the page, by integers alone. */

import { UNKNOWN } from "./show";
import { AmountError, formatUnits, parseUnits } from "./units";

/** Decimals of a dollar that the API counts. */
export const USD_DECIMALS = 9;
const CENT_DECIMALS = 2;
const NANO_USD_OF_A_CENT = 10_000_000n;

/** The nano-USD that the API tells; `null`: it tells none. */
export const nano = (text: string | null | undefined): bigint | null =>
  text !== null && text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : null;

/** `$0.000072`: all decimals that there are, two at least. What is not known is a dash. */
export function formatMoney(amount: bigint | string | null | undefined): string {
  const known = typeof amount === "bigint" ? amount : nano(amount);
  if (known === null) return UNKNOWN;
  const text = formatUnits(known < 0n ? -known : known, USD_DECIMALS);
  return `${known < 0n ? "−" : ""}$${text}`;
}

/** Money that came or went: with its sign. */
export function formatChange(amount: string): string {
  const known = nano(amount);
  return known !== null && known > 0n ? `+${formatMoney(known)}` : formatMoney(known);
}

/** `$25.00`, of whole cents. */
export const formatCents = (cents: number): string => formatMoney(BigInt(cents) * NANO_USD_OF_A_CENT);

/** The cents that somebody typed as dollars.
 * @throws AmountError in words for the person who typed it. */
export function parseCents(text: string, min: number, max: number): number {
  const typed = text.trim().replace(/^\$/, "");
  if (/\.\d{2}\d*[1-9]/.test(typed)) throw new AmountError("Dollars have two decimals.");
  const cents = parseUnits(typed, CENT_DECIMALS);
  if (cents < BigInt(min) || cents > BigInt(max))
    throw new AmountError(`Enter an amount from ${formatCents(min)} to ${formatCents(max)}.`);
  return Number(cents);
}

/** The sum of amounts, or `null` where one is not known. */
export function sum(amounts: (string | null | undefined)[]): bigint | null {
  let total = 0n;
  for (const amount of amounts) {
    const known = nano(amount);
    if (known === null) return null;
    total += known;
  }
  return total;
}
