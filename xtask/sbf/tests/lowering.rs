//! Lowering and verification of modules as text: what becomes legal, and what is refused by name.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stop at the first surprise"
)]

use sbf_link::ir::Module;
use sbf_link::lower::{abi, verify, wide};

fn lowered(text: &str) -> Module {
    let mut module = Module::parse(text).unwrap();
    abi::lower(&mut module).unwrap();
    wide::lower(&mut module).unwrap();
    module
}

/// The verifier's complaint about `body` inside a Rust function of module `vault`.
fn complaint(signature: &str, body: &str) -> String {
    let name = "@_ZN5vault5claim17h0123456789abcdefE";
    let text = format!(
        "define {} {{\nstart:\n{body}\n}}\n",
        signature.replace("@f", name)
    );
    let mut module = Module::parse(&text).unwrap();
    let complaint = match abi::lower(&mut module) {
        Ok(_) => verify::check(&module).unwrap_err(),
        Err(error) => error,
    };
    let complaint = format!("{complaint:#}");
    assert!(complaint.contains("vault::claim"), "{complaint}");
    complaint
}

#[test]
fn a_pair_returns_through_memory_at_definition_and_call() {
    let module = lowered(
        "define internal fastcc noundef { i64, i1 } @f(i64 %a) unnamed_addr #0 {\nstart:\n  \
         ret { i64, i1 } %x\n}\n\
         define i64 @g(i64 %a) {\nstart:\n  %r = tail call fastcc { i64, i1 } @f(i64 %a) #0\n  \
         ret i64 0\n}\n\
         attributes #0 = { nounwind memory(none) }\n",
    );
    let text = module.print();
    for expected in [
        "define internal fastcc void @f(ptr noalias noundef writeonly captures(none) %sbf.result, \
         i64 %a) unnamed_addr #1 {",
        "  store { i64, i1 } %x, ptr %sbf.result, align 8\n  ret void",
        "start:\n  %sbf.slot.0 = alloca { i64, i1 }, align 8\n",
        "  call fastcc void @f(ptr %sbf.slot.0, i64 %a) #1\n  %r = load { i64, i1 }, ptr \
         %sbf.slot.0, align 8",
        "attributes #1 = { nounwind  }",
    ] {
        assert!(text.contains(expected), "missing `{expected}` in:\n{text}");
    }
    verify::check(&module).unwrap();
}

#[test]
fn arguments_past_the_registers_go_to_memory() {
    let module = lowered(
        "define internal i64 @f(i128 noundef %a, i64 %b, i64 %c, ptr noundef nonnull align 8 \
         dereferenceable(8) %d, i8 %e) {\nstart:\n  ret i64 0\n}\n\
         define i64 @g(ptr %p) {\nstart:\n  %r = call i64 @f(i128 1, i64 2, i64 3, ptr noundef \
         nonnull align 8 dereferenceable(8) %p, i8 5)\n  ret i64 %r\n}\n",
    );
    let text = module.print();
    for expected in [
        "i64 @f(i128 noundef %a, i64 %b, i64 %c, ptr noalias noundef readonly captures(none) \
         %sbf.spilled)",
        "  %d = load ptr, ptr %sbf.spilled.0, align 8",
        "  %e = load i8, ptr %sbf.spilled.8, align 8",
        "  %sbf.block = alloca [2 x i64], align 8",
        "  store ptr %p, ptr %sbf.out.1.0, align 8",
        "  store i8 5, ptr %sbf.out.1.8, align 8",
        "i64 @f(i128 1, i64 2, i64 3, ptr %sbf.block)",
    ] {
        assert!(text.contains(expected), "missing `{expected}` in:\n{text}");
    }
    verify::check(&module).unwrap();
}

#[test]
fn recursion_and_pointers_follow_the_same_rule() {
    let module = lowered(
        "define internal i128 @f(i128 %a, ptr %p) {\nstart:\n  %x = call i128 @f(i128 %a, ptr \
         %p)\n  %y = call i128 %p(i128 %x, ptr %p)\n  ret i128 %y\n}\n",
    );
    let text = module.print();
    assert!(
        text.contains("call  void @f(ptr %sbf.slot.0, i128 %a, ptr %p)"),
        "{text}"
    );
    assert!(
        text.contains("call  void %p(ptr %sbf.slot.0, i128 %x, ptr %p)"),
        "{text}"
    );
    verify::check(&module).unwrap();
}

#[test]
fn the_returned_pointers_type_is_dropped() {
    let module = lowered(
        "define void @f(ptr sret([24 x i8]) align 8 %out) {\nstart:\n  call void @f(ptr \
         noalias sret([24 x i8]) align 8 %out)\n  ret void\n}\n",
    );
    assert!(!module.print().contains("sret"));
}

#[test]
fn illegal_operations_are_refused_with_their_function() {
    for (body, cause) in [
        ("  %x = mul i128 %a, %a\n  ret void", "wider than 64 bits"),
        ("  %x = udiv i96 %a, %a\n  ret void", "wider than 64 bits"),
        ("  %x = lshr i128 %a, %n\n  ret void", "variable shift"),
        ("  %x = sdiv i64 %a, %b\n  ret void", "signed division"),
        ("  %x = fadd double %a, %b\n  ret void", "floating point"),
        (
            "  %x = uitofp i64 %a to double\n  ret void",
            "floating point",
        ),
        (
            "  %x = call double @llvm.sqrt.f64(double %a)\n  ret void",
            "floating point",
        ),
        (
            "  %x = call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %a, i64 %a)\n  ret void",
            "overflow",
        ),
        (
            "  %x = alloca i8, i64 %n, align 1\n  ret void",
            "known only at run time",
        ),
        (
            "  %x = atomicrmw add ptr %p, i64 1 monotonic\n  ret void",
            "atomic",
        ),
        (
            "  %x = load atomic i64, ptr %p monotonic, align 8\n  ret void",
            "atomic",
        ),
        (
            "  call void inttoptr (i64 77 to ptr)(i64 1)\n  ret void",
            "no syscall",
        ),
        (
            "  %x = musttail call { i64, i1 } @g(i64 1)\n  ret void",
            "tail call",
        ),
        (
            "  call void @g(ptr byval([64 x i8]) %a)\n  ret void",
            "by value in memory",
        ),
    ] {
        let complaint = complaint("void @f()", body);
        assert!(complaint.contains(cause), "{cause}: {complaint}");
    }
}

#[test]
fn undefined_functions_are_refused_unless_they_are_syscalls() {
    let text = "define void @_ZN5vault5claim17h0123456789abcdefE() {\nstart:\n  call void \
                @sol_log_(ptr null, i64 0)\n  call void @puts(ptr null)\n  ret void\n}\n\
                declare void @sol_log_(ptr, i64)\ndeclare void @puts(ptr)\n\
                declare void @unused()\n@errno = external global i32\n";
    let complaint = format!(
        "{:#}",
        verify::check(&Module::parse(text).unwrap()).unwrap_err()
    );
    assert!(complaint.contains("`puts`"), "{complaint}");
    assert!(complaint.contains("`vault::claim`"), "{complaint}");
    assert!(complaint.contains("`errno`"), "{complaint}");
    assert!(!complaint.contains("sol_log_"), "{complaint}");
    assert!(!complaint.contains("unused"), "{complaint}");
}
