//! Whom to believe.

use minicbor::{Decode, Encode};

use crate::UnixMs;

/// The trust bundle: whom to believe, signed by the off-line root that enrolment pins.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct TrustBundle {
    /// Rises by each bundle.
    #[n(0)]
    pub serial: u64,
    /// The cloud's certificate authorities, DER.
    #[n(1)]
    pub authorities: Vec<minicbor::bytes::ByteVec>,
    /// The keys that sign what comes down.
    #[n(2)]
    pub signing_keys: Vec<SigningKey>,
    /// When it was signed.
    #[n(3)]
    pub issued_at: UnixMs,
}

/// A key of the cloud that signs what comes down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct SigningKey {
    /// The COSE key id.
    #[n(0)]
    pub key_id: KeyId,
    /// Ed25519 public key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub public: [u8; 32],
    /// From when it counts.
    #[n(2)]
    pub not_before: UnixMs,
    /// Until when it counts.
    #[n(3)]
    pub not_after: UnixMs,
}

/// Names a key: the first 8 bytes of SHA-256 over its public half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct KeyId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 8]);
