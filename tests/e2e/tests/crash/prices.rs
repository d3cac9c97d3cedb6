//! A token whose price Pyth posts: the keeper refreshes it with the distribution, says what stands in
//! the way where the vault refuses it, and does without it once the pool is retired.

use anyhow::Result;
use primis_localnet::{Issuer, Lst, SOL, TokenStaker};
use primis_vault_interface::Layout as _;
use primis_vault_interface::accounts::Pool;
use primis_vault_interface::instructions::{RefreshPrice, UpdatePool};
use serde_json::Value;
use solana_signer::Signer as _;

use primis_tests_e2e::stand::{Stand, VAULT_ID};
use primis_tests_e2e::verb::{DONE, NEEDS_PERSON, TRY_LATER};

/// Lamports for 1,000,000,000 units when the token is issued.
const FIRST_PRICE: u64 = 1_200_000_000;
/// A pool that takes no part in distributions.
const RETIRED: u8 = 2;

/// Nothing but the duties of base staking: there is never enough revenue to distribute.
const DUTIES_ONLY: [(&str, &str); 2] = [
    ("enabled = false", "look_seconds = 1"),
    (
        "settle_grace_seconds = 1",
        "settle_grace_seconds = 1\nmin_distribution_lamports = 9000000000000000000",
    ),
];

/// A stand whose vault has a token pool with somebody in it, and windows that have ended.
async fn stand_with_token() -> Result<(Stand, Lst)> {
    let mut stand = Stand::bare().await?;
    let (chain, roles) = (&stand.chain, &stand.roles);
    let addresses = roles.create_vault(chain, VAULT_ID, 600).await?;
    let lst = Lst::issue(chain, &addresses, "pythSOL", Issuer::Pyth, FIRST_PRICE).await?;
    lst.add_pool(chain, &roles.authority, &[addresses.pool])
        .await?;
    let staker = TokenStaker::funded("Fay", chain, &lst, SOL, 2 * SOL).await?;
    staker.deposit(chain, SOL).await?;
    let refresh = RefreshPrice {
        pool: lst.pool,
        source: lst.state,
        quote: lst.state,
    };
    chain
        .send(&[refresh.instruction()], &[&roles.authority])
        .await?;
    let named = format!(
        "{}\n[[price_accounts]]\nmint = \"{}\"\naccount = \"{}\"\n",
        stand.config_text(),
        lst.mint,
        lst.state
    );
    std::fs::write(stand.config(), named)?;
    let from = stand.distributed_until().await?;
    stand.window = (from, from);
    // The second is whole, and so longer than a price may be old.
    stand.pass_windows(2).await?;
    Ok((stand, lst))
}

async fn pool(stand: &Stand, lst: &Lst) -> Result<Pool> {
    let data = stand.chain.rpc.get_account_data(&lst.pool).await?;
    Ok(Pool::parse(&data)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_by_pyth_is_refreshed_with_the_distribution() -> Result<()> {
    let (stand, lst) = stand_with_token().await?;
    let price = FIRST_PRICE + 1_000_000;
    lst.crank(&stand.chain, price).await?;
    let plan = stand.verb("plan").await?;
    let refreshed = &plan.ended(DONE)?["refreshed_mints"];
    assert_eq!(refreshed[0], lst.mint.to_string());
    stand.verb("once").await?.ended(DONE)?;
    assert_eq!(stand.distributed_until().await?, stand.window.1);
    assert_eq!(pool(&stand, &lst).await?.price, price);
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_price_is_named_and_a_retired_pool_needs_none() -> Result<()> {
    let (stand, lst) = stand_with_token().await?;
    // Nobody has posted a price for the whole window: somebody will, and nobody is called.
    let old = stand.verb("once").await?;
    assert_eq!(old.code, TRY_LATER, "{old:?}");
    // A fifth more is no reward of an epoch.
    lst.crank(&stand.chain, FIRST_PRICE / 5 * 6).await?;
    let wide = stand.verb("once").await?;
    let error = wide.error(NEEDS_PERSON)?;
    for told in [
        lst.mint.to_string(),
        lst.state.to_string(),
        "the distribution waits".into(),
    ] {
        assert!(error.contains(&told), "{told} is not in {error}");
    }
    assert_eq!(stand.distributed_until().await?, stand.window.0);
    assert_eq!(
        stand.attempts().await?.last().map(|a| &a["state"]),
        Some(&Value::from("expired"))
    );

    let authority = &stand.roles.authority;
    let before = pool(&stand, &lst).await?;
    let retire = UpdatePool {
        authority: authority.pubkey(),
        vault: stand.addresses.vault,
        pool: lst.pool,
    }
    .instruction(before.cap_units, before.min_deposit_units, RETIRED);
    stand.chain.send(&[retire], &[authority]).await?;
    stand.verb("once").await?.ended(DONE)?;
    assert_eq!(stand.distributed_until().await?, stand.window.1);
    assert_eq!(pool(&stand, &lst).await?.price, before.price);
    stand.chain.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_price_is_refreshed_before_a_distribution_needs_it() -> Result<()> {
    let (stand, lst) = stand_with_token().await?;
    let mut config = std::fs::read_to_string(stand.config())?;
    for (piece, by) in DUTIES_ONLY {
        config = config.replace(piece, by);
    }
    std::fs::write(stand.config(), config)?;
    // Nobody has posted a newer one: it is tried again later.
    let old = stand.verb("once").await?;
    assert_eq!(old.ended(TRY_LATER)?["failed"], 1, "{old:?}");
    let price = FIRST_PRICE + 1_000_000;
    lst.crank(&stand.chain, price).await?;
    let fresh = stand.verb("once").await?;
    assert_eq!(fresh.ended(DONE)?["done"], 1, "{fresh:?}");
    assert_eq!(pool(&stand, &lst).await?.price, price);
    assert_eq!(stand.distributed_until().await?, stand.window.0);
    let quiet = stand.verb("once").await?;
    assert_eq!(quiet.ended(DONE)?["event"], "waiting", "{quiet:?}");
    stand.chain.stop().await
}
