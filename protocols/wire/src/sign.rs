//! COSE_Sign1 with Ed25519. The external data is the topic's text, [`TRUST_CONTEXT`] or [`TOKEN_CONTEXT`].

use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use minicbor::{Decode, Encode};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use crate::{KeyId, MESSAGE_BYTES_MAX};

/// External data of a [`TrustBundle`](crate::TrustBundle), which has no topic.
pub const TRUST_CONTEXT: &str = "hp/1/trust";

/// External data of a [`Token`](crate::Token), which is shown and not sent.
pub const TOKEN_CONTEXT: &str = "hp/1/token";

/// A private key that signs messages. Never printed.
pub struct Signer {
    key: Ed25519KeyPair,
    id: KeyId,
}

/// The key's file is not an Ed25519 key in PKCS#8.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an Ed25519 key in PKCS#8 form")]
pub struct KeyUnreadable;

/// The id of a public key: the first 8 bytes of its SHA-256.
pub fn key_id(public: &[u8; 32]) -> KeyId {
    let digest = Sha256::digest(public);
    let mut id = [0; 8];
    id.copy_from_slice(digest.get(..8).unwrap_or(&[0; 8]));
    KeyId(id)
}

impl Signer {
    /// Reads an Ed25519 key, PKCS#8 version 1 or 2, DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyUnreadable> {
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyUnreadable)?;
        let public = <[u8; 32]>::try_from(key.public_key().as_ref()).map_err(|_| KeyUnreadable)?;
        Ok(Self { id: key_id(&public), key })
    }

    /// The id under which the public half is known.
    pub fn key_id(&self) -> KeyId {
        self.id
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        let mut public = [0; 32];
        public.copy_from_slice(self.key.public_key().as_ref());
        public
    }

    /// Encodes and signs `message` for `context`: a topic's text, [`TRUST_CONTEXT`] or [`TOKEN_CONTEXT`].
    pub fn seal(&self, context: &str, message: &impl Encode<()>) -> Vec<u8> {
        let payload = encode(message);
        let protected =
            HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).key_id(self.id.0.to_vec()).build();
        let signed = CoseSign1Builder::new()
            .protected(protected)
            .payload(payload)
            .create_signature(context.as_bytes(), |data| self.key.sign(data).as_ref().to_vec())
            .build();
        // Serialising to memory fails only for values that the builder cannot make.
        signed.to_vec().unwrap_or_default()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("id", &self.id).finish_non_exhaustive()
    }
}

/// CBOR of `message`, without a signature.
pub fn encode(message: &impl Encode<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail, and our types have no failing encoders.
    if minicbor::encode(message, &mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// Why a message was not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// Longer than [`MESSAGE_BYTES_MAX`].
    #[error("message of {bytes} bytes is longer than {MESSAGE_BYTES_MAX}")]
    Oversized {
        /// Its length.
        bytes: usize,
    },
    /// Not COSE_Sign1 with Ed25519 and a key id, or its payload is not the expected message.
    #[error("message is malformed")]
    Malformed,
    /// Signed with a key that is not trusted now.
    #[error("message is signed with an unknown key")]
    UnknownKey,
    /// The signature does not cover these bytes in this context.
    #[error("message has a wrong signature")]
    WrongSignature,
}

/// Verifies `bytes` for `context` and decodes the message in it.
///
/// `trusted` answers with the public key of an id, if that key is trusted now.
pub fn open<T>(
    context: &str,
    bytes: &[u8],
    trusted: impl FnOnce(KeyId) -> Option<[u8; 32]>,
) -> Result<T, OpenError>
where
    T: for<'b> Decode<'b, ()>,
{
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(OpenError::Oversized { bytes: bytes.len() });
    }
    let signed = CoseSign1::from_slice(bytes).map_err(|_| OpenError::Malformed)?;
    let header = &signed.protected.header;
    if header.alg != Some(coset::Algorithm::Assigned(iana::Algorithm::EdDSA)) || !header.crit.is_empty() {
        return Err(OpenError::Malformed);
    }
    let id = <[u8; 8]>::try_from(header.key_id.as_slice()).map_err(|_| OpenError::Malformed)?;
    let public = trusted(KeyId(id)).ok_or(OpenError::UnknownKey)?;
    signed
        .verify_signature(context.as_bytes(), |signature, data| {
            UnparsedPublicKey::new(&ED25519, public).verify(data, signature)
        })
        .map_err(|_| OpenError::WrongSignature)?;
    decode(signed.payload.as_deref().ok_or(OpenError::Malformed)?)
}

/// Decodes one message and nothing after it.
pub fn decode<T>(payload: &[u8]) -> Result<T, OpenError>
where
    T: for<'b> Decode<'b, ()>,
{
    let mut decoder = minicbor::Decoder::new(payload);
    let message = decoder.decode().map_err(|_| OpenError::Malformed)?;
    if decoder.position() == payload.len() { Ok(message) } else { Err(OpenError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{JournalAck, Kind, Topic};
    use protocols_ids::{GatewayId, Uuid};
    use ring::rand::SystemRandom;

    fn signer() -> Signer {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Signer::from_pkcs8(der.as_ref()).unwrap()
    }

    #[test]
    fn a_message_opens_only_in_its_context_whole_and_with_its_key() {
        let signer = signer();
        let ours = |id: KeyId| (id == signer.key_id()).then(|| signer.public());
        let topic = Topic::new(GatewayId::new(Uuid::from_u128(1)), Kind::Ack).to_string();
        let other = Topic::new(GatewayId::new(Uuid::from_u128(2)), Kind::Ack).to_string();
        let message = JournalAck { generation: 1, sequence: 7, chain: None };
        let bytes = signer.seal(&topic, &message);

        assert_eq!(open::<JournalAck>(&topic, &bytes, ours), Ok(message));
        assert_eq!(open::<JournalAck>(&other, &bytes, ours), Err(OpenError::WrongSignature));
        assert_eq!(open::<JournalAck>(&topic, &bytes, |_| None), Err(OpenError::UnknownKey));
        for at in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[at] ^= 1;
            assert!(open::<JournalAck>(&topic, &bent, ours).is_err(), "byte {at} may be changed");
            assert!(open::<JournalAck>(&topic, &bytes[..at], ours).is_err(), "cut at {at}");
        }
        let huge = vec![0; MESSAGE_BYTES_MAX + 1];
        assert_eq!(open::<JournalAck>(&topic, &huge, ours), Err(OpenError::Oversized { bytes: huge.len() }));
    }
}
