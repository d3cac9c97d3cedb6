//! The helpers stay fast: one compute unit is one instruction, and users pay for them.

use primis_tests_sbf::Runtime;
use primis_tests_sbf::operands::Random;
use sbf_arith::MAX_PAIRS;
use sbf_arith::operations::OPERATIONS;

/// Most compute units one application may take on average, reading and writing operands included.
/// Generous by a quarter over what was measured; a naive division alone would take thousands.
const LIMITS: [(&str, u64); 9] = [
    ("u128 add", 100),
    ("u128 mul", 130),
    ("u128 mul checked", 170),
    ("u128 div", 280),
    ("u128 div by 64 bits", 280),
    ("i128 div", 320),
    ("u128 shl", 110),
    ("u64 mul checked", 100),
    ("i64 div", 110),
];

#[test]
fn costs_stay_below_their_limits() {
    let mut runtime = Runtime::start();
    let pairs = Random::new(7).pairs(MAX_PAIRS);
    let mut over = Vec::new();
    for (number, operation) in (0..=u8::MAX).zip(OPERATIONS) {
        let total = runtime.run(number, &pairs).compute_units;
        let each = total / MAX_PAIRS as u64;
        println!("{each:>6} CU  {}", operation.name);
        if let Some((name, limit)) = LIMITS.iter().find(|(name, _)| *name == operation.name)
            && each > *limit
        {
            over.push(format!("{name} takes {each} CU, more than {limit}"));
        }
    }
    assert!(over.is_empty(), "{}", over.join("; "));
    for (name, _) in LIMITS {
        assert!(
            OPERATIONS.iter().any(|operation| operation.name == name),
            "no operation {name}"
        );
    }
}
