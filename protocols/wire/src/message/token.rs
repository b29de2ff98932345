//! The token behind a QR code.

use minicbor::{Decode, Encode};
use protocols_ids::{GatewayId, GrantId, ResourceId};

/// Characters of a token's text, Base45: what a scanner may send.
pub const TOKEN_CHARACTERS_MAX: usize = 256;

/// What the cloud says of a visitor, signed for [`TOKEN_CONTEXT`](crate::TOKEN_CONTEXT), for one gateway. Times are
/// whole seconds since 1970: the code is scanned from a phone, and every byte makes it harder to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Token {
    /// For which gateway.
    #[n(0)]
    pub gateway: GatewayId,
    /// The grant that it stands for.
    #[n(1)]
    pub grant: GrantId,
    /// The door group: which doors, with their lead and lag.
    #[n(2)]
    pub group: ResourceId,
    /// The booked time, from.
    #[n(3)]
    pub starts_at_s: u32,
    /// The booked time, to.
    #[n(4)]
    pub ends_at_s: u32,
    /// When the token was made, which is when it was shown.
    #[n(5)]
    pub issued_at_s: u32,
    /// The first second at which it no longer counts: soon, since it can be photographed.
    #[n(6)]
    pub expires_at_s: u32,
}

/// The text that a QR code holds: Base45 (RFC 9285), so that it needs the alphanumeric mode alone.
pub fn token_text(sealed: &[u8]) -> String {
    base45::encode(sealed)
}

/// What a scanner read, as bytes that [`open`](crate::open) judges; `None` for what is no token's text.
pub fn token_bytes(text: &str) -> Option<Vec<u8>> {
    if text.len() > TOKEN_CHARACTERS_MAX {
        return None;
    }
    base45::decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_and_anything_else_is_nothing() {
        assert_eq!(token_text(b"base-45"), "UJCLQE7W581");
        assert_eq!(token_bytes("UJCLQE7W581").as_deref(), Some(&b"base-45"[..]));
        assert_eq!(token_bytes("lower case"), None);
        assert_eq!(token_bytes(":::"), None, "above 65 535");
        assert_eq!(token_bytes(&"0".repeat(TOKEN_CHARACTERS_MAX + 1)), None);
    }
}
