//! Which provider, and how we are known there.

use openidconnect::{ClientSecret, IssuerUrl};

/// How people sign in: an OpenID provider by its issuer, and this service as its client. At the provider, each
/// tenant's `<scheme>://<host>[:port]/sign-in/callback` is registered as a redirect URI.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The provider's issuer URL, as its discovery document says it: `https`, or `http` on the machine's own
    /// loopback.
    pub issuer: String,
    /// Our id there.
    pub client_id: String,
    /// Our secret there; `None` for a public client, which is protected by PKCE alone. Never printed.
    pub client_secret: Option<ClientSecret>,
    /// The claim of userinfo that holds the personal number, for example `personalNumber`.
    pub personal_number_claim: String,
    /// The claim of the ID token, or of userinfo, that names somebody's groups, for example `groups`; `None` where groups
    /// give no roles.
    pub groups_claim: Option<String>,
    /// The claim by which provisioned accounts are known (their `externalId`, or `userName`), for example `sub`.
    pub staff_id_claim: String,
    /// Scopes beyond `openid profile email` that the provider wants before it gives that claim.
    pub extra_scopes: Vec<String>,
}

/// Why people cannot sign in this way.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The issuer is no URL.
    #[error("issuer {0:?} is no URL")]
    Issuer(String),
    /// Who reads the traffic could sign in as anybody.
    #[error("issuer {0:?} is neither https nor on this machine")]
    Insecure(String),
    /// Something that must be there is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// The HTTP client cannot be made.
    #[error("HTTP client")]
    Http(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl SignIn {
    pub(super) fn validate(&self) -> Result<IssuerUrl, SignInError> {
        if self.client_id.is_empty() {
            return Err(SignInError::Empty("client_id"));
        }
        if self.personal_number_claim.is_empty() {
            return Err(SignInError::Empty("personal_number_claim"));
        }
        if self.groups_claim.as_ref().is_some_and(String::is_empty) {
            return Err(SignInError::Empty("groups_claim"));
        }
        if self.staff_id_claim.is_empty() {
            return Err(SignInError::Empty("staff_id_claim"));
        }
        let issuer =
            IssuerUrl::new(self.issuer.clone()).map_err(|_| SignInError::Issuer(self.issuer.clone()))?;
        let url = issuer.url();
        let local = url.host_str().is_some_and(|host| {
            host == "localhost"
                || host.ends_with(".localhost")
                || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        });
        match url.scheme() {
            "https" => Ok(issuer),
            "http" if local => Ok(issuer),
            _ => Err(SignInError::Insecure(self.issuer.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientSecret, SignIn, SignInError};

    fn settings(issuer: &str) -> SignIn {
        SignIn {
            issuer: issuer.into(),
            client_id: "hallport".into(),
            client_secret: Some(ClientSecret::new("hush-hush".into())),
            personal_number_claim: "personalNumber".into(),
            groups_claim: None,
            staff_id_claim: "sub".into(),
            extra_scopes: vec![],
        }
    }

    #[test]
    fn only_an_encrypted_or_local_provider_is_trusted() {
        for good in [
            "https://login.example",
            "http://localhost:8080/demo-provider",
            "http://a.localhost",
            "http://127.0.0.1:9",
            "http://[::1]:9",
        ] {
            assert!(settings(good).validate().is_ok(), "{good}");
        }
        for bad in ["http://login.example", "http://localhost.example", "http://10.0.0.1", "ftp://localhost"]
        {
            assert!(matches!(settings(bad).validate(), Err(SignInError::Insecure(_))), "{bad}");
        }
        assert!(matches!(settings("login").validate(), Err(SignInError::Issuer(_))));
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert!(!format!("{:?}", settings("https://login.example")).contains("hush-hush"));
    }
}
