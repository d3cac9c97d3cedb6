import {
  address,
  createSolanaRpc,
  type Address,
  type Instruction,
  type Rpc,
  type SolanaRpcApi,
  type TransactionSigner,
} from '@solana/kit';

import { createApi, unwrap, type PrimisApi } from './api.js';
import { PrimisError } from './error.js';
import type { components } from './generated/api.js';
import {
  fetchMaybePosition,
  fetchPool,
  findPoolPda,
  findPositionPda,
  getClaimInstructionAsync,
  getCompoundInstructionAsync,
  getDepositSolInstructionAsync,
  getWithdrawSolInstructionAsync,
  type Pool,
  type Position,
} from './generated/program/index.js';
import { sendAndConfirm, type Landed } from './send.js';

/** The mint that stands for SOL in a pool's address. */
export const NATIVE_MINT = address('So11111111111111111111111111111111111111112');

/** Where everything is. */
export type PrimisSettings = {
  /** Address of the API, for example `http://127.0.0.1:8080`. */
  apiUrl: string;
  /** Address of a Solana RPC of the vault's cluster. */
  rpcUrl: string;
  /** The vault. */
  vault: Address;
};

/** What a client talks to, for callers who have their own. */
export type Connection = {
  api: PrimisApi;
  rpc: Rpc<SolanaRpcApi>;
  vault: Address;
};

/** The vault and its API together. */
export class PrimisClient {
  readonly api: PrimisApi;
  readonly rpc: Rpc<SolanaRpcApi>;
  readonly vault: Address;

  constructor(settings: PrimisSettings | Connection) {
    this.vault = settings.vault;
    this.api = 'api' in settings ? settings.api : createApi(settings.apiUrl);
    this.rpc = 'rpc' in settings ? settings.rpc : createSolanaRpc(settings.rpcUrl);
  }

  /** Address of the pool for a mint; the SOL pool where none is said. */
  async poolAddress(mint: Address = NATIVE_MINT): Promise<Address> {
    const [pool] = await findPoolPda({ vault: this.vault, mint });
    return pool;
  }

  /** Address of an owner's position. */
  async positionAddress(owner: Address, mint: Address = NATIVE_MINT): Promise<Address> {
    const [position] = await findPositionPda({ pool: await this.poolAddress(mint), owner });
    return position;
  }

  /** A pool as it is on the chain. */
  async pool(mint: Address = NATIVE_MINT): Promise<Pool> {
    const pool = await fetchPool(this.rpc, await this.poolAddress(mint), { commitment: 'confirmed' });
    return pool.data;
  }

  /** An owner's position as it is on the chain; `null` where there is none. */
  async position(owner: Address, mint: Address = NATIVE_MINT): Promise<Position | null> {
    const at = await this.positionAddress(owner, mint);
    const found = await fetchMaybePosition(this.rpc, at, { commitment: 'confirmed' });
    return found.exists ? found.data : null;
  }

  /** Deposits lamports into the SOL pool; opens the position when it is missing. */
  stakeSol(owner: TransactionSigner, lamports: bigint): Promise<Instruction> {
    return getDepositSolInstructionAsync({ owner, vault: this.vault, lamports });
  }

  /** Withdraws units of the SOL pool; a unit is a lamport unless a loss was recognised. */
  async unstakeSol(owner: TransactionSigner, units: bigint): Promise<Instruction> {
    return getWithdrawSolInstructionAsync({ owner, pool: await this.poolAddress(), units });
  }

  /** Pays the yield owed to the owner. */
  async claim(owner: TransactionSigner, mint: Address = NATIVE_MINT): Promise<Instruction> {
    const pool = await this.poolAddress(mint);
    return getClaimInstructionAsync({ owner, vault: this.vault, pool });
  }

  /** Turns the yield owed by the SOL pool into stake. */
  compoundSol(owner: TransactionSigner): Promise<Instruction> {
    return getCompoundInstructionAsync({ owner, vault: this.vault });
  }

  /** Signs, sends and waits for `confirmed`; see {@link sendAndConfirm}. */
  send(payer: TransactionSigner, instructions: readonly Instruction[]): Promise<Landed> {
    return sendAndConfirm(this.rpc, payer, instructions);
  }

  /** Every distribution, newest first, page by page as they are asked for. */
  async *distributions(limit = 50): AsyncGenerator<components['schemas']['Distribution']> {
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? { limit } : { limit, cursor };
      const page = await unwrap(this.api.GET('/api/yield/distributions', { params: { query } }));
      yield* page.distributions;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /**
   * Waits until the API has read the chain past a slot, so that what it answers holds what was done
   * there.
   *
   * @throws {PrimisError} `not_indexed` after `seconds`.
   */
  async untilIndexed(slot: bigint, seconds = 60): Promise<void> {
    const deadline = Date.now() + seconds * 1_000;
    for (;;) {
      const seen = await unwrap(this.api.GET('/api/pools'));
      if (BigInt(seen.asOfSlot) > slot) {
        return;
      }
      if (Date.now() > deadline) {
        throw new PrimisError(`the API has not read past slot ${slot} yet`, 'not_indexed');
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
