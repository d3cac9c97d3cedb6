import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCents, formatChange, formatMoney, nano, parseCents, sum } from "../src/numbers/money";
import { AmountError } from "../src/numbers/units";

test("money is shown to the last nano-dollar, with cents at least", () => {
  assert.equal(formatMoney("0"), "$0.00");
  assert.equal(formatMoney("72000"), "$0.000072");
  assert.equal(formatMoney("1"), "$0.000000001");
  assert.equal(formatMoney("24999928000"), "$24.999928");
  assert.equal(formatMoney("-1500000000"), "−$1.50");
  // Beyond what a float can count.
  assert.equal(formatMoney("9223372036854775807"), "$9,223,372,036.854775807");
  assert.equal(formatMoney("9007199254740993"), "$9,007,199.254740993");
});

test("what is not known is a dash", () => {
  for (const unknown of [null, undefined, "", "1.5", "1e9", "abc"]) assert.equal(formatMoney(unknown), "–");
  assert.equal(nano("12"), 12n);
  assert.equal(sum(["1", null]), null);
  assert.equal(sum(["9007199254740993", "1"]), 9007199254740994n);
  assert.equal(sum([]), 0n);
});

test("what came and what went", () => {
  assert.equal(formatChange("25000000000"), "+$25.00");
  assert.equal(formatChange("-72000"), "−$0.000072");
  assert.equal(formatChange("0"), "$0.00");
});

test("typed dollars are cents, within bounds", () => {
  assert.equal(formatCents(2_500), "$25.00");
  assert.equal(parseCents("50", 500, 1_000_000), 5_000);
  assert.equal(parseCents(" $12.34 ", 500, 1_000_000), 1_234);
  assert.equal(parseCents("12.340", 500, 1_000_000), 1_234);
  assert.throws(() => parseCents("12.345", 500, 1_000_000), AmountError);
  assert.throws(() => parseCents("4.99", 500, 1_000_000), /from \$5.00 to \$10,000.00/);
  assert.throws(() => parseCents("10000.01", 500, 1_000_000), AmountError);
  assert.throws(() => parseCents("ten", 500, 1_000_000), AmountError);
});
