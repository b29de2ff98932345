//! What enrolment leaves in the data folder, under `identity/`, for the owner alone.
//!
//! ```text
//! identity/gateway.json       who this gateway is and where its broker is
//!          key.pk8            Ed25519 private key, PKCS#8, DER
//!          chain.pem          its certificate and the authority that signed it
//!          root.pem           the root that enrolment pinned
//!          trust-bundle.cose  whom to believe, signed by the root
//!          seal.key           the sealing secret of the enrolment, 32 bytes
//!          seal.<n>.key       a later one; two lie there while one replaces the other
//! ```
//!
//! What is fetched later replaces its file by a rename, one file at a time; each is good with each of the others.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway_core::CertificateTimes;
use protocols_access::Sealer;
use protocols_ids::GatewayId;
use protocols_wire::{Signer, TrustBundle};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::trust::times;
use crate::{TrustError, read_trust_bundle};

const FOLDER: &str = "identity";
const NEW_FOLDER: &str = "identity.new";
const GATEWAY: &str = "gateway.json";
const KEY: &str = "key.pk8";
const CHAIN: &str = "chain.pem";
const ROOT: &str = "root.pem";
const TRUST: &str = "trust-bundle.cose";
const SEAL: &str = "seal.key";
/// The endings of `seal.<n>.key`.
const SEAL_PARTS: (&str, &str) = ("seal.", ".key");

/// `gateway.json`. What is not known is skipped: a newer program may have written it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) gateway: GatewayId,
    pub(crate) name: String,
    pub(crate) broker_host: String,
    pub(crate) broker_port: u16,
    pub(crate) journal_generation: u64,
    /// Which secret `seal.key` is.
    pub(crate) seal_id: u32,
    /// The cloud's address, `https://host:port`. Older enrolments did not keep it.
    #[serde(default)]
    pub(crate) cloud: Option<String>,
}

/// Everything that enrolment gave, read and verified.
pub struct Enrolled {
    pub(crate) card: Card,
    pub(crate) key: Zeroizing<Vec<u8>>,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) root: CertificateDer<'static>,
    pub(crate) trust_bundle: Vec<u8>,
    pub(crate) trust: TrustBundle,
    pub(crate) certificate: CertificateTimes,
    /// Sealing secrets by id, oldest first; at least one.
    pub(crate) seals: Vec<(u32, Zeroizing<[u8; 32]>)>,
}

/// What was fetched and verified, to be kept.
#[derive(Default)]
pub(crate) struct News {
    pub(crate) trust: Option<(TrustBundle, Vec<u8>)>,
    pub(crate) seals: Vec<(u32, Zeroizing<[u8; 32]>)>,
    pub(crate) chain: Option<(Vec<CertificateDer<'static>>, CertificateTimes)>,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The gateway was never enrolled.
    #[error("this gateway is not enrolled: there is no {}. Run hallport-gateway enrol first", .folder.display())]
    NotEnrolled {
        /// Where the identity would be.
        folder: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write {}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file's content is not what belongs there.
    #[error("{} is damaged", .path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// The trust bundle is not the root's.
    #[error("the trust bundle is not believed")]
    Trust(#[from] TrustError),
}

impl Enrolled {
    /// Reads `<data>/identity/` and verifies the trust bundle anew.
    pub fn load(data: &Path) -> Result<Self, IdentityError> {
        let folder = data.join(FOLDER);
        if !folder.exists() {
            return Err(IdentityError::NotEnrolled { folder });
        }
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|source| IdentityError::File { path, source })
        };
        let damaged = |name: &str| IdentityError::Damaged { path: folder.join(name) };

        let card: Card = serde_json::from_slice(&read(GATEWAY)?).map_err(|_| damaged(GATEWAY))?;
        let key = Zeroizing::new(read(KEY)?);
        Signer::from_pkcs8(&key).map_err(|_| damaged(KEY))?;
        let chain = certificates(&read(CHAIN)?).map_err(|_| damaged(CHAIN))?;
        let roots = certificates(&read(ROOT)?).map_err(|_| damaged(ROOT))?;
        let root = roots.into_iter().next().ok_or_else(|| damaged(ROOT))?;
        let trust_bundle = read(TRUST)?;
        let trust = read_trust_bundle(&root, &trust_bundle)?;
        let certificate = chain.first().and_then(times).ok_or_else(|| damaged(CHAIN))?;
        let seals = seals(&folder, card.seal_id)?;
        Ok(Self { card, key, chain, root, trust_bundle, trust, certificate, seals })
    }

    /// Whether `<data>/identity/` exists.
    pub fn exists(data: &Path) -> bool {
        data.join(FOLDER).exists()
    }

    /// Writes `<data>/identity/` in one step: a folder beside it that is renamed when it is whole and on the disk.
    pub(crate) fn save(&self, data: &Path) -> Result<(), IdentityError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| IdentityError::File { path, source }
        };
        let private = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
        private(data).map_err(at(data))?;
        let folder = data.join(NEW_FOLDER);
        if folder.exists() {
            // Left by an enrolment that was cut off.
            fs::remove_dir_all(&folder).map_err(at(&folder))?;
        }
        private(&folder).map_err(at(&folder))?;

