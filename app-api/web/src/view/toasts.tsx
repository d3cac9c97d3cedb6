/** What happens in passing, told to eyes and to screen readers. */

import { dismiss, toasts } from "../state/toasts";
import { Name } from "./parts";

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map((toast) => (
      <div key={toast.id} class={`toast ${toast.tone}`}>
        <span class="dot" aria-hidden="true" />
        <p>
          {toast.text} {toast.signature && <Name of={toast.signature} kind="transaction" />}
        </p>
        <button type="button" class="quiet" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
          ×
        </button>
      </div>
    ))}
  </div>
);
