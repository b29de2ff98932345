//! Whom TLS believes: while enrolling, the pinned root; afterwards, the same root as it is kept.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use protocols_wire::{UnixMs, fingerprint, normalise};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, version};

/// When this program was built, in seconds since 1970: never later than now.
const BUILT_AT_S: &str = env!("HALLPORT_BUILT_AT_S");

/// A clock that was never set must not make every certificate look like one of the future: what counts is the latest of
/// clock, time floor and the program's build. Its clones share the floor.
#[derive(Clone, Debug)]
pub(crate) struct FlooredTime {
    floor_seconds: Arc<AtomicU64>,
}

impl FlooredTime {
    pub(crate) fn new(floor: UnixMs) -> Self {
        let time = Self { floor_seconds: Arc::new(AtomicU64::new(BUILT_AT_S.parse().unwrap_or_default())) };
        time.raise(floor);
        time
    }

    /// Another instant that lies in the past for certain.
    pub(crate) fn raise(&self, floor: UnixMs) {
        let seconds = u64::try_from(floor.0 / 1_000).unwrap_or_default();
        self.floor_seconds.fetch_max(seconds, Ordering::Relaxed);
    }

    fn now(&self) -> UnixTime {
        let seconds = UnixTime::now().as_secs().max(self.floor_seconds.load(Ordering::Relaxed));
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds))
    }
}

impl TimeProvider for FlooredTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.now())
    }
}

/// What [`PinnedRoot`] found out about the other side.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) enum Verdict {
    /// It has not shown a certificate.
    #[default]
    Unseen,
    /// No certificate that it showed has the pinned fingerprint.
    OtherRoot {
        /// The fingerprint of the last one that it showed.
        shown: String,
    },
    /// It showed the pinned root, but its own certificate does not hold.
    Unproven(Error),
    /// It is who the technician meant; here is the root.
    Proven(CertificateDer<'static>),
}

/// Accepts a chain only if it ends in the certificate with the pinned fingerprint, and then verifies it as any chain:
/// signatures, validity, host name.
#[derive(Debug)]
pub(crate) struct PinnedRoot {
    /// As [`normalise`] leaves it.
    pinned: String,
    provider: Arc<CryptoProvider>,
    verdict: Mutex<Verdict>,
}

impl PinnedRoot {
    pub(crate) fn new(fingerprint: &str) -> Self {
        Self {
            pinned: normalise(fingerprint),
            provider: Arc::new(ring::default_provider()),
            verdict: Mutex::default(),
        }
    }

    /// What the last handshake showed.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Verdict {
        let shown = |certificate: &CertificateDer<'_>| fingerprint(certificate);
        let Some(root) = intermediates.iter().find(|one| normalise(&shown(one)) == self.pinned) else {
            return Verdict::OtherRoot { shown: shown(intermediates.last().unwrap_or(end_entity)) };
        };
        let verified = server_verifier(&[root.clone().into_owned()], &self.provider)
            .map_err(|error| Error::General(error.to_string()))
            .and_then(|verifier| {
                verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            });
        match verified {
            Ok(_) => Verdict::Proven(root.clone().into_owned()),
            Err(error) => Verdict::Unproven(error),
        }
    }
}

impl ServerCertVerifier for PinnedRoot {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.judge(end_entity, intermediates, server_name, ocsp_response, now);
        let answer = match &verdict {
            Verdict::Proven(_) => Ok(ServerCertVerified::assertion()),
            Verdict::Unproven(error) => Err(error.clone()),
            Verdict::OtherRoot { .. } | Verdict::Unseen => {
                Err(Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer))
            }
        };
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = verdict;
        answer
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// For enrolment: TLS 1.3, no certificate of our own yet.
pub(crate) fn enrolment_config(pinned: Arc<PinnedRoot>, time: FlooredTime) -> Result<ClientConfig, Error> {
    Ok(ClientConfig::builder_with_details(Arc::clone(&pinned.provider), Arc::new(time))
        .with_protocol_versions(&[&version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(pinned)
        .with_no_client_auth())
}

/// For the broker and the cloud's API: TLS 1.3, both sides with certificates under the root.
pub(crate) fn mutual_config(
    root: &CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    time: FlooredTime,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = server_verifier(std::slice::from_ref(root), &provider)
        .map_err(|error| Error::General(error.to_string()))?;
    ClientConfig::builder_with_details(provider, Arc::new(time))
        .with_protocol_versions(&[&version::TLS13])?
        .with_webpki_verifier(verifier)
        .with_client_auth_cert(chain, key)
}

/// Whether `chain` is a client certificate that leads to `root`.
pub(crate) fn verify_own_chain(
    root: &CertificateDer<'static>,
    chain: &[CertificateDer<'static>],
    time: &FlooredTime,
) -> Result<(), Error> {
    let general = |error: VerifierBuilderError| Error::General(error.to_string());
    let (leaf, intermediates) =
        chain.split_first().ok_or(Error::InvalidCertificate(rustls::CertificateError::BadEncoding))?;
    let roots = store(std::slice::from_ref(root)).map_err(general)?;
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    verifier.verify_client_cert(leaf, intermediates, time.now()).map(drop)
}

fn server_verifier(
    roots: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, VerifierBuilderError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(store(roots)?), Arc::clone(provider)).build()
}

fn store(roots: &[CertificateDer<'static>]) -> Result<RootCertStore, VerifierBuilderError> {
    let mut store = RootCertStore::empty();
    for root in roots {
        // Without a usable root the builder says so.
        store.add_parsable_certificates([root.clone()]);
    }
    if store.is_empty() { Err(VerifierBuilderError::NoRootAnchors) } else { Ok(store) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_certificate_is_judged_by_a_time_before_the_build_or_the_floor() {
        let built: u64 = BUILT_AT_S.parse().unwrap();
        assert!(built > 1_700_000_000, "{built}");
        let never_set = FlooredTime::new(UnixMs(0));
        assert_eq!(never_set.floor_seconds.load(Ordering::Relaxed), built);
        let later = built + 86_400;
        let floored = FlooredTime::new(UnixMs(i64::try_from(later * 1_000).unwrap()));
        assert!(floored.now().as_secs() >= later);
        // What is raised later is raised for all that were made of it.
        let shared = floored.clone();
        floored.raise(UnixMs(i64::try_from((later + 60) * 1_000).unwrap()));
        floored.raise(UnixMs(0));
        assert!(shared.now().as_secs() >= later + 60);
    }
}
