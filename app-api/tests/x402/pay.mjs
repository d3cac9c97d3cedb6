// A customer of x402's: its own client, as its documentation uses it. Reads on its input what to do, and says
// on its output what came of it.
//
// { url, rpc, key, body, change }: posts `body` to `url` and pays what that asks for, by the key pair of the
// byte `key`. With `change` the payment is only made, and not sent: the client is told to pay that instead,
// and claims to have paid what was asked.

import './globals.mjs';
import { text } from 'node:stream/consumers';

import { createKeyPairSignerFromPrivateKeyBytes } from '@solana/kit';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client, x402HTTPClient } from '@x402/fetch';
import { ExactSvmScheme } from '@x402/svm/exact/client';

const { url, rpc, key, body, change } = JSON.parse(await text(process.stdin));
const signer = await createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(32).fill(key));
const client = new x402Client().register('solana:*', new ExactSvmScheme(signer, { rpcUrl: rpc }));
const order = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
};

async function made(unpaid) {
  const http = new x402HTTPClient(client);
  const asked = http.getPaymentRequiredResponse((name) => unpaid.headers.get(name));
  const paid = structuredClone(asked);
  // A client of its own mind: it pays in any token.
  client.setSpendControls(false);
  for (const accepted of paid.accepts) Object.assign(accepted, change);
  const payment = await client.createPaymentPayload(paid);
  const [accepted] = asked.accepts;
  return http.encodePaymentSignatureHeader({ ...payment, accepted })['PAYMENT-SIGNATURE'];
}

if (change) {
  console.log(JSON.stringify({ payment: await made(await fetch(url, order)) }));
} else {
  let payment = null;
  const watched = (request) => {
    payment = request.headers.get('payment-signature') ?? payment;
    return fetch(request);
  };
  const response = await wrapFetchWithPayment(watched, client)(url, order);
  const receipt = response.headers.get('payment-response');
  console.log(
    JSON.stringify({
      status: response.status,
      payment,
      receipt: receipt && decodePaymentResponseHeader(receipt),
      body: await response.json(),
    }),
  );
}
