//! Amounts as people read them. Integers all the way; digits that are cut off are cut off.

/// Lamports of one SOL.
const LAMPORTS: u64 = 1_000_000_000;
/// Nano-USD of one cent.
const NANO_USD_PER_CENT: u128 = 10_000_000;

/// `0.0634 SOL`: four digits, or all nine where four would show nothing.
pub fn sol(lamports: u64) -> String {
    let (whole, rest) = (lamports / LAMPORTS, lamports % LAMPORTS);
    if lamports == 0 || lamports >= LAMPORTS / 1_000 {
        return format!("{whole}.{:04} SOL", rest / (LAMPORTS / 10_000));
    }
    format!("0.{rest:09} SOL")
}

/// `2.5000`: units of a token with nine decimals.
pub fn tokens(units: u64) -> String {
    sol(units).trim_end_matches(" SOL").to_owned()
}

/// `$9.51`.
pub fn usd(nano_usd: u128) -> String {
    let cents = nano_usd / NANO_USD_PER_CENT;
    format!("${}.{:02}", cents / 100, cents % 100)
}

/// `0.0634 SOL ($9.51)` at a price in nano-USD for one SOL.
pub fn both(lamports: u64, nano_usd_per_sol: u64) -> String {
    let nano_usd = u128::from(lamports) * u128::from(nano_usd_per_sol) / u128::from(LAMPORTS);
    format!("{} ({})", sol(lamports), usd(nano_usd))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(sol(0), "0.0000 SOL");
        assert_eq!(sol(63_400_000), "0.0634 SOL");
        assert_eq!(sol(11_310_000_000), "11.3100 SOL");
        assert_eq!(sol(5_000), "0.000005000 SOL");
        assert_eq!(usd(9_519_999_999), "$9.51");
        assert_eq!(both(1_000_000_000, 150_000_000_000), "1.0000 SOL ($150.00)");
    }
}
