//! Reading a transaction's log: which bytes the program itself logged.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use solana_address::Address;

/// The runtime writes this where it stopped keeping the log.
const TRUNCATED: &str = "Log truncated";

/// What a log holds of one program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramLog {
    /// What the program logged as data, in order.
    pub data: Vec<Vec<u8>>,
    /// The log was cut off: there may be more.
    pub truncated: bool,
}

/// Reads what `program` logged as data while it was the one running.
///
/// Any program can log the same bytes, so a line counts only while `program` is on top of the
/// stack of invocations. Only the runtime writes lines that begin with `Program ` and an address;
/// what programs say begins with `Program log: ` or `Program data: `.
pub fn program_log(program: &Address, lines: &[String]) -> ProgramLog {
    let mut log = ProgramLog::default();
    let mut stack: Vec<Address> = Vec::new();
    for line in lines {
        if line == TRUNCATED {
            log.truncated = true;
            break;
        }
        let Some(rest) = line.strip_prefix("Program ") else {
            continue;
        };
        if let Some(data) = rest.strip_prefix("data: ") {
            if stack.last() == Some(program)
                && let Ok(bytes) = STANDARD.decode(data)
            {
                log.data.push(bytes);
            }
            continue;
        }
        let mut words = rest.split(' ');
        let (Some(first), Some(second)) = (words.next(), words.next()) else {
            continue;
        };
        let Ok(address) = first.parse::<Address>() else {
            continue;
        };
        match second {
            "invoke" if depth(words.next()) == stack.len().checked_add(1) => stack.push(address),
            "success" | "failed:" if stack.last() == Some(&address) => {
                stack.pop();
            }
            _ => {}
        }
    }
    log
}

/// `[2]` as 2.
fn depth(word: Option<&str>) -> Option<usize> {
    word?.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "Bp4pmvckwNicvQrxafeCgrM35WnTE1qz2MbvGWA4GhDf";
    const OTHER: &str = "11111111111111111111111111111111";

    fn read(lines: &[&str]) -> ProgramLog {
        let lines: Vec<String> = lines
            .iter()
            .map(|l| l.replace("OURS", OURS).replace("OTHER", OTHER))
            .collect();
        program_log(&OURS.parse().unwrap(), &lines)
    }

    #[test]
    fn only_data_of_the_program_on_top_counts() {
        let log = read(&[
            "Program OTHER invoke [1]",
            "Program data: AQ==",
            "Program OURS invoke [2]",
            "Program data: Ag==",
            "Program OTHER invoke [3]",
            "Program data: Aw==",
            "Program OTHER success",
            "Program data: BA==",
            "Program OURS consumed 5 of 10 compute units",
            "Program OURS success",
            "Program data: BQ==",
            "Program OTHER success",
            "Program OURS invoke [1]",
            "Program data: Bg==",
            "Program OURS success",
        ]);
        assert_eq!(log.data, [[2], [4], [6]]);
        assert!(!log.truncated);
    }

    #[test]
    fn what_a_program_says_cannot_pass_for_the_runtime() {
        let log = read(&[
            "Program OTHER invoke [1]",
            "Program log: Program OURS invoke [2]",
            "Program log: x\nProgram OURS invoke [2]",
            "Program OURS invoke [1]",
            "Program return: OURS invoke",
            "Program data: AQ==",
            "Program OTHER success",
        ]);
        assert_eq!(log.data, Vec::<Vec<u8>>::new());
    }

    #[test]
    fn a_cut_off_log_is_told() {
        let log = read(&[
            "Program OURS invoke [1]",
            "Program data: AQ==",
            "Log truncated",
        ]);
        assert_eq!((log.data.len(), log.truncated), (1, true));
    }

    #[test]
    fn data_that_is_not_base64_is_not_an_event() {
        assert_eq!(
            read(&[
                "Program OURS invoke [1]",
                "Program data: ?",
                "Program data: AQ== Ag=="
            ])
            .data
            .len(),
            0
        );
    }
}