        let card = serde_json::to_vec_pretty(&self.card)
            .map_err(|error| at(&folder.join(GATEWAY))(io::Error::other(error)))?;
        let seal = self.seals.first().map(|(_, secret)| secret.clone()).unwrap_or_default();
        let files: [(&str, &[u8]); 6] = [
            (GATEWAY, &card),
            (KEY, &self.key),
            (CHAIN, &pem(&self.chain)),
            (ROOT, &pem(std::slice::from_ref(&self.root))),
            (TRUST, &self.trust_bundle),
            (SEAL, seal.as_slice()),
        ];
        for (name, content) in files {
            let path = folder.join(name);
            write_private(&path, content).map_err(at(&path))?;
        }
        let target = data.join(FOLDER);
        sync(&folder).map_err(at(&folder))?;
        fs::rename(&folder, &target).map_err(at(&target))?;
        sync(data).map_err(at(data))
    }

    /// Keeps what was fetched, on disk first.
    pub(crate) fn keep(&mut self, data: &Path, news: News) -> Result<(), IdentityError> {
        let folder = data.join(FOLDER);
        let put = |name: &str, content: &[u8]| {
            let path = folder.join(name);
            replace_private(&folder, &path, content).map_err(|source| IdentityError::File { path, source })
        };
        for (id, secret) in news.seals {
            if self.seals.iter().all(|(held, _)| *held != id) {
                put(&seal_file(id), secret.as_slice())?;
                self.seals.push((id, secret));
            }
        }
        self.seals.sort_by_key(|(id, _)| *id);
        if let Some((bundle, bytes)) = news.trust {
            put(TRUST, &bytes)?;
            (self.trust, self.trust_bundle) = (bundle, bytes);
        }
        if let Some((chain, times)) = news.chain {
            put(CHAIN, &pem(&chain))?;
            (self.chain, self.certificate) = (chain, times);
        }
        Ok(())
    }

    /// Forgets the secrets before this one: nothing is sealed under them any more. Nothing happens while this one is
    /// not here.
    pub(crate) fn forget_seals_before(&mut self, data: &Path, seal_id: u32) -> Result<(), IdentityError> {
        if self.seals.iter().all(|(id, _)| *id != seal_id) {
            return Ok(());
        }
        let folder = data.join(FOLDER);
        for (id, _) in self.seals.iter().filter(|(id, _)| *id < seal_id) {
            let first = if *id == self.card.seal_id { Some(SEAL.to_owned()) } else { None };
            for name in first.into_iter().chain([seal_file(*id)]) {
                let path = folder.join(name);
                match fs::remove_file(&path) {
                    Err(source) if source.kind() != io::ErrorKind::NotFound => {
                        return Err(IdentityError::File { path, source });
                    }
                    Ok(()) | Err(_) => {}
                }
            }
        }
        sync(&folder).map_err(|source| IdentityError::File { path: folder, source })?;
        self.seals.retain(|(id, _)| *id >= seal_id);
        Ok(())
    }

    /// The newest sealing secret at hand.
    pub(crate) fn seal_held(&self) -> u32 {
        self.seals.last().map_or(0, |(id, _)| *id)
    }

    /// The cloud's address, where the enrolment kept it.
    pub(crate) fn cloud(&self) -> Option<&str> {
        self.card.cloud.as_deref()
    }

    /// The gateway's id.
    pub fn gateway(&self) -> GatewayId {
        self.card.gateway
    }

    /// What the cloud calls it.
    pub fn name(&self) -> &str {
        &self.card.name
    }

    /// The broker's host name and port.
    pub fn broker(&self) -> (&str, u16) {
        (&self.card.broker_host, self.card.broker_port)
    }

    /// The journal's generation that began with this enrolment.
    pub fn journal_generation(&self) -> u64 {
        self.card.journal_generation
    }

    /// What the core needs to know of all this.
    pub fn for_core(&self) -> Result<gateway_core::Identity, IdentityError> {
        let signer =
            Signer::from_pkcs8(&self.key).map_err(|_| IdentityError::Damaged { path: KEY.into() })?;
        Ok(gateway_core::Identity {
            gateway: self.card.gateway,
            signer,
            sealers: self.seals.iter().map(|(id, secret)| (*id, Sealer::new(secret))).collect(),
            trust: self.trust.signing_keys.clone(),
            trust_serial: self.trust.serial,
            certificate: self.certificate,
        })
    }

    pub(crate) fn private_key(&self) -> PrivatePkcs8KeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.to_vec())
    }
}

