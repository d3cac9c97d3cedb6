//! Base staking by the real keeper: delegating, harvesting, distributing, and bringing stake back for
//! a ticket. Killed at every step of every duty, or beaten to it by a stranger, it does each once.

use anyhow::{Context as _, Result, ensure};
use primis_localnet::audit::StakingCounts;
use primis_localnet::{Audit, Cluster, SOL, Staker, VaultView};
use primis_vault_interface::Layout as _;
use primis_vault_interface::accounts::Delegation;
use primis_vault_interface::instructions::{Deactivate, Harvest, Reclaim};
use primis_vault_interface::{delegation_address, stake_address};
use serde_json::Value;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use primis_tests_e2e::stand::{Stand, VAULT_ID, until};
use primis_tests_e2e::trap::{Calls, Fault};
use primis_tests_e2e::verb::DONE;

/// Staked; a tenth of it is the buffer.
const STAKE_LAMPORTS: u64 = 10 * SOL;
/// What the keeper fills a stake account to: three of them hold what the buffer leaves.
const ACCOUNT_LAMPORTS: u64 = 3 * SOL;
/// Asked back: more than is free and one stake account.
const TICKET_LAMPORTS: u64 = 5 * SOL;
/// Rewards of a stake account in an epoch.
const REWARD_LAMPORTS: u64 = 5_000_000;

/// A stand with base staking, and no revenue to distribute in between.
pub struct Staking {
    pub stand: Stand,
    pub cluster: Cluster,
    pub staker: Staker,
}

impl Staking {
    pub async fn up() -> Result<Self> {
        let stand = Stand::bare().await?;
        let config = stand
            .config_text()
            .replace(
                "enabled = false",
                &format!(
                    "look_seconds = 1\nmax_stake_account_lamports = {ACCOUNT_LAMPORTS}\nharvest_delay_seconds = 0"
                ),
            )
            .replace("interval_seconds = 600", "interval_seconds = 1")
            .replace(
                "settle_grace_seconds = 1",
                "settle_grace_seconds = 1\nmin_distribution_lamports = 9000000000000000000",
            );
        std::fs::write(stand.config(), config)?;
        let Stand { chain, roles, .. } = &stand;
        let addresses = roles.create_vault(chain, VAULT_ID, 600).await?;
        let cluster = Cluster::listed(chain, addresses, &roles.authority).await?;
        let staker = Staker::funded("Ada", chain, addresses, 2 * STAKE_LAMPORTS).await?;
        staker.deposit(chain, STAKE_LAMPORTS).await?;
        Ok(Self {
            stand,
            cluster,
            staker,
        })
    }

    pub async fn view(&self) -> Result<VaultView> {
        self.stand.chain.vault(&self.stand.addresses).await
    }

    /// An epoch ends in which each stake account that earns, earns.
    async fn earn(&self) -> Result<()> {
        let Stand {
            chain, addresses, ..
        } = &self.stand;
        let epoch = chain.clock().await?.epoch;
        for number in 0..self.view().await?.pool.delegation_next {
            let stake = stake_address(&addresses.pool, number);
            if chain.stake_earning_in(&stake, epoch).await?.is_some() {
                self.cluster.reward(chain, &stake, REWARD_LAMPORTS).await?;
            }
        }
        chain.next_epoch().await?;
        Ok(())
    }

    /// Waits until the vault looks like this.
    async fn reaches(&self, what: &str, like: impl Fn(&VaultView) -> bool) -> Result<()> {
        until(what, async || Ok(like(&self.view().await?)))
            .await
            .with_context(|| format!("the keeper printed {:#?}", self.stand.printed()))
    }

    /// What the audit finds and counts; every lamport must be where it belongs.
    async fn counted(&self) -> Result<StakingCounts> {
        let audit = Audit::of(&self.stand.chain, &self.stand.addresses).await?;
        assert_eq!(audit.faults, Vec::<String>::new());
        Ok(StakingCounts::of(&audit.history))
    }

