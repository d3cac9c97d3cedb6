//! `init-vault`: creates the vault and its SOL pool in one transaction. What exists is left as it
//! is, so that it can be run again.

use std::sync::Arc;

use primis_vault_interface::{
    ID, Layout, NATIVE_MINT,
    accounts::Vault,
    instructions::{AddPool, CreateVault},
    pool_address, vault_address,
};
use serde_json::json;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signature::Signature;
use solana_signer::Signer;

use crate::{
    chain::{Ending, Rpc, Terms, error_from_runtime, land, sign},
    cli::Output,
    config::{Config, InitConfig, read_keypair},
    error::{Error, Exit},
    ops::stop_signal,
};

/// Creates what is missing and prints the addresses.
///
/// # Errors
/// [`Error::Config`] where [init] is missing, disagrees with [chain], or the id is taken by
/// another authority; whatever the transaction fails with.
pub async fn init_vault(config: &Config, output: Output) -> Result<Exit, Error> {
    let init = config
        .init
        .as_ref()
        .ok_or_else(|| Error::Config("[init] is missing: see keeper.sample.toml".into()))?;
    let keeper = read_keypair(&config.chain.keypair_path, "chain.keypair_path")?;
    let authority = match &init.authority_keypair_path {
        Some(path) => read_keypair(path, "init.authority_keypair_path")?,
        None => keeper.insecure_clone(),
    };
    let vault = vault_address(init.vault_id);
    if config
        .chain
        .vault
        .is_some_and(|configured| configured != vault)
    {
        let text = format!(
            "chain.vault is not the vault of init.vault_id {}, which is {vault}: correct one of them",
            init.vault_id
        );
        return Err(Error::Config(text));
    }
    let pool = pool_address(&vault, &NATIVE_MINT);
    let rpc = Rpc::new(&config.chain.rpc_urls, config.chain.commitment.config());
    let (has_vault, has_pool) =
        existing(&rpc, vault, pool, authority.pubkey(), init.vault_id).await?;
    let mut instructions = Vec::new();
    if !has_vault {
        instructions.push(create_vault(
            init,
            vault,
            authority.pubkey(),
            keeper.pubkey(),
        ));
    }
    if !has_pool {
        let accounts = AddPool {
            authority: authority.pubkey(),
            vault,
            pool,
        };
        instructions.push(accounts.instruction(init.pool.cap_units, init.pool.min_deposit_units));
    }
    let signature = if instructions.is_empty() {
        None
    } else {
        Some(execute(config, &rpc, &authority, &instructions).await?)
    };
    let what = match (has_vault, has_pool) {
        (true, true) => "the vault and its SOL pool exist already",
        (true, false) => "added the SOL pool to the existing vault",
        _ => "created the vault and its SOL pool",
    };
    output.print(
        &format!("{what}\nvault      {vault}\npool       {pool}\nauthority  {}\nset `vault = \"{vault}\"` in [chain]", authority.pubkey()),
        &json!({
            "event": "init_vault",
            "created_vault": !has_vault,
            "created_pool": !has_pool,
            "program": ID.to_string(),
            "vault_id": init.vault_id,
            "vault": vault.to_string(),
            "pool": pool.to_string(),
            "authority": authority.pubkey().to_string(),
            "signature": signature.map(|signature| signature.to_string()),
            "outcome": Exit::Done.name(),
            "exit_code": Exit::Done.code(),
        }),
    );
    Ok(Exit::Done)
}

/// Whether vault and pool exist; refuses a vault of somebody else.
async fn existing(
    rpc: &Rpc,
    vault: Address,
    pool: Address,
    authority: Address,
    vault_id: u64,
) -> Result<(bool, bool), Error> {
    let commitment = rpc.commitment();
    let ask = |client: Arc<RpcClient>| async move {
        client
            .get_multiple_accounts_with_commitment(&[vault, pool], commitment)
            .await
    };
    let mut accounts = rpc
        .read("getMultipleAccounts", ask)
        .await?
        .value
        .into_iter();
    // Lamports sent to an address before anything is created there do not make it exist.
    let mut next = || {
        accounts
            .next()
            .flatten()
            .filter(|account| account.owner == ID)
    };
    let Some(account) = next() else {
        return Ok((false, false));
    };
    let state = Vault::parse(&account.data).map_err(|e| Error::WrongAccount {
        address: vault.to_string(),
        cause: e.to_string(),
    })?;
    if state.authority != authority {
        let text = format!(
            "vault id {vault_id} is taken by {}: choose another init.vault_id, or use that authority's keypair",
            state.authority
        );
        return Err(Error::Config(text));
    }
    Ok((true, next().is_some()))
}

fn create_vault(
    init: &InitConfig,
    vault: Address,
    authority: Address,
    keeper: Address,
) -> Instruction {
    CreateVault { authority, vault }.instruction(
        init.vault_id,
        init.keeper.unwrap_or(keeper),
        init.guardian.unwrap_or(authority),
        init.timelock_seconds,
        init.config.rules(authority),
    )
}

async fn execute(
    config: &Config,
    rpc: &Rpc,
    authority: &Keypair,
    instructions: &[Instruction],
) -> Result<Signature, Error> {
    let blockhash = rpc.latest_blockhash().await?;
    let simulation = rpc
        .simulate_instructions(authority, instructions, blockhash)
        .await?;
    let terms = Terms {
        compute_unit_limit: simulation.compute_unit_limit(),
        compute_unit_price: rpc
            .compute_unit_price(&[authority.pubkey()], &config.fees)
            .await,
        blockhash: blockhash.hash,
    };
    let transaction = sign(authority, instructions, terms)?;
    let stop = stop_signal()?;
    let ending = land(
        rpc,
        &transaction.signature,
        &transaction.bytes,
        blockhash.last_valid_block_height,
        &stop,
        async || (),
    )
    .await;
    let unfinished = |what: &str| Error::Rpc {
        method: "sendTransaction",
        cause: format!(
            "transaction {} {what}: run init-vault again",
            transaction.signature
        ),
    };
    match ending {
        Ending::Executed => Ok(transaction.signature),
        Ending::Failed(error) => Err(error_from_runtime(&error, Vec::new())),
        Ending::Expired => Err(unfinished("did not land in time")),
        Ending::Unfinished => Err(unfinished("may still land")),
    }
}
