//! Passwords, by Argon2id with the parameters that OWASP recommends (Password Storage Cheat Sheet).

use std::{sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use axum::http::StatusCode;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use super::secret::Secret;
use crate::http::ApiError;

/// Shortest and longest password, bytes: Argon2 costs the same for all of them.
pub(super) const BYTES: std::ops::RangeInclusive<usize> = 10..=256;
/// KiB that each hash goes through, and how often.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// Longest wait for others who log in.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the password of an account that there is not is compared with: it takes as long, and fits none.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes passwords and compares them, on threads of their own.
pub(super) struct Passwords {
    /// One for each at the same time: more would take the memory and gain no time.
    permits: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            permits: Arc::new(Semaphore::new(threads)),
        }
    }
}

impl Passwords {
    /// The hash of a new password, in PHC form.
    pub(super) async fn hash(&self, password: Secret) -> Result<String, ApiError> {
        let hashed = self.run(move || {
            let hashed = argon2()?.hash_password(password.expose().as_bytes());
            hashed.map(|hash| hash.to_string()).ok()
        });
        hashed.await?.ok_or_else(failed)
    }

    /// Whether the password is the one of the hash; without a hash it takes as long and is not.
    pub(super) async fn fits(
        &self,
        password: Secret,
        hash: Option<String>,
    ) -> Result<bool, ApiError> {
        let compared = self.run(move || {
            let known = hash.is_some();
            let hash = hash.as_deref().unwrap_or(NOBODYS);
            let hash = PasswordHash::new(hash).ok()?;
            let same = argon2()?.verify_password(password.expose().as_bytes(), &hash);
            Some(same.is_ok() && known)
        });
        compared.await?.ok_or_else(failed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            let text = "too many log in at once: try again in a moment";
            return Err(
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text).retry_after_seconds(2)
            );
        };
        // The thread has the permit: who hangs up meanwhile does not make room for another.
        let work = spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        work.await.map_err(|error| ApiError::internal(&error))
    }
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed() -> ApiError {
    ApiError::internal(&std::io::Error::other("a password could not be hashed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let passwords = Passwords::default();
        let secret = |text: &str| Secret::new(text.to_owned());
        let hash = passwords.hash(secret("correct horse")).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_ne!(hash, passwords.hash(secret("correct horse")).await.unwrap());
        let fits = |text: &'static str, hash| passwords.fits(secret(text), hash);
        assert!(fits("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!fits("correct horsf", Some(hash)).await.unwrap());
        assert!(!fits("correct horse", None).await.unwrap());
        // It is a hash as any other, so that comparing with it takes as long.
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        assert_eq!(nobodys.hash.unwrap().len(), 32);
    }
}
