import assert from "node:assert/strict";
import { test } from "node:test";
import { isStreaming, owedAfter, parseRate, type Accrual } from "../src/numbers/accrual";

const stream = (rate: string): Accrual => ({
  owedLamports: 1_000n,
  rate: parseRate(rate) ?? assert.fail(rate),
  asOfUnix: 1_700_000_000,
  untilUnix: 1_700_000_010,
});

test("a rate keeps every digit", () => {
  assert.deepEqual(parseRate("12.345678901"), { value: 12345678901n, scale: 1000000000n });
  assert.deepEqual(parseRate("0"), { value: 0n, scale: 1n });
  for (const text of ["", "-1", "1e3", "1.", ".5", "NaN"]) assert.equal(parseRate(text), null, text);
});

test("yield ticks by the second, rounded down", () => {
  const accrual = stream("12.9");
  assert.equal(owedAfter(accrual, 0), 1_000n);
  assert.equal(owedAfter(accrual, 999), 1_012n);
  assert.equal(owedAfter(accrual, 1_000), 1_012n);
  assert.equal(owedAfter(accrual, 10_000), 1_129n);
});

test("it stands still at the stream's end, however late the next answer comes", () => {
  const accrual = stream("12.9");
  assert.equal(owedAfter(accrual, 10_001), 1_129n);
  assert.equal(owedAfter(accrual, 1e12), 1_129n);
  assert.equal(isStreaming(accrual, 9_999), true);
  assert.equal(isStreaming(accrual, 10_000), false);
});

test("it never runs backwards, and a stream that has ended adds nothing", () => {
  assert.equal(owedAfter(stream("5"), -60_000), 1_000n);
  assert.equal(owedAfter({ ...stream("5"), untilUnix: 1_699_999_000 }, 60_000), 1_000n);
  assert.equal(isStreaming(stream("0"), 0), false);
});

test("rates of any size stay exact", () => {
  const accrual = { ...stream("9007199254740993.000000001"), untilUnix: 1_700_000_000 + 31_557_600 };
  assert.equal(owedAfter(accrual, 31_557_600_000), 1_000n + 9007199254740993n * 31_557_600n);
});
