//! Every operation gives on the runtime what it gives on the host.

use primis_tests_sbf::Runtime;
use primis_tests_sbf::operands::{Random, edge_pairs};
use sbf_arith::operations::OPERATIONS;

/// Random pairs for each operation.
const RANDOM_PAIRS: usize = 3_000;

fn numbers() -> impl Iterator<Item = u8> {
    (0..=u8::MAX).zip(OPERATIONS).map(|(number, _)| number)
}

#[test]
fn edge_values_agree() {
    let mut runtime = Runtime::start();
    let pairs = edge_pairs();
    for number in numbers() {
        runtime.compare(number, &pairs);
    }
}

#[test]
fn random_values_agree() {
    let mut runtime = Runtime::start();
    for number in numbers() {
        let mut random = Random::new(u64::from(number) + 1);
        runtime.compare(number, &random.pairs(RANDOM_PAIRS));
    }
}

#[test]
#[should_panic(expected = "Custom(1)")]
fn an_unknown_operation_is_refused() {
    Runtime::start().run(u8::MAX, &[(0, 0)]);
}
