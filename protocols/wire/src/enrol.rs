//! Enrolment: how a gateway that knows nobody becomes one of the city's, over HTTPS.
//!
//! `POST /gateway/v1/enrol` on the tenant's host name, [`EnrolRequest`] in, [`EnrolResponse`] out, JSON.
//! The server's chain ends with the off-line root; the gateway goes on only if that root has the
//! fingerprint that the technician was given with the code. One Ed25519 key serves TLS and COSE: both
//! prefix what they sign with a context of their own.
//!
//! `POST /gateway/v1/renew` on the same host, over TLS with the gateway's certificate, [`RenewRequest`] in,
//! [`RenewResponse`] out: what a gateway fetches when a heartbeat says that it lacks something, or when two thirds
//! of its certificate's time have passed.
//!
//! Fields that are not known are skipped in both directions: either end may be the newer one.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Characters of an enrolment code: 50 bits in Crockford's base 32, written in two groups of five.
pub const CODE_CHARACTERS: usize = 10;
/// How long an enrolment code is good for.
pub const CODE_LIFETIME_MS: i64 = 15 * 60 * 1000;
/// Bytes of the root certificate's SHA-256 that make its fingerprint: 160 bits.
const FINGERPRINT_BYTES: usize = 20;
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What the gateway sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The code, in any spelling that [`normalise`] understands.
    pub code: String,
    /// A certificate signing request for the gateway's Ed25519 key. Its subject is ignored.
    pub csr_pem: String,
}

/// What the cloud answers. The sealing secret makes this a message for one pair of eyes only.
#[derive(Clone, Serialize, Deserialize)]
pub struct EnrolResponse {
    /// The gateway's id, and its certificate's common name.
    pub gateway: protocols_ids::GatewayId,
    /// What the cloud calls it.
    pub name: String,
    /// The gateway's certificate and the authority that signed it.
    pub certificate_chain_pem: String,
    /// The broker's host name, as its certificate has it.
    pub broker_host: String,
    /// The broker's port.
    pub broker_port: u16,
    /// [`TrustBundle`](crate::TrustBundle), signed by the root, base 64.
    pub trust_bundle: String,
    /// The journal's generation that begins with this enrolment.
    pub journal_generation: u64,
    /// Which sealing secret.
    pub seal_id: u32,
    /// The sealing secret, 32 bytes, base 64.
    pub seal_secret: String,
}

/// What a gateway asks for that has a certificate already.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RenewRequest {
    /// A request for a new certificate for the same key; `None`: the one in use is good for a while.
    pub csr_pem: Option<String>,
    /// The serial of the trust bundle at hand.
    pub trust_serial: u64,
    /// The newest sealing secret at hand.
    pub seal_id: u32,
}

/// What the cloud answers. The sealing secrets make this a message for one pair of eyes only.
#[derive(Clone, Serialize, Deserialize)]
pub struct RenewResponse {
    /// The new certificate and the authority that signed it, where one was asked for.
    pub certificate_chain_pem: Option<String>,
    /// The [`TrustBundle`](crate::TrustBundle) in force, signed by the root, base 64; `None` when the gateway has it.
    pub trust_bundle: Option<String>,
    /// Sealing secrets that are newer than the gateway's.
    pub seals: Vec<SealSecret>,
}

/// A sealing secret on its way to the one gateway that it is for.
#[derive(Clone, Serialize, Deserialize)]
pub struct SealSecret {
    /// Its id; rises by one with each secret of a gateway.
    pub seal_id: u32,
    /// 32 bytes, base 64.
    pub secret: String,
}

/// What the cloud answers instead, with a 4xx status.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnrolRefusal {
    /// In words for the technician.
    pub error: String,
}

/// The root's fingerprint as it is shown and typed: eight groups of four characters.
pub fn fingerprint(root_der: &[u8]) -> String {
    let digest = Sha256::digest(root_der);
    let text = crockford(digest.get(..FINGERPRINT_BYTES).unwrap_or_default());
    let groups: Vec<&str> =
        text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join("-")
}

/// Bytes as Crockford's base 32, most significant bit first; whole groups of five bits only.
pub fn crockford(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = usize::try_from((held >> bits) & 31).unwrap_or_default();
            text.push(char::from(CROCKFORD[index]));
        }
        held &= (1 << bits) - 1;
    }
    text
}

/// What was typed, as it was meant: no spaces or hyphens, capitals, O is 0, I and L are 1.
pub fn normalise(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_technician_types_is_read_as_meant() {
        assert_eq!(normalise(" o1il-abcd\u{a0}z "), "0111ABCDZ");
        assert_eq!(crockford(&[0xFF; 5]), "ZZZZZZZZ");
        assert_eq!(crockford(&[0; 5]), "00000000");
        let print = fingerprint(b"root");
        assert_eq!(print.len(), 8 * 4 + 7);
        assert_eq!(normalise(&print.to_lowercase()).len(), 32);
    }
}
