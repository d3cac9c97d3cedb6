//! Unstaking more than the pool has free: a withdrawal ticket, told as such; served in its turn, and
//! taken back.

use anyhow::{Context as _, Result};
use primis_localnet::{Cluster, HandKeeper, SOL};
use primis_vault_interface::accounts::Position;
use solana_signer::Signer as _;

use crate::place::{Place, changed};

#[tokio::test(flavor = "multi_thread")]
async fn staked_sol_is_unstaked_by_a_ticket() -> Result<()> {
    let place = Place::up().await?;
    let (chain, addresses) = (&place.chain, place.addresses);
    let cluster = Cluster::listed(chain, addresses, &place.roles.authority).await?;
    let keeper = HandKeeper::new(addresses, &place.roles.keeper);
    let wallet = place.wallet().await?;
    let other = place.wallet().await?;
    place.act("stake?amount=10", &wallet).await?;
    place.act("stake?amount=10", &other).await?;
    keeper.delegate(chain, &cluster, 15 * SOL).await?;
    let position = async || -> Result<Position> {
        let found = chain.position(&addresses, &wallet.pubkey()).await?;
        found.context("no position")
    };

    // Five are free. Eight are asked for: five are paid at once, three wait.
    let built = place.act("unstake?amount=8", &wallet).await?;
    let text = built["message"].as_str().context("no message")?;
    assert!(
        text.contains("withdrawal ticket 0") && text.contains("5 SOL is free"),
        "{text}"
    );
    let (units, waiting) = (position().await?.units, position().await?.ticket_units);
    assert_eq!((units, waiting), (5 * SOL, 3 * SOL));

    // Another one's is behind it, and cannot overtake.
    let built = place.act("unstake?amount=all", &other).await?;
    let text = built["message"].as_str().context("no message")?;
    assert!(
        text.contains("withdrawal ticket 1") && !text.contains("free and"),
        "{text}"
    );
    let (code, text) = place.refusal("unstake?amount=all", &other).await?;
    assert_eq!(code, "nothing_staked");
    assert!(
        text.contains("10 SOL") && text.contains("in turn"),
        "{text}"
    );

    // What is in a ticket is not unstaked twice.
    let (code, text) = place.refusal("unstake?amount=3", &wallet).await?;
    assert_eq!(code, "insufficient_funds");
    assert!(
        text.contains("2 SOL") && text.contains("3 SOL in withdrawal"),
        "{text}"
    );

    // The other thinks better of it; the wallet unstakes the rest as well.
    let cancelled = place.act("unstake?amount=cancel", &other).await?;
    assert_eq!(cancelled["simulation"]["rentLamports"], "0");
    let found = chain.position(&addresses, &other.pubkey()).await?;
    assert_eq!(found.context("no position")?.ticket_units, 0);
    let (code, _) = place.refusal("unstake?amount=cancel", &other).await?;
    assert_eq!(code, "nothing_staked");
    place.act("unstake?amount=all", &wallet).await?;
    assert_eq!(position().await?.ticket_units, 5 * SOL);

    // SOL comes: the first ticket is the wallet's own, and it serves itself.
    let third = place.wallet().await?;
    place.act("stake?amount=4", &third).await?;
    let served = place.act("unstake?amount=all", &wallet).await?;
    // The ticket's rent comes back with it.
    assert!(
        changed(&served, "SOL") > Some(3 * i128::from(SOL)),
        "{served:#}"
    );
    assert_eq!(position().await?.ticket_units, 2 * SOL);
    place.down().await
}
