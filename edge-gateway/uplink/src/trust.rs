//! The trust bundle, and the root that signs it.

use gateway_core::CertificateTimes;
use protocols_wire::{OpenError, TRUST_CONTEXT, TrustBundle, UnixMs, key_id, open};
use rustls::pki_types::CertificateDer;
use x509_parser::oid_registry::OID_SIG_ED25519;
use x509_parser::parse_x509_certificate;

/// Why a trust bundle is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TrustError {
    /// The root is not a certificate with an Ed25519 key.
    #[error("the root is not a certificate with an Ed25519 key")]
    Root,
    /// The bundle is not signed by the root, or not a bundle.
    #[error("the trust bundle is not the root's")]
    Bundle(#[source] OpenError),
    /// Nobody could send this gateway anything.
    #[error("the trust bundle names no signing key")]
    NoSigningKey,
}

/// Verifies `bundle`, COSE as it came, with the key of `root`.
pub fn read_trust_bundle(root: &CertificateDer<'_>, bundle: &[u8]) -> Result<TrustBundle, TrustError> {
    let public = ed25519_key(root).ok_or(TrustError::Root)?;
    let id = key_id(&public);
    let bundle: TrustBundle = open(TRUST_CONTEXT, bundle, |claimed| (claimed == id).then_some(public))
        .map_err(TrustError::Bundle)?;
    if bundle.signing_keys.is_empty() {
        return Err(TrustError::NoSigningKey);
    }
    Ok(bundle)
}

/// The certificate's public key, if it is Ed25519.
pub(crate) fn ed25519_key(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    let key = certificate.public_key();
    if key.algorithm.algorithm != OID_SIG_ED25519 {
        return None;
    }
    key.subject_public_key.data.as_ref().try_into().ok()
}

/// When the certificate is good.
pub(crate) fn times(certificate: &CertificateDer<'_>) -> Option<CertificateTimes> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    let at = |seconds: i64| UnixMs(seconds.saturating_mul(1000));
    let validity = certificate.validity();
    Some(CertificateTimes {
        not_before: at(validity.not_before.timestamp()),
        not_after: at(validity.not_after.timestamp()),
    })
}

/// The certificate's one common name.
pub(crate) fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    let mut names = certificate.subject().iter_common_name();
    let name = names.next()?.as_str().ok()?.to_owned();
    names.next().is_none().then_some(name)
}
