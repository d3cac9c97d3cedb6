// A chain, and a facilitator on it: x402's own, as its package has it. Says on the first line of its output
// where they are, and ends with its input.

import './globals.mjs';
import { createKeyPairSignerFromPrivateKeyBytes, lamports } from '@solana/kit';
import { x402Facilitator } from '@x402/core/facilitator';
import { toFacilitatorSvmSigner } from '@x402/svm';
import { ExactSvmScheme } from '@x402/svm/exact/facilitator';

import { Chain, named, serve } from './chain.mjs';

const NETWORK = 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1';
/** What is paid in: USDC, which is all that clients pay in unless they are told otherwise. */
const ASSET = '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU';
const OTHER_ASSET = named(4);
const PAY_TO = named(5);

/** The key pair of a customer, by one byte. */
const signer = (byte) => createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(32).fill(byte));

const chain = new Chain();
const payer = await signer(1);
const feePayer = await signer(2);
chain.svm.airdrop(feePayer.address, lamports(1_000_000_000n));
for (const asset of [ASSET, OTHER_ASSET]) {
  chain.mint(asset, 6);
  await chain.fund(payer.address, asset, 1_000_000n);
  await chain.fund(PAY_TO, asset, 0n);
}

const rpc = await serve(async (path, body) => {
  // For the tests: what an owner has.
  if (path.startsWith('/balance/')) return chain.balance(path.slice('/balance/'.length), ASSET);
  return chain.request(body);
});

const facilitator = new x402Facilitator();
facilitator.register(NETWORK, new ExactSvmScheme(toFacilitatorSvmSigner(feePayer, { defaultRpcUrl: rpc })));
let settlements = 0;
const url = await serve(async (path, body) => {
  switch (path) {
    case '/supported':
      return facilitator.getSupported();
    case '/verify':
      return facilitator.verify(body.paymentPayload, body.paymentRequirements);
    case '/settle':
      settlements += 1;
      return facilitator.settle(body.paymentPayload, body.paymentRequirements);
    case '/settlements':
      return settlements;
    default:
      throw new Error(`no ${path}`);
  }
});

const told = {
  rpc,
  facilitator: url,
  network: NETWORK,
  asset: ASSET,
  otherAsset: OTHER_ASSET,
  payTo: PAY_TO,
  payer: payer.address,
};
console.log(JSON.stringify(told));
process.stdin.resume();
process.stdin.on('end', () => process.exit());
