//! The whole way from merged bitcode to a program.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::ir::{Item, Module};
use crate::lower::{abi, verify, wide};
use crate::tools::{Tools, run};
use crate::{Arch, codegen, helpers};

/// Symbols that stay visible: the entry point, the functions code generation may call, and the
/// contact text that explorers look for in a deployed program.
const KEPT: &str = "entrypoint,memcpy,memmove,memset,memcmp,bcmp,SECURITY_TXT,security_txt";

/// Size up to which a function is inlined. A call costs a dozen instructions on this target, so it
/// pays to inline more than LLVM's 225 for machines with caches; far above it, spills eat the gain.
const INLINE_THRESHOLD: u32 = 400;

/// How hard LLVM tries.
#[derive(Clone, Debug)]
pub struct Optimisation {
    /// `opt` passes for the whole program.
    pub passes: String,
    /// Further `opt` arguments, such as an inlining threshold.
    pub arguments: Vec<String>,
}

impl Default for Optimisation {
    fn default() -> Self {
        Self {
            passes: "default<O3>".to_owned(),
            arguments: vec![format!("-inline-threshold={INLINE_THRESHOLD}")],
        }
    }
}

/// One program to link.
#[derive(Clone, Debug)]
pub struct Job {
    /// Merged bitcode.
    pub bitcode: PathBuf,
    /// Program to write.
    pub output: PathBuf,
    /// Folder for what lies between; kept for a look.
    pub work: PathBuf,
    /// Bytecode version.
    pub arch: Arch,
    /// How hard LLVM tries.
    pub optimisation: Optimisation,
}

/// What a link did.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Signatures and calls passed through memory.
    pub abi: abi::Summary,
    /// Operations replaced by helpers.
    pub wide_operations: usize,
    /// Bytes of the program.
    pub bytes: u64,
}

/// Lowers and generates one program.
///
/// # Errors
/// An illegal construct, an oversize stack frame, an undefined symbol, each with its function; or
/// a tool that fails.
pub fn link(job: &Job, tools: &Tools) -> Result<Report> {
    fs::create_dir_all(&job.work)
        .with_context(|| format!("cannot create {}", job.work.display()))?;
    let helpers = helpers::build(&job.work, job.arch, tools)?;
    let optimised = job.work.join("optimised.ll");
    let passes = format!(
        "internalize,globaldce,lower-atomic,{},globaldce,function(instnamer)",
        job.optimisation.passes
    );
    run(tools
        .llvm("opt")
        .args(["-S", "--strip-debug"])
        .arg(format!("-internalize-public-api-list={KEPT}"))
        .arg(format!("-passes={passes}"))
        .args(&job.optimisation.arguments)
        .arg(&job.bitcode)
        .arg("-o")
        .arg(&optimised))?;

    let mut module = Module::parse(&read(&optimised)?)?;
    // Signatures first: the helpers' own are folded away and must stay as they are.
    let abi = abi::lower(&mut module)?;
    let wide_operations = wide::lower(&mut module)?;
    unplace(&mut module);
    let lowered = job.work.join("lowered.ll");
    fs::write(&lowered, module.print())?;

    let complete = job.work.join("complete.ll");
    fold_helpers(&lowered, &helpers, &complete, job, tools)?;
    let module = Module::parse(&read(&complete)?)?;
    verify::check(&module)?;

    let bitcode = job.work.join("complete.bc");
    run(tools
        .llvm("opt")
        .arg("-passes=verify")
        .arg(&complete)
        .arg("-o")
        .arg(&bitcode))?;
    codegen::generate(&bitcode, &job.output, job.arch, tools)?;
    let bytes = fs::metadata(&job.output)?.len();
    Ok(Report {
        abi,
        wide_operations,
        bytes,
    })
}

/// Links the helpers in and folds them into their callers.
fn fold_helpers(
    lowered: &Path,
    helpers: &Path,
    complete: &Path,
    job: &Job,
    tools: &Tools,
) -> Result<()> {
    let linked = job.work.join("linked.bc");
    run(tools
        .llvm("llvm-link")
        .arg("--suppress-warnings")
        .arg(lowered)
        .arg(format!("--override={}", helpers.display()))
        .arg("-o")
        .arg(&linked))?;
    run(tools
        .llvm("opt")
        .arg("-S")
        .arg(format!("-internalize-public-api-list={KEPT}"))
        .arg(
            "-passes=internalize,always-inline,globaldce,\
             function(sroa,early-cse,instcombine<no-verify-fixpoint>,simplifycfg,dce)",
        )
        .arg(&linked)
        .arg("-o")
        .arg(complete))?;
    Ok(())
}

/// Puts constants with a section of their own among the others: a Solana program has but one.
fn unplace(module: &mut Module) {
    for item in &mut module.items {
        if let Item::Line(line) = item
            && line.starts_with('@')
            && let Some((before, after)) = line.split_once(", section \"")
            && let Some((_, after)) = after.split_once('"')
        {
            *line = format!("{before}{after}");
        }
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
