//! A module: its functions, and every other line kept as it is.

use anyhow::{Result, bail};

use super::signature::Signature;

/// A function with a body.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its first line.
    pub signature: Signature,
    /// The lines between the braces.
    pub body: Vec<String>,
}

/// One top-level piece of a module.
#[derive(Clone, Debug)]
pub enum Item {
    /// A function with a body.
    Definition(Function),
    /// A function defined elsewhere: a syscall, an intrinsic, or a mistake.
    Declaration(Signature),
    /// Anything else: globals, metadata, attribute groups, comments.
    Line(String),
}

/// A module as printed by `opt -S`.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// Top-level pieces in order.
    pub items: Vec<Item>,
}

impl Module {
    /// Parses a module.
    ///
    /// # Errors
    /// A signature that cannot be read, or a body without an end.
    pub fn parse(text: &str) -> Result<Self> {
        let mut items = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(rest) = line.strip_prefix("define ") {
                let signature = Signature::parse(rest)?;
                let mut body = Vec::new();
                loop {
                    match lines.next() {
                        Some("}") => break,
                        Some(line) => body.push(line.to_owned()),
                        None => bail!("{} has no end", signature.symbol),
                    }
                }
                items.push(Item::Definition(Function { signature, body }));
            } else if let Some(rest) = line.strip_prefix("declare ") {
                items.push(Item::Declaration(Signature::parse(rest)?));
            } else {
                items.push(Item::Line(line.to_owned()));
            }
        }
        Ok(Self { items })
    }

    /// Functions with a body.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.items.iter().filter_map(|item| match item {
            Item::Definition(function) => Some(function),
            _ => None,
        })
    }

    /// Functions with a body, to change.
    pub fn functions_mut(&mut self) -> impl Iterator<Item = &mut Function> {
        self.items.iter_mut().filter_map(|item| match item {
            Item::Definition(function) => Some(function),
            _ => None,
        })
    }

    /// Functions defined elsewhere.
    pub fn declarations(&self) -> impl Iterator<Item = &Signature> {
        self.items.iter().filter_map(|item| match item {
            Item::Declaration(signature) => Some(signature),
            _ => None,
        })
    }

    /// The module as text.
    #[must_use]
    pub fn print(&self) -> String {
        let mut out = String::new();
        for item in &self.items {
            match item {
                Item::Definition(function) => {
                    out.push_str("define ");
                    out.push_str(&function.signature.print());
                    out.push_str(" {\n");
                    for line in &function.body {
                        out.push_str(line);
                        out.push('\n');
                    }
                    out.push('}');
                }
                Item::Declaration(signature) => {
                    out.push_str("declare ");
                    out.push_str(&signature.print());
                }
                Item::Line(line) => out.push_str(line),
            }
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_read() {
        let text = "target triple = \"bpfel\"\n\ndefine internal void @f(i64 %x) #0 {\nstart:\n  \
                    ret void\n}\n\ndeclare void @abort() #1\n";
        let module = Module::parse(text).unwrap();
        assert_eq!(module.functions().count(), 1);
        assert_eq!(module.declarations().next().unwrap().symbol, "@abort");
        assert_eq!(module.print(), text);
    }

    #[test]
    fn a_body_without_an_end_is_refused() {
        assert!(Module::parse("define void @f() {\nstart:\n").is_err());
    }
}
