// Stakes SOL with a key of your own, and reads the position from the chain and from the API.
//
//   PRIMIS_API_URL=http://127.0.0.1:8080 PRIMIS_RPC_URL=http://127.0.0.1:8899 \
//   PRIMIS_VAULT=… PRIMIS_KEYPAIR=~/.config/solana/id.json \
//   node dist/examples/stake.js 1500000000

import '@primis/client/node18';

import { readFile } from 'node:fs/promises';

import { address, createKeyPairSignerFromBytes } from '@solana/kit';

import { PrimisClient, PrimisError, owedLamportsAt, unwrap } from '@primis/client';

/** Staked where nothing is said: half a SOL. */
const LAMPORTS = 500_000_000n;

function setting(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`set ${name}`);
  }
  return value;
}

const key = JSON.parse(await readFile(setting('PRIMIS_KEYPAIR'), 'utf8')) as number[];
const wallet = await createKeyPairSignerFromBytes(new Uint8Array(key));
const lamports = BigInt(process.argv[2] ?? LAMPORTS);
const primis = new PrimisClient({
  apiUrl: setting('PRIMIS_API_URL'),
  rpcUrl: setting('PRIMIS_RPC_URL'),
  vault: address(setting('PRIMIS_VAULT')),
});

try {
  const { signature, slot } = await primis.send(wallet, [await primis.stakeSol(wallet, lamports)]);
  console.log(`staked ${lamports} lamports: ${signature}`);

  const position = await primis.position(wallet.address);
  if (position === null) {
    throw new Error('the chain has no position');
  }
  const now = BigInt(Math.floor(Date.now() / 1_000));
  const owed = owedLamportsAt(position, await primis.pool(), now);
  console.log(`on chain: ${position.units} units, ${owed} lamports owed`);

  await primis.untilIndexed(slot);
  const path = { wallet: wallet.address };
  const seen = await unwrap(primis.api.GET('/api/positions/{wallet}', { params: { path } }));
  console.log(`by the API: ${seen.stakedLamports} lamports staked in ${seen.positions.length} position`);
} catch (error) {
  if (!(error instanceof PrimisError)) {
    throw error;
  }
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