    fn events(&self, event: &str) -> Vec<Value> {
        let printed = self.stand.printed().into_iter();
        printed.filter(|line| line["event"] == event).collect()
    }

    /// The keeper runs through the step to `like`; where there are `kills`, it is started again and
    /// again, and killed at one after the other of them.
    async fn step(
        &self,
        what: &str,
        kills: &[(&'static str, Fault)],
        like: impl Fn(&VaultView) -> bool,
    ) -> Result<()> {
        for (method, fault) in kills.iter().cycle() {
            if like(&self.view().await?) {
                return Ok(());
            }
            let mut trap = self.stand.proxy.rule(method, Calls::Nth(1), fault.clone());
            let keeper = self.stand.start()?;
            trap.sprung().await.with_context(|| what.to_owned())?;
            keeper.kill().await?;
            self.stand.proxy.heal();
        }
        let keeper = self.stand.start()?;
        self.reaches(what, like).await?;
        keeper.stop().await
    }

    /// All of base staking from the first delegation to a ticket that is paid.
    async fn life(&self, kills: &[(&'static str, Fault)]) -> Result<()> {
        self.step("delegations", kills, |view| {
            view.pool.staked_lamports == 3 * ACCOUNT_LAMPORTS
        })
        .await?;
        assert_eq!(self.view().await?.pool.delegation_next, 3, "each once");
        self.earn().await?;
        self.earn().await?;
        let rewards = 3 * REWARD_LAMPORTS;
        self.step("a distribution of the rewards", kills, |view| {
            view.vault.staking.distributed_total_lamports == rewards
        })
        .await?;
        let view = self.view().await?;
        assert_eq!(view.vault.staking.funded_total_lamports, rewards);
        assert_eq!(
            view.pool.staked_lamports,
            3 * ACCOUNT_LAMPORTS + rewards,
            "rewards stay staked"
        );

        self.staker
            .open_ticket(&self.stand.chain, TICKET_LAMPORTS)
            .await?;
        self.step("stake on its way back", kills, |view| {
            let free = view.pool_lamports - view.pool.rent_lamports;
            free + view.pool.deactivating_lamports >= view.pool.ticket_units
        })
        .await?;
        let left = self.view().await?.pool.ticket_units;
        assert!(
            left < TICKET_LAMPORTS,
            "what was free is paid at once: {left}"
        );
        self.earn().await?;
        self.step("the ticket", kills, |view| {
            view.pool.ticket_served == 1
                && view.pool.deactivating_lamports == 0
                && view.pool.delegation_next == 4
        })
        .await?;
        let position = self.staker.position(&self.stand.chain).await?;
        let units = position.context("a position")?.units;
        assert_eq!(units, STAKE_LAMPORTS - TICKET_LAMPORTS, "paid once");
        let counts = self.counted().await?;
        assert_eq!((counts.tickets_served, counts.losses), (1, 0), "{counts:?}");
        assert_eq!((counts.delegations, counts.reclaims), (4, 2), "{counts:?}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keeper_sees_to_all_of_base_staking() -> Result<()> {
    let staking = Staking::up().await?;
    let plan = staking.stand.verb("plan").await?;
    let duties = plan.end()?["duties"].clone();
    let duties = duties.as_array().context("no duties")?;
    let codes: Vec<_> = duties.iter().map(|duty| &duty["duty"]).collect();
    assert_eq!(codes, ["delegate"; 3], "{duties:?}");
    assert_eq!(
        staking.view().await?.pool.delegation_next,
        0,
        "nothing is sent"
    );
    staking.life(&[]).await?;
    assert_eq!(staking.events("duty_failed"), Vec::<Value>::new());
    // `once` finds what is due, does it, and has nothing to do after it.
    let distributions = staking.counted().await?.staking_distributions;
    staking.earn().await?;
    let once = staking.stand.verb("once").await?;
    assert_eq!((once.code, &once.end()?["failed"]), (DONE, &Value::from(0)));
    let counts = staking.counted().await?;
    assert_eq!(counts.staking_distributions, distributions + 1);
    let plan = staking.stand.verb("plan").await?;
    assert_eq!(plan.end()?["duties"], Value::Array(Vec::new()));
    staking.stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_and_after_each_duty_lands_it_does_each_once() -> Result<()> {
    let staking = Staking::up().await?;
    let kills = [
        ("simulateTransaction", Fault::HoldAnswer),
        ("sendTransaction", Fault::HoldRequest),
        ("sendTransaction", Fault::HoldAnswer),
        ("getSignatureStatuses", Fault::HoldRequest),
    ];
    staking.life(&kills).await?;
    staking.stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_may_be_first() -> Result<()> {
    let staking = Staking::up().await?;
    let Stand {
        chain,
        addresses,
        proxy,
        ..
    } = &staking.stand;
    let (vault, pool) = (addresses.vault, addresses.pool);
    staking
        .step("delegations", &[], |view| view.pool.delegation_next == 3)
        .await?;
    staking.earn().await?;
    staking.earn().await?;
    let stranger = Keypair::new();
    chain.set_balance(&stranger.pubkey(), SOL).await?;

    // Simulated, signed and sent all the same: it fails on chain.
    let mut trap = proxy.rule("simulateTransaction", Calls::Nth(1), Fault::HoldAnswer);
    let keeper = staking.stand.start()?;
    trap.sprung().await?;
    for number in 0..3 {
        let harvest = Harvest {
            vault,
            pool,
            delegation: delegation_address(&pool, number),
            stake: stake_address(&pool, number),
        };
        chain.send(&[harvest.instruction()], &[&stranger]).await?;
    }
    trap.release().await?;
    staking
        .reaches("a distribution", |view| {
            view.vault.staking.distribution_count == 1
        })
        .await?;
    keeper.stop().await?;

    // Not yet simulated: the simulation is refused.
    staking
        .staker
        .open_ticket(chain, STAKE_LAMPORTS - SOL)
        .await?;
    let mut trap = proxy.rule("simulateTransaction", Calls::Nth(2), Fault::HoldRequest);
    let keeper = staking.stand.start()?;
    // The first is that of the payment in part.
    trap.sprung().await?;
    for number in 0..3 {
        let deactivate = Deactivate {
            signer: stranger.pubkey(),
            vault,
            pool,
            delegation: delegation_address(&pool, number),
            stake: stake_address(&pool, number),
        };
        chain
            .send(&[deactivate.instruction()], &[&stranger])
            .await?;
    }
    trap.release().await?;
    proxy.heal();
    let mut trap = proxy.rule("simulateTransaction", Calls::Nth(1), Fault::HoldRequest);
    chain.next_epoch().await?;
    trap.sprung().await?;
    for number in 0..3 {
        let delegation = delegation_address(&pool, number);
        let data = chain.rpc.get_account_data(&delegation).await?;
        let reclaim = Reclaim {
            vault,
            pool,
            validator: staking.cluster.validator,
            delegation,
            stake: stake_address(&pool, number),
            payer: Delegation::parse(&data)?.payer,
        };
        chain.send(&[reclaim.instruction()], &[&stranger]).await?;
    }
    trap.release().await?;
    staking
        .reaches("the ticket", |view| view.pool.ticket_served == 1)
        .await?;
    let listening = staking.events("listening");
    let url = listening.last().and_then(|line| line["url"].as_str());
    let url = format!("{}/metrics", url.context("it does not listen")?);
    until("the ticket in the metrics", async || {
        let metrics = reqwest::get(&url).await?.text().await?;
        let done = "primis_keeper_duty_last_success_timestamp_seconds{duty=\"serve\"} 1";
        Ok(metrics.contains(done)
            && metrics.contains("primis_keeper_duty_failed_total{duty=\"reclaim\"} 0"))
    })
    .await?;
    keeper.stop().await?;
    assert_eq!(staking.events("duty_failed"), Vec::<Value>::new());
    let counts = staking.counted().await?;
    ensure!(
        (counts.harvests, counts.deactivations, counts.reclaims) == (3, 3, 3),
        "{counts:?}"
    );
    staking.stand.chain.stop().await
}
