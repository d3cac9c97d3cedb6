//! What happens to a vault as a whole: its rules and roles.

use anchor_lang::prelude::*;

use crate::state::Config;

/// A vault was created.
#[event(bytemuck)]
pub struct VaultCreated {
    /// Its id.
    pub id: u64,
    /// When.
    pub at: i64,
    /// Its address.
    pub vault: Address,
    /// Who governs it.
    pub authority: Address,
}

/// The pause flags changed.
#[event(bytemuck)]
pub struct PauseSet {
    /// Flags after it: 1 deposits, 2 distributions.
    pub flags: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
    /// Who set them.
    pub by: Address,
}

/// A config was proposed.
#[event(bytemuck)]
pub struct ConfigProposed {
    /// The config.
    pub config: Config,
    /// Unix second from which it can be applied.
    pub applicable_at: i64,
    /// The vault.
    pub vault: Address,
}

/// The proposed config was applied.
#[event(bytemuck)]
pub struct ConfigApplied {
    /// The config.
    pub config: Config,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
}

/// The proposed config was withdrawn.
#[event(bytemuck)]
pub struct ConfigCancelled {
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
}

/// A role changed hands, or a new authority was proposed.
#[event(bytemuck)]
pub struct RoleChanged {
    /// 0 authority proposed, 1 authority accepted, 2 keeper, 3 guardian.
    pub role: u64,
    /// When.
    pub at: i64,
    /// The vault.
    pub vault: Address,
    /// The key before it.
    pub before: Address,
    /// The key after it.
    pub after: Address,
}
