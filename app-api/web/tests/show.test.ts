import assert from "node:assert/strict";
import { test } from "node:test";
import { regularStakingPercent, widths } from "../src/numbers/apr";
import { formatAgo, formatLength, formatPercent, formatSpan, formatUsd, formatWait, nanoUsd, short, usdNumber } from "../src/numbers/show";

test("rates", () => {
  assert.equal(formatPercent(9), "9.00 %");
  assert.equal(formatPercent(4.431), "4.43 %");
  assert.equal(formatPercent(29472.44), "29,472 %");
  assert.equal(formatPercent(12_345_678), "12.3M %");
  assert.equal(formatPercent(0.0000001), "0.00 %");
  assert.equal(formatPercent(0.0012), "0.0012 %");
  for (const unknown of [null, undefined, NaN, Infinity]) assert.equal(formatPercent(unknown), "–");
});

test("dollars", () => {
  assert.equal(formatUsd(nanoUsd(11_310_000_000n, 150_000_000_000n)), "$1,696.50");
  assert.equal(formatUsd(442_086_648_983_200n), "$442,086");
  assert.equal(formatUsd(0n), "$0.00");
  assert.equal(formatUsd(1n), "< $0.01");
  assert.equal(formatUsd(usdNumber(12_345_678.9)), "$12.3M");
});

test("waits, spans and times past", () => {
  assert.equal(formatWait(245), "4:05");
  assert.equal(formatWait(3723.2), "1:02:04");
  assert.equal(formatWait(180_240), "2 d 02:04");
  assert.equal(formatWait(-5), "0:00");
  assert.equal(formatSpan(600), "10 min");
  assert.equal(formatSpan(30), "30 s");
  assert.equal(formatLength(1), "1 second");
  assert.equal(formatLength(86_400), "24 hours");
  assert.equal(formatLength(2_592_000), "30 days");
  assert.equal(formatAgo(100, 112.9), "12 s ago");
  assert.equal(short("Bp4pmvckwNicvQrxafeCgrM35WnTE1qz2MbvGWA4GhDf"), "Bp4p…GhDf");
});

test("regular staking is told from what base rewards were split into", () => {
  const base = { stakersTotalLamports: "7000", distributedTotalLamports: "10000" };
  assert.equal(regularStakingPercent(4.431, base)?.toFixed(2), "6.33");
  assert.equal(regularStakingPercent(null, base), null);
  assert.equal(regularStakingPercent(4.431, { stakersTotalLamports: "0", distributedTotalLamports: "0" }), null);
  assert.deepEqual(widths(1, 3), { base: 25, compute: 75 });
  assert.equal(widths(null, null), null);
  assert.equal(widths(0, 0), null);
});
