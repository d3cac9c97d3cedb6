//! The world: one vault, its SOL pool, its roles, and whoever stakes.

use std::{cell::RefCell, collections::BTreeMap, env, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use litesvm::LiteSVM;
use primis_vault_interface::{
    ID, Layout, NATIVE_MINT,
    accounts::{Pool, Position, Vault},
    events::Event,
    instructions as ix, pool_address, position_address,
    types::{Config, Split},
    vault_address,
};
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;

use crate::{Refusal, tokens::Lst};

/// Lamports in a SOL.
pub const SOL: u64 = 1_000_000_000;
/// The second the world begins at.
const GENESIS: i64 = 1_700_000_000;
/// What the faucet holds: a billion SOL.
const FAUCET_LAMPORTS: u64 = 1_000_000_000 * SOL;
/// Id of the world's vault.
const VAULT_ID: u64 = 1;

/// What a transaction that landed did.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Compute units of the whole transaction.
    pub compute_units: u64,
    /// Events in order.
    pub events: Vec<Event>,
}

/// A chain with the program, and one vault in it.
pub struct World {
    /// The chain.
    pub svm: LiteSVM,
    /// Governs the vault.
    pub authority: Keypair,
    /// Distributes.
    pub keeper: Keypair,
    /// Pauses.
    pub guardian: Keypair,
    /// The vault's address.
    pub vault: Address,
    /// The SOL pool's address.
    pub pool: Address,
    /// The token pools, in the order of their index.
    pub lsts: Vec<Lst>,
    pub(crate) staking: crate::staking::Memory,
    payer: Keypair,
    pub(crate) owners: Vec<Address>,
    /// Addresses of positions by pool and owner: deriving one costs more than a transaction.
    positions: RefCell<BTreeMap<(Address, Address), Address>>,
}

/// A keypair that is the same in every run, so that compute units are too.
pub fn key(name: &str) -> Keypair {
    let mut seed = [0u8; 32];
    for (to, from) in seed.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    Keypair::new_from_array(seed)
}

/// The default economics, with fixed addresses for the buckets.
pub fn config() -> Config {
    Config {
        stream_seconds: 3_600,
        min_spacing_seconds: 300,
        max_distribution_lamports: 1_000 * SOL,
        staking_split: Split {
            stakers_bps: 7_000,
            subsidy_bps: 2_000,
            reserve_bps: 1_000,
            treasury_bps: 0,
        },
        compute_split: Split {
            stakers_bps: 5_000,
            subsidy_bps: 0,
            reserve_bps: 0,
            treasury_bps: 5_000,
        },
        subsidy_address: key("subsidy").pubkey(),
        reserve_address: key("reserve").pubkey(),
        treasury_address: key("treasury").pubkey(),
    }
}

/// Where `cargo xtask build-program` puts programs.
pub fn program_path() -> PathBuf {
    let deploy = env::var_os("PRIMIS_DEPLOY_DIR")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            env::var_os("CARGO_TARGET_DIR")
                .map_or_else(
                    || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"),
                    PathBuf::from,
                )
                .join("deploy")
        });
    deploy.join("staking_vault.so")
}

impl World {
    /// A chain with the program and funded roles, but no vault.
    pub fn bare() -> Self {
        let path = program_path();
        let mut svm = LiteSVM::new().with_lamports(FAUCET_LAMPORTS);
        svm.add_program_from_file(ID, &path)
            .unwrap_or_else(|error| {
                panic!(
                    "{}: {error:?}; run `cargo xtask build-program`",
                    path.display()
                )
            });
        let vault = vault_address(VAULT_ID);
        let mut world = Self {
            svm,
            authority: key("authority"),
            keeper: key("keeper"),
            guardian: key("guardian"),
            vault,
            pool: pool_address(&vault, &NATIVE_MINT),
            lsts: Vec::new(),
            staking: crate::staking::Memory::default(),
            payer: key("payer"),
            owners: Vec::new(),
            positions: RefCell::default(),
        };
        world.set_time(GENESIS);
        for address in [
            world.authority.pubkey(),
            world.keeper.pubkey(),
            world.guardian.pubkey(),
            world.payer.pubkey(),
        ] {
            world
                .svm
                .airdrop(&address, 1_000_000 * SOL)
                .expect("airdrop");
        }
        world
    }

    /// A chain with the vault and its SOL pool.
    pub fn new() -> Self {
        let mut world = Self::bare();
        let create = world.create_vault_ix(config());
        let authority = world.authority.insecure_clone();
        world.send(&[create], &[&authority]).expect("create_vault");
        let add = world.add_pool_ix();
        world.send(&[add], &[&authority]).expect("add_pool");
        world
    }

    /// `create_vault` with the world's roles.
    pub fn create_vault_ix(&self, config: Config) -> Instruction {
        ix::CreateVault {
            authority: self.authority.pubkey(),
            vault: self.vault,
        }
        .instruction(
            VAULT_ID,
            self.keeper.pubkey(),
            self.guardian.pubkey(),
            86_400,
            config,
        )
    }

