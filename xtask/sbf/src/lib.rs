//! Builds Solana programs from what an upstream rustc and LLVM give.
//!
//! Anza's platform-tools are a forked rustc and LLVM, downloaded from a release page. Where that
//! page cannot be reached, a distribution's rustc compiles the program to bitcode for LLVM's own
//! BPF target, and this crate does the rest: [`merge`] the bitcode, [`lower`] it to what the BPF
//! backend accepts, and generate a program the Solana runtime loads ([`link`]).

mod codegen;
mod demangle;
mod helpers;
pub mod ir;
pub mod link;
pub mod lower;
pub mod merge;
pub mod syscalls;
pub mod tools;

/// The target rustc compiles for.
pub const TARGET_JSON: &str = include_str!("../sbpf-solana.json");
/// File stem of the target, which names cargo's output folder.
pub const TARGET_NAME: &str = "sbpf-solana";

/// A version of Solana's bytecode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    /// The first version, with relocations the loader resolves.
    V0,
    /// Static syscalls and strict headers.
    V3,
}

impl Arch {
    /// The name `sbpf-linker` knows it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V0 => "v0",
            Self::V3 => "v3",
        }
    }

    /// The newest BPF processor whose instructions this version runs.
    #[must_use]
    pub const fn cpu(self) -> &'static str {
        match self {
            Self::V0 => "v2",
            Self::V3 => "v3",
        }
    }
}

impl std::str::FromStr for Arch {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "v0" => Ok(Self::V0),
            "v3" => Ok(Self::V3),
            _ => anyhow::bail!("unknown architecture `{text}`; use v0 or v3"),
        }
    }
}
