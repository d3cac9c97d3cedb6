//! Measures compute units an instruction and holds them against the committed table.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use primis_tests_vault::{
    cu::{Table, committed_path, measure, rises},
    peers,
};

/// Measures the compute units of every instruction on LiteSVM.
#[derive(Parser)]
struct Options {
    /// One JSON object, instruction to compute units, as the last line.
    #[arg(long)]
    json: bool,
    /// Fail where an instruction costs more than the committed table says.
    #[arg(long)]
    check: bool,
    /// Write what was measured to the committed table.
    #[arg(long)]
    write: bool,
    /// Meter another program's instruction beside ours: a JSON file that names its `.so`, its
    /// accounts (as `solana account --output json` writes them) and the instruction. Repeatable.
    #[arg(long, value_name = "FILE")]
    peer: Vec<PathBuf>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let path = committed_path();
    let measured = measure();
    let peers = options
        .peer
        .iter()
        .map(|file| peers::measure(file))
        .collect::<Result<Vec<_>>>()?;
    let committed: Table = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).context("compute-units.json")?,
        Err(_) if options.write => Table::new(),
        Err(error) => return Err(error).context("compute-units.json: write it with --write"),
    };
    if !options.json {
        print!("{}", side_by_side(&measured, &committed));
        for (name, units) in &peers {
            println!("{name:<34}{units:>10}");
        }
    }
    if options.write {
        fs::write(&path, serde_json::to_string_pretty(&measured)? + "\n")?;
    }
    if options.check {
        let rises = rises(&measured, &committed);
        if !rises.is_empty() {
            bail!(
                "compute units rose or the table is out of date: {}\nmake it cheaper, or commit the new table with `cargo run -p primis-tests-vault --bin cu -- --write` and say why",
                rises.join("; ")
            );
        }
    }
    if options.json {
        let mut all = measured;
        all.extend(peers);
        println!("{}", serde_json::to_string(&all)?);
    }
    Ok(())
}

/// A line an instruction: measured, committed, difference.
fn side_by_side(measured: &Table, committed: &Table) -> String {
    let mut out = format!(
        "{:<34}{:>10}{:>12}\n",
        "instruction", "measured", "committed"
    );
    for (name, units) in measured {
        let before = committed
            .get(name)
            .map_or_else(|| "-".to_owned(), ToString::to_string);
        out += &format!("{name:<34}{units:>10}{before:>12}\n");
    }
    out
}
