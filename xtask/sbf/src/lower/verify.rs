//! The last look before code generation: whatever the backend would refuse or quietly get wrong is
//! reported with the name of its function.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::abi;
use crate::demangle::display_name;
use crate::ir::{Call, Function, Item, Module};
use crate::syscalls;

/// At most this many findings are printed; the first few tell the story.
const SHOWN: usize = 20;

/// Checks a lowered module.
///
/// # Errors
/// Lists every illegal construct with its function, one to a line.
pub fn check(module: &Module) -> Result<()> {
    let mut findings = BTreeSet::new();
    for function in module.functions() {
        let name = display_name(&function.signature.symbol);
        for cause in illegal(function) {
            findings.insert(format!("function `{name}`: {cause}"));
        }
    }
    for declaration in module.declarations() {
        let symbol = declaration.symbol.trim_start_matches('@');
        if symbol.starts_with("llvm.") || syscalls::is_known(symbol) {
            continue;
        }
        let users = users(module, &declaration.symbol);
        if !users.is_empty() {
            findings.insert(format!(
                "`{}` is neither defined nor a Solana syscall; used by {}",
                display_name(&declaration.symbol),
                users.join(", ")
            ));
        }
    }
    for item in &module.items {
        if let Item::Line(line) = item
            && line.starts_with('@')
            && let Some((name, rest)) = line.split_once(" = ")
        {
            let words: Vec<&str> = rest.split(' ').take(4).collect();
            if words.contains(&"external") || words.contains(&"extern_weak") {
                findings.insert(format!("static `{}` is not defined", display_name(name)));
            } else if rest.contains("thread_local") {
                findings.insert(format!("static `{}` is thread-local", display_name(name)));
            }
        }
    }
    if findings.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = findings
        .iter()
        .take(SHOWN)
        .map(|f| format!("  - {f}"))
        .collect();
    let more = findings.len().saturating_sub(SHOWN);
    let more = if more > 0 {
        format!("\n  … and {more} more")
    } else {
        String::new()
    };
    bail!(
        "the program uses what a Solana program cannot:\n{}{more}",
        shown.join("\n")
    )
}

fn users(module: &Module, symbol: &str) -> Vec<String> {
    let uses = |line: &String| {
        line.match_indices(symbol).any(|(at, _)| {
            let next = line[at + symbol.len()..].chars().next();
            !next.is_some_and(|c| c.is_alphanumeric() || "._$".contains(c))
        })
    };
    module
        .functions()
        .filter(|function| function.body.iter().any(uses))
        .map(|function| format!("`{}`", display_name(&function.signature.symbol)))
        .take(3)
        .collect()
}

fn illegal(function: &Function) -> Vec<String> {
    let mut causes = Vec::new();
    match abi::is_callable(&function.signature) {
        Ok(true) => {}
        Ok(false) => causes.push("takes or returns more than registers hold".to_owned()),
        Err(error) => causes.push(format!("{error:#}")),
    }
    if function
        .signature
        .parameters
        .iter()
        .any(|parameter| is_by_value(&parameter.text))
    {
        causes.push(BY_VALUE.to_owned());
    }
    for line in &function.body {
        if let Some(cause) = illegal_line(line) {
            causes.push(format!("{cause}: `{}`", shorten(line.trim())));
        }
    }
    causes
}

fn illegal_line(line: &str) -> Option<&'static str> {
    let text = line.trim_start();
    let operation = if text.starts_with('%') {
        text.split_once(" = ")?.1
    } else {
        text
    };
    let word = operation.split(' ').next()?;
    match word {
        "call" | "tail" | "musttail" | "notail" => illegal_call(text),
        "fadd" | "fsub" | "fmul" | "fdiv" | "frem" | "fneg" | "fcmp" | "fptrunc" | "fpext"
        | "fptoui" | "fptosi" | "uitofp" | "sitofp" => Some("floating point arithmetic"),
        "mul" | "udiv" | "urem" | "sdiv" | "srem" => {
            let bits = integer_bits(operation)?;
            if bits > 64 {
                Some("arithmetic wider than 64 bits without a helper")
            } else if word.starts_with('s') {
                Some("signed division without a helper")
            } else {
                None
            }
        }
        "shl" | "lshr" | "ashr" => {
            let amount = operation.split(", ").nth(1)?;
            (integer_bits(operation)? > 64 && amount.starts_with('%'))
                .then_some("variable shift wider than 64 bits without a helper")
        }
        "alloca" => operation
            .split(", ")
            .skip(1)
            .any(|part| part.contains('%'))
            .then_some("stack allocation of a size known only at run time"),
        "atomicrmw" | "cmpxchg" | "fence" => Some("atomic operation"),
        "load" | "store" if operation.split(' ').nth(1) == Some("atomic") => {
            Some("atomic operation")
        }
        "invoke" | "landingpad" | "resume" => Some("unwinding"),
        "va_arg" => Some("variadic arguments"),
        _ => None,
    }
}

fn illegal_call(text: &str) -> Option<&'static str> {
    let call = Call::parse(text)?;
    if let Some(intrinsic) = call.callee.strip_prefix("@llvm.") {
        return match intrinsic.rsplit_once('.') {
            Some((_, "f16" | "f32" | "f64" | "f128")) => Some("floating point arithmetic"),
            Some(("umul.with.overflow" | "smul.with.overflow", "i64" | "i128")) => {
                Some("multiplication with overflow without a helper")
            }
            Some(("fshl" | "fshr", "i128")) => Some("rotation of 128 bits without a helper"),
            _ => None,
        };
    }
    if let Some(address) = call.callee.strip_prefix("inttoptr (i64 ") {
        let address = address
            .split(' ')
            .next()
            .and_then(|number| number.parse::<u64>().ok());
        return (!address.is_some_and(syscalls::is_known_hash))
            .then_some("call to a constant address that is no syscall");
    }
    if call.is_assembly() {
        return None;
    }
    if call.arguments.iter().any(|argument| is_by_value(argument)) {
        return Some(BY_VALUE);
    }
    call.variadic.then_some("variadic call")
}

const BY_VALUE: &str = "argument passed by value in memory";

fn is_by_value(argument: &str) -> bool {
    argument.contains(" byval(") || argument.contains(" inalloca(")
}

/// Bits of the first integer type in an operation such as `mul nuw i128 %a, %b`.
fn integer_bits(operation: &str) -> Option<u32> {
    operation
        .split(' ')
        .find_map(|word| word.strip_prefix('i')?.parse().ok())
}

fn shorten(line: &str) -> String {
    const WIDTH: usize = 120;
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
