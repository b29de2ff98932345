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
//! In this version the root's key is made on the machine that runs the cloud, at its first start, and lies in
//! the secrets directory. It is needed again only when the CA or the signing key changes: take `root.key.pem`
//! away to a safe place and everything goes on working. A key ceremony on a machine without a network comes later.

mod api_certificates;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cloud_kernel::Clock;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use protocols_ids::GatewayId;
use protocols_wire::{
    OpenError, Signer, SigningKey, TRUST_CONTEXT, TrustBundle, UnixMs, fingerprint, key_id, open,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
    PublicKeyData, SerialNumber, SignatureAlgorithm,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use self::api_certificates::ApiCertificates;
use crate::secret_file::{SecretFileError, read, write};

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

/// A private key with its certificates, leaf first.
struct Held {
    chain_pem: String,
    key: KeyPair,
}

/// Everything that the cloud signs and proves itself with.
pub struct Trust {
    root_pem: String,
    root_der: CertificateDer<'static>,
    ca_pem: String,
    ca: Issuer<'static, KeyPair>,
    signer: Signer,
    bundle: Vec<u8>,
    api_names: Vec<String>,
    api_key: KeyPair,
    broker: Held,
    client: Held,
}

impl Trust {
    /// Reads the secrets directory; what is missing in it is made. Server certificates are made anew when
    /// their names change or two thirds of their time have passed.
    pub fn open(directory: &Path, names: &ServerNames, now: Timestamp) -> Result<Self, TrustError> {
        let shelf = Shelf { directory, now };
        let (root_pem, root_der) = shelf.root()?;
        let (ca_pem, ca_der, ca) = shelf.authority(&root_pem)?;
        let signer = shelf.signer()?;
        let bundle = shelf.bundle(&root_der, &ca_der, &signer)?;
        let leaf = |name, common_name, names: &[String], usage| {
            shelf.leaf(name, common_name, names, usage, &ca_pem, &ca)
        };
        let api_key = shelf.key("api.key.pem", &PKCS_ECDSA_P256_SHA256)?;
        let broker = leaf("broker", "Hallport broker", &names.broker, ExtendedKeyUsagePurpose::ServerAuth)?;
        let client = leaf("cloud", CLOUD_NAME, &[], ExtendedKeyUsagePurpose::ClientAuth)?;
        let api_names = names.api.clone();
        Ok(Self { root_pem, root_der, ca_pem, ca, signer, bundle, api_names, api_key, broker, client })
    }

    /// The root's fingerprint, as it is shown with an enrolment code.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.root_der)
    }

    /// Signs what goes down.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The trust bundle, signed by the root.
    pub fn bundle(&self) -> &[u8] {
        &self.bundle
    }

    /// Certificates that a client of the broker or the gateway API may meet: CA and root, PEM.
    pub fn authorities_pem(&self) -> String {
        format!("{}{}", self.ca_pem, self.root_pem)
    }

    /// The broker's certificate with the CA after it, and its key, PEM.
    pub fn broker_pem(&self) -> (String, String) {
        (self.broker.chain_pem.clone(), self.broker.key.serialize_pem())
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

    /// TLS for the gateway API. The chain ends with the root, so that a gateway can compare its fingerprint.
    pub fn api_tls(self: &Arc<Self>, clock: Arc<dyn Clock>) -> Result<Arc<rustls::ServerConfig>, TrustError> {
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TrustError::Tls)?
            .with_no_client_auth()
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

    /// TLS towards the broker, with the cloud's own certificate.
    pub fn broker_client_tls(&self) -> Result<Arc<rustls::ClientConfig>, TrustError> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.root_der.clone()).map_err(TrustError::Tls)?;
        let config = rustls::ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TrustError::Tls)?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain(&self.client.chain_pem), private_key(&self.client.key))
            .map_err(TrustError::Tls)?;
        Ok(Arc::new(config))
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("root", &self.fingerprint()).finish_non_exhaustive()
    }
}

/// The secrets directory, at one moment.
struct Shelf<'a> {
    directory: &'a Path,
    now: Timestamp,
}

