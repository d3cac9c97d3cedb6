//! Scanning within one line of IR: brackets, quotes, top-level commas.

/// Byte index just past the bracket group or quoted string that opens at `start`.
fn skip_group(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut index = start;
    while let Some(byte) = bytes.get(index) {
        match byte {
            b'"' => index += 1 + text[index + 1..].find('"')?,
            b'(' | b'[' | b'{' | b'<' => depth += 1,
            b')' | b']' | b'}' | b'>' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(index + 1);
                }
            }
            _ => {}
        }
        index += 1;
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

/// Splits at the commas that lie outside every bracket and quote. Empty text has no parts.
pub fn split_top_level(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut index) = (0, 0);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(index) {
        match byte {
            b',' => {
                parts.push(text[start..index].trim());
                index += 1;
                start = index;
            }
            b'"' | b'(' | b'[' | b'{' | b'<' => {
                index = skip_group(text, index).unwrap_or(bytes.len());
            }
            _ => index += 1,
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() || !parts.is_empty() {
        parts.push(last);
    }
    parts
}

/// The first word or bracket group of `text` and the rest, both trimmed. A word directly followed
/// by brackets (`align(8)`, `range(i64 0, 5)`) keeps them.
pub fn next_token(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let bytes = text.as_bytes();
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        match byte {
            b' ' => break,
            b'"' | b'(' | b'[' | b'{' | b'<' => index = skip_group(text, index)?,
            _ => index += 1,
        }
    }
    (index > 0).then(|| (&text[..index], text[index..].trim_start()))
}

/// The type `text` starts with and the rest. Types print as one word or one bracket group.
pub fn leading_type(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = match text.as_bytes().first()? {
        b'[' | b'{' | b'<' => skip_group(text, 0)?,
        b'%' if text.as_bytes().get(1) == Some(&b'"') => skip_group(text, 1)?,
        _ => text.find([' ', ',', ')']).unwrap_or(text.len()),
    };
    Some((&text[..end], text[end..].trim_start()))
}

/// The `@symbol` or `%value` that opens at `start`, quotes included.
pub fn find_symbol(text: &str, start: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let end = if bytes.get(start + 1) == Some(&b'"') {
        skip_group(text, start + 1)?
    } else {
        text[start + 1..]
            .find(|c: char| !(c.is_alphanumeric() || "._$-".contains(c)))
            .map_or(text.len(), |length| start + 1 + length)
    };
    Some(&text[start..end])
}

/// Index of the bracket that closes the `(` at `open`.
pub fn closing(text: &str, open: usize) -> Option<usize> {
    skip_group(text, open).map(|end| end - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_brackets_and_quotes_do_not_split() {
        let text = r#"ptr captures(none) %a, { i64, i1 } %b, ptr @"x,y", i8 1"#;
        let parts = split_top_level(text);
        assert_eq!(
            parts,
            [
                "ptr captures(none) %a",
                "{ i64, i1 } %b",
                r#"ptr @"x,y""#,
                "i8 1"
            ]
        );
        assert!(split_top_level(" ").is_empty());
    }

    #[test]
    fn a_token_keeps_its_brackets() {
        let (token, rest) = next_token("range(i64 0, 5) i64 @f").unwrap();
        assert_eq!((token, rest), ("range(i64 0, 5)", "i64 @f"));
    }

    #[test]
    fn types_are_words_or_groups() {
        assert_eq!(
            leading_type("{ i64, { i8, ptr } } %x"),
            Some(("{ i64, { i8, ptr } }", "%x"))
        );
        assert_eq!(leading_type("[2 x i64] %x"), Some(("[2 x i64]", "%x")));
        assert_eq!(leading_type("i128"), Some(("i128", "")));
    }
}
