/** A table that goes on, page by page. */

import type { ComponentChildren } from "preact";
import type { Pages } from "../state/pages";
import { Problem, Skeleton } from "./parts";

export function Listed<R>(props: {
  of: Pages<R>;
  what: string;
  empty: ComponentChildren;
  columns: ComponentChildren;
  row: (row: R) => ComponentChildren;
  /** What the next page holds. */
  next?: string;
}) {
  const { rows, more, error, loading } = props.of.state.value;
  if (!rows) return error ? <Problem error={error} retry={props.of.refresh} what={props.what} /> : <Skeleton lines={5} />;
  if (rows.length === 0) return <>{props.empty}</>;
  return (
    <>
      <div class="scroll" role="region" aria-label={props.what} tabIndex={0}>
        <table>
          <thead><tr>{props.columns}</tr></thead>
          <tbody>{rows.map(props.row)}</tbody>
        </table>
      </div>
      {error && <Problem error={error} retry={props.of.refresh} what={props.what} />}
      {more && (
        <button type="button" class="quiet more" disabled={loading} onClick={() => void props.of.next()}>
          {props.next ?? "Show older"}
        </button>
      )}
    </>
  );
}
