import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, refusal } from "../src/api/client";
import { eventReader, pieceOf } from "../src/api/sse";

const STREAM = ": OPENROUTER PROCESSING\n\ndata: {\"a\":1}\n\ndata: two\r\ndata: lines\r\n\r\ndata:[DONE]\n\n";
const EVENTS = ['{"a":1}', "two\nlines", "[DONE]"];

test("events are the same wherever the stream is cut", () => {
  for (let first = 0; first <= STREAM.length; first += 1)
    for (let second = first; second <= STREAM.length; second += 1) {
      const read = eventReader();
      const pieces = [STREAM.slice(0, first), STREAM.slice(first, second), STREAM.slice(second)];
      assert.deepEqual(pieces.flatMap(read), EVENTS, `cut at ${first} and ${second}`);
    }
});

test("an event that never ends is none", () => {
  assert.deepEqual(eventReader()("data: half"), []);
});

test("a piece of an answer, or why there is no more", () => {
  assert.equal(pieceOf('{"choices":[{"delta":{"content":"Hi"}}]}'), "Hi");
  assert.equal(pieceOf('{"choices":[{"delta":{"role":"assistant","content":null}}]}'), "");
  assert.equal(pieceOf('{"choices":[],"usage":{"prompt_tokens":10}}'), "");
  assert.equal(pieceOf("[DONE]"), "");
  assert.throws(
    () => pieceOf('{"error":{"message":"the model broke off","code":"upstream_lost"}}'),
    (error) => error instanceof ApiError && error.code === "upstream_lost" && error.message === "the model broke off",
  );
});

test("refusals are read in both forms", () => {
  const own = refusal(503, '{"message":"set this key","code":"not_configured"}');
  assert.deepEqual([own.message, own.code, own.status], ["set this key", "not_configured", 503]);
  const openai = refusal(402, '{"error":{"message":"too little","type":"billing","code":"insufficient_balance","param":null}}');
  assert.deepEqual([openai.message, openai.code, openai.status], ["too little", "insufficient_balance", 402]);
  assert.equal(refusal(502, "<html>").code, "refused");
});
