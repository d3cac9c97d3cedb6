//! Price accounts as Pyth's own crate writes them (`tests/pyth`), and the answers its own reader gives.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken expectation is a failed test"
)]

use primis_price::{Bounds, PriceError, SolUsd, sol_usd_of_account};
use serde_json::Value;

const ACCOUNTS: &str = include_str!("../../../tests/pyth/price-updates.json");

struct Case {
    name: String,
    data: Vec<u8>,
    /// Price, exponent and time where Pyth's reader takes it.
    read: Option<(u64, i32, i64)>,
}

struct Cases {
    feed: [u8; 32],
    now: i64,
    max_age_seconds: u64,
    cases: Vec<Case>,
}

fn cases() -> Cases {
    let file: Value = serde_json::from_str(ACCOUNTS).unwrap();
    let mut feed = [0; 32];
    hex::decode_to_slice(file["feed_hex"].as_str().unwrap(), &mut feed).unwrap();
    let case = |case: &Value| Case {
        name: case["name"].as_str().unwrap().to_owned(),
        data: hex::decode(case["data_hex"].as_str().unwrap()).unwrap(),
        read: case["read"].as_object().map(|read| {
            (
                read["price"].as_u64().unwrap(),
                i32::try_from(read["exponent"].as_i64().unwrap()).unwrap(),
                read["publish_time"].as_i64().unwrap(),
            )
        }),
    };
    Cases {
        feed,
        now: file["now"].as_i64().unwrap(),
        max_age_seconds: file["max_age_seconds"].as_u64().unwrap(),
        cases: file["cases"].as_array().unwrap().iter().map(case).collect(),
    }
}

impl Cases {
    fn sol_usd(&self, data: &[u8]) -> Result<SolUsd, PriceError> {
        self.at(data, self.now, 100)
    }

    fn at(&self, data: &[u8], now: i64, max_confidence_bps: u64) -> Result<SolUsd, PriceError> {
        let bounds = Bounds {
            max_age_seconds: self.max_age_seconds,
            max_confidence_bps,
        };
        sol_usd_of_account(data, &self.feed, bounds, now)
    }

    fn named(&self, name: &str) -> &[u8] {
        &self
            .cases
            .iter()
            .find(|case| case.name == name)
            .unwrap()
            .data
    }
}

#[test]
fn each_account_is_read_as_pyths_own_reader_reads_it() {
    let cases = cases();
    for Case { name, data, read } in &cases.cases {
        let got = cases.sol_usd(data);
        match read {
            None => assert!(got.is_err(), "{name}"),
            Some((price, exponent, publish_time)) => {
                let got = got.unwrap();
                let scaled = match 9 + exponent {
                    shift @ 0.. => price * 10_u64.pow(shift.unsigned_abs()),
                    shift => price / 10_u64.pow(shift.unsigned_abs()),
                };
                assert_eq!(
                    (got.nano_usd_per_sol, got.published_at),
                    (scaled, *publish_time),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn each_refusal_has_its_cause() {
    let cases = cases();
    let sound = cases.named("sound");
    let refused = |name: &str| cases.sol_usd(cases.named(name)).unwrap_err();
    assert!(matches!(
        refused("a second too old"),
        PriceError::Stale {
            age_seconds: 3_601,
            ..
        }
    ));
    assert!(matches!(
        refused("of another feed"),
        PriceError::WrongFeed { .. }
    ));
    for name in [
        "of no signature",
        "of some signatures",
        "of many signatures",
    ] {
        let error = refused(name);
        assert!(
            matches!(error, PriceError::Unverified) && error.is_transient(),
            "{name}: {error}"
        );
    }
    let future = cases.at(sound, cases.now - 200, 100).unwrap_err();
    assert!(matches!(future, PriceError::FutureDated { .. }), "{future}");
    let wide = cases.at(sound, cases.now, 9).unwrap_err();
    assert!(
        matches!(
            wide,
            PriceError::TooWide {
                confidence_bps: 10,
                ..
            }
        ),
        "{wide}"
    );
    for (offset, bytes) in [(73, [0_u8; 8]), (73, [0xff; 8])] {
        let mut data = sound.to_vec();
        data[offset..offset + 8].copy_from_slice(&bytes);
        let error = cases.sol_usd(&data).unwrap_err();
        assert!(matches!(error, PriceError::NotPositive), "{error}");
    }
}

#[test]
fn what_is_no_price_account_needs_a_person() {
    let cases = cases();
    let sound = cases.named("sound");
    let mut another = sound.to_vec();
    another[0] ^= 1;
    let mut unknown_level = sound.to_vec();
    unknown_level[40] = 2;
    let cut = (0..101).map(|length| sound[..length].to_vec());
    for data in [another, unknown_level].into_iter().chain(cut) {
        let error = cases.sol_usd(&data).unwrap_err();
        assert!(
            matches!(error, PriceError::Account(_)) && !error.is_transient(),
            "{error}"
        );
        assert!(error.to_string().contains("[price.account]"));
    }
}
