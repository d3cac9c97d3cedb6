//! Calls of other programs, signed by the pool where it owns what moves.

use anchor_lang::prelude::*;
use pinocchio::{
    cpi::{CpiAccount, Seed, Signer as Seeds, invoke_signed_unchecked},
    instruction::{InstructionAccount, InstructionView},
};

use crate::{seeds::POOL_SEED, state::Pool};

/// Calls `program` with these accounts, in order; `pool` signs where its address stands as a signer.
pub fn call<const N: usize>(
    program: &Address,
    accounts: &[InstructionAccount; N],
    views: [&AccountView; N],
    data: &[u8],
    pool: Option<&Pool>,
) {
    let infos = views.map(CpiAccount::from);
    let instruction = InstructionView {
        program_id: program,
        accounts,
        data,
    };
    let bump = [pool.map_or(0, |pool| pool.bump)];
    let seeds = pool.map(|pool| {
        [
            Seed::from(POOL_SEED),
            Seed::from(pool.vault.as_ref()),
            Seed::from(pool.mint.as_ref()),
            Seed::from(&bump),
        ]
    });
    let signer = seeds.as_ref().map(|seeds| Seeds::from(&seeds[..]));
    let signers = signer.as_slice();
    // SAFETY: the checked calls refuse accounts that are held as typed accounts of this program.
    // Only this program writes data of its accounts, and none of the programs called calls back,
    // so the data that typed accounts point into does not change under them; lamports are read
    // anew after a call. The runtime checks signers, writability and balances.
    #[expect(unsafe_code, reason = "see above")]
    unsafe {
        invoke_signed_unchecked(&instruction, &infos, signers);
    }
}
