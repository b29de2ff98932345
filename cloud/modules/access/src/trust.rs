//! Keys and certificates: whom the gateways believe, and how the cloud proves who it is.
//!
//! ```text
//! root (Ed25519, off line)──┬─▶ cloud CA ──┬─▶ gateway API's server certificate
//!                           │              ├─▶ broker's server certificate
//!                           │              ├─▶ the cloud's own client certificate, CN = cloud
//!                           │              └─▶ a certificate for each gateway, CN = its id
//!                           └─▶ trust bundle: the CA and the key that signs messages
//! ```
//!
//! Root, CA, signing key and gateways have Ed25519 keys, servers and the cloud's client certificate P-256 ones.
//!
//! The root's key belongs on a machine without a network: [`ceremony`] is how it signs what the cloud asks for, with
//! files that a person carries. Where there was no ceremony, a first start makes the root here, and [`Trust::view`]
//! says so.
//!
//! Two keys sign messages while one replaces the other; [`signing`] says which one when.

mod api_certificates;
pub mod ceremony;
mod own;
mod revocation;
mod root_key;
mod shelf;
mod signing;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use cloud_kernel::Clock;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use protocols_ids::GatewayId;
use protocols_wire::{OpenError, Signer, TRUST_CONTEXT, TrustBundle, fingerprint, key_id, open};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
    PublicKeyData, SerialNumber,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use self::api_certificates::ApiCertificates;
use self::own::{Own, OwnClient};
pub use self::revocation::Revoked;
use self::shelf::Shelf;
use self::signing::Messages;
pub use self::signing::{ChangeOver, Standing};
use crate::secret_file::SecretFileError;

/// The root outlives every gateway.
const ROOT_DAYS: i64 = 20 * 365;
/// The CA and the signing key are replaced with years to spare.
const CA_DAYS: i64 = 10 * 365;
/// Servers and gateways: more than a year, so that a yearly visit is always in time.
const LEAF_DAYS: i64 = 400;
/// Clocks that are a little behind still accept what was just made.
const BACKDATED_DAYS: i64 = 1;
/// Common name of the cloud's client certificate, and with it its name in the broker's access list.
pub const CLOUD_NAME: &str = "cloud";

/// Names that the servers are reached by: host names and addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerNames {
    /// The gateway API answers as these and as every name below them: the tenants' host names.
    pub api: Vec<String>,
    /// The broker.
    pub broker: Vec<String>,
}

/// Why there is no trust to build on.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file of the secrets directory.
    #[error("secrets directory")]
    File(#[from] SecretFileError),
    /// A key or certificate could not be made or read.
    #[error("{what}")]
    Certificate {
        /// Which.
        what: &'static str,
        /// What is wrong.
        #[source]
        source: rcgen::Error,
    },
    /// A file is there but is not what it should be.
    #[error("{0} is damaged")]
    Damaged(PathBuf),
    /// The root's key was taken away, and something must be signed with it.
    #[error("{0} is needed to sign a new authority or trust bundle; put it back for this start")]
    RootKeyAway(PathBuf),
    /// A ceremony was begun and is not over.
    #[error(
        "a key ceremony is under way and there is no root yet: end it with hallport-cloud keys install, or remove {0} \
         to go on with a root that is made here"
    )]
    Ceremony(PathBuf),
    /// What is there is not under the root that is there.
    #[error("{0} is not signed by the root beside it; end the ceremony with hallport-cloud keys install")]
    OtherRoot(PathBuf),
    /// TLS refuses the keys.
    #[error("TLS configuration")]
    Tls(#[source] rustls::Error),
}

/// Why a certificate request was refused.
#[derive(Debug, thiserror::Error)]
pub enum RequestRefused {
    /// Not a certificate request in PEM form with a good signature.
    #[error("certificate request is unreadable")]
    Unreadable(#[source] rcgen::Error),
    /// Another kind of key.
    #[error("certificate request is not for an Ed25519 key")]
    NotEd25519,
    /// The authority could not sign.
    #[error("certificate could not be signed")]
    Unsigned(#[source] rcgen::Error),
}

/// A gateway's new certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certified {
    /// The certificate and the authority that signed it, PEM.
    pub chain_pem: String,
    /// The key that it is for, which also signs the gateway's messages.
    pub public_key: [u8; 32],
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// What became of reading the files again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reread {
    /// Nothing new.
    Same,
    /// Another bundle or another signing key holds from now on.
    Changed,
    /// There is another root or another authority: they are taken at the next start.
    NeedsStart,
    /// The bundle on disk is older than the one in use, and is not taken.
    Older,
}

/// What there is to tell of the cloud's keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustView {
    /// The root's fingerprint.
    pub fingerprint: String,
    /// When the root's certificate ends.
    pub root_ends: Option<Timestamp>,
    /// Whether the root's key lies on this machine.
    pub root_key_is_here: bool,
    /// When the authority's certificate ends.
    pub authority_ends: Option<Timestamp>,
    /// The bundle's serial.
    pub serial: u64,
    /// The keys that sign messages.
    pub keys: Vec<KeyView>,
    /// When the next key takes over, where one waits.
    pub change_over: Option<ChangeOver>,
    /// Whether the root was asked to sign something, and its answer is not here yet.
    pub asked: bool,
}

