//! Whoever asked may go at any moment: what they leave behind is nobody else's.

use std::{pin::pin, time::Duration};

use primis_app_api::store::Store;

use super::NOW;
use crate::support::database::{Kind, on_both_databases, open};

on_both_databases!(no_transaction_of_a_dropped_request_is_anothers);

/// Moments at which a request is dropped: more than its transaction has waits.
const MOMENTS: usize = 12;
/// Between two looks at it: the database has answered by then.
const GLANCE: Duration = Duration::from_millis(5);
/// Longest wait for what another transaction holds.
const PATIENCE: Duration = Duration::from_secs(20);

async fn no_transaction_of_a_dropped_request_is_anothers(kind: Kind) {
    let database = open(kind).await;
    // One connection: whoever asks next gets it.
    let one = Store::open(&database.url, 1).await.unwrap();
    for moment in 0..MOMENTS {
        {
            let (session, token) = (format!("sess_{moment}"), format!("token {moment}"));
            let begun = one.begin_session(&session, "acct_1", &token, NOW, NOW + 60);
            let mut begun = pin!(begun);
            for _ in 0..=moment {
                if futures_util::poll!(&mut begun).is_ready() {
                    break;
                }
                tokio::time::sleep(GLANCE).await;
            }
        }
        // What is written then is written for all.
        let nonce = format!("nonce {moment}");
        assert!(one.spend_nonce(&nonce, NOW).await.unwrap(), "{moment}");
        let again = tokio::time::timeout(PATIENCE, database.store.spend_nonce(&nonce, NOW)).await;
        let again = again.expect("it is not committed").unwrap();
        assert!(!again, "after {moment} waits it is not there");
    }
}
