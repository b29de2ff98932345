//! As whom the gateway speaks to the site's broker.

use std::fmt;

/// The gateway's own name and password at the site's broker, and how its broker is known.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteLogin {
    /// The name; the client's id too.
    pub username: String,
    /// The password.
    pub password: String,
    /// The authority that certifies the broker, PEM; without one the connection is not encrypted.
    pub authority_pem: Option<Vec<u8>>,
}

/// Without the password.
impl fmt::Debug for SiteLogin {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encrypted = self.authority_pem.is_some();
        into.debug_struct("SiteLogin")
            .field("username", &self.username)
            .field("encrypted", &encrypted)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_in_no_debug_text() {
        let login = SiteLogin { username: "gateway".into(), password: "s3cret".into(), authority_pem: None };
        assert_eq!(format!("{login:?}"), "SiteLogin { username: \"gateway\", encrypted: false, .. }");
    }
}
