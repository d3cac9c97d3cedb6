// The generated program client against what the Rust interface makes of the same input.

import '@primis/client/node18';

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { address, createNoopSigner, isSignerRole, isWritableRole, type Address, type Instruction } from '@solana/kit';

import * as primis from '@primis/client';

type Given = string | { [name: string]: Given };
type Vectors = {
  program: string;
  addresses: { name: string; seeds: Record<string, string>; address: string }[];
  instructions: {
    name: string;
    accounts: Record<string, string>;
    arguments: Record<string, Given>;
    metas: { address: string; signer: boolean; writable: boolean }[];
    data: string;
  }[];
  owed: { pool: string; position: string; nowUnix: string; lamports: string }[];
};
type Maker = (input: Record<string, unknown>) => unknown;

const file = new URL('../../../vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const exported = primis as unknown as Record<string, unknown>;

/** The function of that name, generated. */
function maker(...names: string[]): Maker {
  const found = names.map((name) => exported[name]).find((value) => typeof value === 'function');
  assert.ok(found, `nothing exports ${names.join(' or ')}`);
  return found as Maker;
}

/** Numbers are bigints, everything else stays. */
function value(given: Given): unknown {
  if (typeof given === 'string') {
    return /^-?\d+$/.test(given) ? BigInt(given) : given;
  }
  return Object.fromEntries(Object.entries(given).map(([name, part]) => [name, value(part)]));
}

const pascal = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

test('the program is the same', () => {
  assert.equal(primis.STAKING_VAULT_PROGRAM_ADDRESS, vectors.program);
});

for (const { name, seeds, address: expected } of vectors.addresses) {
  test(`address of ${name} ${Object.values(seeds).join(' ')}`, async () => {
    const found = (await maker(`find${pascal(name)}Pda`)(value(seeds) as Record<string, unknown>)) as [Address];
    assert.equal(found[0], expected);
  });
}

for (const vector of vectors.instructions) {
  test(`instruction ${vector.name}`, async () => {
    const signs = new Set(vector.metas.filter(({ signer }) => signer).map((meta) => meta.address));
    const accounts = Object.entries(vector.accounts).map(([name, at]) => [
      name,
      signs.has(at) ? createNoopSigner(address(at)) : address(at),
    ]);
    const input = { ...Object.fromEntries(accounts), ...(value(vector.arguments) as object) };
    const make = maker(`get${pascal(vector.name)}InstructionAsync`, `get${pascal(vector.name)}Instruction`);
    const made = (await make(input)) as Required<Instruction>;
    const metas = made.accounts.map(({ address, role }) => ({
      address: String(address),
      signer: isSignerRole(role),
      writable: isWritableRole(role),
    }));
    assert.equal(made.programAddress, vectors.program);
    assert.deepEqual(metas, vector.metas);
    assert.equal(Buffer.from(made.data).toString('hex'), vector.data);
  });
}

test('what a position is owed, to the lamport', () => {
  for (const { pool, position, nowUnix, lamports } of vectors.owed) {
    const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
    const owed = primis.owedLamportsAt(
      primis.getPositionDecoder().decode(bytes(position)),
      primis.getPoolDecoder().decode(bytes(pool)),
      BigInt(nowUnix),
    );
    assert.equal(String(owed), lamports);
  }
});
