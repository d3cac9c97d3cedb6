//! The priority fee: what was paid lately for the same accounts.

use solana_address::Address;

use super::Rpc;
use crate::config::FeesConfig;

/// The fee at `percent` of the fees in ascending order (nearest rank); 0 where there are none.
pub fn percentile(fees: &mut [u64], percent: u8) -> u64 {
    fees.sort_unstable();
    let rank = fees
        .len()
        .saturating_mul(usize::from(percent.min(100)))
        .div_ceil(100);
    fees.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

impl Rpc {
    /// Micro-lamports for each compute unit, between floor and cap. An endpoint that cannot say
    /// does not hold up a distribution: then it is the floor.
    pub async fn compute_unit_price(&self, writable: &[Address], config: &FeesConfig) -> u64 {
        let ask = |client: std::sync::Arc<
            solana_rpc_client::nonblocking::rpc_client::RpcClient,
        >| async move { client.get_recent_prioritization_fees(writable).await };
        let mut fees: Vec<u64> = match self.read("getRecentPrioritizationFees", ask).await {
            Ok(recent) => recent
                .into_iter()
                .map(|fee| fee.prioritization_fee)
                .collect(),
            Err(error) => {
                tracing::debug!(%error, "recent priority fees are not known, the floor is paid");
                Vec::new()
            }
        };
        let fee = percentile(&mut fees, config.compute_unit_price_percentile);
        fee.max(config.floor_micro_lamports)
            .min(config.cap_micro_lamports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_the_nearest_rank() {
        let mut fees = [40, 10, 30, 20];
        for (percent, expected) in [
            (0, 10),
            (25, 10),
            (50, 20),
            (75, 30),
            (76, 40),
            (100, 40),
            (255, 40),
        ] {
            assert_eq!(percentile(&mut fees, percent), expected, "{percent}");
        }
        assert_eq!(percentile(&mut [], 75), 0);
    }
}
