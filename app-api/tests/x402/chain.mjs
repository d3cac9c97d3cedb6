// A chain in this process: Solana's runtime with the token programs (LiteSVM), as its JSON RPC tells of it.

import { createServer } from 'node:http';

import { findAssociatedTokenPda, getMintEncoder, getTokenDecoder, getTokenEncoder, TOKEN_PROGRAM_ADDRESS } from '@solana-program/token';
import {
  getBase58Decoder,
  getBase64Decoder,
  getBase64Encoder,
  getSignatureFromTransaction,
  getTransactionDecoder,
  lamports,
  none,
} from '@solana/kit';
import { FailedTransactionMetadata, LiteSVM } from 'litesvm';

/** As it is told over HTTP: what is whole and large is a number of JSON all the same. */
const text = (value) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? Number(part) : part));

/** Answers `answer(path, body)` as JSON at a port of its own; the URL. */
export async function serve(answer) {
  const server = createServer(async (request, response) => {
    let status = 200;
    let body;
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const sent = Buffer.concat(chunks).toString();
      body = await answer(request.url, sent === '' ? undefined : JSON.parse(sent));
    } catch (error) {
      status = 500;
      body = { error: String(error) };
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(text(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

export class Chain {
  constructor() {
    this.svm = new LiteSVM();
    /** By signature: why it failed, or null. */
    this.statuses = new Map();
    /** What was signed in all transactions so far. */
    this.messages = new Set();
  }

  /** A token of so many decimals. */
  mint(address, decimals) {
    const data = getMintEncoder().encode({
      mintAuthority: none(),
      supply: 1_000_000_000_000n,
      decimals,
      isInitialized: true,
      freezeAuthority: none(),
    });
    this.put(address, data, TOKEN_PROGRAM_ADDRESS);
  }

  /** Gives an owner so much of a token. */
  async fund(owner, mint, amount) {
    const data = getTokenEncoder().encode({
      mint,
      owner,
      amount,
      delegate: none(),
      state: 1,
      isNative: none(),
      delegatedAmount: 0n,
      closeAuthority: none(),
    });
    this.put(await account(owner, mint), data, TOKEN_PROGRAM_ADDRESS);
  }

  put(address, data, programAddress) {
    const space = BigInt(data.length);
    const rent = lamports(this.svm.minimumBalanceForRentExemption(space));
    this.svm.setAccount({ address, data, executable: false, lamports: rent, programAddress, space });
  }

  /** What an owner has of a token. */
  async balance(owner, mint) {
    const found = this.svm.getAccount(await account(owner, mint));
    return found.exists ? getTokenDecoder().decode(found.data).amount.toString() : '0';
  }

  /** A request of the JSON RPC. */
  request({ id, method, params }) {
    const context = { slot: this.svm.getClock().slot };
    const value = (value) => ({ jsonrpc: '2.0', id, result: { context, value } });
    switch (method) {
      case 'getAccountInfo':
        return value(this.accountInfo(params[0]));
      case 'getLatestBlockhash':
        return value({ blockhash: this.svm.latestBlockhash(), lastValidBlockHeight: context.slot + 150n });
      case 'simulateTransaction': {
        const transaction = decoded(params[0]);
        // What is not signed yet by all has no signature to be known by.
        if (this.messages.has(message(transaction))) return value({ err: 'AlreadyProcessed', logs: [] });
        // Signatures are checked only where that is asked for: the payer of fees signs after the simulation.
        this.svm.withSigverify(params[1].sigVerify);
        const done = this.svm.simulateTransaction(transaction);
        this.svm.withSigverify(true);
        return value({ err: failure(done), logs: done.meta().logs() });
      }
      case 'sendTransaction': {
        const transaction = decoded(params[0]);
        const signature = getSignatureFromTransaction(transaction);
        const done = this.svm.sendTransaction(transaction);
        if (!this.statuses.has(signature)) this.statuses.set(signature, failure(done));
        this.messages.add(message(transaction));
        return { jsonrpc: '2.0', id, result: signature };
      }
      case 'getSignatureStatuses':
        return value(params[0].map((signature) => this.status(signature)));
      default:
        return { jsonrpc: '2.0', id, error: { code: -32601, message: `no method ${method}` } };
    }
  }

  accountInfo(address) {
    const found = this.svm.getAccount(address);
    if (!found.exists) return null;
    const { data, executable, lamports, programAddress, space } = found;
    const base64 = getBase64Decoder().decode(data);
    return { data: [base64, 'base64'], executable, lamports, owner: programAddress, rentEpoch: 0, space };
  }

  status(signature) {
    if (!this.statuses.has(signature)) return null;
    const err = this.statuses.get(signature);
    return { slot: 1, confirmations: null, err, status: err ? { Err: err } : { Ok: null }, confirmationStatus: 'finalized' };
  }
}

/** Where an owner's part of a token is. */
async function account(owner, mint) {
  const [address] = await findAssociatedTokenPda({ owner, mint, tokenProgram: TOKEN_PROGRAM_ADDRESS });
  return address;
}

function decoded(base64) {
  return getTransactionDecoder().decode(getBase64Encoder().encode(base64));
}

function message(transaction) {
  return getBase64Decoder().decode(transaction.messageBytes);
}

/** Why a transaction failed; null: it did not. */
function failure(done) {
  return done instanceof FailedTransactionMetadata ? String(done.err()) : null;
}

/** An address of 32 times the same byte. */
export function named(byte) {
  return getBase58Decoder().decode(new Uint8Array(32).fill(byte));
}
