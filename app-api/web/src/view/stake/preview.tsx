/** What a transaction would do, by the server's simulation of it, before anyone signs. */

import type { Prepared } from "../../api/types";
import { ApiError } from "../../api/client";
import { inWords } from "../../api/words";
import { formatSol } from "../../numbers/units";
import { connected } from "../../wallet/standard";
import { poolOfAsset, withSymbol } from "../asset";
import { Pair } from "../parts";
import { preview, previewing, question, takesAmount, verb } from "./form";

export function PreviewNote() {
  if (!connected.value) return null;
  const answer = preview.value?.of === question.value ? preview.value : null;
  return (
    <div class={`preview ${previewing.value ? "stale" : ""}`} aria-live="polite" aria-busy={previewing.value}>
      {!question.value ? (
        <p class="note">{takesAmount(verb.value) ? "Enter an amount to see what would change." : ""}</p>
      ) : answer?.prepared ? (
        <Effects of={answer.prepared} />
      ) : answer?.error ? (
        <p class="preview-problem">{refusal(answer.error)}</p>
      ) : (
        <p class="note">Simulating on the chain …</p>
      )}
    </div>
  );
}

function refusal(error: unknown): string {
  if (error instanceof ApiError && error.absent) return "Staking from this page is not available on this server.";
  return inWords(error);
}

function Effects({ of }: { of: Prepared }) {
  const effects = of.simulation;
  if (!effects) return <p class="note">{of.message}</p>;
  const rent = BigInt(effects.rentLamports);
  return (
    <>
    {of.message && <p class="note">{of.message}</p>}
    <dl class="pairs">
      {effects.changes.map(({ asset, deltaUnits }) => (
        <Change key={asset} asset={asset} delta={BigInt(deltaUnits)} />
      ))}
      <Pair label="Network fee">{formatSol(BigInt(effects.feeLamports))} SOL</Pair>
      {rent !== 0n && (
        <Pair label={rent > 0n ? "Account rent, returned when closed" : "Account rent returned"}>
          {formatSol(rent < 0n ? -rent : rent)} SOL
        </Pair>
      )}
    </dl>
    </>
  );
}

function Change({ asset, delta }: { asset: string; delta: bigint }) {
  const pool = poolOfAsset(asset);
  const text = pool ? withSymbol(delta, pool) : delta.toString();
  return (
    <Pair label={asset === "SOL" ? "Your wallet, fee and rent included" : "Your wallet"} tone={delta > 0n ? "gain" : ""}>
      {delta > 0n ? "+" : ""}
      {text}
    </Pair>
  );
}
