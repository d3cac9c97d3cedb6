/** Server-sent events out of a stream that a POST answered: `EventSource` knows only GET. */

import { ApiError } from "./client";

/** Gives the data of each event that has come whole; what has not waits for the next piece. */
export function eventReader(): (piece: string) => string[] {
  let rest = "";
  return (piece) => {
    // A piece may end between the two characters of a line's end: that is left for the next.
    const text = rest + piece;
    const blocks = text.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? "";
    return blocks.map(dataOf).filter((data): data is string => data !== null);
  };
}

/** The `data:` lines of an event; `null`: it is a comment alone. */
function dataOf(block: string): string | null {
  const lines = block
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).replace(/^ /, ""));
  return lines.length > 0 ? lines.join("\n") : null;
}

/** What an event of a chat completion says: more text, or why there is no more. */
export function pieceOf(data: string): string {
  if (data === "[DONE]") return "";
  const told = JSON.parse(data) as {
    choices?: { delta?: { content?: string | null } }[];
    error?: { message?: string; code?: string | number };
  };
  if (told.error)
    throw new ApiError(told.error.message ?? "The model failed.", String(told.error.code ?? "upstream_failed"), 200);
  return told.choices?.[0]?.delta?.content ?? "";
}