    /// `add_pool` for SOL: a million SOL at most, a hundredth of a SOL at least.
    pub fn add_pool_ix(&self) -> Instruction {
        ix::AddPool {
            authority: self.authority.pubkey(),
            vault: self.vault,
            pool: self.pool,
        }
        .instruction(1_000_000 * SOL, SOL / 100)
    }

    /// A staker with a wallet of `lamports`.
    pub fn staker(&mut self, name: &str, lamports: u64) -> Keypair {
        let staker = key(name);
        self.svm
            .airdrop(&staker.pubkey(), lamports)
            .expect("airdrop");
        self.owners.push(staker.pubkey());
        staker
    }

    /// The chain's clock, Unix seconds.
    pub fn now(&self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    /// Sets the chain's clock.
    pub fn set_time(&mut self, unix: i64) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        clock.unix_timestamp = unix;
        clock.slot += 1;
        self.svm.set_sysvar(&clock);
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: i64) {
        self.set_time(self.now() + seconds);
    }

    /// Sends a transaction and, where it lands, checks the invariants.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Outcome, Refusal> {
        let outcome = self.send_unchecked(instructions, signers)?;
        self.check_invariants();
        Ok(outcome)
    }

    /// Sends a transaction in a world whose accounts a test has written itself.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn send_unchecked(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Outcome, Refusal> {
        self.svm.expire_blockhash();
        let message = Message::new(instructions, Some(&self.payer.pubkey()));
        let mut all: Vec<&Keypair> = vec![&self.payer];
        all.extend(signers.iter().filter(|s| s.pubkey() != self.payer.pubkey()));
        let mut transaction = Transaction::new_unsigned(message);
        transaction.partial_sign(&all, self.svm.latest_blockhash());
        match self.svm.send_transaction(transaction) {
            Ok(meta) => Ok(Outcome {
                compute_units: meta.compute_units_consumed,
                events: events(&meta.logs),
            }),
            Err(failed) => Err(failed.err.into()),
        }
    }

    /// Sends a transaction that must be refused for this reason, and sees that no account it
    /// names has changed.
    ///
    /// # Panics
    /// If it lands, fails otherwise, or an account changed.
    pub fn refuse(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        why: impl Into<Refusal>,
    ) {
        let before = self.snapshot(instructions);
        let refusal = self
            .send(instructions, signers)
            .expect_err("the transaction must be refused");
        assert_eq!(refusal, why.into());
        assert_eq!(
            before,
            self.snapshot(instructions),
            "a refused transaction changed an account"
        );
    }

    /// The accounts that instructions name, with the vault and the pool.
    fn snapshot(&self, instructions: &[Instruction]) -> BTreeMap<Address, Option<Account>> {
        let named = instructions
            .iter()
            .flat_map(|i| i.accounts.iter().map(|meta| meta.pubkey));
        named
            .chain([self.vault, self.pool])
            .map(|a| (a, self.svm.get_account(&a)))
            .collect()
    }

    /// Reads an account of the program.
    pub(crate) fn read<T: Layout>(&self, address: &Address) -> Option<T> {
        let account = self.svm.get_account(address)?;
        (account.owner == ID)
            .then(|| T::parse(&account.data).ok())
            .flatten()
    }

    /// The vault.
    pub fn vault(&self) -> Vault {
        self.read(&self.vault).expect("the vault exists")
    }

    /// A pool by its address.
    pub fn pool_at(&self, address: &Address) -> Pool {
        self.read(address).expect("the pool exists")
    }

    /// An owner's position in a pool, if open.
    pub fn position_in(&self, pool: &Address, owner: &Address) -> Option<Position> {
        self.read(&self.position_address_in(pool, owner))
    }

    /// Address of an owner's position in a pool.
    pub fn position_address_in(&self, pool: &Address, owner: &Address) -> Address {
        let mut known = self.positions.borrow_mut();
        *known
            .entry((*pool, *owner))
            .or_insert_with(|| position_address(pool, owner))
    }

    /// The SOL pool.
    pub fn pool(&self) -> Pool {
        self.read(&self.pool).expect("the pool exists")
    }

    /// Address of an owner's position.
    pub fn position_address(&self, owner: &Address) -> Address {
        self.position_address_in(&self.pool, owner)
    }

    /// An owner's position, if open.
    pub fn position(&self, owner: &Address) -> Option<Position> {
        self.read(&self.position_address(owner))
    }

    /// Balance of an account, zero if there is none.
    pub fn lamports(&self, address: &Address) -> u64 {
        self.svm.get_balance(address).unwrap_or(0)
    }

    /// What an owner could claim now.
    pub fn owed(&self, owner: &Address) -> u64 {
        self.position(owner).map_or(0, |p| {
            p.owed_lamports_at(&self.pool(), self.now())
                .expect("in range")
        })
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// The program's events in a transaction's log.
fn events(logs: &[String]) -> Vec<Event> {
    logs.iter()
        .filter_map(|line| line.strip_prefix("Program data: "))
        .filter_map(|data| Event::parse(&STANDARD.decode(data).expect("logs are base64")))
        .collect()
}
