//! Printed arguments: `ptr noundef align 8 %x`.

use anyhow::{Context, Result, bail};

use crate::ir::leading_type;

/// The type and the value of a printed argument, without the attributes between them.
///
/// # Errors
/// An argument that is passed by value in memory, or that cannot be read.
pub fn value(argument: &str) -> Result<(&str, &str)> {
    const WORDS: [&str; 15] = [
        "noundef",
        "nonnull",
        "noalias",
        "readonly",
        "writeonly",
        "readnone",
        "nocapture",
        "zeroext",
        "signext",
        "inreg",
        "nofree",
        "nest",
        "returned",
        "noext",
        "immarg",
    ];
    const GROUPS: [&str; 8] = [
        "captures(",
        "dereferenceable(",
        "dereferenceable_or_null(",
        "range(",
        "initializes(",
        "nofpclass(",
        "sret(",
        "align(",
    ];
    let (ty, mut rest) = leading_type(argument).context("argument type")?;
    loop {
        let word = rest.split(' ').next().unwrap_or(rest);
        if word == "align" {
            rest = rest[word.len()..].trim_start();
            rest = rest.split_once(' ').context("alignment without a value")?.1;
        } else if WORDS.contains(&word) {
            rest = rest[word.len()..].trim_start();
        } else if let Some(group) = GROUPS.iter().find(|group| rest.starts_with(**group)) {
            let mut depth = 0usize;
            let end = rest
                .char_indices()
                .skip(group.len() - 1)
                .find(|(_, c)| {
                    depth = match c {
                        '(' => depth + 1,
                        ')' => depth - 1,
                        _ => depth,
                    };
                    depth == 0
                })
                .context("attribute without an end")?
                .0;
            rest = rest[end + 1..].trim_start();
        } else if word.starts_with("byval(") || word.starts_with("inalloca(") {
            bail!("argument passed by value in memory: `{argument}`");
        } else {
            return Ok((ty, rest));
        }
    }
}

/// Drops `sret(<type>)`: BPF passes that pointer like any other, and refuses the attribute.
pub fn without_pointee(text: &str) -> String {
    let mut out = text.to_owned();
    while let Some(start) = out.find("sret(") {
        let mut depth = 0usize;
        let mut end = out.len();
        for (index, c) in out[start..].char_indices() {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth -= 1;
                    if depth == 0 {
                        end = start + index + 1;
                        break;
                    }
                }
                _ => {}
            }
        }
        let rest = out[end..].trim_start().to_owned();
        out.truncate(start);
        out.push_str(&rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_not_the_value() {
        for (argument, expected) in [
            ("i64 5", ("i64", "5")),
            (
                "ptr noundef nonnull align 8 dereferenceable(24) %x",
                ("ptr", "%x"),
            ),
            ("i64 noundef range(i64 0, 9) %n", ("i64", "%n")),
            ("ptr captures(address, read_provenance) @s", ("ptr", "@s")),
            (
                "{ i64, i1 } { i64 1, i1 true }",
                ("{ i64, i1 }", "{ i64 1, i1 true }"),
            ),
            (
                "ptr getelementptr inbounds (i8, ptr @s, i64 8)",
                ("ptr", "getelementptr inbounds (i8, ptr @s, i64 8)"),
            ),
        ] {
            assert_eq!(value(argument).unwrap(), expected, "{argument}");
        }
        assert!(value("ptr byval([64 x i8]) %x").is_err());
    }

    #[test]
    fn the_pointee_is_dropped() {
        let text = "ptr noalias sret([24 x { i8, (i8) }]) align 8 %out";
        assert_eq!(without_pointee(text), "ptr noalias align 8 %out");
    }
}
