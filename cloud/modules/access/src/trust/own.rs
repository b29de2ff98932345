//! What the cloud itself shows: as the broker, and as the broker's client.

use std::sync::Arc;

use rcgen::{ExtendedKeyUsagePurpose, Issuer, KeyPair};
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

use super::shelf::Shelf;
use super::{CLOUD_NAME, Held, Trust, TrustError, chain, private_key, provider};

/// Both certificates with their keys.
pub(super) struct Own {
    pub broker: Held,
    pub client: Held,
}

impl Own {
    /// As they lie on the shelf; made anew where two thirds of their time have passed.
    pub(super) fn read(
        shelf: &Shelf<'_>,
        broker_names: &[String],
        ca_pem: &str,
        ca: &Issuer<'static, KeyPair>,
    ) -> Result<Self, TrustError> {
        let leaf = |name, common_name, names: &[String], usage| {
            shelf.leaf(name, common_name, names, usage, ca_pem, ca)
        };
        Ok(Self {
            broker: leaf("broker", "Hallport broker", broker_names, ExtendedKeyUsagePurpose::ServerAuth)?,
            client: leaf("cloud", CLOUD_NAME, &[], ExtendedKeyUsagePurpose::ClientAuth)?,
        })
    }

    pub(super) fn client_certificate(&self) -> Result<CertifiedKey, TrustError> {
        CertifiedKey::from_der(chain(&self.client.chain_pem), private_key(&self.client.key), &provider())
            .map_err(TrustError::Tls)
    }
}

/// Shows the client's certificate as it is when it is asked for: a connection that is made anew shows a renewed one.
#[derive(Debug)]
pub(super) struct OwnClient(pub Arc<Trust>);

impl ResolvesClientCert for OwnClient {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        match self.0.own().client_certificate() {
            Ok(certificate) => Some(Arc::new(certificate)),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "no certificate for the broker");
                None
            }
        }
    }

    fn has_certs(&self) -> bool {
        true
    }
}
