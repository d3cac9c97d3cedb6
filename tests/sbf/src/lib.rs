//! Runs `sbf-arith` in an in-process Solana runtime and on the host.
//!
//! The on-chain build lowers 128-bit arithmetic and wide signatures itself; these tests are what
//! makes that trustworthy.
#![expect(
    clippy::expect_used,
    reason = "a harness for tests stops at the first surprise"
)]

pub mod operands;

use std::env;
use std::path::{Path, PathBuf};

use litesvm::LiteSVM;
use sbf_arith::operations::{OPERATIONS, apply};
use sbf_arith::{MAX_PAIRS, Outcome, RESULT_BYTES};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_message::Message;
use solana_transaction::Transaction;

/// A runtime with the program in it.
pub struct Runtime {
    svm: LiteSVM,
    program: Address,
    payer: Address,
}

/// What one instruction gave.
pub struct Answer {
    /// A result for each operand pair.
    pub outcomes: Vec<Outcome>,
    /// Compute units of the whole instruction.
    pub compute_units: u64,
}

impl Runtime {
    /// Starts a runtime and loads the program.
    ///
    /// # Panics
    /// The program has not been built.
    #[must_use]
    pub fn start() -> Self {
        let path = program_path();
        let mut svm = LiteSVM::new()
            .with_sigverify(false)
            .with_blockhash_check(false)
            .with_transaction_history(0);
        let program = Address::new_unique();
        svm.add_program_from_file(program, &path)
            .unwrap_or_else(|error| {
                panic!(
                    "{}: {error}; run `cargo xtask build-program`",
                    path.display()
                )
            });
        let payer = Address::new_unique();
        svm.airdrop(&payer, 1_000_000_000_000).expect("airdrop");
        Self {
            svm,
            program,
            payer,
        }
    }

    /// Applies an operation to at most [`MAX_PAIRS`] pairs.
    ///
    /// # Panics
    /// The instruction fails.
    pub fn run(&mut self, operation: u8, pairs: &[(u128, u128)]) -> Answer {
        assert!(pairs.len() <= MAX_PAIRS, "{} pairs do not fit", pairs.len());
        let mut data = vec![operation];
        for (a, b) in pairs {
            data.extend_from_slice(&a.to_le_bytes());
            data.extend_from_slice(&b.to_le_bytes());
        }
        let instruction = Instruction {
            program_id: self.program,
            accounts: vec![],
            data,
        };
        let message = Message::new(&[instruction], Some(&self.payer));
        // Signatures are not what is tested, and take most of the time in a debug build.
        let transaction = Transaction::new_unsigned(message);
        let name = OPERATIONS
            .get(usize::from(operation))
            .map_or("?", |known| known.name);
        let result = self
            .svm
            .send_transaction(transaction)
            .unwrap_or_else(|failed| panic!("{name}: {:?} {:?}", failed.err, failed.meta.logs));
        // The runtime drops zeros at the end of return data.
        let mut bytes = result.return_data.data.clone();
        bytes.resize(pairs.len() * RESULT_BYTES, 0);
        let (results, _) = bytes.as_chunks::<RESULT_BYTES>();
        let outcomes = results
            .iter()
            .map(|result| {
                let (value, flag) = result.split_at(16);
                let value = u128::from_le_bytes(value.try_into().expect("16 bytes"));
                (value, flag == [1])
            })
            .collect();
        Answer {
            outcomes,
            compute_units: result.compute_units_consumed,
        }
    }

    /// Applies an operation to any number of pairs and compares with the host.
    ///
    /// # Panics
    /// A result differs.
    pub fn compare(&mut self, operation: u8, pairs: &[(u128, u128)]) {
        for chunk in pairs.chunks(MAX_PAIRS) {
            let answer = self.run(operation, chunk);
            assert_eq!(answer.outcomes.len(), chunk.len());
            for ((a, b), outcome) in chunk.iter().zip(answer.outcomes) {
                let name = OPERATIONS
                    .get(usize::from(operation))
                    .map_or("?", |known| known.name);
                let host = apply(operation, *a, *b).expect("the operation exists");
                assert_eq!(outcome, host, "{name} of {a:#x} and {b:#x}");
            }
        }
    }
}

fn program_path() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("..");
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |folder| root.join(folder));
    target.join("deploy").join("sbf_arith.so")
}
