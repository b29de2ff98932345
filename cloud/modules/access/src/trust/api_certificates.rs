//! Certificates of the gateway API, made when a name is first asked for: a municipality that is added while the
//! service runs is reached at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cloud_kernel::Clock;
use jiff::{SignedDuration, Timestamp};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::Trust;

/// Names held at once; past that they are made anew, at the cost of a signature each.
const NAMES_MAX: usize = 1024;
/// A certificate is replaced by a new one after this, long before it ends.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// One certificate for each name below the configured ones.
pub(super) struct ApiCertificates {
    trust: Arc<Trust>,
    clock: Arc<dyn Clock>,
    held: Mutex<HashMap<String, (Timestamp, Arc<CertifiedKey>)>>,
}

impl ApiCertificates {
    pub(super) fn new(trust: Arc<Trust>, clock: Arc<dyn Clock>) -> Self {
        Self { trust, clock, held: Mutex::default() }
    }

    fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        if !self.trust.answers_as(name) {
            return None;
        }
        let now = self.clock.now();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, certified)) = held.get(name)
            && now.duration_since(*made) < FRESH
        {
            return Some(Arc::clone(certified));
        }
        let certified = match self.trust.api_certificate(name, now) {
            Ok(certified) => Arc::new(certified),
            Err(error) => {
                tracing::error!(
                    name,
                    error = &error as &dyn std::error::Error,
                    "no certificate for the gateway API"
                );
                return None;
            }
        };
        if held.len() >= NAMES_MAX {
            held.clear();
        }
        held.insert(name.to_owned(), (now, Arc::clone(&certified)));
        Some(certified)
    }
}

impl ResolvesServerCert for ApiCertificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.certificate(hello.server_name()?)
    }
}

impl std::fmt::Debug for ApiCertificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiCertificates")
    }
}
