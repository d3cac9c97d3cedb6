//! What the settings may be: values that would make the server lie or spin are refused at the start.

use solana_address::Address;

use super::{ConfigError, Settings, require};

/// Basis points that make the whole.
const BPS_DENOMINATOR: u64 = 10_000;

impl Settings {
    /// Refuses values that would make the server lie or spin.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        require(
            self.platform.fee_bps <= BPS_DENOMINATOR,
            "platform.fee_bps",
            "is over 10,000, the whole charge",
        )?;
        require(
            (1..=3_600).contains(&self.platform.settle_grace_seconds),
            "platform.settle_grace_seconds",
            "must lie between 1 and 3,600",
        )?;
        require(
            (1..=31_536_000).contains(&self.model.interval_seconds),
            "model.interval_seconds",
            "must lie between 1 and 31,536,000, a year",
        )?;
        require(
            self.model.yearly_compute_volume_usd <= 1_000_000_000_000,
            "model.yearly_compute_volume_usd",
            "is over a trillion dollars",
        )?;
        require(
            self.indexer.poll_milliseconds >= 50,
            "indexer.poll_milliseconds",
            "must be at least 50",
        )?;
        require(
            self.indexer.refresh_seconds > 0,
            "indexer.refresh_seconds",
            "must be positive",
        )?;
        require(
            self.database.max_connections > 0,
            "database.max_connections",
            "must be positive",
        )?;
        require(
            self.actions.compute_unit_price_percentile <= 100,
            "actions.compute_unit_price_percentile",
            "must be at most 100",
        )?;
        require(
            self.actions.floor_micro_lamports <= self.actions.cap_micro_lamports,
            "actions.floor_micro_lamports",
            "is above cap_micro_lamports",
        )?;
        require(
            (1..=10_000).contains(&self.actions.max_concurrent),
            "actions.max_concurrent",
            "must lie between 1 and 10,000",
        )?;
        require(
            self.chain.faucet_lamports != Some(0),
            "chain.faucet_lamports",
            "must be positive; leave it out where there is no faucet",
        )?;
        require(
            self.http.public_url.as_deref().is_none_or(is_base_url),
            "http.public_url",
            "must begin with https:// or http:// and end without a slash",
        )?;
        self.validate_gateway()?;
        self.stripe.validate()?;
        self.runs.validate()?;
        self.webhooks.validate()?;
        for pool in &self.pools {
            require(
                pool.mint.parse::<Address>().is_ok(),
                "pools.mint",
                "is not a base58 address of 32 bytes",
            )?;
            require(
                (1..=16).contains(&pool.symbol.len()) && pool.symbol.is_ascii(),
                "pools.symbol",
                "must have 1 to 16 ASCII characters",
            )?;
        }
        self.accounts.validate()?;
        self.chain.vault_address().map(|_| ())
    }

    fn validate_gateway(&self) -> Result<(), ConfigError> {
        let invalid = |key, problem| Err(ConfigError::Invalid { key, problem });
        if self.gateway.subsidy_bps > BPS_DENOMINATOR {
            return invalid("gateway.subsidy_bps", "is over 10,000, the whole price");
        }
        if !(1..=86_400).contains(&self.gateway.forgotten_after_seconds) {
            return invalid(
                "gateway.forgotten_after_seconds",
                "must lie between 1 and 86,400",
            );
        }
        let mut names = std::collections::BTreeSet::new();
        for upstream in &self.gateway.upstreams {
            if upstream.name.is_empty() || !names.insert(&upstream.name) {
                return invalid("gateway.upstreams.name", "is empty or there twice");
            }
            if !is_base_url(&upstream.base_url) {
                return invalid(
                    "gateway.upstreams.base_url",
                    "must begin with https:// or http:// and end without a slash",
                );
            }
            for milliseconds in [
                upstream.connect_milliseconds,
                upstream.first_byte_milliseconds,
                upstream.idle_milliseconds,
            ] {
                if !(10..=600_000).contains(&milliseconds) {
                    return invalid(
                        "gateway.upstreams",
                        "has a wait that is not between 10 and 600,000 milliseconds",
                    );
                }
            }
            if !(1..=3_600).contains(&upstream.longest_seconds) {
                return invalid(
                    "gateway.upstreams.longest_seconds",
                    "must lie between 1 and 3,600",
                );
            }
        }
        Ok(())
    }
}

fn is_base_url(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && !url.ends_with('/')
}
