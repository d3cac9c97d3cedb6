//! What can be done.

use axum::http::StatusCode;
use utoipa::ToSchema;

use crate::http::ApiError;

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verb {
    /// Deposit into a pool.
    Stake,
    /// Withdraw from it.
    Unstake,
    /// Have the yield paid out.
    Claim,
    /// Have the yield staked.
    Compound,
}

impl Verb {
    /// Every one.
    const ALL: [Self; 4] = [Self::Stake, Self::Unstake, Self::Claim, Self::Compound];

    /// Its name in an address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stake => "stake",
            Self::Unstake => "unstake",
            Self::Claim => "claim",
            Self::Compound => "compound",
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    /// If there is no such action.
    pub(super) fn parse(name: &str) -> Result<Self, ApiError> {
        let found = Self::ALL.into_iter().find(|verb| verb.name() == name);
        found.ok_or_else(|| {
            ApiError::new(
                StatusCode::NOT_FOUND,
                "unknown_action",
                "the actions are stake, unstake, claim and compound",
            )
        })
    }
}
