import assert from "node:assert/strict";
import { test } from "node:test";
import { AmountError, formatAmount, formatSol, formatSolExactly, formatUnits, parseUnits, partOf, toInput } from "../src/numbers/units";

test("what is typed is read to the last unit", () => {
  assert.equal(parseUnits("1.5", 9), 1_500_000_000n);
  assert.equal(parseUnits(" .000000001 ", 9), 1n);
  assert.equal(parseUnits("2.", 9), 2_000_000_000n);
  assert.equal(parseUnits("18446744073.709551615", 9), 18446744073709551615n);
  assert.equal(parseUnits("0.1000000000", 9), 100_000_000n);
  assert.equal(parseUnits("7", 0), 7n);
});

test("what is no amount is refused in words", () => {
  for (const text of ["", " ", ".", "-1", "1e9", "1.5.5", "0x10", "٣", "1 000"])
    assert.throws(() => parseUnits(text, 9), AmountError, text);
  assert.throws(() => parseUnits("1,5", 9), /point/);
  assert.throws(() => parseUnits("0.0000000001", 9), /9 decimals/);
});

test("amounts are cut off, never rounded up", () => {
  assert.equal(formatUnits(1_999_999_999n, 9, { max: 2 }), "1.99");
  assert.equal(formatUnits(1_000_000_000n, 9), "1.00");
  assert.equal(formatUnits(1_234_567_890_123_456_789n, 9), "1,234,567,890.123456789");
  assert.equal(formatUnits(-1_500_000_000n, 9), "−1.50");
  assert.equal(formatUnits(-1n, 9, { max: 2 }), "0.00");
  assert.equal(formatUnits(5n, 0), "5");
});

test("an amount has the decimals that its size deserves", () => {
  assert.equal(formatSol(0n), "0.00");
  assert.equal(formatSol(1n), "0.000000001");
  assert.equal(formatSol(63_419_583n), "0.063419");
  assert.equal(formatSol(11_310_000_001n), "11.31");
  assert.equal(formatSol(100_000_123_456_789n), "100,000.12");
  assert.equal(formatSolExactly(1_000_000_000n), "1.000000000");
  assert.equal(formatAmount(1_234_567n, 6), "1.2345");
});

test("what is put into the field reads back as the same units", () => {
  for (const units of [0n, 1n, 999_999_999n, 1_234_567_890_123n, 18446744073709551615n])
    assert.equal(parseUnits(toInput(units, 9), 9), units);
  assert.equal(partOf(3n, 50), 1n);
});
