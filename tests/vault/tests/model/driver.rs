//! Many people doing whatever they like, in an order nobody chose; the reference beside the program.

use primis_tests_vault::prices::Oracle;
use primis_tests_vault::tokens::{Lst, Mint, TOKEN, TOKEN_2022};
use primis_tests_vault::{SOL, World, config};
use primis_vault_interface::{Source, instructions as ix};
use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::reference::{Pool, Reference, whole};

/// What each step may be; how often each was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Pass,
    Deposit,
    Withdraw,
    Claim,
    Compound,
    Close,
    Emergency,
    Fund,
    Distribute,
    Sweep,
    Reprice,
}

/// Steps and their weights.
pub const STEPS: [(Step, u32); 11] = [
    (Step::Pass, 20),
    (Step::Deposit, 20),
    (Step::Withdraw, 14),
    (Step::Claim, 14),
    (Step::Compound, 6),
    (Step::Close, 4),
    (Step::Emergency, 2),
    (Step::Fund, 8),
    (Step::Distribute, 8),
    (Step::Sweep, 2),
    (Step::Reprice, 2),
];
/// Largest part of a lamport that settling a pool so often takes from one position, in lamports.
const POOL_ROUNDING_LAMPORTS: u64 = 2;

pub struct Driver {
    pub world: World,
    pub reference: Reference,
    pub taken: BTreeMap<Step, u64>,
    pub refused: u64,
    tokens: Vec<Lst>,
    users: Vec<Keypair>,
    random: StdRng,
}

