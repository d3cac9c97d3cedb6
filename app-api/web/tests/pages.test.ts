import assert from "node:assert/strict";
import { test } from "node:test";
import type { Get } from "../src/api/client";
import { pages } from "../src/state/pages";

interface Page {
  rows: number[];
  next: string | null;
}

/** Rows from `newest` down to 1, two on a page. */
function list(newest: number, asked: string[]): Get {
  return async <T>(path: string) => {
    asked.push(path);
    const before = /before=(\d+)/.exec(path)?.[1];
    const from = before === undefined ? newest : Number(before) - 1;
    const rows = [from, from - 1].filter((row) => row > 0);
    const last = rows.at(-1) ?? 0;
    return { rows, next: last > 1 ? String(last) : null } as T;
  };
}

test("pages follow each other by their cursor, without a row twice", async () => {
  const asked: string[] = [];
  const by = list(5, asked);
  const read = pages<Page, number>(
    () => "/list?month=2026-11",
    (page) => ({ rows: page.rows, nextCursor: page.next }),
    String,
    { limit: 2, cursorName: "before", by },
  );
  await read.refresh();
  assert.deepEqual(read.state.value.rows, [5, 4]);
  assert.equal(read.state.value.more, true);
  await read.next();
  await read.next();
  assert.deepEqual(read.state.value.rows, [5, 4, 3, 2, 1]);
  assert.equal(read.state.value.more, false);
  assert.deepEqual(asked, [
    "/list?month=2026-11&limit=2",
    "/list?month=2026-11&limit=2&before=4",
    "/list?month=2026-11&limit=2&before=2",
  ]);
  // What was read stays where the newest page is asked again.
  await read.refresh();
  assert.deepEqual(read.state.value.rows, [5, 4, 3, 2, 1]);
});
