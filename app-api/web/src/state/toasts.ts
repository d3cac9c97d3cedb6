/** What the page says in passing, and to screen readers. */

import { signal } from "@preact/signals";

export interface Toast {
  id: number;
  tone: "progress" | "good" | "bad";
  text: string;
  signature?: string;
}

/** How long a toast that ended something stays. */
const STAY_MS = 12_000;

export const toasts = signal<Toast[]>([]);
let last = 0;
const leaving = new Map<number, ReturnType<typeof setTimeout>>();

/** Shows a toast; the same id changes the one that is there. */
export function say(toast: Omit<Toast, "id">, id = ++last): number {
  const rest = toasts.peek().filter((other) => other.id !== id);
  toasts.value = [...rest, { ...toast, id }].slice(-3);
  clearTimeout(leaving.get(id));
  if (toast.tone !== "progress") leaving.set(id, setTimeout(() => dismiss(id), STAY_MS));
  return id;
}

export function dismiss(id: number): void {
  clearTimeout(leaving.get(id));
  leaving.delete(id);
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}
