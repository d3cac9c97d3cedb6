//! Types as far as the calling convention asks: how many 64-bit registers a value fills.

use anyhow::{Context, Result, bail};

use super::scan::split_top_level;

/// A first-class LLVM type, flattened to what registers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// No value.
    Void,
    /// An integer of this many bits.
    Integer(u32),
    /// A pointer.
    Pointer,
    /// A floating point number, named as LLVM prints it.
    Float(String),
    /// A struct, array or vector, as its members in order.
    Aggregate(Vec<Type>),
}

impl Type {
    /// Parses one type as LLVM prints it.
    ///
    /// # Errors
    /// Named structs and target types have no register form here.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Some(bits) = text.strip_prefix('i')
            && let Ok(bits) = bits.parse()
        {
            return Ok(Self::Integer(bits));
        }
        match text {
            "void" => return Ok(Self::Void),
            "ptr" => return Ok(Self::Pointer),
            "half" | "bfloat" | "float" | "double" | "fp128" | "x86_fp80" => {
                return Ok(Self::Float(text.to_owned()));
            }
            _ => {}
        }
        let inner = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close);
        if let Some(members) = inner("<{", "}>").or_else(|| inner("{", "}")) {
            let members = split_top_level(members).into_iter().map(Self::parse);
            return Ok(Self::Aggregate(members.collect::<Result<_>>()?));
        }
        if let Some(repeated) = inner("[", "]").or_else(|| inner("<", ">")) {
            let (count, element) = repeated
                .split_once(" x ")
                .with_context(|| format!("array type `{text}`"))?;
            let count = count
                .trim()
                .parse()
                .with_context(|| format!("length of `{text}`"))?;
            return Ok(Self::Aggregate(vec![Self::parse(element)?; count]));
        }
        bail!("type `{text}` cannot be passed in registers")
    }

    /// 64-bit registers a value of this type fills when passed by value.
    #[must_use]
    pub fn registers(&self) -> usize {
        match self {
            Self::Void => 0,
            Self::Integer(bits) => bits.div_ceil(64) as usize,
            Self::Pointer | Self::Float(_) => 1,
            Self::Aggregate(members) => members.iter().map(Self::registers).sum(),
        }
    }

    /// Whether BPF can return it: nothing, or one register.
    #[must_use]
    pub fn is_returnable(&self) -> bool {
        match self {
            Self::Void | Self::Pointer | Self::Float(_) => true,
            Self::Integer(bits) => *bits <= 64,
            Self::Aggregate(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_of_values() {
        for (text, registers) in [
            ("void", 0),
            ("i1", 1),
            ("ptr", 1),
            ("i128", 2),
            ("{ i64, { i8, ptr } }", 3),
            ("<{ i8, i64 }>", 2),
            ("[3 x i128]", 6),
            ("{}", 0),
        ] {
            assert_eq!(Type::parse(text).unwrap().registers(), registers, "{text}");
        }
    }

    #[test]
    fn only_one_register_comes_back() {
        for (text, returnable) in [
            ("void", true),
            ("i64", true),
            ("i128", false),
            ("{ i64, i1 }", false),
        ] {
            assert_eq!(
                Type::parse(text).unwrap().is_returnable(),
                returnable,
                "{text}"
            );
        }
        assert!(Type::parse("%struct.x").is_err());
    }
}