impl Shelf<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn text(&self, name: &str) -> Result<Option<String>, TrustError> {
        let Some(bytes) = read(&self.path(name))? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_| TrustError::Damaged(self.path(name)))
    }

    fn root(&self) -> Result<(String, CertificateDer<'static>), TrustError> {
        let pem = if let Some(pem) = self.text("root.pem")? {
            pem
        } else {
            let key = self.key("root.key.pem", &PKCS_ED25519)?;
            let mut params = params("Hallport root", self.now, ROOT_DAYS);
            authority(&mut params, 1);
            let certificate = params
                .self_signed(&key)
                .map_err(|source| TrustError::Certificate { what: "root certificate", source })?;
            write(&self.path("root.pem"), certificate.pem().as_bytes())?;
            certificate.pem()
        };
        let der = first(&pem).ok_or_else(|| TrustError::Damaged(self.path("root.pem")))?;
        Ok((pem, der))
    }

    /// The root as an issuer, for the few things that it signs.
    fn root_issuer(&self, root_pem: &str) -> Result<Issuer<'static, KeyPair>, TrustError> {
        let text =
            self.text("root.key.pem")?.ok_or_else(|| TrustError::RootKeyAway(self.path("root.key.pem")))?;
        let key = KeyPair::from_pem(&text).map_err(|_| TrustError::Damaged(self.path("root.key.pem")))?;
        Issuer::from_ca_cert_pem(root_pem, key)
            .map_err(|source| TrustError::Certificate { what: "root certificate", source })
    }

    fn authority(
        &self,
        root_pem: &str,
    ) -> Result<(String, CertificateDer<'static>, Issuer<'static, KeyPair>), TrustError> {
        let key = self.key("ca.key.pem", &PKCS_ED25519)?;
        let fail = |source| TrustError::Certificate { what: "cloud CA", source };
        let pem = if let Some(pem) = self.text("ca.pem")? {
            pem
        } else {
            let mut params = params("Hallport cloud CA", self.now, CA_DAYS);
            authority(&mut params, 0);
            let certificate = params.signed_by(&key, &self.root_issuer(root_pem)?).map_err(fail)?;
            write(&self.path("ca.pem"), certificate.pem().as_bytes())?;
            certificate.pem()
        };
        let der = first(&pem).ok_or_else(|| TrustError::Damaged(self.path("ca.pem")))?;
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(fail)?;
        Ok((pem, der, issuer))
    }

    fn signer(&self) -> Result<Signer, TrustError> {
        let key = self.key("signing.key.pem", &PKCS_ED25519)?;
        Signer::from_pkcs8(key.serialized_der())
            .map_err(|_| TrustError::Damaged(self.path("signing.key.pem")))
    }

    /// The bundle on disk, if it says what holds; otherwise a new one.
    fn bundle(
        &self,
        root: &CertificateDer<'_>,
        ca: &CertificateDer<'_>,
        signer: &Signer,
    ) -> Result<Vec<u8>, TrustError> {
        let path = self.path("trust-bundle.cose");
        let held = read(&path)?;
        let known = match &held {
            Some(bytes) => {
                let bundle = open_bundle(bytes, root).map_err(|_| TrustError::Damaged(path.clone()))?;
                let complete = bundle.authorities.iter().any(|held| held.as_slice() == ca.as_ref())
                    && bundle.signing_keys.iter().any(|held| held.public == signer.public());
                if complete {
                    return Ok(bytes.clone());
                }
                Some(bundle)
            }
            None => None,
        };
        let text =
            self.text("root.key.pem")?.ok_or_else(|| TrustError::RootKeyAway(self.path("root.key.pem")))?;
        let key = KeyPair::from_pem(&text).map_err(|_| TrustError::Damaged(self.path("root.key.pem")))?;
        let root_signer = Signer::from_pkcs8(key.serialized_der())
            .map_err(|_| TrustError::Damaged(self.path("root.key.pem")))?;
        let bundle = TrustBundle {
            serial: known.map_or(1, |bundle| bundle.serial.saturating_add(1)),
            authorities: vec![ca.to_vec().into()],
            signing_keys: vec![SigningKey {
                key_id: signer.key_id(),
                public: signer.public(),
                not_before: UnixMs(after(self.now, -BACKDATED_DAYS).as_millisecond()),
                not_after: UnixMs(after(self.now, CA_DAYS).as_millisecond()),
            }],
            issued_at: UnixMs(self.now.as_millisecond()),
        };
        let bytes = root_signer.seal(TRUST_CONTEXT, &bundle);
        write(&path, &bytes)?;
        Ok(bytes)
    }

    fn leaf(
        &self,
        name: &'static str,
        common_name: &str,
        names: &[String],
        usage: ExtendedKeyUsagePurpose,
        ca_pem: &str,
        ca: &Issuer<'static, KeyPair>,
    ) -> Result<Held, TrustError> {
        // Brokers read keys by OpenSSL, which before 3.2 does not know the form that Ed25519 keys have here.
        let key = self.key(&format!("{name}.key.pem"), &PKCS_ECDSA_P256_SHA256)?;
        let file = format!("{name}.pem");
        if let Some(chain_pem) = self.text(&file)?
            && chain_pem.ends_with(ca_pem)
            && first(&chain_pem).is_some_and(|leaf| still_good(&leaf, names, &key, self.now))
        {
            return Ok(Held { chain_pem, key });
        }
        let fail = |source| TrustError::Certificate { what: name, source };
        let mut params = params(common_name, self.now, LEAF_DAYS);
        params.subject_alt_names = CertificateParams::new(names.to_vec()).map_err(fail)?.subject_alt_names;
        params.extended_key_usages = vec![usage];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let certificate = params.signed_by(&key, ca).map_err(fail)?;
        let chain_pem = format!("{}{ca_pem}", certificate.pem());
        write(&self.path(&file), chain_pem.as_bytes())?;
        Ok(Held { chain_pem, key })
    }

    /// The key of that name, made at its first use.
    fn key(&self, name: &str, algorithm: &'static SignatureAlgorithm) -> Result<KeyPair, TrustError> {
        if let Some(text) = self.text(name)? {
            return KeyPair::from_pem(&text).map_err(|_| TrustError::Damaged(self.path(name)));
        }
        let key = KeyPair::generate_for(algorithm)
            .map_err(|source| TrustError::Certificate { what: "key", source })?;
        write(&self.path(name), key.serialize_pem().as_bytes())?;
        Ok(key)
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
    let midnight = |at: Timestamp| {
        let date = at.to_zoned(TimeZone::UTC).date();
        let part = |number: i8| u8::try_from(number).unwrap_or(1);
        rcgen::date_time_ymd(i32::from(date.year()), part(date.month()), part(date.day()))
    };
    params.not_before = midnight(after(now, -BACKDATED_DAYS));
    params.not_after = midnight(after(now, days));
    params.use_authority_key_identifier_extension = true;
    params
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

#[cfg(test)]
mod tests;
