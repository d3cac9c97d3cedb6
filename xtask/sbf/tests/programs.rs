//! Whole links with LLVM and sbpf-linker, from IR to a program file or to a refusal by name.
//!
//! `cargo xtask test` says where the tools are. Without them there is nothing to test: where
//! Anza's platform-tools build the programs, this crate is not used.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stop at the first surprise"
)]

use std::path::PathBuf;
use std::{env, fs};

use sbf_link::Arch;
use sbf_link::link::{Job, Optimisation, Report, link};
use sbf_link::tools::{Tools, run};

fn tools() -> Option<Tools> {
    let tools = Tools {
        llvm_bin: env::var_os("SBF_LINK_LLVM_BIN")?.into(),
        sbpf_linker: env::var_os("SBF_LINK_SBPF_LINKER")?.into(),
    };
    assert!(
        tools.sbpf_linker.is_file(),
        "{} is missing",
        tools.sbpf_linker.display()
    );
    Some(tools)
}

/// Links IR text for both architectures; `None` without tools.
fn linked(name: &str, text: &str) -> Option<Vec<anyhow::Result<Report>>> {
    let Some(tools) = tools() else {
        eprintln!("skipped: SBF_LINK_LLVM_BIN and SBF_LINK_SBPF_LINKER are not set");
        return None;
    };
    let reports = [Arch::V3, Arch::V0].map(|arch| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(name)
            .join(arch.name());
        fs::create_dir_all(&folder).unwrap();
        let (source, bitcode) = (folder.join("in.ll"), folder.join("in.bc"));
        fs::write(&source, format!("target triple = \"bpfel\"\n{text}")).unwrap();
        run(tools.llvm("llvm-as").arg(&source).arg("-o").arg(&bitcode)).unwrap();
        let output = folder.join("out.so");
        let optimisation = Optimisation {
            passes: "mem2reg".to_owned(),
            arguments: Vec::new(),
        };
        link(
            &Job {
                bitcode,
                output,
                work: folder,
                arch,
                optimisation,
            },
            &tools,
        )
    });
    Some(reports.into())
}

/// The refusal of a program, the same for both architectures.
fn refusal(name: &str, text: &str) -> Option<String> {
    let reports = linked(name, text)?;
    let texts: Vec<String> = reports
        .into_iter()
        .map(|report| format!("{:#}", report.unwrap_err()))
        .collect();
    assert!(
        texts.windows(2).all(|pair| pair.first() == pair.last()),
        "{texts:?}"
    );
    texts.into_iter().next()
}

#[test]
fn wide_arithmetic_and_wide_calls_become_a_program() {
    let text = "define { i64, i1 } @pair(i64 %a, i64 %b) noinline {\n  %r = call { i64, i1 } \
                @llvm.umul.with.overflow.i64(i64 %a, i64 %b)\n  ret { i64, i1 } %r\n}\n\
                define i64 @entrypoint(ptr %input) {\n  %a = load i64, ptr %input\n  %r = call \
                { i64, i1 } @pair(i64 %a, i64 %a)\n  %v = extractvalue { i64, i1 } %r, 0\n  \
                %w = zext i64 %v to i128\n  %d = udiv i128 %w, 1000000000\n  %t = trunc i128 %d \
                to i64\n  ret i64 %t\n}\n\
                declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)\n";
    for report in linked("wide", text).into_iter().flatten() {
        let report = report.unwrap();
        assert_eq!((report.abi.functions, report.abi.calls), (1, 1));
        assert!(report.wide_operations >= 1);
        assert!(report.bytes > 0);
    }
}

#[test]
fn an_oversize_stack_frame_names_its_function() {
    let frame = |bytes: usize| {
        format!(
            "define i64 @_ZN5vault5claim17h0123456789abcdefE(ptr %p) noinline {{\n  %a = alloca \
             [{bytes} x i8], align 8\n  call void @sol_memcpy_(ptr %a, ptr %p, i64 {bytes})\n  \
             %v = load i64, ptr %a\n  ret i64 %v\n}}\n\
             define i64 @entrypoint(ptr %p) {{\n  %r = call i64 \
             @_ZN5vault5claim17h0123456789abcdefE(ptr %p)\n  ret i64 %r\n}}\n\
             declare void @sol_memcpy_(ptr, ptr, i64)\n"
        )
    };
    if let Some(refusal) = refusal("frame", &frame(4200)) {
        assert!(
            refusal.contains("`vault::claim` needs a stack frame of more than 4096"),
            "{refusal}"
        );
    }
    for report in linked("frame-fits", &frame(3900)).into_iter().flatten() {
        report.unwrap();
    }
}

#[test]
fn undefined_and_floating_point_are_refused_before_code_generation() {
    let text = "define i64 @entrypoint(ptr %p) {\n  %f = load double, ptr %p\n  %g = fadd double \
                %f, %f\n  store double %g, ptr %p\n  %r = call i64 @getenv(ptr %p)\n  ret i64 \
                %r\n}\ndeclare i64 @getenv(ptr)\n";
    if let Some(refusal) = refusal("undefined", text) {
        assert!(
            refusal.contains("`entrypoint`: floating point"),
            "{refusal}"
        );
        assert!(
            refusal.contains("`getenv` is neither defined nor"),
            "{refusal}"
        );
    }
}