impl std::fmt::Debug for Enrolled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrolled").field("card", &self.card).finish_non_exhaustive()
    }
}

/// All certificates of a PEM text; at least one.
pub(crate) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    let all = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>()?;
    if all.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(all) }
}

fn pem(certificates: &[CertificateDer<'_>]) -> Vec<u8> {
    let mut text = Vec::new();
    for certificate in certificates {
        text.extend_from_slice(b"-----BEGIN CERTIFICATE-----\n");
        for line in BASE64.encode(certificate).as_bytes().chunks(64) {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        text.extend_from_slice(b"-----END CERTIFICATE-----\n");
    }
    text
}

/// `seal.<n>.key`.
fn seal_file(id: u32) -> String {
    format!("{}{id}{}", SEAL_PARTS.0, SEAL_PARTS.1)
}

/// A sealing secret with its id.
type Seal = (u32, Zeroizing<[u8; 32]>);

/// Every sealing secret in the folder, oldest first; at least one. `first` is the id of the enrolment's.
fn seals(folder: &Path, first: u32) -> Result<Vec<Seal>, IdentityError> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| IdentityError::File { path, source }
    };
    let mut seals = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail(folder))? {
        let path = entry.map_err(fail(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let id = if name == SEAL {
            Some(first)
        } else {
            let number = name.strip_prefix(SEAL_PARTS.0).and_then(|rest| rest.strip_suffix(SEAL_PARTS.1));
            number.and_then(|number| number.parse().ok())
        };
        let Some(id) = id else { continue };
        let bytes = Zeroizing::new(fs::read(&path).map_err(fail(&path))?);
        let secret = <[u8; 32]>::try_from(bytes.as_slice());
        seals.push((id, Zeroizing::new(secret.map_err(|_| IdentityError::Damaged { path })?)));
    }
    seals.sort_by_key(|(id, _)| *id);
    if seals.is_empty() {
        let path = folder.join(SEAL);
        let source = io::Error::from(io::ErrorKind::NotFound);
        return Err(IdentityError::File { path, source });
    }
    Ok(seals)
}

/// Replaces a file in one step: whoever loses power has the old one or the new one.
fn replace_private(folder: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    write_private(&beside, content)?;
    fs::rename(&beside, path)?;
    sync(folder)
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
