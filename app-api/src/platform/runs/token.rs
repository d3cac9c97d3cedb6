//! Tokens of runs: made of a secret and the run's id, so that the same one can be told again and none is
//! kept.

use crate::platform::mac::Mac;

/// Shortest secret, characters.
const MIN_SECRET_CHARS: usize = 32;
/// What a token to read a run begins with.
const READ: &str = "runtok_";
/// What a token to run again begins with; the run's id follows.
const AGAIN: &str = "again_";

/// Makes and checks tokens.
#[derive(Debug)]
pub(super) struct Tokens(Mac);

impl Tokens {
    /// By a secret; `None`: it is too short to be one.
    pub(super) fn new(secret: &str) -> Option<Self> {
        let long = secret.chars().count() >= MIN_SECRET_CHARS;
        long.then(|| Self(Mac::new(secret.as_bytes())))
    }

    /// Reads a run and its result.
    pub(super) fn read(&self, run: &str) -> String {
        format!("{READ}{}", self.sign("read", run))
    }

    /// Whether `token` reads the run.
    pub(super) fn reads(&self, run: &str, token: &str) -> bool {
        let given = token.strip_prefix(READ);
        given.is_some_and(|given| self.verify("read", run, given))
    }

    /// Runs once more what failed here.
    pub(super) fn again(&self, run: &str) -> String {
        format!("{AGAIN}{run}_{}", self.sign("again", run))
    }

    /// The run that a token runs again.
    pub(super) fn run_again<'a>(&self, token: &'a str) -> Option<&'a str> {
        let (run, given) = token.strip_prefix(AGAIN)?.rsplit_once('_')?;
        self.verify("again", run, given).then_some(run)
    }

    fn sign(&self, purpose: &str, run: &str) -> String {
        hex::encode(self.0.sign(&[purpose.as_bytes(), b":", run.as_bytes()]))
    }

    /// Takes the same time whatever is wrong.
    fn verify(&self, purpose: &str, run: &str, given: &str) -> bool {
        let signed = [purpose.as_bytes(), b":", run.as_bytes()];
        hex::decode(given).is_ok_and(|given| self.0.verifies(&signed, &given))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_one_run_and_one_purpose() {
        assert!(Tokens::new("short").is_none());
        let tokens = Tokens::new(&"a".repeat(32)).unwrap();
        let (read, again) = (tokens.read("run_1"), tokens.again("run_1"));
        assert!(tokens.reads("run_1", &read) && !tokens.reads("run_2", &read));
        assert_eq!(tokens.run_again(&again), Some("run_1"));
        assert!(!tokens.reads("run_1", &again.replace("again_run_1_", READ)));
        assert_eq!(tokens.run_again(&again.replace("run_1", "run_2")), None);
        assert_eq!(tokens.run_again(&again[..again.len() - 2]), None);
        assert_eq!(tokens.run_again("again_run_1_"), None);
        let other = Tokens::new(&"b".repeat(32)).unwrap();
        assert!(!other.reads("run_1", &read) && other.run_again(&again).is_none());
    }
}
