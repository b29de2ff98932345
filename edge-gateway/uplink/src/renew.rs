//! What a gateway fetches from the cloud's API: trust bundles, sealing secrets, certificates.
//!
//! ```text
//!   asked ─▶ answer ─▶ verified ─▶ bundle and secrets kept ─▶ new certificate tried ─▶ kept ─▶ in use
//!              │          │                                        │
//!              └──────────┴──────── nothing changes                └── the old one stays
//! ```
//!
//! **Invariant:** a bundle is never replaced by one of the same or a lower serial, a certificate never by one that the
//! cloud has not just accepted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway_core::{Fetched, Input};
use protocols_access::SealingSecret;
use protocols_wire::{EnrolRefusal, RenewRequest, RenewResponse, Signer};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use reqwest::StatusCode;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use tokio::sync::{mpsc, watch};

use crate::enrol::{api, sealing_secret};
use crate::http::{self, AskError};
use crate::identity::{Enrolled, IdentityError, News, certificates};
use crate::tls::{FlooredTime, mutual_config, verify_own_chain};
use crate::trust::{TrustError, common_name, ed25519_key, read_trust_bundle, times};
use crate::uplink::Uplink;

const PATH: &str = "/gateway/v1/renew";
/// Orders that wait: one fetch at a time, and a table that is sealed anew now and then.
const ORDERS_MAX: usize = 16;
/// Secrets in one answer: the one in use and the next.
const SEALS_MAX: usize = 4;

