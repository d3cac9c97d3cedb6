//! What older versions wrote is told as they told it.

use crate::support::database::{Kind, on_both_databases, open_older};

on_both_databases!(what_was_used_is_told_as_before);

/// The last version that wrote postings and entries of what was used.
const POSTED: i64 = 16;

/// A charge with a discount and a loss, a charge without either, a run, a top-up, and holds that are open and voided.
const ROWS: &str = r#"
INSERT INTO balances VALUES ('ann', 900, 30), ('subsidy', 40, 0);
INSERT INTO holds VALUES
    ('r1', 'ann', 70, 'settled', 1, 600, '{}'), ('r2', 'ann', 25, 'settled', 2, 600, '{}'),
    ('run_1', 'ann', 20, 'settled', 3, 600, '{}'), ('r3', 'ann', 30, 'held', 4, 600, '{}'),
    ('r4', 'ann', 15, 'voided', 5, 600, '{}');
INSERT INTO usage_lines VALUES
    ('r1', 'ann', 'key_1', 'chat', 'small', '{}', 100, 10, 70, 20, 60, 1, 11),
    ('r2', 'ann', NULL, 'embeddings', 'vectors', '{}', 20, 0, 20, 0, 0, 0, 12),
    ('run_1', 'ann', NULL, 'run', 'fmu', '{}', 20, 0, 20, 0, 5, 0, 13);
INSERT INTO postings VALUES
    ('top_up', 'top_up', 'ann', 10, 0, 0, 0, 0, 0, 0, 'digest', '{"from":"card"}'),
    ('usage:r1', 'usage', 'ann', 11, 100, 20, 60, 8, 10, 20, '', '{"hold":"r1"}'),
    ('usage:r2', 'usage', 'ann', 12, 20, 0, 0, 2, 0, 0, '', '{"hold":"r2"}'),
    ('usage:run_1', 'usage', 'ann', 13, 20, 0, 5, 2, 0, 0, '', '{"hold":"run_1"}');
INSERT INTO entries VALUES
    ('top_up', 0, 'stripe', 1010), ('top_up', 1, 'customer:ann', -1010),
    ('usage:r1', 0, 'customer:ann', 70), ('usage:r1', 1, 'subsidy', 10), ('usage:r1', 2, 'loss', 20),
    ('usage:r1', 3, 'revenue:gateway', -100), ('usage:r1', 4, 'provider:cost', 60),
    ('usage:r1', 5, 'provider:payable', -60),
    ('usage:r2', 0, 'customer:ann', 20), ('usage:r2', 1, 'revenue:gateway', -20),
    ('usage:run_1', 0, 'customer:ann', 20), ('usage:run_1', 1, 'revenue:run', -20),
    ('usage:run_1', 2, 'provider:cost', 5), ('usage:run_1', 3, 'provider:payable', -5);
"#;

/// Each posting and each entry, as text, with one of its numbers.
const TOLD: &str = "\
    SELECT 'posting ' || id || ' ' || kind || ' ' || COALESCE(account, '') || ' ' || settled_at || ' ' || gross_nano_usd || \
           ' ' || refunds_nano_usd || ' ' || provider_cost_nano_usd || ' ' || subsidy_nano_usd || ' ' || short_nano_usd || \
           ' ' || digest || ' ' || reference, fee_nano_usd FROM postings \
    UNION ALL SELECT 'entry ' || posting || ' ' || book, amount_nano_usd FROM entries ORDER BY 1";

async fn what_was_used_is_told_as_before(kind: Kind) {
    let (store, before) = open_older(kind, POSTED, ROWS, TOLD).await;
    assert_eq!(before.len(), 4 + 14);
    assert_eq!(store.rows(TOLD).await, before);
    let held = "SELECT id || ' ' || kind, held_nano_usd FROM usage_lines ORDER BY 1";
    let number = |(what, n): (&str, i64)| (what.to_owned(), n);
    assert_eq!(
        store.rows(held).await,
        [("r1 chat", 70), ("r2 embeddings", 25), ("run_1 run", 20)].map(number)
    );
    // Those that were settled are lines now.
    let holds = "SELECT id || ' ' || state, amount_nano_usd FROM holds ORDER BY 1";
    assert_eq!(
        store.rows(holds).await,
        [("r3 held", 30), ("r4 voided", 15)].map(number)
    );
    store.is_balanced().await;
}
