//! `sbf-link`: what rustc calls in place of a linker, and the lowering by hand.
//!
//! - `sbf-link <rustc's arguments>` merges all bitcode into the output file; the LLVM folder comes
//!   from `SBF_LINK_LLVM_BIN`.
//! - `sbf-link --lower <merged> <program> [v0|v3] [passes] [opt argument…]` does the rest, with
//!   `sbpf-linker` from `SBF_LINK_SBPF_LINKER`. For looking into a link: the work folder stays.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use sbf_link::Arch;
use sbf_link::link::{Job, Optimisation, link};
use sbf_link::merge::{Request, merge};
use sbf_link::tools::Tools;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let tools = Tools {
        llvm_bin: env::var_os("SBF_LINK_LLVM_BIN")
            .context("set SBF_LINK_LLVM_BIN to the folder of opt and llvm-link")?
            .into(),
        sbpf_linker: env::var_os("SBF_LINK_SBPF_LINKER")
            .map_or_else(|| PathBuf::from("sbpf-linker"), PathBuf::from),
    };
    let mut arguments = env::args_os().skip(1).peekable();
    if arguments
        .next_if(|argument| argument == "--lower")
        .is_none()
    {
        return merge(&Request::parse(arguments)?, &tools);
    }
    let bitcode = PathBuf::from(arguments.next().context("no merged bitcode given")?);
    let output = PathBuf::from(arguments.next().context("no output given")?);
    let mut rest = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let arch: Arch = rest.next().as_deref().unwrap_or("v3").parse()?;
    let mut optimisation = Optimisation::default();
    if let Some(passes) = rest.next() {
        optimisation.passes = passes;
    }
    optimisation.arguments = rest.collect();
    let work = output.with_extension("work");
    let report = link(
        &Job {
            bitcode,
            output,
            work,
            arch,
            optimisation,
        },
        &tools,
    )?;
    println!("{report:?}");
    Ok(())
}
