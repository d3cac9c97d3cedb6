//! Many people doing whatever they like, in an order nobody chose; the reference beside the program.

mod authority;
mod compare;
mod keeper;
mod stakers;
mod staking;

use std::collections::BTreeMap;

use primis_tests_vault::prices::Oracle;
use primis_tests_vault::tokens::{Lst, Mint, TOKEN, TOKEN_2022};
use primis_tests_vault::{Refusal, SOL, World, config, key};
use primis_vault_interface::Source;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::reference::{Pool, Principal, Reference, Validator};

/// What a step may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Pass,
    Open,
    Deposit,
    Withdraw,
    Claim,
    Compound,
    Close,
    Emergency,
    OpenTicket,
    CancelTicket,
    ServeTicket,
    Fund,
    Distribute,
    Sweep,
    Reprice,
    Delegate,
    Deactivate,
    Reclaim,
    Harvest,
    Reward,
    Slash,
    Epoch,
    Pause,
    Limits,
    Config,
    Roles,
    Validators,
    PriceSource,
}

/// Steps and how often each is taken.
pub const STEPS: [(Step, u32); 28] = [
    (Step::Pass, 200),
    (Step::Open, 10),
    (Step::Deposit, 200),
    (Step::Withdraw, 130),
    (Step::Claim, 140),
    (Step::Compound, 60),
    (Step::Close, 40),
    (Step::Emergency, 20),
    (Step::OpenTicket, 30),
    (Step::CancelTicket, 10),
    (Step::ServeTicket, 40),
    (Step::Fund, 80),
    (Step::Distribute, 80),
    (Step::Sweep, 20),
    (Step::Reprice, 20),
    (Step::Delegate, 30),
    (Step::Deactivate, 20),
    (Step::Reclaim, 30),
    (Step::Harvest, 30),
    (Step::Reward, 30),
    (Step::Slash, 2),
    (Step::Epoch, 30),
    (Step::Pause, 10),
    (Step::Limits, 10),
    (Step::Config, 10),
    (Step::Roles, 3),
    (Step::Validators, 3),
    (Step::PriceSource, 3),
];

/// Below this the wallets of those who pay are filled again.
const LOW_WALLET: u64 = 10_000 * SOL;

pub struct Driver {
    pub taken: BTreeMap<Step, u64>,
    pub refused: BTreeMap<Step, u64>,
    world: World,
    reference: Reference,
    tokens: Vec<Lst>,
    users: Vec<Keypair>,
    votes: Vec<Address>,
    /// Keys that the roles change to next: authority, keeper, guardian.
    spare: [Keypair; 3],
    random: StdRng,
    /// Why the last instruction was refused.
    why: Option<Refusal>,
}

impl Driver {
    /// A vault with a SOL pool, three token pools and a validator, and `users` with full wallets.
    pub fn new(seed: u64, users: usize) -> Self {
        let mut world = World::new();
        let users: Vec<Keypair> = (0..users)
            .map(|n| world.staker(&format!("user {n}"), 1_000_000 * SOL))
            .collect();
        let tokens: Vec<Lst> = [
            ("rate", TOKEN, Oracle::PythRate),
            ("pool", TOKEN, Oracle::StakePool),
            ("marinade", TOKEN_2022, Oracle::Marinade),
        ]
        .into_iter()
        .map(|(name, program, oracle)| world.add_lst(name, &Mint::of(program), oracle))
        .collect();
        for lst in &tokens {
            for user in &users {
                world.give(&user.pubkey(), &lst.mint, 1_000_000 * SOL);
            }
        }
        let vote = world.add_validator("validator", 100_000 * SOL);
        let spare = ["authority", "keeper", "guardian"].map(|role| key(&format!("next {role}")));
        let config = config();
        let swept = [
            config.subsidy_address,
            config.reserve_address,
            config.treasury_address,
        ];
        for address in spare.iter().map(Keypair::pubkey).chain(swept) {
            world.svm.airdrop(&address, LOW_WALLET).unwrap();
        }
        Self {
            reference: reference(&world),
            taken: BTreeMap::new(),
            refused: BTreeMap::new(),
            world,
            tokens,
            users,
            votes: vec![vote],
            spare,
            random: StdRng::seed_from_u64(seed),
            why: None,
        }
    }

