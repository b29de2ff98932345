//! Secrets that must be shown again lie encrypted, and are found by a keyed hash.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};

use crate::Random;

/// Ciphertext as it is stored: key id (4 bytes, big endian), nonce, ciphertext and tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed(pub Vec<u8>);

/// Encrypts with ChaCha20-Poly1305 under a key derived from the service's secret. The random nonce of 96
/// bits is good for 2³² secrets under one key.
pub struct Vault {
    key_id: u32,
    cipher: LessSafeKey,
    index: hmac::Key,
}

/// Why a stored secret cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VaultError {
    /// The secret was encrypted under a key that is not here.
    #[error("secret is encrypted under key {0}, which is not here")]
    UnknownKey(u32),
    /// Damaged, or read in another context than it was written in.
    #[error("secret does not decrypt in this context")]
    Damaged,
}

struct Length(usize);
impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Vault {
    /// A vault over the service's 32-byte secret, known as `key_id`.
    pub fn new(key_id: u32, secret: &[u8; 32]) -> Result<Self, VaultError> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"hallport-vault-1").extract(secret);
        let derive = |purpose: &'static [u8]| -> Result<[u8; 32], VaultError> {
            let mut key = [0; 32];
            prk.expand(&[purpose], Length(32))
                .and_then(|okm| okm.fill(&mut key))
                .map_err(|_| VaultError::Damaged)?;
            Ok(key)
        };
        let cipher =
            UnboundKey::new(&CHACHA20_POLY1305, &derive(b"cipher")?).map_err(|_| VaultError::Damaged)?;
        Ok(Self {
            key_id,
            cipher: LessSafeKey::new(cipher),
            index: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"index")?),
        })
    }

    /// Encrypts `secret`; it decrypts only with the same `context`, for example `access.pin:<tenant>:<id>`.
    pub fn seal(&self, random: &Random, context: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut body = secret.to_vec();
        self.cipher
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                &mut body,
            )
            .map_err(|_| VaultError::Damaged)?;
        let mut sealed = self.key_id.to_be_bytes().to_vec();
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut body);
        Ok(Sealed(sealed))
    }

    /// Decrypts what [`Vault::seal`] made for the same context.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (key_id, rest) = sealed.split_first_chunk::<4>().ok_or(VaultError::Damaged)?;
        let key_id = u32::from_be_bytes(*key_id);
        if key_id != self.key_id {
            return Err(VaultError::UnknownKey(key_id));
        }
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::Damaged)?;
        let mut body = body.to_vec();
        let length = self
            .cipher
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| VaultError::Damaged)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// A keyed hash of `value` within `context`, to find a secret by without storing it in the clear.
    pub fn index(&self, context: &str, value: &[u8]) -> Vec<u8> {
        let mut hash = hmac::Context::with_key(&self.index);
        hash.update(context.as_bytes());
        hash.update(&[0]);
        hash.update(value);
        hash.sign().as_ref().to_vec()
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_in_its_context_and_undamaged() {
        let vault = Vault::new(1, &[7; 32]).unwrap();
        let random = Random::from_seed(1);
        let sealed = vault.seal(&random, "pin:a", b"482913").unwrap().0;
        assert_eq!(vault.open("pin:a", &sealed).unwrap(), b"482913");
        assert_eq!(vault.open("pin:b", &sealed), Err(VaultError::Damaged));
        let last = sealed.len() - 1;
        let mut bent = sealed.clone();
        bent[last] ^= 1;
        assert_eq!(vault.open("pin:a", &bent), Err(VaultError::Damaged));
        assert_eq!(Vault::new(2, &[7; 32]).unwrap().open("pin:a", &sealed), Err(VaultError::UnknownKey(1)));
        assert_ne!(vault.index("a", b"x"), vault.index("b", b"x"));
    }
}
