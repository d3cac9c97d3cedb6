// The HTTP side against a server that answers what the API does, and the two joined.

import '@primis/client/node18';

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { address, createNoopSigner, generateKeyPairSigner } from '@solana/kit';

import { PrimisClient, PrimisError, unwrap } from '@primis/client';

type Answer = { status: number; body: string };

const VAULT = address('4nabjHL12qtdEtjfZfcrzNetfi7sfjqk1LeFZqNcT3Xw');
const json = (body: unknown, status = 200): Answer => ({ status, body: JSON.stringify(body) });

/** Runs with a client of a server that gives these answers. */
async function withServer(answer: (url: URL) => Answer, run: (primis: PrimisClient) => Promise<void>) {
  const server = createServer((request: IncomingMessage, response) => {
    const { status, body } = answer(new URL(request.url ?? '/', 'http://here'));
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  try {
    await run(new PrimisClient({ apiUrl: `${url}/`, rpcUrl: url, vault: VAULT }));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const is = (code: string, status?: number) => (error: unknown) =>
  error instanceof PrimisError && error.code === code && error.status === status;

test('distributions follow cursors to the end', async () => {
  const pages: Record<string, unknown> = {
    '': { distributions: [{ slot: 9 }, { slot: 8 }], nextCursor: '8.0.0' },
    '8.0.0': { distributions: [{ slot: 7 }], nextCursor: null },
  };
  const asked: string[] = [];
  const answer = (url: URL) => {
    asked.push(url.search);
    return json(pages[url.searchParams.get('cursor') ?? '']);
  };
  await withServer(answer, async (primis) => {
    const slots = [];
    for await (const { slot } of primis.distributions(2)) {
      slots.push(slot);
    }
    assert.deepEqual(slots, [9, 8, 7]);
    assert.deepEqual(asked, ['?limit=2', '?limit=2&cursor=8.0.0']);
  });
});

test('a refusal is told by its code', async () => {
  const refusal = { message: 'the vault has not been read yet', code: 'chain_not_indexed' };
  await withServer(
    () => json(refusal, 503),
    async (primis) => {
      await assert.rejects(unwrap(primis.api.GET('/api/stats')), is('chain_not_indexed', 503));
    },
  );
});

test('what is no answer is told apart', async () => {
  await withServer(
    () => ({ status: 200, body: '<html>' }),
    async (primis) => {
      await assert.rejects(unwrap(primis.api.GET('/api/stats')), is('invalid_answer'));
    },
  );
  await withServer(
    () => ({ status: 502, body: 'bad gateway' }),
    async (primis) => {
      await assert.rejects(unwrap(primis.api.GET('/api/stats')), is('invalid_answer', 502));
    },
  );
  const gone = new PrimisClient({ apiUrl: 'http://127.0.0.1:1', rpcUrl: 'http://127.0.0.1:1', vault: VAULT });
  await assert.rejects(unwrap(gone.api.GET('/api/stats')), is('unreachable'));
});

test('waits until the API has read past a slot', async () => {
  let slot = 5;
  const answer = () => json({ asOfSlot: slot++ });
  await withServer(answer, (primis) => primis.untilIndexed(6n));
  assert.equal(slot, 8);
  await withServer(() => json({ asOfSlot: 1 }), async (primis) => {
    await assert.rejects(primis.untilIndexed(6n, 0), is('not_indexed'));
  });
});

test('an RPC that does not answer is told apart from a transaction that failed', async () => {
  const gone = new PrimisClient({ apiUrl: 'http://127.0.0.1:1', rpcUrl: 'http://127.0.0.1:1', vault: VAULT });
  const wallet = await generateKeyPairSigner();
  await assert.rejects(gone.send(wallet, [await gone.stakeSol(wallet, 5n)]), is('rpc_unreachable'));

  await withServer(
    () => json({}, 429),
    async (primis) => {
      await assert.rejects(primis.send(wallet, [await primis.stakeSol(wallet, 5n)]), is('rpc_unreachable'));
    },
  );
});

test('an instruction finds its accounts by itself', async () => {
  const primis = new PrimisClient({ apiUrl: 'http://127.0.0.1:1', rpcUrl: 'http://127.0.0.1:1', vault: VAULT });
  const owner = createNoopSigner(address('So11111111111111111111111111111111111111112'));
  const { accounts = [] } = await primis.stakeSol(owner, 5n);
  assert.deepEqual(
    accounts.slice(0, 4).map((account) => account.address),
    [owner.address, VAULT, await primis.poolAddress(), await primis.positionAddress(owner.address)],
  );
});
