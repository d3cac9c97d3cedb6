/** Rates, dollars and times as people read them. What is not known is a dash, never a zero. */

export const UNKNOWN = "–";

const NANO_USD_OF_A_CENT = 10_000_000n;
const LAMPORTS_OF_A_SOL = 1_000_000_000n;

/** `9.00 %`; large rates without decimals, and those beyond sense in short. */
export function formatPercent(percent: number | null | undefined): string {
  if (percent === null || percent === undefined || !Number.isFinite(percent)) return UNKNOWN;
  if (percent >= 1e6) return `${compact(percent)} %`;
  const decimals = percent >= 1000 ? 0 : percent !== 0 && percent < 0.01 ? 6 : 2;
  return `${plain(percent, decimals)} %`;
}

/** `1.2M`: for numbers whose digits say nothing any more. */
export const compact = (number: number): string =>
  new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(number);

/** A count, with grouped thousands. */
export const formatCount = (count: number): string => plain(count, 0);

function plain(number: number, decimals: number): string {
  return new Intl.NumberFormat("en", {
    minimumFractionDigits: Math.min(2, decimals),
    maximumFractionDigits: decimals,
  }).format(number);
}

/** Lamports in nano-USD at a price, rounded down. */
export const nanoUsd = (lamports: bigint, nanoUsdPerSol: bigint): bigint =>
  (lamports * nanoUsdPerSol) / LAMPORTS_OF_A_SOL;

/** `$1,234.56`; large sums in short, small ones as small. */
export function formatUsd(nano: bigint): string {
  const cents = nano / NANO_USD_OF_A_CENT;
  if (cents === 0n && nano > 0n) return "< $0.01";
  const dollars = cents / 100n;
  if (dollars >= 10_000_000n) return `$${compact(Number(dollars))}`;
  const whole = new Intl.NumberFormat("en").format(dollars);
  if (dollars >= 100_000n) return `$${whole}`;
  return `$${whole}.${(cents % 100n).toString().padStart(2, "0")}`;
}

/** A price or sum that the API gives as a number of dollars. */
export function usdNumber(usd: number): bigint {
  return BigInt(Math.round(usd * 100)) * NANO_USD_OF_A_CENT;
}

/** `4:05`, `1:02:03`, `2 d 03:04`: what is left of a wait. */
export function formatWait(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  const two = (n: number) => Math.floor(n).toString().padStart(2, "0");
  if (left >= 86_400) return `${Math.floor(left / 86_400)} d ${two((left % 86_400) / 3600)}:${two((left % 3600) / 60)}`;
  if (left >= 3600) return `${Math.floor(left / 3600)}:${two((left % 3600) / 60)}:${two(left % 60)}`;
  return `${Math.floor(left / 60)}:${two(left % 60)}`;
}

/** `10 min`, `30 s`, `1 h`: how long an interval is. */
export function formatSpan(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}

/** `14 minutes`, `24 hours`, `30 days`: how long something took, roughly. */
export function formatLength(seconds: number): string {
  const count = (n: number, unit: string) => `${formatCount(Math.round(n))} ${unit}${Math.round(n) === 1 ? "" : "s"}`;
  if (seconds < 120) return count(seconds, "second");
  if (seconds < 7_200) return count(seconds / 60, "minute");
  if (seconds < 172_800) return count(seconds / 3600, "hour");
  return count(seconds / 86_400, "day");
}

/** `12 s ago`, `3 min ago`; days as a date. */
export function formatAgo(unix: number, nowUnix: number): string {
  const seconds = Math.max(0, Math.floor(nowUnix - unix));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return formatDate(unix);
}

const DATE = new Intl.DateTimeFormat("en", { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" });
const TIME = new Intl.DateTimeFormat("en", {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: "UTC",
});

export const formatDate = (unix: number): string => DATE.format(unix * 1000);
/** Seconds and all, in UTC: windows of the vault are counted in it. */
export const formatTime = (unix: number): string => `${TIME.format(unix * 1000)} UTC`;

/** `Bp4p…hDf`: enough of an address to know it by. */
export const short = (text: string, ends = 4): string =>
  text.length <= 2 * ends + 1 ? text : `${text.slice(0, ends)}…${text.slice(-ends)}`;
