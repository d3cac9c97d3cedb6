//! The first line of a function: `define`/`declare`, return type, name, parameters.

use anyhow::{Context, Result, bail};

use super::scan::{closing, find_symbol, leading_type, next_token, split_top_level};
use super::ty::Type;

/// One parameter of a definition.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The type as printed.
    pub ty: String,
    /// The whole parameter as printed, attributes and name included.
    pub text: String,
    /// `%name`; empty in a declaration.
    pub name: String,
}

/// A function's first line, taken apart.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Linkage, visibility and calling convention: what stands before the return attributes.
    pub prefix: String,
    /// Attributes of the returned value.
    pub return_attributes: String,
    /// The return type as printed.
    pub return_type: String,
    /// `@name`, quotes included.
    pub symbol: String,
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
    /// Whether it ends in `...`.
    pub variadic: bool,
    /// What follows the closing bracket, without the body's `{`.
    pub suffix: String,
}

/// Words that may stand between `define` and the return attributes.
const PREFIX_WORDS: [&str; 26] = [
    "private",
    "internal",
    "available_externally",
    "linkonce",
    "weak",
    "common",
    "appending",
    "extern_weak",
    "linkonce_odr",
    "weak_odr",
    "external",
    "dso_local",
    "dso_preemptable",
    "default",
    "hidden",
    "protected",
    "dllimport",
    "dllexport",
    "ccc",
    "fastcc",
    "coldcc",
    "preserve_mostcc",
    "preserve_allcc",
    "preserve_nonecc",
    "tailcc",
    "swiftcc",
];

impl Signature {
    /// Parses the text after `define ` or `declare `.
    ///
    /// # Errors
    /// Text that LLVM would not print as a function's first line.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_inner(text).with_context(|| format!("cannot read the signature `{text}`"))
    }

    fn parse_inner(text: &str) -> Result<Self> {
        let text = text.trim_end().trim_end_matches('{').trim_end();
        let mut rest = text;
        let (mut prefix, mut return_attributes) = (Vec::new(), Vec::new());
        let return_type = loop {
            let (token, after) = next_token(rest).context("no return type")?;
            if PREFIX_WORDS.contains(&token) {
                prefix.push(token);
                rest = after;
            } else if let Some((ty, after)) = leading_type(rest)
                && after.starts_with('@')
            {
                rest = after;
                break ty;
            } else {
                return_attributes.push(token);
                rest = after;
            }
        };
        let symbol = find_symbol(rest, 0).context("no name")?;
        let open = symbol.len();
        if rest.as_bytes().get(open) != Some(&b'(') {
            bail!("no parameter list");
        }
        let close = closing(rest, open).context("parameter list does not end")?;
        let mut parameters = Vec::new();
        let mut variadic = false;
        for part in split_top_level(&rest[open + 1..close]) {
            if part == "..." {
                variadic = true;
                continue;
            }
            let (ty, after) = leading_type(part).context("parameter without a type")?;
            let name = after
                .rfind('%')
                .and_then(|at| find_symbol(after, at))
                .unwrap_or("");
            parameters.push(Parameter {
                ty: ty.to_owned(),
                text: part.to_owned(),
                name: name.to_owned(),
            });
        }
        Ok(Self {
            prefix: prefix.join(" "),
            return_attributes: return_attributes.join(" "),
            return_type: return_type.to_owned(),
            symbol: symbol.to_owned(),
            parameters,
            variadic,
            suffix: rest[close + 1..].trim().to_owned(),
        })
    }

    /// The return type, parsed.
    ///
    /// # Errors
    /// A type without a register form.
    pub fn returns(&self) -> Result<Type> {
        Type::parse(&self.return_type)
    }

    /// Registers its parameters fill.
    ///
    /// # Errors
    /// A parameter without a register form.
    pub fn argument_registers(&self) -> Result<usize> {
        self.parameters
            .iter()
            .map(|p| Ok(Type::parse(&p.ty)?.registers()))
            .sum()
    }

    /// The signature as text, without `define` and the body's `{`.
    #[must_use]
    pub fn print(&self) -> String {
        let mut words: Vec<&str> = Vec::new();
        for word in [&*self.prefix, &*self.return_attributes, &*self.return_type] {
            if !word.is_empty() {
                words.push(word);
            }
        }
        let mut parameters: Vec<&str> = self.parameters.iter().map(|p| &*p.text).collect();
        if self.variadic {
            parameters.push("...");
        }
        let head = format!(
            "{} {}({})",
            words.join(" "),
            self.symbol,
            parameters.join(", ")
        );
        if self.suffix.is_empty() {
            head
        } else {
            format!("{head} {}", self.suffix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_definition_apart_and_prints_it_again() {
        let text = "internal fastcc noundef range(i128 0, 5) i128 @_RNvC1a(ptr noalias noundef \
                    sret([24 x i8]) align 8 captures(none) %0, { i64, i1 } %x.y) \
                    unnamed_addr #7";
        let signature = Signature::parse(text).unwrap();
        assert_eq!(signature.prefix, "internal fastcc");
        assert_eq!(signature.return_attributes, "noundef range(i128 0, 5)");
        assert_eq!(signature.return_type, "i128");
        assert_eq!(signature.symbol, "@_RNvC1a");
        assert_eq!(signature.parameters[0].name, "%0");
        assert_eq!(signature.parameters[1].ty, "{ i64, i1 }");
        assert_eq!(signature.parameters[1].name, "%x.y");
        assert_eq!(signature.suffix, "unnamed_addr #7");
        assert_eq!(signature.argument_registers().unwrap(), 3);
        assert_eq!(signature.print(), text);
    }

    #[test]
    fn reads_aggregate_returns_and_quoted_names() {
        let signature =
            Signature::parse(r#"internal { i64, ptr } @"a::b<(c, d)>"() #1 {"#).unwrap();
        assert_eq!(signature.return_type, "{ i64, ptr }");
        assert_eq!(signature.symbol, r#"@"a::b<(c, d)>""#);
        assert!(signature.parameters.is_empty());
    }

    #[test]
    fn says_what_it_cannot_read() {
        let error = Signature::parse("internal void nonsense").unwrap_err();
        assert!(format!("{error:#}").contains("internal void nonsense"));
    }
}
