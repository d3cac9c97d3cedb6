/** Small parts that every panel is made of. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { ApiError } from "../api/client";
import { inWords } from "../api/words";
import { short } from "../numbers/show";
import { network } from "../state/data";
import { say } from "../state/toasts";

/** A titled section. */
export function Panel(props: {
  id: string;
  title: string;
  note?: ComponentChildren;
  tools?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <section class={`panel ${props.class ?? ""}`} id={props.id} aria-labelledby={`${props.id}-title`}>
      <header class="panel-head">
        <div>
          <h2 id={`${props.id}-title`}>{props.title}</h2>
          {props.note && <p class="note">{props.note}</p>}
        </div>
        {props.tools && <div class="tools">{props.tools}</div>}
      </header>
      {props.children}
    </section>
  );
}

/** Where a figure will stand. */
export const Skeleton = (props: { width?: number; lines?: number }) => (
  <span class="skeleton-block" aria-hidden="true">
    {Array.from({ length: props.lines ?? 1 }, (_, line) => (
      <span key={line} class="skeleton" style={{ width: `${props.width ?? 100}%` }} />
    ))}
  </span>
);

/** What went wrong, and a way to try again where that can help. */
export function Problem(props: { error: ApiError; retry: () => unknown; what: string }) {
  const { error } = props;
  return (
    <div class="problem" role={error.absent ? undefined : "alert"}>
      <p>
        <strong>{error.absent ? `${props.what} is not available.` : `${props.what} could not be loaded.`}</strong>{" "}
        {inWords(error)}
      </p>
      {!error.absent && (
        <button type="button" class="quiet" onClick={() => void props.retry()}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Why there is nothing to see here yet. */
export const Empty = (props: { title: string; children?: ComponentChildren }) => (
  <div class="empty">
    <p class="empty-title">{props.title}</p>
    {props.children && <p>{props.children}</p>}
  </div>
);

/** One of a few choices. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { value: T; text: string; disabled?: boolean }[];
  onPick: (value: T) => void;
  even?: boolean;
}) {
  return (
    <div class={`choice ${props.even ? "even" : ""}`} role="group" aria-label={props.label}>
      {props.options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === props.value}
          disabled={option.disabled}
          onClick={() => props.onPick(option.value)}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}

/** An address or signature: a link to the network's explorer, or to be copied where there is none. */
export function Name(props: { of: string; kind: "transaction" | "address"; whole?: boolean }) {
  const copied = useSignal(false);
  const known = network.state.value.data;
  const template = props.kind === "transaction" ? known?.explorerTransactionUrl : known?.explorerAddressUrl;
  const text = props.whole ? props.of : short(props.of);
  if (template) {
    const key = props.kind === "transaction" ? "{signature}" : "{address}";
    return (
      <a class="name" href={template.replace(key, props.of)} target="_blank" rel="noreferrer" title={props.of}>
        {text}
        <span class="sr"> in the explorer, new tab</span>
      </a>
    );
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.of);
      copied.value = true;
      setTimeout(() => (copied.value = false), 1_500);
    } catch {
      say({ tone: "bad", text: `Your browser does not let the page copy. It is ${props.of}` });
    }
  };
  return (
    <button type="button" class="name" title={props.of} onClick={() => void copy()}>
      <span class="sr">Copy {props.kind} </span>
      {copied.value ? "Copied" : text}
    </button>
  );
}

/** A label and its value. */
export const Pair = (props: { label: ComponentChildren; children: ComponentChildren; tone?: string }) => (
  <div class="pair">
    <dt>{props.label}</dt>
    <dd class={props.tone}>{props.children}</dd>
  </div>
);
