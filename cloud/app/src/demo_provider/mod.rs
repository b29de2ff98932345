//! An OpenID provider for demonstrations: whoever comes chooses which made-up person to be.
//!
//! The service signs people in here exactly as it does at a real provider: discovery, authorization code with
//! PKCE, ID token, userinfo.
//!
//! **Invariant:** it exists only on the machine's own names (`localhost`, `*.localhost`, loopback addresses),
//! for itself and for everyone it sends browsers back to; [`DemoProvider::new`] refuses anything else.
//! **Invariant:** every page says that this is a demonstration and that the people are made up.

mod pages;
mod pocket;
mod protocol;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use axum::Router;
use axum::routing::{get, post};
use cloud_kernel::{Clock, Random};
use jiff::SignedDuration;
use openidconnect::core::CoreEdDsaPrivateSigningKey;
use openidconnect::{IssuerUrl, JsonWebKeyId, RedirectUrl};

use self::pocket::Pocket;

/// The path below which everything of the provider lies.
pub const PATH: &str = "/demo-provider";
/// The claim of userinfo that holds the personal number.
pub const PERSONAL_NUMBER_CLAIM: &str = "personalNumber";
/// Our client's id here.
pub const CLIENT_ID: &str = "hallport";

/// How long a code or an access token is good for: the service fetches at once.
const SHORT: SignedDuration = SignedDuration::from_secs(60);
/// Codes, and access tokens, that are good at the same time. A demonstration has one visitor or a class.
const HELD_MAX: usize = 256;
/// Name of the one key.
const KEY_ID: &str = "demo";

/// Somebody whom one may be. Made up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DemoPerson {
    /// The person's name at this provider, for ever the same.
    pub subject: String,
    /// What they are called.
    pub name: String,
    /// Where nobody reads what is sent.
    pub email: String,
    /// `YYYYMMDD-NNNN`.
    pub personal_number: String,
    /// What they are in the demonstration, in a few words; may be empty.
    pub about: String,
}

/// A tenant whose made-up people sign in here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DemoTenant {
    /// What the tenant is called.
    pub name: String,
    /// Where browsers are sent back to: the tenant's `/sign-in/callback`.
    pub redirect_uri: String,
    /// Whom one may be there.
    pub persons: Vec<DemoPerson>,
}

/// The provider. Its key is made when it starts: what was signed before is worth nothing after.
pub struct DemoProvider {
    issuer: IssuerUrl,
    tenants: HashMap<String, DemoTenant>,
    key: CoreEdDsaPrivateSigningKey,
    clock: Arc<dyn Clock>,
    random: Random,
    codes: Mutex<Pocket<Grant>>,
    tokens: Mutex<Pocket<DemoPerson>>,
}

/// What a code stands for.
struct Grant {
    redirect_uri: String,
    nonce: Option<String>,
    pkce_challenge: String,
    person: DemoPerson,
}

impl DemoProvider {
    /// A provider at `base`, for example `http://localhost:8080`. Refuses a base or a redirect URI that others
    /// than this machine could reach.
    pub fn new(
        base: &str,
        tenants: Vec<DemoTenant>,
        clock: Arc<dyn Clock>,
        random: Random,
    ) -> anyhow::Result<Self> {
        let issuer = IssuerUrl::new(format!("{}{PATH}", base.trim_end_matches('/')))
            .context("the demonstration's address is no URL")?;
        only_here(issuer.url())?;
        for tenant in &tenants {
            let uri = RedirectUrl::new(tenant.redirect_uri.clone())
                .with_context(|| format!("redirect URI {:?} is no URL", tenant.redirect_uri))?;
            only_here(uri.url())?;
        }
        let key = CoreEdDsaPrivateSigningKey::from_ed25519_pem(
            &pem(&random.bytes()),
            Some(JsonWebKeyId::new(KEY_ID.to_owned())),
        )
        .map_err(anyhow::Error::msg)
        .context("the demonstration's key")?;
        let tenants = tenants.into_iter().map(|tenant| (tenant.redirect_uri.clone(), tenant)).collect();
        let (codes, tokens) = (Mutex::new(Pocket::new(HELD_MAX)), Mutex::new(Pocket::new(HELD_MAX)));
        Ok(Self { issuer, tenants, key, clock, random, codes, tokens })
    }

    /// The issuer's URL, for the service's configuration of its sign-in.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Everything of the provider, below [`PATH`]. It belongs to no tenant: mounted beside the routes that look
    /// for one.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(protocol::discovery))
            .route("/jwks", get(protocol::jwks))
            .route("/authorize", get(pages::authorize))
            .route("/token", post(protocol::token))
            .route("/userinfo", get(protocol::userinfo))
            .with_state(Arc::new(self));
        Router::new().nest(PATH, routes)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer.as_str())
    }

    /// A code for the grant; `None` when too many are about.
    fn give_code(&self, grant: Grant) -> Option<String> {
        give(&self.codes, &self.random, self.clock.as_ref(), grant)
    }

    /// An access token for the person; `None` when too many are about.
    fn give_token(&self, person: DemoPerson) -> Option<String> {
        give(&self.tokens, &self.random, self.clock.as_ref(), person)
    }

    fn take_code(&self, code: &str) -> Option<Grant> {
        let now = self.clock.now();
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).take(code, now)
    }

    fn token_of(&self, token: &str) -> Option<DemoPerson> {
        let now = self.clock.now();
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(token, now).cloned()
    }
}

fn give<T>(pocket: &Mutex<Pocket<T>>, random: &Random, clock: &dyn Clock, value: T) -> Option<String> {
    let (name, now) = (random.token(), clock.now());
    let until = now.saturating_add(SHORT).ok()?;
    let mut pocket = pocket.lock().unwrap_or_else(PoisonError::into_inner);
    pocket.put(name.clone(), until, value, now).then_some(name)
}

fn only_here(url: &openidconnect::url::Url) -> anyhow::Result<()> {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    if host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|ip| ip.is_loopback()) {
        return Ok(());
    }
    bail!(
        "the demonstration lets anybody sign in as anybody, so it stays on this machine: {url} is not on it"
    )
}

/// An Ed25519 seed as PKCS #8 in PEM (RFC 8410 §7).
fn pem(seed: &[u8; 32]) -> String {
    const PREFIX: [u8; 16] =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let body = data_encoding::BASE64.encode(&[PREFIX.as_slice(), seed].concat());
    format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
}