    /// One step; the program and the reference agree after it.
    pub fn step(&mut self) {
        let step = self.draw();
        let user = self.random.random_range(0..self.users.len());
        let pool = self.random.random_range(0..self.reference.pools.len());
        let done = match step {
            Step::Pass => self.pass(),
            Step::Open => self.open(user, pool),
            Step::Deposit => self.deposit(user, pool),
            Step::Withdraw => self.withdraw(user, pool),
            Step::Claim => self.claim(user, pool),
            Step::Compound => self.compound(user),
            Step::Close => self.close(user, pool),
            Step::Emergency => self.emergency(user, pool),
            Step::OpenTicket => self.open_ticket(user),
            Step::CancelTicket => self.cancel_ticket(),
            Step::ServeTicket => self.serve_ticket(),
            Step::Fund => self.fund(),
            Step::Distribute => self.distribute(),
            Step::Sweep => self.sweep(),
            Step::Reprice => self.reprice(),
            Step::Delegate => self.delegate(),
            Step::Deactivate => self.deactivate(),
            Step::Reclaim => self.reclaim(),
            Step::Harvest => self.harvest(),
            Step::Reward => self.reward(),
            Step::Slash => self.slash(),
            Step::Epoch => self.epoch(),
            Step::Pause => self.pause(),
            Step::Limits => self.limits(pool),
            Step::Config => self.configure(),
            Step::Roles => self.roles(),
            Step::Validators => self.validators(),
            Step::PriceSource => self.price_source(),
        };
        let counts = if done {
            &mut self.taken
        } else {
            &mut self.refused
        };
        *counts.entry(step).or_default() += 1;
        self.compare_totals();
    }

    fn draw(&mut self) -> Step {
        let total: u32 = STEPS.iter().map(|(_, weight)| weight).sum();
        let mut drawn = self.random.random_range(0..total);
        for (step, weight) in STEPS {
            if drawn < weight {
                return step;
            }
            drawn -= weight;
        }
        Step::Pass
    }

    /// An amount of any size up to `most`: as often small as large.
    fn amount(&mut self, most: u64) -> u64 {
        let bits = u64::BITS - most.leading_zeros();
        let bound = most.min(
            1u64.checked_shl(self.random.random_range(0..=bits))
                .unwrap_or(u64::MAX),
        );
        self.random.random_range(0..=bound)
    }

    /// Once in `n` times.
    fn once_in(&mut self, n: u32) -> bool {
        self.random.random_ratio(1, n)
    }

    fn pass(&mut self) -> bool {
        let most = [1, 60, 3_600, 86_400, 10 * 86_400][self.random.random_range(0..5)];
        let seconds = self.random.random_range(0..=most);
        self.world.pass(seconds);
        true
    }

    fn send(&mut self, instruction: Instruction, signer: &Keypair) -> bool {
        self.why = self.world.send(&[instruction], &[signer]).err();
        self.why.is_none()
    }

    fn send_unsigned(&mut self, instruction: Instruction) -> bool {
        self.why = self.world.send(&[instruction], &[]).err();
        self.why.is_none()
    }

    /// The program did what the reference says it has to.
    fn agree(&self, done: bool, due: bool, what: &str) {
        assert_eq!(done, due, "{what}; refusal {:?}", self.why);
    }

    fn send_as_keeper(&mut self, instruction: Instruction) -> bool {
        let keeper = self.world.keeper.insecure_clone();
        if self.world.lamports(&keeper.pubkey()) < LOW_WALLET {
            self.world.svm.expire_blockhash();
            let filled = self.world.svm.airdrop(&keeper.pubkey(), 10 * LOW_WALLET);
            filled.unwrap();
        }
        self.send(instruction, &keeper)
    }

    fn send_as_authority(&mut self, instruction: Instruction) -> bool {
        let authority = self.world.authority.insecure_clone();
        self.send(instruction, &authority)
    }

    fn pool_address(&self, pool: usize) -> Address {
        match pool {
            0 => self.world.pool,
            n => self.tokens[n - 1].pool,
        }
    }
}

/// The reference of a new vault, whose limits and prices are the world's.
fn reference(world: &World) -> Reference {
    let now = world.now();
    let pools = world
        .pools()
        .into_iter()
        .enumerate()
        .map(|(index, address)| {
            let pool = world.pool_at(&address);
            let limits = [pool.cap_units, pool.min_deposit_units];
            Pool::new(pool.price, index == 0, limits, now)
        });
    let validator = Validator {
        cap: 100_000 * SOL,
        staked: 0,
        opens_at: now,
    };
    Reference {
        pools: pools.collect(),
        principal: Principal {
            buffer_bps: world.pool().buffer_bps,
            epoch: world.epoch(),
            validators: vec![validator],
            ..Principal::default()
        },
        config: config(),
        proposed: None,
        paused: 0,
        funded: [0; 2],
        carried: 0,
        buckets: [0; 3],
    }
}

fn sources() -> [Source; 2] {
    [Source::Staking, Source::Compute]
}
