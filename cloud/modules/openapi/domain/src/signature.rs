use std::fmt;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What a secret begins with, as Standard Webhooks writes it.
const PREFIX: &str = "whsec_";

/// What messages to a receiver are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret([u8; 32]);

impl SigningSecret {
    /// Of random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As it was kept; `None` where it is none.
    pub fn kept(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// For the vault.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As its receiver is shown it.
    pub fn shown(&self) -> String {
        format!("{PREFIX}{}", BASE64.encode(&self.0))
    }

    /// The signature of a message: of its id, when it is sent, and its body.
    pub fn sign(&self, id: &str, unix_seconds: i64, body: &str) -> String {
        signed(&self.0, id, unix_seconds, body)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

/// HMAC-SHA-256 over `id.timestamp.body`, as Standard Webhooks describes it.
fn signed(secret: &[u8], id: &str, unix_seconds: i64, body: &str) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(format!("{id}.{unix_seconds}.{body}").as_bytes());
    format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_standard_webhooks_gives_as_its_example() {
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            signed(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn another_id_time_body_or_secret_has_another_signature() {
        let secret = SigningSecret::new([7; 32]);
        let one = secret.sign("a", 1, "b");
        for other in [
            secret.sign("b", 1, "b"),
            secret.sign("a", 2, "b"),
            secret.sign("a", 1, "c"),
            SigningSecret::new([8; 32]).sign("a", 1, "b"),
        ] {
            assert_ne!(one, other);
        }
        assert!(secret.shown().starts_with("whsec_"));
        assert_eq!(format!("{secret:?}"), "SigningSecret");
    }
}
