//! Streams and what positions earn from them: see `primis_tests_fuzz::stream`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| primis_tests_fuzz::stream::run(data));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    primis_tests_fuzz::replay(primis_tests_fuzz::stream::run)
}
