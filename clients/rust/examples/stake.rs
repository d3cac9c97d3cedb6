//! Stakes SOL with a key of one's own, and reads the position from the chain and from the API.
//!
//! ```sh
//! PRIMIS_API_URL=http://127.0.0.1:8080 PRIMIS_RPC_URL=http://127.0.0.1:8899 \
//! PRIMIS_VAULT=… PRIMIS_KEYPAIR=~/.config/solana/id.json \
//! cargo run -p primis-client --example stake -- 1500000000
//! ```

use std::{env, time::Duration};

use anyhow::{Context as _, Result, anyhow};
use primis_client::{
    PrimisClient,
    vault::{
        Layout as _, VaultError,
        accounts::{Pool, Position},
    },
};
use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_instruction_error::InstructionError;
use solana_keypair::{Keypair, read_keypair_file};
use solana_message::{VersionedMessage, v0};
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_signer::Signer as _;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

/// Staked where nothing is said: half a SOL.
const LAMPORTS: u64 = 500_000_000;
/// How long the API may take to read what was done.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<()> {
    let wallet = read_keypair_file(setting("PRIMIS_KEYPAIR")?).map_err(|e| anyhow!("{e}"))?;
    let owner = wallet.pubkey();
    let vault = setting("PRIMIS_VAULT")?.parse().context("PRIMIS_VAULT")?;
    let primis = PrimisClient::new(&setting("PRIMIS_API_URL")?, vault);
    let confirmed = CommitmentConfig::confirmed();
    let rpc = RpcClient::new_with_commitment(setting("PRIMIS_RPC_URL")?, confirmed);
    let lamports = match env::args().nth(1) {
        Some(text) => text.parse().context("lamports")?,
        None => LAMPORTS,
    };

    let transaction = sign(&rpc, &wallet, primis.stake_sol(&owner, lamports)).await?;
    let sent = rpc.send_and_confirm_transaction(&transaction).await;
    let signature = sent.map_err(told)?;
    println!("staked {lamports} lamports: {signature}");

    let data = rpc.get_account_data(&primis.sol_position(&owner)).await?;
    let position = Position::parse(&data)?;
    let pool = Pool::parse(&rpc.get_account_data(&primis.sol_pool()).await?)?;
    let now = rpc.get_block_time(rpc.get_slot().await?).await?;
    let owed = position
        .owed_lamports_at(&pool, now)
        .context("not of this pool")?;
    println!("on chain: {} units, {owed} lamports owed", position.units);

    let status = rpc.get_signature_statuses(&[signature]).await?.value.pop();
    let landed = status
        .flatten()
        .context("the chain forgot the transaction")?
        .slot;
    primis.until_indexed(landed, PATIENCE).await?;
    let seen = primis
        .api()
        .positions()
        .wallet(owner.to_string())
        .send()
        .await;
    let seen = seen.map_err(primis_client::Error::from)?;
    println!(
        "by the API: {} lamports staked in {} position",
        seen.staked_lamports,
        seen.positions.len()
    );
    Ok(())
}

async fn sign(
    rpc: &RpcClient,
    wallet: &Keypair,
    instruction: Instruction,
) -> Result<VersionedTransaction> {
    let blockhash = rpc.get_latest_blockhash().await?;
    let message = v0::Message::try_compile(&wallet.pubkey(), &[instruction], &[], blockhash)?;
    Ok(VersionedTransaction::try_new(
        VersionedMessage::V0(message),
        &[wallet],
    )?)
}

/// The program's own reason where it refused.
fn told(error: ClientError) -> anyhow::Error {
    let refusal = match error.get_transaction_error() {
        Some(TransactionError::InstructionError(_, InstructionError::Custom(code))) => {
            VaultError::from_code(code)
        }
        _ => None,
    };
    refusal.map_or_else(|| error.into(), Into::into)
}

fn setting(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("set {name}"))
}
