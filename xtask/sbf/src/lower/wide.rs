//! Operations BPF has no instruction for, replaced by calls to the helpers.
//!
//! The helpers are linked in afterwards and folded into their callers, so their own signatures
//! never reach the backend.

use crate::ir::{Call, Item, Module, Signature, split_top_level};

/// Replaces every such operation; returns how many.
///
/// # Errors
/// None today; a declaration that cannot be read would be one.
pub fn lower(module: &mut Module) -> anyhow::Result<usize> {
    let mut count = 0;
    for function in module.functions_mut() {
        if function.signature.symbol.starts_with("@sbf_") {
            continue;
        }
        let mut body = Vec::with_capacity(function.body.len());
        for line in std::mem::take(&mut function.body) {
            if let Some(lines) = replacement(&line, body.len()) {
                body.extend(lines);
                count += 1;
            } else {
                body.push(line);
            }
        }
        function.body = body;
    }
    for declaration in DECLARATIONS {
        module
            .items
            .push(Item::Declaration(Signature::parse(declaration)?));
    }
    Ok(count)
}

const DECLARATIONS: [&str; 16] = [
    "i128 @sbf_mul_i128(i128, i128)",
    "i128 @sbf_udiv_i128(i128, i128)",
    "i128 @sbf_urem_i128(i128, i128)",
    "i128 @sbf_sdiv_i128(i128, i128)",
    "i128 @sbf_srem_i128(i128, i128)",
    "i64 @sbf_sdiv_i64(i64, i64)",
    "i64 @sbf_srem_i64(i64, i64)",
    "i128 @sbf_shl_i128(i128, i128)",
    "i128 @sbf_lshr_i128(i128, i128)",
    "i128 @sbf_ashr_i128(i128, i128)",
    "i128 @sbf_fshl_i128(i128, i128, i128)",
    "i128 @sbf_fshr_i128(i128, i128, i128)",
    "{ i64, i1 } @sbf_umulo_i64(i64, i64)",
    "{ i64, i1 } @sbf_smulo_i64(i64, i64)",
    "{ i128, i1 } @sbf_umulo_i128(i128, i128)",
    "{ i128, i1 } @sbf_smulo_i128(i128, i128)",
];

/// The lines that replace `line`, if it must be replaced. `unique` makes their names distinct.
fn replacement(line: &str, unique: usize) -> Option<Vec<String>> {
    let text = line.trim_start();
    if !text.starts_with('%') {
        return None;
    }
    let (result, operation) = text.split_once(" = ")?;
    let operation = operation.split(", !").next().unwrap_or(operation);
    if operation.contains("call ") {
        return intrinsic(text).map(|line| vec![line]);
    }
    let (name, operands) = operation.split_once(' ')?;
    let flags = ["nuw ", "nsw ", "exact ", "disjoint ", "samesign "];
    let mut operands = operands;
    while let Some(flag) = flags.iter().find(|flag| operands.starts_with(**flag)) {
        operands = &operands[flag.len()..];
    }
    let (ty, operands) = operands.split_once(' ')?;
    let operands = split_top_level(operands);
    let [a, b] = operands[..] else { return None };
    match (name, ty) {
        ("mul" | "udiv" | "urem" | "sdiv" | "srem", "i128") => {}
        // The backend expands shifts by a constant itself.
        ("shl" | "lshr" | "ashr", "i128") if b.starts_with('%') => {}
        ("sdiv" | "srem", "i64") => {}
        ("sdiv" | "srem", "i8" | "i16" | "i32") => {
            let wide = |part: &str| format!("%sbf.{part}.{unique}");
            return Some(vec![
                format!("  {} = sext {ty} {a} to i64", wide("a")),
                format!("  {} = sext {ty} {b} to i64", wide("b")),
                format!(
                    "  {} = call i64 @sbf_{name}_i64(i64 {}, i64 {})",
                    wide("q"),
                    wide("a"),
                    wide("b")
                ),
                format!("  {result} = trunc i64 {} to {ty}", wide("q")),
            ]);
        }
        _ => return None,
    }
    Some(vec![format!(
        "  {result} = call {ty} @sbf_{name}_{ty}({ty} {a}, {ty} {b})"
    )])
}

fn intrinsic(text: &str) -> Option<String> {
    let call = Call::parse(text)?;
    let helper = match call.callee.strip_prefix("@llvm.")? {
        "umul.with.overflow.i64" => "umulo_i64",
        "smul.with.overflow.i64" => "smulo_i64",
        "umul.with.overflow.i128" => "umulo_i128",
        "smul.with.overflow.i128" => "smulo_i128",
        "fshl.i128" => "fshl_i128",
        "fshr.i128" => "fshr_i128",
        _ => return None,
    };
    let arguments: Vec<String> = call
        .arguments
        .iter()
        .map(|argument| argument.replace("noundef ", ""))
        .collect();
    let result = call.result?;
    Some(format!(
        "  {result} = call {} @sbf_{helper}({})",
        call.return_type,
        arguments.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(line: &str) -> Option<String> {
        replacement(line, 9).map(|lines| lines.join("\n"))
    }

    #[test]
    fn wide_operations_become_calls() {
        assert_eq!(
            lowered("  %x = mul nuw nsw i128 %a, 10, !dbg !3").unwrap(),
            "  %x = call i128 @sbf_mul_i128(i128 %a, i128 10)"
        );
        assert_eq!(
            lowered("  %x = shl nuw i128 1, %n").unwrap(),
            "  %x = call i128 @sbf_shl_i128(i128 1, i128 %n)"
        );
        assert_eq!(
            lowered("  %x = tail call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %a, i64 5)")
                .unwrap(),
            "  %x = call { i64, i1 } @sbf_umulo_i64(i64 %a, i64 5)"
        );
        assert!(
            lowered("  %x = sdiv i32 %a, %b")
                .unwrap()
                .contains("sext i32 %a to i64")
        );
    }

    #[test]
    fn what_the_backend_expands_stays() {
        for line in [
            "  %x = shl i128 %a, 64",
            "  %x = add i128 %a, %b",
            "  %x = mul i64 %a, %b",
            "  %x = udiv i64 %a, %b",
            "  %x = tail call { i64, i1 } @llvm.uadd.with.overflow.i64(i64 %a, i64 5)",
            "  store i128 %a, ptr %b",
        ] {
            assert_eq!(lowered(line), None, "{line}");
        }
    }
}
