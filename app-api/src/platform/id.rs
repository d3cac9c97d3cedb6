//! Names of new things: a prefix that says what it is, and what makes it the only one.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use uuid::Uuid;

/// `{prefix}_` and a UUIDv7, so that they sort by age.
pub(crate) fn new(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::now_v7().simple())
}

/// A prefix with its underscore and 128 random bits: for what is nobody's account's, and whoever has the name
/// may ask for.
pub(in crate::platform) fn random(prefix: &str) -> String {
    format!("{prefix}{}", hex::encode(rand::random::<[u8; 16]>()))
}

/// `req_` and a name for a request, without asking the system for randomness: the second it came in, Unix
/// seconds, a number that this process drew at its start, and a count.
pub(in crate::platform) fn of_request(now: i64) -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(()));
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("req_{now:010x}{:016x}{count:08x}", *PROCESS)
}
