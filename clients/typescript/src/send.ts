import {
  appendTransactionMessageInstructions,
  createTransactionMessage,
  isSolanaError,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR,
  type Instruction,
  type Rpc,
  type Signature,
  type SolanaRpcApi,
  type TransactionSigner,
} from '@solana/kit';

import { PrimisError } from './error.js';
import { getStakingVaultErrorMessage, type StakingVaultError } from './generated/program/index.js';

/** A transaction that landed. */
export type Landed = {
  signature: Signature;
  /** The slot it landed in. */
  slot: bigint;
};

/** Pause between two looks at a transaction, milliseconds: about a slot. */
const LOOK_EVERY = 400;

/**
 * Signs, sends and waits until the transaction is confirmed. It looks by polling, so that the RPC
 * address alone is enough.
 *
 * @throws {PrimisError} `transaction_failed`: the chain refused it, with the program's own message
 *   where the program did; `not_confirmed`: its blockhash expired, and it never will be;
 *   `rpc_unreachable`: the RPC does not answer, and what was sent may still land.
 */
export async function sendAndConfirm(
  rpc: Rpc<SolanaRpcApi>,
  payer: TransactionSigner,
  instructions: readonly Instruction[],
): Promise<Landed> {
  try {
    return await land(rpc, payer, instructions);
  } catch (cause) {
    throw cause instanceof PrimisError ? cause : failed(cause);
  }
}

async function land(
  rpc: Rpc<SolanaRpcApi>,
  payer: TransactionSigner,
  instructions: readonly Instruction[],
): Promise<Landed> {
  const { value: lifetime } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (message) => setTransactionMessageFeePayerSigner(payer, message),
    (message) => setTransactionMessageLifetimeUsingBlockhash(lifetime, message),
    (message) => appendTransactionMessageInstructions(instructions, message),
  );
  const transaction = await signTransactionMessageWithSigners(message);
  const signature = getSignatureFromTransaction(transaction);
  const wire = getBase64EncodedWireTransaction(transaction);
  await rpc.sendTransaction(wire, { encoding: 'base64', preflightCommitment: 'confirmed' }).send();
  for (;;) {
    // The height first: a status read after it counts for the time before.
    const height = await rpc.getBlockHeight({ commitment: 'confirmed' }).send();
    const { value } = await rpc.getSignatureStatuses([signature]).send();
    const status = value[0];
    if (status?.err) {
      throw failed(status.err);
    }
    if (status?.confirmationStatus === 'confirmed' || status?.confirmationStatus === 'finalized') {
      return { signature, slot: status.slot };
    }
    if (!status && height > lifetime.lastValidBlockHeight) {
      throw new PrimisError(`transaction ${signature} expired: send it again`, 'not_confirmed');
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

function failed(cause: unknown): PrimisError {
  const unreachable = cause instanceof TypeError || isSolanaError(cause, SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR);
  if (unreachable) {
    const message = `the RPC does not answer: ${deepest(cause).message}`;
    return new PrimisError(message, 'rpc_unreachable', undefined, { cause });
  }
  const code = customCode(cause);
  const known = code === undefined ? undefined : getStakingVaultErrorMessage(code as StakingVaultError);
  const message = known ?? (cause instanceof Error ? deepest(cause).message : text(cause));
  return new PrimisError(message, 'transaction_failed', undefined, { cause });
}

/** The program's own error code, as kit's errors and the RPC's statuses carry it. */
function customCode(of: unknown): number | undefined {
  if (of instanceof Error) {
    const { context } = of as { context?: { code?: unknown } };
    const own = typeof context?.code === 'number' ? context.code : undefined;
    return own ?? customCode(of.cause);
  }
  const [, why] = (of as { InstructionError?: [unknown, unknown] } | null)?.InstructionError ?? [];
  const custom = (why as { Custom?: unknown } | undefined)?.Custom;
  return custom === undefined ? undefined : Number(custom);
}

function deepest(error: Error): Error {
  return error.cause instanceof Error ? deepest(error.cause) : error;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
}
