//! A call instruction, taken apart.

use super::scan::{closing, find_symbol, leading_type, next_token, split_top_level};

/// `%result = tail call <attributes> <type> <callee>(<arguments>) <suffix>`.
#[derive(Clone, Debug)]
pub struct Call {
    /// `%name` that takes the result, if it is kept.
    pub result: Option<String>,
    /// Whether it is `musttail`, which no rewrite may touch.
    pub must_tail: bool,
    /// Calling convention words.
    pub convention: String,
    /// Attributes of the returned value.
    pub return_attributes: String,
    /// The return type as printed.
    pub return_type: String,
    /// `@function`, `%pointer`, or other text for inline assembly and constant expressions.
    pub callee: String,
    /// Arguments as printed: type, attributes, value.
    pub arguments: Vec<String>,
    /// What follows the closing bracket: attribute group, metadata.
    pub suffix: String,
    /// Whether the callee is variadic (its full type is printed).
    pub variadic: bool,
}

const CONVENTIONS: [&str; 8] = [
    "ccc",
    "fastcc",
    "coldcc",
    "preserve_mostcc",
    "preserve_allcc",
    "preserve_nonecc",
    "tailcc",
    "swiftcc",
];

impl Call {
    /// Parses one line; `None` when it is not a call.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut rest = line.trim();
        let mut result = None;
        if rest.starts_with('%') {
            let name = find_symbol(rest, 0)?;
            rest = rest[name.len()..]
                .trim_start()
                .strip_prefix('=')?
                .trim_start();
            result = Some(name.to_owned());
        }
        let must_tail = rest.starts_with("musttail ");
        for word in ["tail ", "musttail ", "notail "] {
            rest = rest.strip_prefix(word).unwrap_or(rest);
        }
        rest = rest.strip_prefix("call ")?;
        let (mut convention, mut return_attributes) = (Vec::new(), Vec::new());
        let (return_type, mut rest) = loop {
            // The type is the last item before the callee, which starts with `@`, `%` or `asm`.
            if let Some((ty, after)) = leading_type(rest)
                && (after.starts_with(['@', '%', '('])
                    || after.starts_with("asm ")
                    || after.starts_with("inttoptr "))
                && is_type(ty)
            {
                break (ty, after);
            }
            let (token, after) = next_token(rest)?;
            if CONVENTIONS.contains(&token) {
                convention.push(token);
            } else {
                return_attributes.push(token);
            }
            rest = after;
        };
        let mut variadic = false;
        if rest.starts_with('(') {
            let close = closing(rest, 0)?;
            variadic = rest[..close].contains("...");
            rest = rest[close + 1..].trim_start();
        }
        let open = if rest.starts_with(['@', '%']) {
            find_symbol(rest, 0)?.len()
        } else if rest.starts_with("asm ") {
            rest.rfind('"').map(|quote| quote + 1)?
        } else {
            // A constant address: `inttoptr (i64 123 to ptr)`.
            closing(rest, rest.find('(')?)? + 1
        };
        if rest.as_bytes().get(open) != Some(&b'(') {
            return None;
        }
        let close = closing(rest, open)?;
        Some(Self {
            result,
            must_tail,
            convention: convention.join(" "),
            return_attributes: return_attributes.join(" "),
            return_type: return_type.to_owned(),
            callee: rest[..open].to_owned(),
            arguments: split_top_level(&rest[open + 1..close])
                .into_iter()
                .map(str::to_owned)
                .collect(),
            suffix: rest[close + 1..].trim().to_owned(),
            variadic,
        })
    }

    /// Whether it calls an LLVM intrinsic, which is an operation rather than a function.
    #[must_use]
    pub fn is_intrinsic(&self) -> bool {
        self.callee.starts_with("@llvm.")
    }

    /// Whether it is inline assembly.
    #[must_use]
    pub fn is_assembly(&self) -> bool {
        self.callee.starts_with("asm ")
    }
}

fn is_type(text: &str) -> bool {
    text == "ptr" || super::ty::Type::parse(text).is_ok() || text.starts_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_call_apart() {
        let call = Call::parse(
            "  %a.i = tail call fastcc noundef range(i64 0, 2) { i64, i1 } @f(ptr noundef %x, \
             i64 range(i64 0, 9) 3) #12, !prof !3",
        )
        .unwrap();
        assert_eq!(call.result.as_deref(), Some("%a.i"));
        assert_eq!(call.convention, "fastcc");
        assert_eq!(call.return_attributes, "noundef range(i64 0, 2)");
        assert_eq!(call.return_type, "{ i64, i1 }");
        assert_eq!(call.callee, "@f");
        assert_eq!(call.arguments, ["ptr noundef %x", "i64 range(i64 0, 9) 3"]);
        assert_eq!(call.suffix, "#12, !prof !3");
    }

    #[test]
    fn reads_pointers_intrinsics_assembly_and_void() {
        assert_eq!(Call::parse("call void %fp(i64 1)").unwrap().callee, "%fp");
        let intrinsic =
            Call::parse("%x = call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %a, i64 %b)");
        assert!(intrinsic.unwrap().is_intrinsic());
        let assembly = Call::parse(r#"%x = tail call i64 asm "", "=r,0"(i64 %y) #2"#).unwrap();
        assert!(assembly.is_assembly());
        assert_eq!(assembly.arguments, ["i64 %y"]);
        let fixed = Call::parse("%r = call i64 inttoptr (i64 9 to ptr)(ptr %x) #1").unwrap();
        assert_eq!(fixed.callee, "inttoptr (i64 9 to ptr)");
        assert_eq!(fixed.arguments, ["ptr %x"]);
        assert!(
            Call::parse("call i32 (ptr, ...) @printf(ptr %x)")
                .unwrap()
                .variadic
        );
        assert!(Call::parse("%x = add i64 %a, %b").is_none());
        assert!(Call::parse("store i64 0, ptr %a").is_none());
    }
}
