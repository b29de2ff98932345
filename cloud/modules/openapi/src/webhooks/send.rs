//! One message to one receiver.
//!
//! **Invariant:** what is connected to is an address that was looked at: the name is resolved here, every address that it
//! has is on the open internet, and the connection goes to one of these and nowhere else. No redirect is followed.

use std::net::{IpAddr, SocketAddr};

use openapi_domain::is_public;
use reqwest::Url;

use super::Receivers;

/// Characters of an address at most.
pub(crate) const URL_CHARS_MAX: usize = 500;

/// A message, signed.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) url: &'a str,
    pub(crate) id: &'a str,
    pub(crate) unix_seconds: i64,
    pub(crate) signatures: String,
    pub(crate) body: String,
}

/// Why a text is no receiver's address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("is no address of at most {URL_CHARS_MAX} characters")]
    Unreadable,
    #[error("must begin with https://")]
    NotHttps,
    #[error("must not carry a name or a password")]
    Named,
    #[error("is not on the open internet")]
    NotPublic,
}

/// Why a receiver did not take a message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("the address")]
    Target(#[from] TargetError),
    #[error("the name cannot be resolved")]
    Name(#[source] std::io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[error("it did not answer in time")]
    TooSlow,
    #[error("it could not be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("it answered {0}")]
    Refused(u16),
    #[error("it answered 410: it wants no more")]
    Gone,
}

/// Where a receiver is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    host: String,
    port: u16,
    is_https: bool,
}

impl Target {
    /// Reads an address, as far as it can be looked at without asking anybody.
    pub(crate) fn parse(url: &str, receivers: Receivers) -> Result<Self, TargetError> {
        if url.len() > URL_CHARS_MAX {
            return Err(TargetError::Unreadable);
        }
        // Read as it is read when it is connected to: what this takes for a name is no address in disguise.
        let url = Url::parse(url).map_err(|_| TargetError::Unreadable)?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" if receivers.on_this_machine => false,
            _ => return Err(TargetError::NotHttps),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Named);
        }
        let host = url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned());
        let (Some(host), Some(port), None) = (host, url.port_or_known_default(), url.fragment()) else {
            return Err(TargetError::Unreadable);
        };
        let target = Self { host, port, is_https };
        match target.host.parse::<IpAddr>() {
            Ok(address) if !target.may_reach(address, receivers) => Err(TargetError::NotPublic),
            Ok(_) | Err(_) => Ok(target),
        }
    }

    /// Whether an address of it may be connected to. Without TLS, only this machine.
    fn may_reach(&self, address: IpAddr, receivers: Receivers) -> bool {
        let is_here = receivers.on_this_machine && address.is_loopback();
        is_here || (self.is_https && is_public(address))
    }

    /// The addresses that it has, every one looked at.
    async fn addresses(&self, receivers: Receivers) -> Result<Vec<SocketAddr>, SendError> {
        let found =
            tokio::net::lookup_host((self.host.as_str(), self.port)).await.map_err(SendError::Name)?;
        let found: Vec<SocketAddr> = found.collect();
        if found.is_empty() {
            return Err(SendError::NoAddress);
        }
        if found.iter().all(|address| self.may_reach(address.ip(), receivers)) {
            Ok(found)
        } else {
            Err(TargetError::NotPublic.into())
        }
    }
}

/// Sends a message; done when the receiver says that it has it. Everything within the time that one may take.
pub(crate) async fn send(receivers: Receivers, outgoing: Outgoing<'_>) -> Result<(), SendError> {
    tokio::time::timeout(receivers.answer_within, send_now(receivers, outgoing))
        .await
        .unwrap_or(Err(SendError::TooSlow))
}

async fn send_now(receivers: Receivers, outgoing: Outgoing<'_>) -> Result<(), SendError> {
    let target = Target::parse(outgoing.url, receivers)?;
    let addresses = target.addresses(receivers).await?;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .resolve_to_addrs(&target.host, &addresses)
        .build()
        .map_err(SendError::Unreachable)?;
    let answer = client
        .post(outgoing.url)
        .header("content-type", "application/json")
        .header("user-agent", "Hallport")
        .header("webhook-id", outgoing.id)
        .header("webhook-timestamp", outgoing.unix_seconds.to_string())
        .header("webhook-signature", outgoing.signatures)
        .body(outgoing.body)
        .send()
        .await
        .map_err(|error| SendError::Unreachable(error.without_url()))?;
    // What it answers beside that is nobody's business, and is not read.
    match answer.status().as_u16() {
        200..=299 => Ok(()),
        410 => Err(SendError::Gone),
        other => Err(SendError::Refused(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_on_the_open_internet_and_spoken_to_over_tls() {
        let parse =
            |url: &str| Target::parse(url, Receivers::default()).map(|target| (target.host, target.port));
        assert_eq!(parse("https://example.se/hook?x=1"), Ok(("example.se".to_owned(), 443)));
        assert_eq!(parse("https://[2a00:801::1]:8443/"), Ok(("2a00:801::1".to_owned(), 8443)));
        for (url, error) in [
            ("http://example.se/", TargetError::NotHttps),
            ("ftp://example.se/", TargetError::NotHttps),
            ("https://anna:secret@example.se/", TargetError::Named),
            ("https://127.0.0.1/", TargetError::NotPublic),
            ("https://[::1]/", TargetError::NotPublic),
            ("https://[::ffff:10.0.0.1]/", TargetError::NotPublic),
            ("https://0x7f.1/", TargetError::NotPublic),
            ("https://2130706433/", TargetError::NotPublic),
            ("https://%31%32%37.0.0.1./", TargetError::NotPublic),
            ("https://169.254.169.254/latest/meta-data", TargetError::NotPublic),
            ("/hook", TargetError::Unreadable),
            ("", TargetError::Unreadable),
            ("https://", TargetError::Unreadable),
            ("https://example.se/#part", TargetError::Unreadable),
            (&format!("https://example.se/{}", "a".repeat(500)), TargetError::Unreadable),
        ] {
            assert_eq!(parse(url), Err(error), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_within_our_walls_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
        let outgoing =
            Outgoing { url: &url, id: "a", unix_seconds: 0, signatures: String::new(), body: String::new() };
        let refused = send(Receivers::default(), outgoing).await;
        assert!(matches!(refused, Err(SendError::Target(TargetError::NotPublic))), "{refused:?}");
        let nobody = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
        assert!(nobody.is_err(), "somebody connected");
    }
}