/// A key that signs messages, as the bundle has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyView {
    /// Its id, hexadecimal.
    pub id: String,
    /// What it is for.
    pub standing: Standing,
    /// From when it counts.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

/// The service's clock, for the certificates of clients.
struct ServiceTime(Arc<dyn Clock>);

impl std::fmt::Debug for ServiceTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceTime")
    }
}

impl rustls::time_provider::TimeProvider for ServiceTime {
    fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(rustls::pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

/// A private key with its certificates, leaf first.
struct Held {
    chain_pem: String,
    key: KeyPair,
}

/// Everything that the cloud signs and proves itself with.
pub struct Trust {
    directory: PathBuf,
    opened_at: Timestamp,
    root_pem: String,
    root_der: CertificateDer<'static>,
    ca_pem: String,
    ca: Issuer<'static, KeyPair>,
    messages: RwLock<Arc<Messages>>,
    api_names: Vec<String>,
    api_key: KeyPair,
    broker_names: Vec<String>,
    own: RwLock<Arc<Own>>,
}

impl Trust {
    /// Reads the secrets directory; what is missing in it is made. Server certificates are made anew when
    /// their names change or two thirds of their time have passed.
    pub fn open(directory: &Path, names: &ServerNames, now: Timestamp) -> Result<Self, TrustError> {
        let shelf = Shelf { directory, now };
        let (root_pem, root_der) = shelf.root()?;
        let (ca_pem, ca_der, ca) = shelf.authority(&root_pem, &root_der)?;
        let messages = shelf.messages(&root_der, &ca_der)?;
        let api_key = shelf.key("api.key.pem", &PKCS_ECDSA_P256_SHA256)?;
        let own = Own::read(&shelf, &names.broker, &ca_pem, &ca)?;
        Ok(Self {
            directory: directory.to_owned(),
            opened_at: now,
            root_pem,
            root_der,
            ca_pem,
            ca,
            messages: RwLock::new(Arc::new(messages)),
            api_names: names.api.clone(),
            api_key,
            broker_names: names.broker.clone(),
            own: RwLock::new(Arc::new(own)),
        })
    }

    /// When the secrets directory was read.
    pub(crate) fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// The root's fingerprint, as it is shown with an enrolment code.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.root_der)
    }

    /// Signs what goes down and what is shown at a scanner.
    pub fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.messages().in_force.signer)
    }

    /// Signs for a gateway whose bundle has that serial: one that is behind still believes the key before.
    pub fn signer_for(&self, trust_serial: u64) -> Arc<Signer> {
        self.messages().signer_for(trust_serial)
    }

    /// The trust bundle, signed by the root.
    pub fn bundle(&self) -> Vec<u8> {
        self.messages().bundle_bytes.clone()
    }

    /// The bundle's serial: what a heartbeat tells.
    pub fn serial(&self) -> u64 {
        self.messages().bundle.serial
    }

    /// The next signing key's change-over, where one waits.
    pub fn change_over(&self) -> Option<ChangeOver> {
        self.messages().change_over()
    }

    /// From now on the next key signs. Kept on disk first; nothing happens where no key waits.
    pub fn sign_with_next(&self, now: Timestamp) -> Result<bool, TrustError> {
        let files = Shelf { directory: &self.directory, now };
        if !files.sign_with_next()? {
            return Ok(false);
        }
        self.reread(now)?;
        Ok(true)
    }

    /// Takes what a ceremony has installed since: bundle and signing keys are in force at once. The root and the
    /// authority are read at a start only.
    pub fn reread(&self, now: Timestamp) -> Result<Reread, TrustError> {
        let files = Shelf { directory: &self.directory, now };
        let (root_pem, root_der) = files.root()?;
        let (ca_pem, ca_der, _) = files.authority(&root_pem, &root_der)?;
        if root_pem != self.root_pem || ca_pem != self.ca_pem {
            return Ok(Reread::NeedsStart);
        }
        let new = files.messages(&root_der, &ca_der)?;
        let mut held = self.messages.write().unwrap_or_else(PoisonError::into_inner);
        let changed = new.bundle.serial != held.bundle.serial
            || new.in_force.signer.key_id() != held.in_force.signer.key_id();
        // Never back, as on the gateways.
        if new.bundle.serial < held.bundle.serial {
            return Ok(Reread::Older);
        }
        *held = Arc::new(new);
        Ok(if changed { Reread::Changed } else { Reread::Same })
    }

    /// What there is to tell of the keys; nothing of it is secret.
    pub fn view(&self) -> TrustView {
        let messages = self.messages();
        TrustView {
            fingerprint: self.fingerprint(),
            root_ends: ends(&self.root_der),
            root_key_is_here: self.directory.join(shelf::ROOT_KEY).exists(),
            authority_ends: first(&self.ca_pem).as_ref().and_then(ends),
            serial: messages.bundle.serial,
            keys: messages.view(),
            change_over: messages.change_over(),
            asked: self.directory.join(ceremony::PENDING).exists(),
        }
    }

    fn messages(&self) -> Arc<Messages> {
        Arc::clone(&self.messages.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Certificates that a client of the broker or the gateway API may meet: CA and root, PEM.
    pub fn authorities_pem(&self) -> String {
        format!("{}{}", self.ca_pem, self.root_pem)
    }

    /// The broker's certificate with the CA after it, and its key, PEM.
    pub fn broker_pem(&self) -> (String, String) {
        let own = self.own();
        (own.broker.chain_pem.clone(), own.broker.key.serialize_pem())
    }

    /// A gateway's certificate for the key in a certificate request. The request's subject is ignored.
    pub fn certify(
        &self,
        gateway: GatewayId,
        csr_pem: &str,
        serial: [u8; 16],
        now: Timestamp,
    ) -> Result<Certified, RequestRefused> {
        let request =
            CertificateSigningRequestParams::from_pem(csr_pem).map_err(RequestRefused::Unreadable)?;
        let key = request.public_key;
        if key.algorithm() != &PKCS_ED25519 {
            return Err(RequestRefused::NotEd25519);
        }
        let public_key = key.der_bytes().try_into().map_err(|_| RequestRefused::NotEd25519)?;
        let mut params = params(&gateway.to_string(), now, LEAF_DAYS);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let certificate = params.signed_by(&key, &self.ca).map_err(RequestRefused::Unsigned)?;
        Ok(Certified {
            chain_pem: format!("{}{}", certificate.pem(), self.ca_pem),
            public_key,
            serial: data_encoding::HEXLOWER.encode(&serial),
            expires_at: after(now, LEAF_DAYS),
        })
    }

    /// TLS for the gateway API. The chain ends with the root, so that a gateway can compare its fingerprint. A client
    /// may have a certificate: enrolment has none yet, renewal demands one.
    pub fn api_tls(self: &Arc<Self>, clock: Arc<dyn Clock>) -> Result<Arc<rustls::ServerConfig>, TrustError> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.root_der.clone()).map_err(TrustError::Tls)?;
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .allow_unauthenticated()
            .build()
            .map_err(|error| TrustError::Tls(rustls::Error::General(error.to_string())))?;
        let time = Arc::new(ServiceTime(Arc::clone(&clock)));
        let mut config = rustls::ServerConfig::builder_with_details(provider(), time)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TrustError::Tls)?
            .with_client_cert_verifier(clients)
            .with_cert_resolver(Arc::new(ApiCertificates::new(Arc::clone(self), clock)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Whether the gateway API answers under the name.
    fn answers_as(&self, name: &str) -> bool {
        self.api_names.iter().any(|own| {
            name == own || name.strip_suffix(own.as_str()).is_some_and(|below| below.ends_with('.'))
        })
    }

    fn api_certificate(&self, name: &str, now: Timestamp) -> Result<CertifiedKey, TrustError> {
        let fail = |source| TrustError::Certificate { what: "api", source };
        let mut params = params("Hallport gateway API", now, LEAF_DAYS);
        params.subject_alt_names = CertificateParams::new([name.to_owned()]).map_err(fail)?.subject_alt_names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let certificate = params.signed_by(&self.api_key, &self.ca).map_err(fail)?;
        let chain = chain(&format!("{}{}{}", certificate.pem(), self.ca_pem, self.root_pem));
        CertifiedKey::from_der(chain, private_key(&self.api_key), &provider()).map_err(TrustError::Tls)
    }

    /// Makes the certificates anew that the broker and the cloud itself show, where two thirds of their time have
    /// passed. Whether any was.
    pub fn renew_own(&self, now: Timestamp) -> Result<bool, TrustError> {
        let files = Shelf { directory: &self.directory, now };
        let new = Own::read(&files, &self.broker_names, &self.ca_pem, &self.ca)?;
        let mut held = self.own.write().unwrap_or_else(PoisonError::into_inner);
        let renewed =
            new.broker.chain_pem != held.broker.chain_pem || new.client.chain_pem != held.client.chain_pem;
        *held = Arc::new(new);
        Ok(renewed)
    }

    fn own(&self) -> Arc<Own> {
        Arc::clone(&self.own.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// TLS towards the broker, with the cloud's own certificate as it is at each connection.
    pub fn broker_client_tls(self: &Arc<Self>) -> Result<Arc<rustls::ClientConfig>, TrustError> {
        // Told here rather than at the first connection.
        self.own().client_certificate()?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.root_der.clone()).map_err(TrustError::Tls)?;
        let config = rustls::ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TrustError::Tls)?
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::new(OwnClient(Arc::clone(self))));
        Ok(Arc::new(config))
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("root", &self.fingerprint()).finish_non_exhaustive()
    }
}

