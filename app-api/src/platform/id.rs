//! Names of new things: a prefix that says what it is, and a UUIDv7, so that they sort by age.

use uuid::Uuid;

/// `{prefix}_` and 32 hexadecimal digits.
pub(crate) fn new(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::now_v7().simple())
}
