//! What positions are owed, with the accounts as they lie on chain.

use bytemuck::Zeroable as _;
use primis_client::vault::{
    Layout as _, U128Le,
    accounts::{Pool, Position},
};
use serde_json::{Value, json};

use crate::some;

/// What positions are owed while a stream runs, after it, before it, and in an empty pool.
pub fn told() -> Value {
    let rate = (31_709_791u128 << 64) + 12_345;
    let cases = [
        (5_000_000_000, 11_310_000_000, 1_700_000_100),
        (5_000_000_000, 11_310_000_000, 1_700_009_999),
        (5_000_000_000, 11_310_000_000, 1_600_000_000),
        (0, 0, 1_700_000_100),
        (1, 3, 1_700_000_101),
    ];
    let told = cases.map(|(units, total_units, now)| {
        let pool = Pool {
            acc: U128Le::from(7u128 << 60),
            rate: U128Le::from(rate),
            stream_end: 1_700_000_600,
            last_update: 1_700_000_000,
            total_units,
            ..Pool::zeroed()
        };
        let position = Position {
            units,
            acc: U128Le::from(1u128 << 60),
            owed_lamports: 17,
            owner: some(3),
            ..Position::zeroed()
        };
        json!({
            "pool": hex::encode(pool.to_bytes()),
            "position": hex::encode(position.to_bytes()),
            "nowUnix": now.to_string(),
            "lamports": position.owed_lamports_at(&pool, now).map(|owed| owed.to_string()),
        })
    });
    json!(told)
}
