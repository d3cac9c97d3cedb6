//! A pool of a liquid staking token: staked from whatever account holds it, returned to the one that
//! everybody can find, which is made where it is missing.

use anyhow::{Context as _, Result};
use primis_localnet::{Issuer, Lst, SOL, TokenStaker};

use crate::place::{Place, changed};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_staked_earns_sol_and_comes_back() -> Result<()> {
    let place = Place::up().await?;
    let chain = &place.chain;
    let lst = Lst::issue(
        chain,
        &place.addresses,
        "jitoSOL-like",
        Issuer::StakePool,
        1_200_000_000,
    )
    .await?;
    lst.add_pool(chain, &place.roles.authority, &[place.addresses.pool])
        .await?;
    let staker = TokenStaker::funded("Gus", chain, &lst, SOL, 5 * SOL).await?;
    let (mint, pool) = (lst.mint.to_string(), lst.pool.to_string());

    for named in [&mint, &pool] {
        let shown = place.show(&format!("stake?pool={named}")).await?;
        assert_eq!(shown["disabled"], false, "{shown:#}");
    }
    let path = format!("stake?pool={mint}&amount=3.25");
    let staked = place.act(&path, &staker.wallet).await?;
    assert_eq!(changed(&staked, &mint), Some(-3_250_000_000));
    assert_eq!(staker.units(chain).await?, 1_750_000_000);
    let units = async || anyhow::Ok(staker.position(chain).await?.context("none")?.units);
    assert_eq!(units().await?, 3_250_000_000);

    // More than the wallet has left is not staked.
    let path = format!("stake?pool={mint}&amount=2");
    let (code, text) = place.refusal(&path, &staker.wallet).await?;
    assert_eq!(code, "insufficient_funds");
    assert!(text.contains("1.75"), "{text}");

    place.distribute(2 * SOL, &[&lst]).await?;
    let claimed = place
        .act(&format!("claim?pool={pool}"), &staker.wallet)
        .await?;
    assert!(changed(&claimed, "SOL") > Some(100_000_000), "{claimed:#}");
    let compound = format!("compound?pool={mint}");
    let shown = place.show(&compound).await?;
    assert_eq!(shown["disabled"], true, "{shown:#}");
    let (code, _) = place.refusal(&compound, &staker.wallet).await?;
    assert_eq!(code, "unknown_pool");

    // The account it came from is not the one everybody can find: that is made, and paid for once.
    let path = format!("unstake?pool={pool}&amount=1.25");
    let first = place.act(&path, &staker.wallet).await?;
    assert_eq!(changed(&first, &mint), Some(1_250_000_000));
    assert_ne!(first["simulation"]["rentLamports"], "0", "{first:#}");
    let path = format!("unstake?pool={mint}&amount=all");
    let second = place.act(&path, &staker.wallet).await?;
    assert_eq!(changed(&second, &mint), Some(2 * i128::from(SOL)));
    assert_eq!(second["simulation"]["rentLamports"], "0", "{second:#}");
    assert_eq!(units().await?, 0);
    place.down().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_no_token_stakes_none() -> Result<()> {
    let place = Place::up().await?;
    let lst = Lst::issue(
        &place.chain,
        &place.addresses,
        "mSOL-like",
        Issuer::Marinade,
        1_300_000_000,
    )
    .await?;
    let authority = &place.roles.authority;
    lst.add_pool(&place.chain, authority, &[place.addresses.pool])
        .await?;
    let wallet = place.wallet().await?;
    let path = format!("stake?pool={}&amount=1", lst.mint);
    let (code, text) = place.refusal(&path, &wallet).await?;
    assert_eq!(code, "insufficient_funds");
    assert!(text.contains("holds no"), "{text}");
    place.down().await
}
