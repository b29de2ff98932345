//! How a credential's text becomes what a gateway may know of it.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use protocols_wire::{CredentialKind, Seal, SealedCredential};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A sealing secret, ready for use: HMAC-SHA-256's two key blocks are hashed once, here.
///
/// The prepared state is wiped when dropped; the caller wipes its own copy of the secret. Never printed.
#[derive(Clone)]
pub struct Sealer {
    keyed: Hmac<Sha256>,
}

impl Sealer {
    /// Prepares the 32-byte secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        // A key shorter than the block is padded with zeros (RFC 2104, section 2).
        for (to, from) in block.iter_mut().zip(secret) {
            *to = *from;
        }
        let keyed = Hmac::new(&block);
        hmac::digest::zeroize::Zeroize::zeroize(block.as_mut_slice());
        Self { keyed }
    }

    /// HMAC-SHA-256(secret, the kind's tag byte ‖ `text`). `text` is a PIN's ASCII digits, a tag's number
    /// or a token.
    pub fn seal(&self, kind: CredentialKind, text: &str) -> Seal {
        Seal(self.mac(&[&[tag(kind)], text.as_bytes()]))
    }

    /// HMAC-SHA-256 over the pieces one after the other.
    pub(crate) fn mac(&self, pieces: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        for piece in pieces {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }

    pub(crate) fn into_mac(self) -> Hmac<Sha256> {
        self.keyed
    }

    /// The same, with its kind.
    pub fn credential(&self, kind: CredentialKind, text: &str) -> SealedCredential {
        SealedCredential { kind, seal: self.seal(kind, text) }
    }
}

/// A sealing secret as it is stored and handed over. Wiped when dropped, compared in constant time, never printed.
#[derive(Clone)]
pub struct SealingSecret([u8; 32]);

impl SealingSecret {
    /// Takes the 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for SealingSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SealingSecret {}

impl Drop for SealingSecret {
    fn drop(&mut self) {
        hmac::digest::zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl fmt::Debug for SealingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingSecret(..)")
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

/// Keeps the same digits on a keypad and on a tag apart.
const fn tag(kind: CredentialKind) -> u8 {
    match kind {
        CredentialKind::Pin => 0x01,
        CredentialKind::Tag => 0x02,
        CredentialKind::Qr => 0x03,
        CredentialKind::Remote => 0x04,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_hmac_sha_256_over_the_tag_byte_and_the_text() {
        // printf '\x01123456' | openssl dgst -sha256 -mac hmac -macopt hexkey:0707…07
        let seal = Sealer::new(&[7; 32]).seal(CredentialKind::Pin, "123456");
        let text = seal.0.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(text, "61892fb488d2f1ae999000b2a17c28a470d9685c9508e941e9936b92adeffa8f");
    }

    #[test]
    fn secret_kind_and_text_each_change_the_seal() {
        let sealer = Sealer::new(&[7; 32]);
        let pin = sealer.seal(CredentialKind::Pin, "123456");
        assert_ne!(pin, sealer.seal(CredentialKind::Tag, "123456"));
        assert_ne!(pin, sealer.seal(CredentialKind::Pin, "123457"));
        assert_ne!(pin, Sealer::new(&[8; 32]).seal(CredentialKind::Pin, "123456"));
        assert_eq!(pin, sealer.clone().seal(CredentialKind::Pin, "123456"));
        assert_eq!(format!("{sealer:?}"), "Sealer(..)");
    }
}
