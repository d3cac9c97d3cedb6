//! Writes the HTTP client from the API's OpenAPI document, so that the two cannot drift apart.

mod lower;

use std::{env, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle};

fn main() -> Result<()> {
    let document =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../app-api/openapi.json");
    println!("cargo:rerun-if-changed={}", document.display());
    println!("cargo:rerun-if-changed=build");
    let text = fs::read_to_string(&document).context("app-api/openapi.json")?;
    let mut document = serde_json::from_str(&text)?;
    lower::lower(&mut document);
    let document = serde_json::from_value(document).context("app-api/openapi.json, lowered")?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_derive("PartialEq");
    let code = Generator::new(&settings).generate_tokens(&document)?;
    let file = PathBuf::from(env::var("OUT_DIR")?).join("api.rs");
    // Its examples are sketches: no code to compile, and no test to skip.
    fs::write(file, code.to_string().replace("```ignore", "```text"))?;
    Ok(())
}
