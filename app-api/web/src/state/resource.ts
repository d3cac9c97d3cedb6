/** An answer of the API that is kept up to date. */

import { signal, type ReadonlySignal } from "@preact/signals";
import { get, type ApiError, type Get } from "../api/client";

export interface Loaded<T> {
  /** The last answer; it stays while a newer one is awaited or fails. */
  data: T | null;
  /** Why there is no newer one. */
  error: ApiError | null;
  loading: boolean;
}

export interface Resource<T> {
  state: ReadonlySignal<Loaded<T>>;
  /** Asks again; several calls at once ask once. */
  refresh(): Promise<void>;
  /** Takes an answer that came another way. */
  put(data: T): void;
  /** Forgets everything, for another question. */
  reset(): void;
}

const EMPTY = { data: null, error: null, loading: false };

/** `path` is asked anew each time; `null`: there is nothing to ask now. */
export function resource<T>(path: () => string | null, by: Get = get): Resource<T> {
  const state = signal<Loaded<T>>({ ...EMPTY, loading: true });
  let asking: { path: string; done: Promise<void> } | null = null;

  async function ask(wanted: string): Promise<void> {
    state.value = { ...state.peek(), loading: true };
    try {
      const data = await by<T>(wanted);
      if (path() === wanted) state.value = { data, error: null, loading: false };
    } catch (error) {
      if (path() === wanted) state.value = { ...state.peek(), error: error as ApiError, loading: false };
    }
  }

  return {
    state,
    refresh() {
      const wanted = path();
      if (wanted === null) return Promise.resolve();
      if (asking?.path === wanted) return asking.done;
      const done = ask(wanted).finally(() => {
        if (asking?.done === done) asking = null;
      });
      asking = { path: wanted, done };
      return done;
    },
    put(data) {
      state.value = { data, error: null, loading: false };
    },
    reset() {
      asking = null;
      state.value = { ...EMPTY, loading: true };
    },
  };
}
