//! A deposit just before a distribution, gone just after it, earns next to nothing.

use anyhow::{Context as _, Result};
use primis_localnet::{Chain, Port, Roles, SOL, Staker};
use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_transaction::versioned::VersionedTransaction;

/// The default interval: a distribution streams for this long.
const INTERVAL_SECONDS: u64 = 600;
/// What both stakers stake.
const STAKE_LAMPORTS: u64 = 10 * SOL;
/// Distributed; the stakers' half is one SOL.
const REVENUE_LAMPORTS: u64 = 2 * SOL;

/// Sends into the open slot and closes it: the next call lands one slot later.
async fn land_in_this_slot(
    chain: &Chain,
    instructions: &[Instruction],
    signer: &Keypair,
) -> Result<u64> {
    let slot = chain
        .rpc
        .get_slot_with_commitment(CommitmentConfig::processed())
        .await?;
    let transaction: VersionedTransaction = chain.sign(instructions, &[signer]).await?;
    let signature = chain.rpc.send_transaction(&transaction).await?;
    chain.produce_block().await?;
    let status = chain.rpc.get_signature_status(&signature).await?;
    status.context("the transaction is not in the block")??;
    Ok(slot)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stake_of_two_slots_earns_less_than_a_hundredth_of_a_full_interval() -> Result<()> {
    let chain = Chain::start(Port::Any, Port::Any).await?;
    let roles = Roles::funded(&chain).await?;
    let addresses = roles.create_vault(&chain, 7, INTERVAL_SECONDS).await?;
    let faithful = Staker::funded("faithful", &chain, addresses, 20 * SOL).await?;
    let sniper = Staker::funded("sniper", &chain, addresses, 20 * SOL).await?;
    faithful.deposit(&chain, STAKE_LAMPORTS).await?;

    // One interval passes; then the slots are counted by hand.
    chain.pause()?;
    let boundary = chain.clock().await?.unix_timestamp + i64::try_from(INTERVAL_SECONDS)?;
    chain.travel_to(u64::try_from(boundary)? + 1).await?;
    let deposited = land_in_this_slot(
        &chain,
        &[sniper.deposit_instruction(STAKE_LAMPORTS)],
        &sniper.wallet,
    )
    .await?;
    let distribution = roles
        .distribution(&chain, &addresses, boundary, REVENUE_LAMPORTS)
        .await?;
    let distributed = land_in_this_slot(&chain, &distribution, &roles.keeper).await?;
    let withdrawn = land_in_this_slot(
        &chain,
        &[sniper.withdraw_instruction(STAKE_LAMPORTS)],
        &sniper.wallet,
    )
    .await?;
    assert_eq!(
        (distributed, withdrawn),
        (deposited + 1, deposited + 2),
        "one slot before, one slot after"
    );

    // The stream of that distribution runs dry; both take what is theirs.
    chain
        .travel_to(u64::try_from(boundary)? + 2 * INTERVAL_SECONDS)
        .await?;
    chain.resume()?;
    let view = chain.vault(&addresses).await?;
    let mut owed = Vec::new();
    for staker in [&faithful, &sniper] {
        let position = staker.position(&chain).await?.context("no position")?;
        owed.push(
            position
                .owed_lamports_at(&view.pool, view.clock.unix_timestamp)
                .context("overflow")?,
        );
    }
    let [full, sniped] = owed[..] else {
        anyhow::bail!("two stakers")
    };
    println!("full interval {full} lamports, two slots {sniped} lamports");
    assert!(
        full > 0 && sniped.saturating_mul(100) < full,
        "{sniped} is not below 1 % of {full}"
    );

    let before = chain.rpc.get_balance(&faithful.owner()).await?;
    faithful.claim(&chain).await?;
    let gained = chain
        .rpc
        .get_balance(&faithful.owner())
        .await?
        .saturating_sub(before);
    assert!(
        gained > full - 10_000,
        "the claim paid {gained} of {full} lamports"
    );
    chain.stop().await
}
