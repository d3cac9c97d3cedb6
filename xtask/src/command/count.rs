//! Tests counted by what their runners print.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Tests counted over `test result:` lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Count {
    /// Adds what a line of test output reports; other lines add nothing.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            // Rust: `ok. 3 passed; 0 failed; 1 ignored; …`.
            let numbers = rest.split_once(". ").map_or("", |(_, numbers)| numbers);
            for (number, kind) in numbers.split("; ").filter_map(|part| part.split_once(' ')) {
                self.add(number, kind);
            }
        } else if let Some((kind, number)) = line
            .strip_prefix("# ")
            .and_then(|part| part.split_once(' '))
        {
            // Node: `# pass 3`, a line each.
            self.add(number, kind);
        } else if let Some((numbers, _)) = line.split_once(" in ") {
            // pytest: `1 failed, 3 passed in 0.12s`.
            for (number, kind) in numbers.split(", ").filter_map(|part| part.split_once(' ')) {
                self.add(number, kind);
            }
        }
    }

    fn add(&mut self, number: &str, kind: &str) {
        let Ok(number) = number.parse::<u64>() else {
            return;
        };
        match kind {
            "passed" | "pass" => self.passed += number,
            "failed" | "fail" | "error" | "errors" => self.failed += number,
            "ignored" | "skipped" => self.skipped += number,
            _ => {}
        }
    }

    pub fn print(self) -> String {
        let skipped = match self.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        format!("{} passed, {} failed{skipped}", self.passed, self.failed)
    }
}

/// Runs a command, passing its output on as it comes and counting tests; whether it succeeded.
pub fn stream(command: &mut Command, count: &mut Count) -> Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run the tests")?;
    let output = child.stdout.take().context("tests without output")?;
    let mut stdout = std::io::stdout().lock();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        stdout.write_all(&line)?;
        stdout.write_all(b"\n")?;
        count.read(&String::from_utf8_lossy(&line));
    }
    Ok(child.wait()?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_add_up() {
        let mut count = Count::default();
        count.read("running 3 tests");
        count.read("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        count
            .read("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(
            count,
            Count {
                passed: 4,
                failed: 2,
                skipped: 1
            }
        );
        for line in [
            "# tests 3",
            "# pass 2",
            "# fail 1",
            "3 passed in 4.35s",
            "took 2 s in all",
        ] {
            count.read(line);
        }
        assert_eq!(count.print(), "9 passed, 3 failed, 1 skipped");
        count.read("1 failed, 1 passed, 2 skipped in 1.2s");
        assert_eq!(count.print(), "10 passed, 4 failed, 3 skipped");
        assert_eq!(
            Count {
                passed: 4,
                failed: 2,
                skipped: 1
            }
            .print(),
            "4 passed, 2 failed, 1 skipped"
        );
        assert_eq!(Count::default().print(), "0 passed, 0 failed");
    }
}
