/** A list of the API that is read page by page, newest first. */

import { signal, type ReadonlySignal } from "@preact/signals";
import { get, type ApiError, type Get } from "../api/client";

export interface Paged<R> {
  /** `null` until the first page is there. */
  rows: R[] | null;
  /** More can be asked for. */
  more: boolean;
  error: ApiError | null;
  loading: boolean;
}

export interface Pages<R> {
  state: ReadonlySignal<Paged<R>>;
  /** What is new since; pages that were read stay. */
  refresh(): Promise<void>;
  /** The next page. */
  next(): Promise<void>;
  reset(): void;
}

/** How pages are asked for. */
export interface Asking {
  limit?: number;
  /** The parameter that names a page. */
  cursorName?: string;
  by?: Get;
}

/** `read` finds rows and cursor in an answer, `key` tells rows apart. */
export function pages<A, R>(
  path: () => string | null,
  read: (answer: A) => { rows: R[]; nextCursor: string | null },
  key: (row: R) => string,
  { limit = 12, cursorName = "cursor", by = get }: Asking = {},
): Pages<R> {
  const state = signal<Paged<R>>({ rows: null, more: false, error: null, loading: true });
  let cursor: string | null = null;

  async function load(older: boolean): Promise<void> {
    const base = path();
    if (base === null) return;
    state.value = { ...state.peek(), loading: true };
    const after = older && cursor ? `&${cursorName}=${encodeURIComponent(cursor)}` : "";
    const query = base.includes("?") ? "&" : "?";
    try {
      const { rows, nextCursor } = read(await by<A>(`${base}${query}limit=${limit}${after}`));
      if (path() !== base) return;
      const known = state.peek().rows ?? [];
      const keys = new Set(known.map(key));
      const fresh = rows.filter((row) => !keys.has(key(row)));
      // A page that overlaps nothing known leaves a gap behind it: begin anew.
      const anew = !older && known.length > 0 && fresh.length === rows.length && rows.length > 0;
      if (older || known.length === 0 || anew) cursor = nextCursor;
      state.value = {
        rows: anew ? rows : older ? [...known, ...fresh] : [...fresh, ...known],
        more: cursor !== null,
        error: null,
        loading: false,
      };
    } catch (error) {
      if (path() === base) state.value = { ...state.peek(), error: error as ApiError, loading: false };
    }
  }

  return {
    state,
    refresh: () => load(false),
    next: () => load(true),
    reset() {
      cursor = null;
      state.value = { rows: null, more: false, error: null, loading: true };
    },
  };
}
