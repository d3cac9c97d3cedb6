/** Small parts that only the console has. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ApiError } from "../../api/client";
import { inWords } from "../../api/words";
import { say } from "../../state/toasts";
import { Empty, Problem } from "../../view/parts";

/** What went wrong; a part that this server is not set up for is no fault, and cannot be tried again. */
export const Trouble = (props: { error: ApiError; retry: () => unknown; what: string; absent: string }) =>
  props.error.code === "not_configured" ? (
    <Empty title={props.absent}>Whoever runs this server can set it up. Everything else works without it.</Empty>
  ) : (
    <Problem error={props.error} retry={props.retry} what={props.what} />
  );

/** A labelled field. */
export const Field = (props: { label: string; id: string; note?: string; children: ComponentChildren }) => (
  <div class="field">
    <label htmlFor={props.id}>{props.label}</label>
    {props.children}
    {props.note && <p class="note" id={`${props.id}-note`}>{props.note}</p>}
  </div>
);

/** Copies a text that can be read beside it. */
export function Copy(props: { text: string; what: string }) {
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      copied.value = true;
      setTimeout(() => (copied.value = false), 2_000);
    } catch {
      say({ tone: "bad", text: "Your browser does not let the page copy. Select the text and copy it." });
    }
  };
  return (
    <button type="button" onClick={() => void copy()}>
      {copied.value ? "Copied" : `Copy ${props.what}`}
    </button>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: {
  title: string;
  children: ComponentChildren;
  verb: string;
  act: () => Promise<void>;
  close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const busy = useSignal(false);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  const act = async () => {
    busy.value = true;
    problem.value = null;
    try {
      await props.act();
      dialog.current?.close();
    } catch (error) {
      problem.value = inWords(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <dialog ref={dialog} class="wallets" aria-labelledby="confirm-title" onClose={props.close}>
      <h2 id="confirm-title">{props.title}</h2>
      <p>{props.children}</p>
      {problem.value && <p class="field-problem" role="alert">{problem.value}</p>}
      <div class="buttons">
        <button type="button" class="primary" disabled={busy.value} onClick={() => void act()}>{props.verb}</button>
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>Cancel</button>
      </div>
    </dialog>
  );
}
