//! What assets are called: the chain has no names for them that could be trusted.

use std::{collections::HashMap, sync::Arc};

use primis_vault_interface::{NATIVE_MINT, accounts::Pool};

use crate::config::PoolName;

/// Names by mint, as configured. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symbols(Arc<HashMap<String, String>>);

impl Symbols {
    /// Those of the configuration.
    pub(crate) fn of(pools: &[PoolName]) -> Self {
        let named = pools
            .iter()
            .map(|pool| (pool.mint.clone(), pool.symbol.clone()));
        Self(Arc::new(named.collect()))
    }

    /// What a pool's asset is called; `None` where the configuration does not say.
    pub(crate) fn of_pool(&self, pool: &Pool) -> Option<String> {
        if pool.mint == NATIVE_MINT {
            return Some("SOL".into());
        }
        self.0.get(&pool.mint.to_string()).cloned()
    }
}
