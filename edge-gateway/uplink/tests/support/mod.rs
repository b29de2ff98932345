//! A small certificate authority and a cloud that enrols, for tests.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod broker;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use protocols_ids::{GatewayId, Uuid};
use protocols_wire::{
    EnrolRequest, EnrolResponse, Signer, SigningKey, TRUST_CONTEXT, TrustBundle, UnixMs, fingerprint,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType, IsCa,
    KeyPair, PKCS_ED25519,
};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A root, and an authority under it.
pub struct City {
    pub root: CertifiedIssuer<'static, KeyPair>,
    pub authority: CertifiedIssuer<'static, KeyPair>,
    pub signing: Signer,
}

pub fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ED25519).unwrap()
}

pub fn signer(key: &KeyPair) -> Signer {
    Signer::from_pkcs8(key.serialized_der()).unwrap()
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A certificate and its key, PEM and DER.
pub struct Leaf {
    pub certificate: CertificateDer<'static>,
    pub key: KeyPair,
    pub pem: String,
}

impl City {
    pub fn found() -> Self {
        let root = CertifiedIssuer::self_signed(authority("root"), key()).unwrap();
        let below = CertifiedIssuer::signed_by(authority("city"), key(), &root).unwrap();
        Self { root, authority: below, signing: signer(&key()) }
    }

    pub fn fingerprint(&self) -> String {
        fingerprint(self.root.der())
    }

    /// A certificate for a host name, or for a client named so. P-256: OpenSSL, and with it Mosquitto, does not read
    /// Ed25519 keys as ring writes them (PKCS#8 version 2).
    pub fn leaf(&self, name: &str) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        Leaf { certificate: certificate.der().clone(), pem: certificate.pem(), key }
    }

    pub fn trust_bundle(&self) -> TrustBundle {
        let signing = SigningKey {
            key_id: self.signing.key_id(),
            public: self.signing.public(),
            not_before: UnixMs(0),
            not_after: UnixMs(i64::MAX),
        };
        TrustBundle { serial: 1, authorities: vec![], signing_keys: vec![signing], issued_at: UnixMs(0) }
    }

    /// What a well-meaning cloud answers.
    pub fn answer(&self, request: &EnrolRequest, gateway: GatewayId, broker_port: u16) -> EnrolResponse {
        let mut csr = CertificateSigningRequestParams::from_pem(&request.csr_pem).unwrap();
        csr.params.distinguished_name = rcgen::DistinguishedName::new();
        csr.params.distinguished_name.push(DnType::CommonName, gateway.to_string());
        let certificate = csr.signed_by(&self.authority).unwrap();
        EnrolResponse {
            gateway,
            name: "Österskärs sporthall".into(),
            certificate_chain_pem: certificate.pem() + &self.authority.pem(),
            broker_host: "localhost".into(),
            broker_port,
            trust_bundle: BASE64.encode(signer(self.root.key()).seal(TRUST_CONTEXT, &self.trust_bundle())),
            journal_generation: 4,
            seal_id: 2,
            seal_secret: BASE64.encode([9; 32]),
        }
    }
}

pub fn gateway() -> GatewayId {
    GatewayId::new(Uuid::from_u128(0xABCD))
}

/// A cloud's enrolment route.
pub struct Cloud {
    pub address: SocketAddr,
    pub asked: Arc<AtomicUsize>,
}

impl Cloud {
    /// Serves with `chain` and answers each request with a status and a body.
    pub async fn serve(
        chain: Vec<CertificateDer<'static>>,
        key: &KeyPair,
        answer: impl Fn(EnrolRequest) -> (u16, Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        Self::serve_all(chain, key, move |path, body| {
            assert_eq!(path, "/gateway/v1/enrol");
            answer(serde_json::from_slice(body).unwrap())
        })
        .await
    }

    /// The same for every path.
    pub async fn serve_all(
        chain: Vec<CertificateDer<'static>>,
        key: &KeyPair,
        answer: impl Fn(&str, &[u8]) -> (u16, Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // A client that does not believe us hangs up here.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let (path, request) = read_json(&mut stream).await;
                count.fetch_add(1, Ordering::SeqCst);
                let (status, body) = answer(&path, &request);
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(&body).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        Self { address, asked }
    }

    pub fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.address.port())
    }
}

/// The path and the body of a POST.
async fn read_json(stream: &mut (impl AsyncReadExt + Unpin)) -> (String, Vec<u8>) {
    let mut request = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap();
        request.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let path = head.strip_prefix("POST ").and_then(|rest| rest.split_once(" HTTP/1.1")).unwrap().0;
        let length = head.to_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length: ").map(|length| length.parse::<usize>().unwrap())
        });
        if body.len() == length.unwrap() {
            return (path.to_owned(), body.as_bytes().to_vec());
        }
    }
}