/// Why nothing was fetched, or not all.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// An older enrolment did not keep the address.
    #[error(
        "the cloud's address is not known: this gateway was enrolled by an older program. Write it into \
         identity/gateway.json as \"cloud\": \"https://host:port\", the address that the page Gateways shows with a new \
         code, and start the gateway anew"
    )]
    NoAddress,
    /// What is kept is not an address.
    #[error("'{given}' in identity/gateway.json is not an address of the form https://host:port")]
    Address {
        /// What stands there.
        given: String,
    },
    /// No answer.
    #[error("the cloud's API cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The cloud says no.
    #[error("the cloud refuses: {words}")]
    Refused {
        /// What it says.
        words: String,
    },
    /// The cloud has trouble of its own.
    #[error("the cloud answered with status {status}")]
    Trouble {
        /// The HTTP status.
        status: u16,
    },
    /// The answer does not fit together.
    #[error("the cloud's answer is not usable: {what}")]
    Answer {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The trust bundle is not the root's.
    #[error("the cloud's trust bundle is not believed")]
    Trust(#[from] TrustError),
    /// The trust bundle is not newer than what is here.
    #[error("the cloud offers trust bundle {offered}, and {own} is in force here")]
    OlderTrust {
        /// Here.
        own: u64,
        /// Offered.
        offered: u64,
    },
    /// The certificate that came does not hold.
    #[error("the certificate that the cloud sent does not hold")]
    Certificate(#[source] rustls::Error),
    /// The cloud does not accept the certificate that it sent.
    #[error("the new certificate was tried and not accepted; the old one stays in use")]
    NotAccepted(#[source] Box<RenewError>),
    /// The key is not readable.
    #[error("this gateway's own key is not usable")]
    Key,
    /// The TLS library refuses.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// What came could not be written.
    #[error("what was fetched could not be kept")]
    Keep(#[from] IdentityError),
}

/// Fetches when it is told to, one thing at a time, in a task of its own.
#[derive(Debug)]
pub struct Fetches {
    orders: mpsc::Sender<Order>,
}

#[derive(Debug)]
enum Order {
    Fetch { certificate: bool },
    TableSealedWith { seal_id: u32 },
}

impl Fetches {
    /// Ready to fetch for `enrolled`, whose identity lies in `data`; a new certificate goes to the uplink.
    ///
    /// Must be called within a tokio run time. The receiver yields [`Input::Fetched`] and [`Input::FetchFailed`].
    pub fn start(enrolled: Enrolled, data: &Path, uplink: &Uplink) -> (Self, mpsc::Receiver<Input>) {
        let (orders, receiver) = mpsc::channel(ORDERS_MAX);
        let (sink, inputs) = mpsc::channel(1);
        let renewal = Renewal {
            enrolled,
            data: data.to_owned(),
            time: uplink.time(),
            credentials: uplink.credentials(),
        };
        tokio::spawn(run(renewal, receiver, sink));
        (Self { orders }, inputs)
    }

    /// Fetches what is newer; a new certificate as well, if one is wanted.
    pub fn fetch(&self, certificate: bool) {
        self.order(Order::Fetch { certificate });
    }

    /// The table on disk is sealed under this secret: those before it are forgotten.
    pub fn table_sealed_with(&self, seal_id: u32) {
        self.order(Order::TableSealedWith { seal_id });
    }

    fn order(&self, order: Order) {
        if let Err(error) = self.orders.try_send(order) {
            tracing::error!(%error, "fetching has fallen behind");
        }
    }
}

async fn run(mut renewal: Renewal, mut orders: mpsc::Receiver<Order>, sink: mpsc::Sender<Input>) {
    while let Some(order) = orders.recv().await {
        match order {
            Order::Fetch { certificate } => {
                let input = renewal.fetch(certificate).await;
                if sink.send(input).await.is_err() {
                    return;
                }
            }
            Order::TableSealedWith { seal_id } => {
                if let Err(error) = renewal.enrolled.forget_seals_before(&renewal.data, seal_id) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "an old sealing secret is still here"
                    );
                }
            }
        }
    }
}

struct Renewal {
    enrolled: Enrolled,
    data: PathBuf,
    time: FlooredTime,
    credentials: watch::Sender<Arc<ClientConfig>>,
}

impl Renewal {
    /// Everything that can be had. What holds is kept and told even where the certificate fails.
    async fn fetch(&mut self, certificate: bool) -> Input {
        let (told, error) = match self.ask_for_news(certificate).await {
            Ok((mut news, chain)) => {
                let tried = match chain {
                    Some(chain) => self.try_certificate(chain).await,
                    None => Ok(None),
                };
                let (chain, error) = match tried {
                    Ok(chain) => (chain, None),
                    Err(error) => (None, Some(error)),
                };
                let certificate = chain.as_ref().map(|(_, times)| *times);
                news.chain = chain;
                let (serial, seal_held) = (self.enrolled.trust.serial, self.enrolled.seal_held());
                let outcome = self.keep(news);
                let kept = kept_since(&self.enrolled, serial, seal_held);
                match outcome {
                    Ok(()) => (Some(Fetched { certificate, ..kept }), error),
                    // The cloud will not give again what was kept before the disk gave up.
                    Err(error) => {
                        let some = kept.trust.is_some() || !kept.seals.is_empty();
                        (some.then_some(kept), Some(error))
                    }
                }
            }
            Err(error) => (None, Some(error)),
        };
        if let Some(error) = error {
            tracing::warn!(error = &error as &dyn std::error::Error, "not all was fetched from the cloud");
        }
        match told {
            Some(fetched) => Input::Fetched { fetched: Box::new(fetched) },
            None => Input::FetchFailed,
        }
    }

    /// Asks, and believes nothing that does not follow from the root and from our own key.
    async fn ask_for_news(
        &self,
        certificate: bool,
    ) -> Result<(News, Option<Vec<CertificateDer<'static>>>), RenewError> {
        let csr_pem = if certificate { Some(self.certificate_request()?) } else { None };
        let request = RenewRequest {
            csr_pem,
            trust_serial: self.enrolled.trust.serial,
            seal_id: self.enrolled.seal_held(),
        };
        let answer = self.ask(self.enrolled.chain.clone(), &request).await?;
        verify(&self.enrolled, answer, certificate, &self.time)
    }

    fn certificate_request(&self) -> Result<String, RenewError> {
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&self.enrolled.private_key(), &PKCS_ED25519)
            .map_err(|_| RenewError::Key)?;
        CertificateParams::default()
            .serialize_request(&key)
            .and_then(|request| request.pem())
            .map_err(|_| RenewError::Key)
    }

    /// A certificate is good when the cloud has let this gateway in with it.
    async fn try_certificate(
        &self,
        chain: Vec<CertificateDer<'static>>,
    ) -> Result<Option<(Vec<CertificateDer<'static>>, gateway_core::CertificateTimes)>, RenewError> {
        let times = chain
            .first()
            .and_then(times)
            .ok_or(RenewError::Answer { what: "its certificate has no times" })?;
        let question = RenewRequest { csr_pem: None, trust_serial: u64::MAX, seal_id: u32::MAX };
        match self.ask(chain.clone(), &question).await {
            Ok(_) => Ok(Some((chain, times))),
            Err(error) => Err(RenewError::NotAccepted(Box::new(error))),
        }
    }

    fn keep(&mut self, news: News) -> Result<(), RenewError> {
        let swapped = news.chain.is_some();
        self.enrolled.keep(&self.data, news)?;
        if swapped {
            let tls = self.tls(self.enrolled.chain.clone())?;
            self.credentials.send_replace(Arc::new(tls));
        }
        Ok(())
    }

    fn tls(&self, chain: Vec<CertificateDer<'static>>) -> Result<ClientConfig, RenewError> {
        let key = self.enrolled.private_key().into();
        mutual_config(&self.enrolled.root, chain, key, self.time.clone()).map_err(RenewError::Tls)
    }

    async fn ask(
        &self,
        chain: Vec<CertificateDer<'static>>,
        request: &RenewRequest,
    ) -> Result<RenewResponse, RenewError> {
        let cloud = self.enrolled.cloud().ok_or(RenewError::NoAddress)?;
        let url = api(cloud, PATH).ok_or_else(|| RenewError::Address { given: cloud.to_owned() })?;
        let (status, body) = match http::ask(self.tls(chain)?, url, request).await {
            Ok(answer) => answer,
            Err(AskError::TooLong) => return Err(RenewError::Answer { what: "it is too long" }),
            Err(AskError::Send(source)) => return Err(RenewError::Unreachable(source)),
        };
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|_| RenewError::Answer { what: "it is malformed" });
        }
        match serde_json::from_slice::<EnrolRefusal>(&body) {
            Ok(refusal) if status.is_client_error() => Err(RenewError::Refused { words: refusal.error }),
            Ok(_) | Err(_) => Err(RenewError::Trouble { status: status.as_u16() }),
        }
    }
}

