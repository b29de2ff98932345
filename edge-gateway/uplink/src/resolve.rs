//! Names under `localhost` are this machine, whatever the resolver thinks (RFC 6761, section 6.3).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

/// The addresses of `host`, with `port`.
pub(crate) async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
    }
    Ok(lookup_host((host, port)).await?.collect())
}

/// [`resolve`] for reqwest.
#[derive(Debug)]
pub(crate) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // Port 0: reqwest puts the URL's in its place.
            let addresses = resolve(name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_under_localhost_are_this_machine() {
        for name in ["localhost", "osteraker.localhost", "OSTERAKER.LOCALHOST."] {
            let addresses = resolve(name, 8443).await.unwrap();
            assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 8443));
            assert!(!addresses.is_empty());
        }
    }
}
