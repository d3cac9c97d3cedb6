//! `primis_vault_math`'s shares, splits and prices against the same in 256 bits: the exact result
//! rounded down, or none where it does not fit.

use arbitrary::{Arbitrary, Unstructured};
use ethnum::U256;
use primis_vault_math::{
    BPS_DENOMINATOR, BUCKETS, MARINADE_PRICE_ONE, PRICE_SCALE, apportion, confidence_within,
    moved_within, price_from_marinade, price_from_rate, price_from_ratio, price_from_usd, share_of,
    split, units_for, value_lamports,
};

/// Most pools a distribution goes to.
const POOLS: usize = 16;
/// Decimals of a lamport amount of one SOL, and of a price's units: 9 + 9.
const PRICE_DECIMALS: i64 = 18;

#[derive(Arbitrary, Debug)]
enum Case {
    Share {
        amount: u64,
        numerator: u64,
        denominator: u64,
    },
    Split {
        amount: u64,
        bps: [u16; BUCKETS],
    },
    EvenSplit {
        amount: u64,
        cuts: [u16; 3],
    },
    Units {
        lamports: u64,
        price: u64,
    },
    Apportion {
        amount: u64,
        values: Vec<u64>,
    },
    Ratio {
        lamports: u64,
        units: u64,
    },
    Rate {
        price: i64,
        exponent: i32,
        near: bool,
        decimals: u8,
    },
    Usd {
        token: (i64, i32),
        sol: (i64, i32),
        near: bool,
        decimals: u8,
    },
    Confidence {
        price: i64,
        confidence: u64,
        max_bps: u64,
    },
    Move {
        price: u64,
        reference: u64,
        max_bps: u64,
    },
}

/// One case made of the bytes.
pub fn run(data: &[u8]) {
    if let Ok(case) = Case::arbitrary(&mut Unstructured::new(data)) {
        check(case);
    }
}

fn check(case: Case) {
    match case {
        Case::Share {
            amount,
            numerator,
            denominator,
        } => assert_eq!(
            share_of(amount, numerator, denominator),
            exact_share(amount, numerator, denominator)
        ),
        Case::Split { amount, bps } => check_split(amount, bps),
        Case::EvenSplit { amount, cuts } => check_split(amount, whole_split(cuts)),
        Case::Units { lamports, price } => check_units(lamports, price),
        Case::Apportion { amount, values } => check_apportion(amount, &values),
        Case::Ratio { lamports, units } => {
            let ratio =
                |units| exact_share(lamports, PRICE_SCALE, units).filter(|price| *price > 0);
            assert_eq!(price_from_ratio(lamports, units), ratio(units));
            assert_eq!(price_from_marinade(lamports), ratio(MARINADE_PRICE_ONE));
        }
        Case::Rate {
            price,
            exponent,
            near,
            decimals,
        } => {
            let exponent = near_to_none(exponent, near);
            let exact = exact_price((price, exponent), (1, 0), decimals);
            assert_eq!(price_from_rate(price, exponent, decimals), exact);
        }
        Case::Usd {
            token,
            sol,
            near,
            decimals,
        } => {
            let token = (token.0, near_to_none(token.1, near));
            let sol = (sol.0, near_to_none(sol.1, near));
            let exact = exact_price(token, sol, decimals);
            assert_eq!(price_from_usd(token, sol, decimals), exact);
        }
        Case::Confidence {
            price,
            confidence,
            max_bps,
        } => {
            let within = price > 0
                && product(confidence, BPS_DENOMINATOR) <= product(price.unsigned_abs(), max_bps);
            assert_eq!(confidence_within(price, confidence, max_bps), within);
        }
        Case::Move {
            price,
            reference,
            max_bps,
        } => {
            let moved = product(price.abs_diff(reference), BPS_DENOMINATOR);
            let within = moved <= product(reference, max_bps);
            assert_eq!(moved_within(price, reference, max_bps), within);
        }
    }
}

