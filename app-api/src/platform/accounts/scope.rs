//! What a key may do. Scopes are apart: `admin` does not include the others.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// See what there is.
    Read,
    /// Use what costs money.
    Write,
    /// Change the account, its keys and its plan.
    Admin,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
            Self::Admin => 4,
        }
    }
}

/// What a caller may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// What whoever is logged in may do.
    pub fn all() -> Self {
        Self::from_iter(Scope::ALL)
    }

    /// Whether `scope` is among them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// One by one.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

/// As the database keeps them: names with commas between.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::name).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let scope = |name| {
            let named = Scope::ALL.into_iter().find(|scope| scope.name() == name);
            named.ok_or(UnknownScope)
        };
        text.split(',').map(scope).collect()
    }
}

/// A name that is no scope's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such scope: read, write and admin are there")]
pub struct UnknownScope;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_apart_and_come_back_as_written() {
        let scopes: Scopes = [Scope::Admin, Scope::Read].into_iter().collect();
        assert_eq!(scopes.to_string(), "read,admin");
        assert_eq!("read,admin".parse(), Ok(scopes));
        assert!(!scopes.has(Scope::Write));
        assert!(Scope::ALL.iter().all(|scope| Scopes::all().has(*scope)));
        assert_eq!("root".parse::<Scopes>(), Err(UnknownScope));
    }
}
