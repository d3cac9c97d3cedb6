//! Metering instructions of other programs in the same runtime, from files a user has: a program's
//! `.so` and the accounts one of its instructions works on, as `solana program dump` and
//! `solana account --output json` write them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use litesvm::LiteSVM;
use serde::Deserialize;
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::Message;
use solana_transaction::Transaction;

use crate::key;

/// What the fee payer starts with.
const PAYER_LAMPORTS: u64 = 1_000_000_000;

/// One instruction to meter, as its JSON file says. Paths are relative to that file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// What the table calls it.
    pub name: String,
    /// Programs to load.
    pub programs: Vec<PeerProgram>,
    /// Account files.
    pub accounts: Vec<PathBuf>,
    /// The clock the instruction meets; the runtime's own where it does not matter.
    #[serde(default)]
    pub clock: Option<PeerClock>,
    /// The instruction.
    pub instruction: PeerInstruction,
}

/// A program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerProgram {
    /// Its address.
    pub address: String,
    /// Its `.so` file.
    pub so: PathBuf,
}

/// A clock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerClock {
    /// Slot.
    pub slot: u64,
    /// Epoch.
    pub epoch: u64,
    /// Unix second.
    pub unix_timestamp: i64,
}

/// An instruction.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerInstruction {
    /// The program called.
    pub program: String,
    /// Its accounts, in order.
    pub accounts: Vec<PeerMeta>,
    /// Its data, hexadecimal.
    pub data: String,
}

/// An account of an instruction.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerMeta {
    /// Its address.
    pub address: String,
    /// Whether it signs; signatures themselves are not checked.
    #[serde(default)]
    pub signer: bool,
    /// Whether it may be written.
    #[serde(default)]
    pub writable: bool,
}

/// An account as `solana account --output json` writes it.
#[derive(Deserialize)]
struct Dumped {
    pubkey: String,
    account: DumpedAccount,
}

#[derive(Deserialize)]
struct DumpedAccount {
    lamports: u64,
    data: (String, String),
    owner: String,
    executable: bool,
}

/// Meters the instruction a file describes; returns its name and compute units.
///
/// # Errors
/// A file cannot be read or does not say what it should, or the instruction fails: the error holds
/// the program's log.
pub fn measure(file: &Path) -> Result<(String, u64)> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let peer: Peer =
        serde_json::from_str(&text).with_context(|| format!("{} is no fixture", file.display()))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut svm = LiteSVM::new()
        .with_sigverify(false)
        .with_blockhash_check(false);
    for program in &peer.programs {
        let so = folder.join(&program.so);
        svm.add_program_from_file(address(&program.address)?, &so)
            .map_err(|error| anyhow!("cannot load {}: {error:?}", so.display()))?;
    }
    for path in &peer.accounts {
        let (at, account) = read_account(&folder.join(path))?;
        svm.set_account(at, account)
            .map_err(|error| anyhow!("{}: {error:?}", path.display()))?;
    }
    if let Some(clock) = &peer.clock {
        svm.set_sysvar(&Clock {
            slot: clock.slot,
            epoch: clock.epoch,
            unix_timestamp: clock.unix_timestamp,
            ..svm.get_sysvar::<Clock>()
        });
    }
    let payer = solana_signer::Signer::pubkey(&key("payer"));
    svm.airdrop(&payer, PAYER_LAMPORTS)
        .map_err(|failed| anyhow!("no airdrop: {:?}", failed.err))?;
    let message = Message::new(&[instruction(&peer.instruction)?], Some(&payer));
    match svm.send_transaction(Transaction::new_unsigned(message)) {
        Ok(meta) => Ok((peer.name, meta.compute_units_consumed)),
        Err(failed) => Err(anyhow!(
            "{} fails: {:?}\n{}",
            peer.name,
            failed.err,
            failed.meta.logs.join("\n")
        )),
    }
}

fn address(text: &str) -> Result<Address> {
    text.parse().map_err(|_| anyhow!("{text:?} is no address"))
}

fn read_account(path: &Path) -> Result<(Address, Account)> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let dumped: Dumped = serde_json::from_str(&text).with_context(|| {
        format!(
            "{} is no account as `solana account --output json` writes it",
            path.display()
        )
    })?;
    let DumpedAccount {
        lamports,
        data: (data, encoding),
        owner,
        executable,
    } = dumped.account;
    ensure!(
        encoding == "base64",
        "{}: the data is {encoding}, not base64",
        path.display()
    );
    let account = Account {
        lamports,
        data: STANDARD.decode(data)?,
        owner: address(&owner)?,
        executable,
        rent_epoch: u64::MAX,
    };
    Ok((address(&dumped.pubkey)?, account))
}

fn instruction(peer: &PeerInstruction) -> Result<Instruction> {
    let accounts = peer.accounts.iter().map(|meta| {
        Ok(AccountMeta {
            pubkey: address(&meta.address)?,
            is_signer: meta.signer,
            is_writable: meta.writable,
        })
    });
    Ok(Instruction {
        program_id: address(&peer.program)?,
        accounts: accounts.collect::<Result<_>>()?,
        data: bytes(&peer.data)?,
    })
}

/// Bytes of hexadecimal text.
fn bytes(text: &str) -> Result<Vec<u8>> {
    ensure!(
        text.len().is_multiple_of(2) && text.bytes().all(|digit| digit.is_ascii_hexdigit()),
        "{text:?} is not hexadecimal"
    );
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?))
        .collect()
}