/// What is kept now and was not when the bundle was this one and the newest secret that one.
fn kept_since(enrolled: &Enrolled, serial: u64, seal_held: u32) -> Fetched {
    let trust = &enrolled.trust;
    let seals = enrolled.seals.iter().filter(|(id, _)| *id > seal_held);
    Fetched {
        trust: (trust.serial > serial).then(|| (trust.serial, trust.signing_keys.clone())),
        seals: seals.map(|(id, secret)| (*id, SealingSecret::new(**secret))).collect(),
        certificate: None,
    }
}

fn verify(
    enrolled: &Enrolled,
    answer: RenewResponse,
    certificate: bool,
    time: &FlooredTime,
) -> Result<(News, Option<Vec<CertificateDer<'static>>>), RenewError> {
    let bad = |what| RenewError::Answer { what };
    let mut news = News::default();
    if let Some(text) = answer.trust_bundle {
        let bytes = BASE64.decode(text).map_err(|_| bad("its trust bundle is not base 64"))?;
        let bundle = read_trust_bundle(&enrolled.root, &bytes)?;
        let own = enrolled.trust.serial;
        if bundle.serial <= own {
            return Err(RenewError::OlderTrust { own, offered: bundle.serial });
        }
        news.trust = Some((bundle, bytes));
    }
    if answer.seals.len() > SEALS_MAX {
        return Err(bad("it has too many sealing secrets"));
    }
    for seal in answer.seals {
        if seal.seal_id <= enrolled.seal_held() {
            return Err(bad("it has a sealing secret that is not newer than ours"));
        }
        news.seals.push((seal.seal_id, sealing_secret(seal.secret).map_err(bad)?));
    }
    let chain = match answer.certificate_chain_pem {
        Some(_) if !certificate => return Err(bad("it has a certificate that was not asked for")),
        None if certificate => return Err(bad("it has no certificate")),
        None => None,
        Some(pem) => {
            let chain = certificates(pem.as_bytes()).map_err(|_| bad("its certificate is not PEM"))?;
            verify_own_chain(&enrolled.root, &chain, time).map_err(RenewError::Certificate)?;
            let leaf = chain.first().ok_or_else(|| bad("it has no certificate"))?;
            let ours = Signer::from_pkcs8(&enrolled.key).map_err(|_| RenewError::Key)?.public();
            if ed25519_key(leaf) != Some(ours) {
                return Err(bad("its certificate is for another key"));
            }
            if common_name(leaf) != Some(enrolled.gateway().to_string()) {
                return Err(bad("its certificate is for another gateway"));
            }
            let ends = times(leaf).ok_or_else(|| bad("its certificate has no times"))?.not_after;
            if ends < enrolled.certificate.not_after {
                return Err(bad("its certificate ends before the one in use"));
            }
            Some(chain)
        }
    };
    Ok((news, chain))
}
