//! The table of attacks in `docs/security.md` names tests that exist.

use std::{fs, path::Path};

/// What the table writes as `file.rs::name`, with the file's folder.
fn named(text: &str) -> Vec<(String, String)> {
    let quoted = text.split('`').skip(1).step_by(2);
    let tests = quoted.filter_map(|quote| quote.split_once(".rs::"));
    tests
        .map(|(file, name)| (format!("{file}.rs"), name.to_owned()))
        .collect()
}

#[test]
fn every_test_the_security_document_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let (_, table) = text.split_once("## Attacks").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        assert!(!named(row).is_empty(), "no test is named for: {row}");
    }
    let tests = named(table);
    assert!(tests.len() > 40, "{} tests", tests.len());
    for (file, name) in tests {
        let short = root.join("tests/vault/tests").join(&file);
        let path = if short.exists() {
            short
        } else {
            root.join(&file)
        };
        let source =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            source.contains(&format!("fn {name}(")),
            "{file} has no test {name}: correct docs/security.md"
        );
    }
}
