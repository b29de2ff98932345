//! Enrolment: a key of our own, a code from the technician, and in return everything else.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use protocols_wire::{CODE_CHARACTERS, EnrolRefusal, EnrolRequest, EnrolResponse, Signer, normalise};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use reqwest::{StatusCode, Url};
use zeroize::Zeroizing;

use crate::http::{self, AskError};
use crate::identity::{Card, Enrolled, IdentityError, certificates};
use crate::tls::{FlooredTime, PinnedRoot, Verdict, enrolment_config, verify_own_chain};
use crate::trust::{common_name, ed25519_key, times};
use crate::{TrustError, read_trust_bundle};

const PATH: &str = "/gateway/v1/enrol";
/// Characters of a fingerprint, without its hyphens.
const FINGERPRINT_CHARACTERS: usize = 32;

/// What the technician has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolment<'a> {
    /// `https://host:port`, the tenant's host name.
    pub cloud: &'a str,
    /// The single-use code, in any spelling.
    pub code: &'a str,
    /// The root's fingerprint, in any spelling.
    pub root_fingerprint: &'a str,
}

/// Why the gateway is not enrolled. Each is written for the technician.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// There is an identity already.
    #[error(
        "this folder holds the identity of a gateway already. To enrol anew, choose an empty data folder; to go \
         on with the old identity, just run the gateway"
    )]
    AlreadyEnrolled,
    /// The cloud's address is not usable.
    #[error("'{given}' is not an address of the form https://host:port")]
    Address {
        /// What was typed.
        given: String,
    },
    /// The code has a wrong length.
    #[error("the code has {CODE_CHARACTERS} letters and digits; {given} were typed")]
    Code {
        /// How many were typed.
        given: usize,
    },
    /// The fingerprint has a wrong length.
    #[error(
        "the root's fingerprint has {FINGERPRINT_CHARACTERS} letters and digits in eight groups; {given} were typed"
    )]
    Fingerprint {
        /// How many were typed.
        given: usize,
    },
    /// No answer.
    #[error("the cloud at {host} cannot be reached. Is the address right, and is this machine on line?")]
    Unreachable {
        /// Which host.
        host: String,
        /// Why.
        source: reqwest::Error,
    },
    /// Somebody else answers.
    #[error(
        "{host} is not under the root with the fingerprint that was typed; it shows {shown}. Compare the \
         fingerprint with the one beside the code. If they differ, do not go on: somebody else answers"
    )]
    OtherRoot {
        /// Which host.
        host: String,
        /// The fingerprint of what it showed.
        shown: String,
    },
    /// The right root, but the certificate is not good for this host now.
    #[error(
        "{host} shows the right root, but its own certificate does not hold. Is the address right, and this machine's clock?"
    )]
    Unproven {
        /// Which host.
        host: String,
        /// Why.
        source: rustls::Error,
    },
    /// The cloud says no; its words are for the technician.
    #[error("the cloud refuses: {words}")]
    Refused {
        /// What it says.
        words: String,
    },
    /// The cloud has trouble of its own.
    #[error("the cloud answered with status {status}. Nothing was changed here; try again in a moment")]
    Trouble {
        /// The HTTP status.
        status: u16,
    },
    /// The answer does not fit together.
    #[error("the cloud's answer is not usable: {what}. Nothing was changed here")]
    Answer {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The trust bundle is not the root's.
    #[error("the cloud's trust bundle is not believed. Nothing was changed here")]
    Trust(#[from] TrustError),
    /// The certificate that came does not hold.
    #[error("the certificate that the cloud sent does not hold. Is this machine's clock right?")]
    Certificate(#[source] rustls::Error),
    /// A key could not be made.
    #[error("this machine could not make a key")]
    Key(#[source] rcgen::Error),
    /// The TLS library refuses.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The identity could not be written.
    #[error("the identity could not be kept; the code is used up, ask for a new one")]
    Keep(#[from] IdentityError),
}

/// Enrols this machine and writes `<data>/identity/`. Nothing is left behind when it fails.
pub async fn enrol(enrolment: &Enrolment<'_>, data: &Path) -> Result<Enrolled, EnrolError> {
    if Enrolled::exists(data) {
        return Err(EnrolError::AlreadyEnrolled);
    }
    let url = address(enrolment.cloud)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let code = normalise(enrolment.code);
    if code.chars().count() != CODE_CHARACTERS {
        return Err(EnrolError::Code { given: code.chars().count() });
    }
    let typed = normalise(enrolment.root_fingerprint).chars().count();
    if typed != FINGERPRINT_CHARACTERS {
        return Err(EnrolError::Fingerprint { given: typed });
    }

    let key = KeyPair::generate_for(&PKCS_ED25519).map_err(EnrolError::Key)?;
    let csr = CertificateParams::default()
        .serialize_request(&key)
        .and_then(|request| request.pem())
        .map_err(EnrolError::Key)?;
    // Before the first contact nothing is known about the time but this machine's clock.
    let time = FlooredTime::new(protocols_wire::UnixMs::default());
    let pinned = Arc::new(PinnedRoot::new(enrolment.root_fingerprint));
    let answer = ask(url, &host, EnrolRequest { code, csr_pem: csr }, &pinned, time.clone()).await?;
    let Verdict::Proven(root) = pinned.verdict() else {
        return Err(EnrolError::Answer { what: "it came without a certificate" });
    };

    let enrolled = accept(answer, enrolment.cloud, root, Zeroizing::new(key.serialize_der()), &time)?;
    enrolled.save(data)?;
    Ok(enrolled)
}

fn address(given: &str) -> Result<Url, EnrolError> {
    api(given, PATH).ok_or_else(|| EnrolError::Address { given: given.to_owned() })
}

/// A path of the cloud's API, if the address is one of the form `https://host:port`.
pub(crate) fn api(cloud: &str, path: &str) -> Option<Url> {
    let url = Url::parse(cloud).ok()?;
    if url.scheme() != "https" || url.host_str().is_none() {
        return None;
    }
    url.join(path).ok()
}

/// A sealing secret as it comes: 32 bytes, base 64.
pub(crate) fn sealing_secret(text: String) -> Result<Zeroizing<[u8; 32]>, &'static str> {
    let text = Zeroizing::new(text);
    let bytes = BASE64.decode(text.as_bytes()).map_err(|_| "its sealing secret is not base 64")?;
    let bytes = Zeroizing::new(bytes);
    let secret = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| "its sealing secret is not 32 bytes")?;
    Ok(Zeroizing::new(secret))
}

async fn ask(
    url: Url,
    host: &str,
    request: EnrolRequest,
    pinned: &Arc<PinnedRoot>,
    time: FlooredTime,
) -> Result<EnrolResponse, EnrolError> {
    let tls = enrolment_config(Arc::clone(pinned), time).map_err(EnrolError::Tls)?;
    let (status, body) = match http::ask(tls, url, &request).await {
        Ok(answer) => answer,
        Err(AskError::TooLong) => return Err(EnrolError::Answer { what: "it is too long" }),
        Err(AskError::Send(source)) => {
            return Err(match pinned.verdict() {
                Verdict::OtherRoot { shown } => EnrolError::OtherRoot { host: host.to_owned(), shown },
                Verdict::Unproven(source) => EnrolError::Unproven { host: host.to_owned(), source },
                Verdict::Unseen | Verdict::Proven(_) => {
                    EnrolError::Unreachable { host: host.to_owned(), source }
                }
            });
        }
    };
    if status == StatusCode::OK || status == StatusCode::CREATED {
        return serde_json::from_slice(&body).map_err(|_| EnrolError::Answer { what: "it is malformed" });
    }
    match serde_json::from_slice::<EnrolRefusal>(&body) {
        Ok(refusal) if status.is_client_error() => Err(EnrolError::Refused { words: refusal.error }),
        Ok(_) | Err(_) => Err(EnrolError::Trouble { status: status.as_u16() }),
    }
}

/// Believes nothing of the answer that does not follow from the root and from our own key.
fn accept(
    answer: EnrolResponse,
    cloud: &str,
    root: rustls::pki_types::CertificateDer<'static>,
    key: Zeroizing<Vec<u8>>,
    time: &FlooredTime,
) -> Result<Enrolled, EnrolError> {
    let bad = |what| EnrolError::Answer { what };
    let secret = sealing_secret(answer.seal_secret).map_err(bad)?;
    let trust_bundle =
        BASE64.decode(answer.trust_bundle).map_err(|_| bad("its trust bundle is not base 64"))?;
    let trust = read_trust_bundle(&root, &trust_bundle)?;

    let chain = certificates(answer.certificate_chain_pem.as_bytes())
        .map_err(|_| bad("its certificate is not PEM"))?;
    verify_own_chain(&root, &chain, time).map_err(EnrolError::Certificate)?;
    let leaf = chain.first().ok_or_else(|| bad("it has no certificate"))?;
    let ours = Signer::from_pkcs8(&key).map_err(|_| bad("our own key is not readable"))?.public();
    if ed25519_key(leaf) != Some(ours) {
        return Err(bad("its certificate is for another key"));
    }
    let certificate = times(leaf).ok_or_else(|| bad("its certificate has no times"))?;
    if common_name(leaf) != Some(answer.gateway.to_string()) {
        return Err(bad("its certificate is for another gateway"));
    }
    if answer.broker_host.is_empty() || answer.broker_port == 0 {
        return Err(bad("it names no broker"));
    }
    let card = Card {
        gateway: answer.gateway,
        name: answer.name,
        broker_host: answer.broker_host,
        broker_port: answer.broker_port,
        journal_generation: answer.journal_generation,
        seal_id: answer.seal_id,
        cloud: Some(cloud.to_owned()),
    };
    Ok(Enrolled {
        card,
        key,
        chain,
        root,
        trust_bundle,
        trust,
        certificate,
        seals: vec![(answer.seal_id, secret)],
    })
}
