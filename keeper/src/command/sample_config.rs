//! `sample-config`: the configuration that explains every key, as it is committed.

use serde_json::json;

use crate::{cli::Output, error::Exit};

/// The sample.
const SAMPLE: &str = include_str!("../../keeper.sample.toml");

/// Prints it.
pub fn sample_config(output: Output) -> Exit {
    let exit = Exit::Done;
    output.print(
        SAMPLE.trim_end(),
        &json!({"toml": SAMPLE, "outcome": exit.name(), "exit_code": exit.code()}),
    );
    exit
}