impl Driver {
    /// A vault with a SOL pool and three token pools, and `users` with full wallets.
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
        let now = world.now();
        let mut pools = vec![Pool::new(SOL, true, now)];
        let prices = tokens.iter().map(|lst| world.pool_at(&lst.pool).price);
        pools.extend(prices.map(|price| Pool::new(price, false, now)));
        let reference = Reference {
            pools,
            funded: [0; 2],
            carried: 0,
            buckets: [0; 3],
        };
        Self {
            world,
            reference,
            taken: BTreeMap::new(),
            refused: 0,
            tokens,
            users,
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// One step; the program and the reference agree after it.
    pub fn step(&mut self) {
        let total: u32 = STEPS.iter().map(|(_, weight)| weight).sum();
        let mut drawn = self.random.random_range(0..total);
        let step = STEPS
            .iter()
            .find_map(|(step, weight)| {
                if drawn < *weight {
                    return Some(*step);
                }
                drawn -= weight;
                None
            })
            .unwrap();
        let user = self.random.random_range(0..self.users.len());
        let pool = self.random.random_range(0..self.reference.pools.len());
        let done = match step {
            Step::Pass => self.pass(),
            Step::Deposit => self.deposit(user, pool),
            Step::Withdraw => self.withdraw(user, pool),
            Step::Claim => self.claim(user, pool),
            Step::Compound => self.compound(user),
            Step::Close => self.close(user, pool),
            Step::Emergency => self.emergency(user, pool),
            Step::Fund => self.fund(),
            Step::Distribute => self.distribute(),
            Step::Sweep => self.sweep(),
            Step::Reprice => self.reprice(),
        };
        match done {
            true => *self.taken.entry(step).or_default() += 1,
            false => self.refused += 1,
        }
        self.compare_totals();
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

    fn send(&mut self, instructions: &[Instruction], signer: &Keypair) -> bool {
        self.world.send(instructions, &[signer]).is_ok()
    }

    fn pass(&mut self) -> bool {
        let most = [1, 60, 3_600, 86_400, 10 * 86_400][self.random.random_range(0..5)];
        let seconds = self.random.random_range(0..=most);
        self.world.pass(seconds);
        true
    }

    fn deposit(&mut self, user: usize, pool: usize) -> bool {
        let units = self.amount(1_000 * SOL);
        let owner = self.users[user].insecure_clone();
        let deposit = match pool {
            0 => self.world.deposit_ix(&owner.pubkey(), units),
            n => self
                .world
                .deposit_lst_ix(&self.tokens[n - 1], &owner.pubkey(), units),
        };
        if !self.send(&[deposit], &owner) {
            return false;
        }
        let now = self.world.now();
        let pool = &mut self.reference.pools[pool];
        pool.settle(now);
        pool.settle_stake(user).units += units;
        true
    }

    fn withdraw(&mut self, user: usize, pool: usize) -> bool {
        let held = self.reference.pools[pool].units_of(user);
        let units = match self.random.random_range(0..3) {
            0 => held,
            _ => self.amount(held.saturating_add(held / 8)),
        };
        let owner = self.users[user].insecure_clone();
        let withdraw = match pool {
            0 => self.world.withdraw_ix(&owner.pubkey(), units),
            n => self
                .world
                .withdraw_lst_ix(&self.tokens[n - 1], &owner.pubkey(), units),
        };
        if !self.send(&[withdraw], &owner) {
            return false;
        }
        let now = self.world.now();
        let pool = &mut self.reference.pools[pool];
        pool.settle(now);
        pool.settle_stake(user).units -= units;
        true
    }

    fn pool_address(&self, pool: usize) -> Address {
        match pool {
            0 => self.world.pool,
            n => self.tokens[n - 1].pool,
        }
    }

    fn claim(&mut self, user: usize, pool: usize) -> bool {
        let owner = self.users[user].insecure_clone();
        let address = self.pool_address(pool);
        let claim = ix::Claim {
            owner: owner.pubkey(),
            vault: self.world.vault,
            pool: address,
            position: primis_vault_interface::position_address(&address, &owner.pubkey()),
        };
        let before = self.world.lamports(&owner.pubkey());
        if !self.send(&[claim.instruction()], &owner) {
            return false;
        }
        assert!(self.world.lamports(&owner.pubkey()) > before);
        let now = self.world.now();
        self.reference.pools[pool].settle(now);
        self.reference.pools[pool].settle_stake(user);
        self.compare_settled(user, pool);
        true
    }

    fn compound(&mut self, user: usize) -> bool {
        let owner = self.users[user].insecure_clone();
        let units_before = self.reference.pools[0].units_of(user);
        let compound = self.world.compound_ix(&owner.pubkey());
        if !self.send(&[compound], &owner) {
            return false;
        }
        let now = self.world.now();
        let pool = &mut self.reference.pools[0];
        pool.settle(now);
        let units = self.world.position(&owner.pubkey()).unwrap().units;
        assert!(units > units_before);
        pool.settle_stake(user).units = units;
        self.compare_settled(user, 0);
        true
    }

    fn close(&mut self, user: usize, pool: usize) -> bool {
        let owner = self.users[user].insecure_clone();
        let address = self.pool_address(pool);
        let now = self.world.now();
        // What the position ever earned can be read only before it is gone.
        let closes = self.world.position_in(&address, &owner.pubkey());
        if closes.is_some_and(|position| position.units == 0) {
            self.reference.pools[pool].settle(now);
            self.reference.pools[pool].settle_stake(user);
            self.compare_settled(user, pool);
        }
        let close = ix::ClosePosition {
            owner: owner.pubkey(),
            vault: self.world.vault,
            pool: address,
            position: primis_vault_interface::position_address(&address, &owner.pubkey()),
        };
        if !self.send(&[close.instruction()], &owner) {
            return false;
        }
        self.reference.pools[pool].stakes.remove(&user);
        true
    }

    fn emergency(&mut self, user: usize, pool: usize) -> bool {
        let owner = self.users[user].insecure_clone();
        let exit = match pool {
            0 => self.world.emergency_ix(&owner.pubkey()),
            n => self
                .world
                .emergency_lst_ix(&self.tokens[n - 1], &owner.pubkey()),
        };
        if !self.send(&[exit], &owner) {
            return false;
        }
        self.reference.pools[pool].leave_without_settling(user);
        true
    }

    fn fund(&mut self) -> bool {
        let lamports = self.amount(1_000 * SOL);
        let source = self.random.random_range(0..2usize);
        let fund = self.world.fund_ix(sources()[source], lamports);
        let keeper = self.world.keeper.insecure_clone();
        if !self.send(&[fund], &keeper) {
            return false;
        }
        self.reference.funded[source] += lamports;
        true
    }

    fn distribute(&mut self) -> bool {
        let source = self.random.random_range(0..2usize);
        let funded = self.reference.funded[source];
        let lamports = match self.random.random_range(0..3) {
            0 => funded,
            _ => self.amount(funded),
        };
        for index in 0..self.tokens.len() {
            self.publish(index, self.reference.pools[index + 1].price);
        }
        let distribute = self.world.distribute_ix(sources()[source], lamports);
        let keeper = self.world.keeper.insecure_clone();
        if !self.send(&[distribute], &keeper) {
            return false;
        }
        let config = config();
        let split = [config.staking_split, config.compute_split][source];
        let bps = [
            split.stakers_bps,
            split.subsidy_bps,
            split.reserve_bps,
            split.treasury_bps,
        ]
        .map(u64::from);
        let now = self.world.now();
        self.reference
            .distribute(source, lamports, bps, config.stream_seconds, now);
        true
    }

    fn sweep(&mut self) -> bool {
        let bucket = self.random.random_range(0..3usize);
        let lamports = self.amount(self.reference.buckets[bucket]);
        let config = config();
        let destination = [
            config.subsidy_address,
            config.reserve_address,
            config.treasury_address,
        ][bucket];
        // The reserve only the authority may sweep.
        let signer = match bucket {
            1 => self.world.authority.insecure_clone(),
            _ => self.world.keeper.insecure_clone(),
        };
        let sweep = ix::SweepBucket {
            signer: signer.pubkey(),
            vault: self.world.vault,
            destination,
        }
        .instruction(u8::try_from(bucket + 1).unwrap(), lamports);
        if !self.send(&[sweep], &signer) {
            return false;
        }
        self.reference.buckets[bucket] -= lamports;
        true
    }

    /// A token gains a little, as staking rewards make it.
    fn reprice(&mut self) -> bool {
        let index = self.random.random_range(0..self.tokens.len());
        let price = self.reference.pools[index + 1].price;
        let gained = self.random.random_range(0..=price / 2_000);
        self.publish(index, price + gained)
    }

    /// The source says `price`, and the pool takes it within its bound.
    fn publish(&mut self, index: usize, price: u64) -> bool {
        let lst = self.tokens[index];
        self.world.set_price(&lst, price);
        let taken = self.world.refresh(&lst).is_ok();
        self.reference.pools[index + 1].price = self.world.pool_at(&lst.pool).price;
        taken
    }

    /// Where every lamport is, after each step.
    fn compare_totals(&self) {
        let vault = self.world.vault();
        assert_eq!(
            [vault.staking.funded_lamports, vault.compute.funded_lamports],
            self.reference.funded
        );
        assert_eq!(vault.carried_lamports, self.reference.carried);
        assert_eq!(
            [
                vault.subsidy_lamports,
                vault.reserve_lamports,
                vault.treasury_lamports
            ],
            self.reference.buckets
        );
        for (index, pool) in self.reference.pools.iter().enumerate() {
            let on_chain = self.world.pool_at(&self.pool_address(index));
            assert_eq!(on_chain.total_units, pool.total_units());
        }
    }

    /// Every position against the reference, to the lamport.
    pub fn compare_positions(&self) {
        let now = self.world.now();
        // A copy: the program settles only where an instruction does.
        for (index, mut pool) in self.reference.pools.iter().cloned().enumerate() {
            pool.settle(now);
            for user in pool.stakes.keys() {
                self.compare_position(*user, &self.pool_address(index), &pool);
            }
        }
    }

    fn compare_settled(&self, user: usize, pool: usize) {
        self.compare_position(user, &self.pool_address(pool), &self.reference.pools[pool]);
    }

    /// What a position ever earned: never more than the reference says, and less by one lamport for
    /// each settlement at most.
    fn compare_position(&self, user: usize, address: &Address, pool: &Pool) {
        let owner = self.users[user].pubkey();
        let now = self.world.now();
        let pool_on_chain = self.world.pool_at(address);
        let position = self.world.position_in(address, &owner).unwrap();
        let program = position.claimed_total_lamports
            + position.owed_lamports_at(&pool_on_chain, now).unwrap();
        let stake = &pool.stakes[&user];
        assert_eq!(position.units, stake.units);
        let exact = whole(stake.earned);
        assert!(
            program <= exact,
            "{program} is more than was earned, {exact}"
        );
        let slack = stake.settlements + POOL_ROUNDING_LAMPORTS;
        assert!(
            exact - program <= slack,
            "{program} of {exact} after {} settlements",
            stake.settlements
        );
    }
}

fn sources() -> [Source; 2] {
    [Source::Staking, Source::Compute]
}
