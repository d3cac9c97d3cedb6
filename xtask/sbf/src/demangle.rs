//! Names as a person wrote them.

/// `@_RNv…`, with or without quotes, as a Rust path without its hash.
#[must_use]
pub fn display_name(symbol: &str) -> String {
    let bare = symbol.trim_start_matches('@').trim_matches('"');
    format!("{:#}", rustc_demangle::demangle(bare))
}

#[cfg(test)]
mod tests {
    use super::display_name;

    #[test]
    fn both_manglings_are_read() {
        assert_eq!(
            display_name("@_ZN4core3fmt5write17h0123456789abcdefE"),
            "core::fmt::write"
        );
        assert_eq!(display_name("@entrypoint"), "entrypoint");
    }
}
