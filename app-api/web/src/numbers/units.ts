/** Amounts: whole units as `bigint`, as the chain counts them; never a float. */

export const SOL_DECIMALS = 9;

/** Why a text is no amount, in words for whoever typed it. */
export class AmountError extends Error {}

/**
 * The units that a decimal text names.
 * @throws AmountError in words for the person who typed it.
 */
export function parseUnits(text: string, decimals: number): bigint {
  const typed = text.trim();
  if (typed.includes(",")) throw new AmountError("Use a point for decimals, and no commas.");
  const match = /^(\d*)(?:\.(\d*))?$/.exec(typed);
  const [, whole = "", fraction = ""] = match ?? [];
  if (!match || whole + fraction === "") throw new AmountError("Enter an amount, such as 1.5.");
  if (fraction.length > decimals && /[1-9]/.test(fraction.slice(decimals)))
    throw new AmountError(`This asset has ${decimals} decimals at most.`);
  return BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, "0"));
}

/** How many decimals to show. */
export interface Shown {
  /** At least so many, zeros included. */
  min?: number;
  /** At most so many; what is beyond is cut off, never rounded up. */
  max?: number;
}

/** Units as a decimal text with grouped thousands, cut off: nobody is shown more than there is. */
export function formatUnits(units: bigint, decimals: number, shown: Shown = {}): string {
  const { max = decimals, min = Math.min(2, decimals) } = shown;
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const all = digits.slice(digits.length - decimals).slice(0, max);
  const fraction = all.replace(/0+$/, "").padEnd(Math.min(min, max), "0");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const text = fraction ? `${grouped}.${fraction}` : grouped;
  return negative && /[1-9]/.test(text) ? `−${text}` : text;
}

/** As {@link formatUnits}, with the decimals that its size deserves. */
export function formatAmount(units: bigint, decimals: number): string {
  const size = units < 0n ? -units : units;
  const one = 10n ** BigInt(decimals);
  if (size >= 1_000n * one) return formatUnits(units, decimals, { min: 2, max: 2 });
  if (size >= one) return formatUnits(units, decimals, { min: 2, max: 4 });
  return formatUnits(units, decimals, { min: 2, max: size * 10_000n >= one ? 6 : decimals });
}

/** Lamports as SOL, with the decimals that its size deserves. */
export const formatSol = (lamports: bigint): string => formatAmount(lamports, SOL_DECIMALS);

/** Lamports as SOL with six decimals, for columns of figures. */
export const formatSolColumn = (lamports: bigint): string => formatUnits(lamports, SOL_DECIMALS, { min: 6, max: 6 });

/** Lamports as SOL, all nine decimals: for what moves each second. */
export const formatSolExactly = (lamports: bigint): string =>
  formatUnits(lamports, SOL_DECIMALS, { min: SOL_DECIMALS });

/** What the input field of this asset would hold for these units. */
export const toInput = (units: bigint, decimals: number): string =>
  formatUnits(units, decimals, { min: 0 }).replaceAll(",", "");

/** A part of an amount, rounded down. */
export const partOf = (units: bigint, percent: number): bigint => (units * BigInt(percent)) / 100n;