/// Conserves, rounds nobody up but the stakers, and takes nothing that is not a whole.
fn check_split(amount: u64, bps: [u16; BUCKETS]) {
    let parts = split(amount, bps);
    let sum: u64 = bps.iter().copied().map(u64::from).sum();
    assert_eq!(parts.is_some(), sum == BPS_DENOMINATOR);
    let Some(parts) = parts else { return };
    let given: u128 = parts.iter().copied().map(u128::from).sum();
    assert_eq!(given, u128::from(amount));
    for (part, bps) in parts.iter().zip(bps).skip(1) {
        let exact = exact_share(amount, u64::from(bps), BPS_DENOMINATOR);
        assert_eq!(Some(*part), exact);
    }
}

/// Basis points that make the whole.
fn whole_split(cuts: [u16; 3]) -> [u16; BUCKETS] {
    let whole = BPS_DENOMINATOR as u16;
    let mut cuts = cuts.map(|cut| cut % (whole + 1));
    cuts.sort_unstable();
    let [a, b, c] = cuts;
    [a, b - a, c - b, whole - c]
}

/// Units and their value, there and back: nothing is gained.
fn check_units(lamports: u64, price: u64) {
    let units = units_for(lamports, price);
    assert_eq!(units, exact_share(lamports, PRICE_SCALE, price));
    let value = value_lamports(lamports, price);
    assert_eq!(value, exact_share(lamports, price, PRICE_SCALE));
    if let Some(units) = units {
        assert!(value_lamports(units, price).unwrap() <= lamports);
    }
    if let Some(value) = value
        && price > 0
    {
        assert!(units_for(value, price).unwrap() <= lamports);
    }
}

/// A distribution gives each pool its part, less than a lamport a pool off the exact one, and all of
/// it to those with value.
fn check_apportion(amount: u64, values: &[u64]) {
    // The values of all pools have to sum.
    let values: Vec<u64> = values
        .iter()
        .take(POOLS)
        .map(|v| v / POOLS as u64)
        .collect();
    let total: u64 = values.iter().sum();
    let (mut left, mut value_left) = (amount, total);
    for value in &values {
        let part = apportion(left, *value, value_left).unwrap();
        assert!(*value > 0 || part == 0);
        if let Some(exact) = exact_share(amount, *value, total) {
            assert!(part.abs_diff(exact) <= values.len() as u64);
        }
        left -= part;
        value_left -= value;
    }
    assert_eq!(left, if total == 0 { amount } else { 0 });
    if let Some(more) = total.checked_add(1) {
        assert_eq!(apportion(amount, more, total), None);
    }
}

fn product(a: u64, b: u64) -> U256 {
    U256::from(a) * U256::from(b)
}

fn exact_share(amount: u64, numerator: u64, denominator: u64) -> Option<u64> {
    let exact = product(amount, numerator).checked_div(U256::from(denominator))?;
    u64::try_from(exact).ok()
}

/// Small exponents are the ones that give prices.
fn near_to_none(exponent: i32, near: bool) -> i32 {
    if near { exponent % 40 } else { exponent }
}

/// Lamports for [`PRICE_SCALE`] units of a token of `decimals`, of two prices with powers of ten.
fn exact_price(token: (i64, i32), sol: (i64, i32), decimals: u8) -> Option<u64> {
    let (token_price, sol_price) = (u64::try_from(token.0).ok()?, u64::try_from(sol.0).ok()?);
    if token_price == 0 || sol_price == 0 {
        return None;
    }
    let exponent = i64::from(token.1) - i64::from(sol.1) + PRICE_DECIMALS - i64::from(decimals);
    // Beyond 10^±40 no quotient of two such prices is both a whole number and 64 bits.
    let power = U256::from(10u8).pow(u32::try_from(exponent.unsigned_abs().min(40)).unwrap());
    let (token_price, sol_price) = (U256::from(token_price), U256::from(sol_price));
    let price = if exponent >= 0 {
        token_price * power / sol_price
    } else {
        token_price / (sol_price * power)
    };
    u64::try_from(price).ok().filter(|price| *price > 0)
}
