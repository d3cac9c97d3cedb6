// Addresses the IDL does not tell of, because the program derives them in its handlers.

import {
  accountValueNode,
  addPdasVisitor,
  constantPdaSeedNodeFromString,
  numberTypeNode,
  pdaLinkNode,
  pdaSeedValueNode,
  pdaValueNode,
  publicKeyTypeNode,
  publicKeyValueNode,
  setInstructionAccountDefaultValuesVisitor,
  variablePdaSeedNode,
} from 'codama';

const PROGRAM = 'stakingVault';
const NATIVE_MINT = 'So11111111111111111111111111111111111111112';

const address = (name) => variablePdaSeedNode(name, publicKeyTypeNode());
const number = () => variablePdaSeedNode('number', numberTypeNode('u64'));
const seeds = (word, ...rest) => [constantPdaSeedNodeFromString('utf8', word), ...rest];

/** Adds them. */
export function addPdas(codama) {
  codama.update(
    addPdasVisitor({
      [PROGRAM]: [
        { name: 'position', seeds: seeds('position', address('pool'), address('owner')) },
        { name: 'tokens', seeds: seeds('tokens', address('pool')) },
        { name: 'delegation', seeds: seeds('delegation', address('pool'), number()) },
        { name: 'stake', seeds: seeds('stake', address('pool'), number()) },
        { name: 'ticket', seeds: seeds('ticket', address('pool'), number()) },
      ],
    }),
  );
}

/** Instructions of the SOL pool alone: the pool follows from the vault. */
const SOL_POOL = ['compound', 'depositSol'];
/** Instructions of an owner: the position follows from the pool and the owner. */
const OWNERS = [
  'cancelTicket',
  'claim',
  'closePosition',
  'compound',
  'depositLst',
  'depositSol',
  'emergencyWithdraw',
  'emergencyWithdrawLst',
  'openTicket',
  'withdrawLst',
  'withdrawSol',
];

/** Lets callers leave out the accounts that follow from others. */
export function defaultAccounts(codama) {
  const value = (pda, of) =>
    pdaValueNode(
      pdaLinkNode(pda),
      Object.entries(of).map(([seed, account]) => pdaSeedValueNode(seed, account)),
    );
  const pool = value('pool', {
    vault: accountValueNode('vault'),
    mint: publicKeyValueNode(NATIVE_MINT),
  });
  const position = value('position', {
    pool: accountValueNode('pool'),
    owner: accountValueNode('owner'),
  });
  codama.update(
    setInstructionAccountDefaultValuesVisitor([
      ...SOL_POOL.map((instruction) => ({ instruction, account: 'pool', defaultValue: pool })),
      ...OWNERS.map((instruction) => ({ instruction, account: 'position', defaultValue: position })),
    ]),
  );
}