fn open_bundle(bytes: &[u8], root: &CertificateDer<'_>) -> Result<TrustBundle, OpenError> {
    let public = public_key(root).ok_or(OpenError::UnknownKey)?;
    open(TRUST_CONTEXT, bytes, |id| (id == key_id(&public)).then_some(public))
}

/// The Ed25519 key of a certificate.
fn public_key(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    certificate.public_key().subject_public_key.data.as_ref().try_into().ok()
}

/// When a certificate ends.
fn ends(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
}

/// Whether one certificate is signed by the key of another.
fn signed_by(certificate: &CertificateDer<'_>, issuer: &CertificateDer<'_>) -> bool {
    let (Ok((_, certificate)), Ok((_, issuer))) =
        (X509Certificate::from_der(certificate), X509Certificate::from_der(issuer))
    else {
        return false;
    };
    certificate.issuer() == issuer.subject()
        && certificate.verify_signature(Some(issuer.public_key())).is_ok()
}

/// Whether a certificate is for this key and these names, and less than two thirds of its time have passed.
fn still_good(leaf: &CertificateDer<'_>, names: &[String], key: &KeyPair, now: Timestamp) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(leaf) else { return false };
    let validity = certificate.validity();
    let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let renew_at = from.saturating_add(to.saturating_sub(from).saturating_mul(2) / 3);
    let mut has: Vec<String> = certificate
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|san| san.value.general_names.iter().filter_map(name_text).collect())
        .unwrap_or_default();
    let mut wants = names.to_vec();
    has.sort_unstable();
    wants.sort_unstable();
    let same_key = *certificate.public_key().subject_public_key.data == *key.public_key_raw();
    has == wants && now.as_second() < renew_at && same_key
}

