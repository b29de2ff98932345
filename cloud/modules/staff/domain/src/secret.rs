use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What is kept of a token. Tokens have 256 random bits, so that a plain hash is enough: there is nothing to guess.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// As it was kept; `None` where it is no hash.
    pub fn kept(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// For the database.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is the same, in a time that tells nothing of where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_matches_what_was_kept_of_it_and_nothing_else_does() {
        let kept = SecretHash::kept(SecretHash::of("abc").bytes()).unwrap();
        assert!(kept.matches(&SecretHash::of("abc")) && !kept.matches(&SecretHash::of("abd")));
        assert!(SecretHash::kept(b"short").is_none());
        assert_eq!(format!("{kept:?}"), "SecretHash");
    }
}
