use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What is kept of a secret. The secrets have 256 random bits, so that a plain hash is enough: there is nothing to guess.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Of a secret.
    pub fn of(secret: &str) -> Self {
        Self(hash_of(&[secret.as_bytes()]))
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

/// One number for several texts: each is hashed with its length before it, so that no two lists come to the same.
pub fn hash_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let single = parts.len() == 1;
    for part in parts {
        if !single {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        }
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_its_own_hash_and_no_other() {
        let kept = SecretHash::kept(SecretHash::of("abc").bytes()).unwrap();
        assert!(kept.matches(&SecretHash::of("abc")));
        assert!(!kept.matches(&SecretHash::of("abd")));
        assert!(SecretHash::kept(b"short").is_none());
        assert_eq!(format!("{kept:?}"), "SecretHash");
    }

    #[test]
    fn lists_that_are_cut_elsewhere_are_not_the_same() {
        assert_ne!(hash_of(&[b"ab", b"c"]), hash_of(&[b"a", b"bc"]));
        assert_eq!(hash_of(&[b"ab", b"c"]), hash_of(&[b"ab", b"c"]));
    }
}