/// Whether an authority's certificate holds now, and less than two thirds of its time have passed.
fn still_good_authority(certificate: &CertificateDer<'_>, now: Timestamp) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    let validity = certificate.validity();
    let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let renew_at = from.saturating_add(to.saturating_sub(from).saturating_mul(2) / 3);
    certificate.is_ca() && (from..renew_at).contains(&now.as_second())
}

fn name_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match **bytes {
            [a, b, c, d] => Some(std::net::Ipv4Addr::new(a, b, c, d).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

fn params(common_name: &str, now: Timestamp, days: i64) -> CertificateParams {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    let midnight = |(year, month, day)| rcgen::date_time_ymd(year, month, day);
    params.not_before = midnight(day(after(now, -BACKDATED_DAYS)));
    params.not_after = midnight(day(after(now, days)));
    params.use_authority_key_identifier_extension = true;
    params
}

/// The beginning of the day, as certificates have it.
fn day(at: Timestamp) -> (i32, u8, u8) {
    let date = at.to_zoned(TimeZone::UTC).date();
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    (i32::from(date.year()), part(date.month()), part(date.day()))
}

fn authority(params: &mut CertificateParams, below: u8) {
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
}

fn after(now: Timestamp, days: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(now)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn first(pem: &str) -> Option<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).next()?.ok()
}

fn chain(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect()
}

fn private_key(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()))
}

/// The root, for tests of what lies outside this module.
#[cfg(test)]
pub(crate) fn root_for_tests(trust: &Trust) -> CertificateDer<'static> {
    trust.root_der.clone()
}

/// A chain and its key as TLS wants them, for tests of what lies outside this module.
#[cfg(test)]
pub(crate) fn pem_for_tests(
    chain_pem: &str,
    key: &KeyPair,
) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    (chain(chain_pem), private_key(key))
}

#[cfg(test)]
mod ceremony_tests;
#[cfg(test)]
mod tests;
