//! The ceremony: how a root on a machine without a network signs what the cloud asks for.
//!
//! ```text
//!   root's machine                     the stick                     the cloud's machine
//!   make_root ──▶ fingerprint ───────── (on paper) ────────────────────────────┐
//!                                   keys-request.json ◀────── request          │
//!   sign ◀──────────────────────────────┘                                      │
//!    └────────▶ keys-signed.json ─────────────────────────▶ install ◀──────────┘
//! ```
//!
//! **Invariant:** each step verifies all that it is given before it writes anything. The request and its answer are
//! tied together by the request's fingerprint, which both machines show.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use protocols_wire::{
    Signer, SigningKey, TRUST_CONTEXT, TrustBundle, UnixMs, fingerprint, key_id, normalise,
};
use rcgen::{CertificateParams, CertificateSigningRequestParams, Issuer, KeyPair, PKCS_ED25519};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::shelf::{
    AUTHORITY, AUTHORITY_KEY, BUNDLE, ROOT, ROOT_KEY, Shelf, authority_params, root_certificate,
};
use super::signing::{
    KeyFile, OVERLAP_DAYS, REQUEST_DAYS, State, key_file, latest_change_over, leaving_entry, new_entry,
};
use super::{TrustError, after, first, open_bundle, public_key, root_key, signed_by, still_good_authority};
use crate::secret_file::{SecretFileError, read, write};

/// What the cloud remembers of a request until its answer comes.
pub(crate) const PENDING: &str = "keys-request.pending.json";
/// What a root remembers: the highest serial that it signed.
const ROOT_STATE: &str = "root.state.json";
/// Files on the stick are a few kilobytes.
const FILE_BYTES_MAX: usize = 64 * 1024;

/// Why a step of the ceremony was not taken. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// A file of ours.
    #[error("file")]
    File(#[from] SecretFileError),
    /// Keys that are there already.
    #[error("keys at hand")]
    Trust(#[from] TrustError),
    /// A root lies there already.
    #[error("{} holds a root's key already; a root is made once", .0.display())]
    RootExists(PathBuf),
    /// No root lies there.
    #[error("{} holds no root's key (root.key.pem or root.key.json)", .0.display())]
    NoRoot(PathBuf),
    /// A file is not what belongs there.
    #[error("{} is damaged or is another kind of file", .0.display())]
    Damaged(PathBuf),
    /// The root's key needs its passphrase.
    #[error("the root's key is under a passphrase: name a file that holds it with --passphrase-file")]
    PassphraseMissing,
    /// Too short.
    #[error("a passphrase has at least {} characters", root_key::PASSPHRASE_CHARACTERS_MIN)]
    PassphraseShort,
    /// Not that one.
    #[error("the passphrase does not open the root's key, or its file is damaged")]
    PassphraseWrong,
    /// No randomness.
    #[error("this machine could not encrypt")]
    Random,
    /// A key or certificate could not be made.
    #[error("{what} could not be made")]
    Make {
        /// Which.
        what: &'static str,
        /// What is wrong.
        #[source]
        source: rcgen::Error,
    },
    /// There is nothing to ask for.
    #[error(
        "nothing needs the root's signature now. To replace the signing key, add --new-signing-key; to begin under \
         another root, add --new-root"
    )]
    NothingToAsk,
    /// The request is for another root.
    #[error("the request is for the root {wanted}; the root here is {here}")]
    RequestForOtherRoot {
        /// Whose root the cloud has.
        wanted: String,
        /// The root here.
        here: String,
    },
    /// The request holds something that a root does not sign.
    #[error("the request is not signed: {0}")]
    Request(&'static str),
    /// Nothing was asked for.
    #[error("nothing was asked for here: begin with hallport-cloud keys request")]
    NotAsked,
    /// The answer is for another request.
    #[error("this answers the request {answers}, and the one that waits here is {waits}")]
    OtherRequest {
        /// Which request the answer names.
        answers: String,
        /// Which one waits.
        waits: String,
    },
    /// The root's fingerprint must be given.
    #[error(
        "these keys begin under the root {shown}, which is new here. Compare it with what the root's machine showed, \
         and add --root with that fingerprint"
    )]
    RootNotNamed {
        /// What the file says.
        shown: String,
    },
    /// Another root than was named, or than is here.
    #[error("the file is signed by the root {shown}, not by {expected}; nothing was changed")]
    WrongRoot {
        /// What the file says.
        shown: String,
        /// What is wanted.
        expected: String,
    },
    /// It was signed or brought here too long after it was asked for.
    #[error(
        "the signing key in force would end before every gateway had the time to learn of the next one: the request is \
         too old, or a clock is wrong. Ask anew with hallport-cloud keys request; nothing was changed"
    )]
    TooLate,
    /// The answer does not hold.
    #[error("the signed file does not hold: {0}; nothing was changed")]
    Answer(&'static str),
}

/// What the root is asked to sign.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the field says in the file what the file is")]
struct Request {
    /// 1.
    hallport_keys_request: u32,
    made_at: Timestamp,
    /// The root that the cloud has; `None` where it begins under a new one.
    root: Option<String>,
    /// The bundle's serial that the cloud has.
    serial: u64,
    /// A request for the authority's certificate, where it needs a new one.
    authority_request_pem: Option<String>,
    /// Otherwise the certificate in use.
    authority_pem: Option<String>,
    signing_keys: Vec<AskedKey>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedKey {
    public: String,
    not_before_ms: i64,
    not_after_ms: i64,
}

/// What the root signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the field says in the file what the file is")]
struct Signed {
    /// 1.
    hallport_keys_signed: u32,
    /// The fingerprint of the request that this answers.
    request: String,
    root_pem: String,
    authority_pem: String,
    bundle: String,
}

/// What the cloud remembers of its request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    request: String,
    /// The new authority's key, where there is one.
    authority_key_file: Option<String>,
    /// The new signing key, where there is one.
    signing_key_file: Option<String>,
    /// Whether all begins anew under another root.
    anew: bool,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RootState {
    serial: u64,
}

/// What to ask the root for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ask {
    /// A signing key that takes over from the one in force.
    pub new_signing_key: bool,
    /// Everything anew, for another root: every gateway must be enrolled again.
    pub new_root: bool,
}

/// A request, to be carried to the root's machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The file's content.
    pub file: Vec<u8>,
    /// Its fingerprint, to be compared on the root's machine.
    pub fingerprint: String,
}

/// What a root has signed, to be carried back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The file's content.
    pub file: Vec<u8>,
    /// The request's fingerprint.
    pub request: String,
    /// The root's fingerprint.
    pub root: String,
    /// The bundle's serial.
    pub serial: u64,
    /// Whether the authority got a certificate.
    pub authority: bool,
    /// Ids of the signing keys, hexadecimal, and until when each counts.
    pub signing_keys: Vec<(String, Timestamp)>,
}

/// What was installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installed {
    /// The root's fingerprint.
    pub root: String,
    /// The bundle's serial.
    pub serial: u64,
    /// Whether the service must be started anew to take it.
    pub needs_start: bool,
    /// Whether a signing key waits to take over.
    pub waits: bool,
    /// Whether a root's key lay here that is not used any more.
    pub old_root_key: bool,
}

/// Makes a root in an empty directory. Returns its fingerprint.
pub fn make_root(
    directory: &Path,
    passphrase: Option<&Zeroizing<String>>,
    now: Timestamp,
) -> Result<String, CeremonyError> {
    if root_key::exists(directory) || directory.join(ROOT).exists() {
        return Err(CeremonyError::RootExists(directory.to_owned()));
    }
    let key = KeyPair::generate_for(&PKCS_ED25519)
        .map_err(|source| CeremonyError::Make { what: "the root's key", source })?;
    let pem = root_certificate(&key, now)?;
    root_key::keep(directory, &key, passphrase)?;
    write(&directory.join(ROOT), pem.as_bytes())?;
    let der = first(&pem).ok_or_else(|| CeremonyError::Damaged(directory.join(ROOT)))?;
    Ok(fingerprint(&der))
}

/// Asks for what the root must sign. Keys that are asked for are made now and used after [`install`] only. Asked
/// again within some days, the same request comes, until it is installed.
pub fn request(directory: &Path, ask: Ask, now: Timestamp) -> Result<Asked, CeremonyError> {
    let shelf = Shelf { directory, now };
    let pending_path = shelf.path(PENDING);
    let root = shelf.text(ROOT)?.and_then(|pem| first(&pem));
    let anew = root.is_none() || ask.new_root;
    if let Some(pending) = pending(&pending_path)?
        && pending.anew == anew
        && (anew || pending.signing_key_file.is_some() == ask.new_signing_key)
        // What an older one says of the key in force would be over too soon.
        && now < after(pending.asked(&pending_path)?.made_at, REQUEST_DAYS)
    {
        return Ok(asked(pending.request));
    }
    let (request, pending) = if let Some(root) = root.filter(|_| !anew) {
        follow_up(&shelf, &root, ask)?
    } else {
        begin_anew(&shelf)?
    };
    let request =
        serde_json::to_string_pretty(&request).map_err(|_| CeremonyError::Damaged(pending_path.clone()))?;
    let pending = Pending { request: request.clone(), ..pending };
    let text =
        serde_json::to_vec_pretty(&pending).map_err(|_| CeremonyError::Damaged(pending_path.clone()))?;
    write(&pending_path, &text)?;
    Ok(asked(request))
}

fn asked(request: String) -> Asked {
    let fingerprint = fingerprint(request.as_bytes());
    Asked { file: request.into_bytes(), fingerprint }
}

fn pending(path: &Path) -> Result<Option<Pending>, CeremonyError> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|_| CeremonyError::Damaged(path.to_owned()))
}

/// A request under the root that is here.
fn follow_up(
    shelf: &Shelf<'_>,
    root: &CertificateDer<'static>,
    ask: Ask,
) -> Result<(Request, Pending), CeremonyError> {
    let now = shelf.now;
    let bundle = read(&shelf.path(BUNDLE))?
        .map(|bytes| open_bundle(&bytes, root).map_err(|_| CeremonyError::Damaged(shelf.path(BUNDLE))));
    let bundle = bundle.transpose()?;
    let state = shelf.state()?;
    let in_force = shelf.signer(&state.in_force.file)?;
    let held = bundle.as_ref().and_then(|bundle| {
        bundle.signing_keys.iter().find(|listed| listed.public == in_force.public()).copied()
    });
    let held = held.unwrap_or_else(|| new_entry(in_force.public(), now));
    let authority_pem = shelf.text(AUTHORITY)?;
    let authority_ages =
        authority_pem.as_deref().and_then(first).is_none_or(|der| !still_good_authority(&der, now));
    if bundle.is_some() && !ask.new_signing_key && !authority_ages {
        return Err(CeremonyError::NothingToAsk);
    }
    let (signing_keys, signing_key_file) = if ask.new_signing_key {
        // One that waits already goes on waiting: its time is not shortened by asking again.
        let (public, file) = match &state.next {
            Some(next) => (shelf.signer(&next.file)?.public(), next.file.clone()),
            None => new_signing_key(shelf)?,
        };
        (vec![leaving_entry(held, now), new_entry(public, now)], Some(file))
    } else {
        // A key that waits goes on waiting.
        let next = state.next.as_ref().map(|next| shelf.signer(&next.file)).transpose()?;
        let listed = bundle.as_ref().zip(next).and_then(|(bundle, next)| {
            bundle.signing_keys.iter().find(|listed| listed.public == next.public()).copied()
        });
        let held = if listed.is_some() { leaving_entry(held, now) } else { held };
        (std::iter::once(held).chain(listed).collect(), None)
    };
    let authority_request_pem = if authority_ages {
        Some(authority_request(&shelf.key(AUTHORITY_KEY, &PKCS_ED25519)?)?)
    } else {
        None
    };
    let request = Request {
        hallport_keys_request: 1,
        made_at: now,
        root: Some(fingerprint(root)),
        serial: bundle.map_or(0, |bundle| bundle.serial),
        authority_pem: authority_pem.filter(|_| authority_request_pem.is_none()),
        authority_request_pem,
        signing_keys: signing_keys.iter().map(AskedKey::of).collect(),
    };
    let pending = Pending { request: String::new(), authority_key_file: None, signing_key_file, anew: false };
    Ok((request, pending))
}

/// A request for a beginning under a root that is not known here yet: new keys throughout.
fn begin_anew(shelf: &Shelf<'_>) -> Result<(Request, Pending), CeremonyError> {
    let authority_key = KeyPair::generate_for(&PKCS_ED25519)
        .map_err(|source| CeremonyError::Make { what: "the authority's key", source })?;
    let id = data_encoding::HEXLOWER.encode(&fingerprint_bytes(authority_key.public_key_raw()));
    let authority_file = format!("ca-{id}.key.pem");
    write(&shelf.path(&authority_file), Zeroizing::new(authority_key.serialize_pem()).as_bytes())?;
    let (public, signing_file) = new_signing_key(shelf)?;
    let request = Request {
        hallport_keys_request: 1,
        made_at: shelf.now,
        root: None,
        serial: 0,
        authority_request_pem: Some(authority_request(&authority_key)?),
        authority_pem: None,
        signing_keys: vec![AskedKey::of(&new_entry(public, shelf.now))],
    };
    let pending = Pending {
        request: String::new(),
        authority_key_file: Some(authority_file),
        signing_key_file: Some(signing_file),
        anew: true,
    };
    Ok((request, pending))
}

fn fingerprint_bytes(public: &[u8]) -> [u8; 8] {
    <[u8; 32]>::try_from(public).map_or([0; 8], |public| key_id(&public).0)
}

fn new_signing_key(shelf: &Shelf<'_>) -> Result<([u8; 32], String), CeremonyError> {
    let fail = |source| CeremonyError::Make { what: "a signing key", source };
    let key = KeyPair::generate_for(&PKCS_ED25519).map_err(fail)?;
    let public = <[u8; 32]>::try_from(key.public_key_raw())
        .map_err(|_| CeremonyError::Request("a signing key has 32 bytes"))?;
    let file = key_file(&public);
    write(&shelf.path(&file), Zeroizing::new(key.serialize_pem()).as_bytes())?;
    Ok((public, file))
}

fn authority_request(key: &KeyPair) -> Result<String, CeremonyError> {
    CertificateParams::default()
        .serialize_request(key)
        .and_then(|request| request.pem())
        .map_err(|source| CeremonyError::Make { what: "the authority's request", source })
}

impl Pending {
    /// The request itself; it lies at `path`.
    fn asked(&self, path: &Path) -> Result<Request, CeremonyError> {
        serde_json::from_str(&self.request).map_err(|_| CeremonyError::Damaged(path.to_owned()))
    }
}

impl AskedKey {
    fn of(entry: &SigningKey) -> Self {
        Self {
            public: data_encoding::BASE64.encode(&entry.public),
            not_before_ms: entry.not_before.0,
            not_after_ms: entry.not_after.0,
        }
    }

    fn entry(&self) -> Option<SigningKey> {
        let public = data_encoding::BASE64.decode(self.public.as_bytes()).ok()?;
        let public = <[u8; 32]>::try_from(public).ok()?;
        let (not_before, not_after) = (UnixMs(self.not_before_ms), UnixMs(self.not_after_ms));
        (not_before < not_after).then(|| SigningKey {
            key_id: key_id(&public),
            public,
            not_before,
            not_after,
        })
    }
}

/// On the root's machine: signs a request, having verified that it is one that this root signs.
pub fn sign(
    root_directory: &Path,
    request_bytes: &[u8],
    passphrase: Option<&Zeroizing<String>>,
    now: Timestamp,
) -> Result<Answer, CeremonyError> {
    if request_bytes.len() > FILE_BYTES_MAX {
        return Err(CeremonyError::Request("it is too long"));
    }
    let request: Request = serde_json::from_slice(request_bytes)
        .map_err(|_| CeremonyError::Request("it is no request, or was changed on its way"))?;
    if request.hallport_keys_request != 1 {
        return Err(CeremonyError::Request("it is of a newer version than this program"));
    }
    let key = root_key::open(root_directory, passphrase)?;
    let root_path = root_directory.join(ROOT);
    let root_pem = read(&root_path)?.and_then(|bytes| String::from_utf8(bytes).ok());
    let root_pem = root_pem.ok_or_else(|| CeremonyError::Damaged(root_path.clone()))?;
    let root = first(&root_pem).ok_or_else(|| CeremonyError::Damaged(root_path.clone()))?;
    if public_key(&root).as_ref().map(<[u8; 32]>::as_slice) != Some(key.public_key_raw()) {
        return Err(CeremonyError::Damaged(root_path));
    }
    let here = fingerprint(&root);
    if let Some(wanted) = request.root.clone().filter(|wanted| *wanted != here) {
        return Err(CeremonyError::RequestForOtherRoot { wanted, here });
    }
    let mut entries = Vec::new();
    for asked in &request.signing_keys {
        entries.push(asked.entry().ok_or(CeremonyError::Request("one of its signing keys is not a key"))?);
    }
    if entries.is_empty() || entries.len() > 4 {
        return Err(CeremonyError::Request("it names no signing key, or too many"));
    }
    let root_signer = Signer::from_pkcs8(key.serialized_der())
        .map_err(|_| CeremonyError::Damaged(root_directory.join(ROOT_KEY)))?;
    let issuer = Issuer::from_ca_cert_der(&root, key)
        .map_err(|source| CeremonyError::Make { what: "the authority's certificate", source })?;
    let (authority_pem, signs_authority) = authority(&request, &root, &issuer, now)?;
    let authority_der = first(&authority_pem).ok_or(CeremonyError::Request("its authority is unreadable"))?;

    let state_path = root_directory.join(ROOT_STATE);
    let state: RootState = match read(&state_path)? {
        Some(bytes) => {
            serde_json::from_slice(&bytes).map_err(|_| CeremonyError::Damaged(state_path.clone()))?
        }
        None => RootState::default(),
    };
    // Above everything that this root ever signed: a gateway never goes back, and two bundles never share a serial.
    let serial = request.serial.max(state.serial).saturating_add(1);
    let bundle = TrustBundle {
        serial,
        authorities: vec![authority_der.to_vec().into()],
        signing_keys: entries.clone(),
        issued_at: UnixMs(now.as_millisecond()),
    };
    let request_print = fingerprint(request_bytes);
    let signed = Signed {
        hallport_keys_signed: 1,
        request: request_print.clone(),
        root_pem,
        authority_pem,
        bundle: data_encoding::BASE64.encode(&root_signer.seal(TRUST_CONTEXT, &bundle)),
    };
    let file = serde_json::to_vec_pretty(&signed).map_err(|_| CeremonyError::Damaged(state_path.clone()))?;
    let state =
        serde_json::to_vec(&RootState { serial }).map_err(|_| CeremonyError::Damaged(state_path.clone()))?;
    write(&state_path, &state)?;
    let signing_keys = entries
        .iter()
        .map(|entry| {
            (data_encoding::HEXLOWER.encode(&entry.key_id.0), crate::store::calendar_time(entry.not_after))
        })
        .collect();
    Ok(Answer { file, request: request_print, root: here, serial, authority: signs_authority, signing_keys })
}

/// The authority's certificate: a new one where it is asked for, otherwise the one that is this root's already.
fn authority(
    request: &Request,
    root: &CertificateDer<'static>,
    issuer: &Issuer<'static, KeyPair>,
    now: Timestamp,
) -> Result<(String, bool), CeremonyError> {
    match (&request.authority_request_pem, &request.authority_pem) {
        (Some(pem), None) => {
            let asked = CertificateSigningRequestParams::from_pem(pem)
                .map_err(|_| CeremonyError::Request("the authority's request is not signed by its key"))?;
            if asked.public_key.algorithm() != &PKCS_ED25519 {
                return Err(CeremonyError::Request("the authority's key is not Ed25519"));
            }
            // Nothing of the request but its key is taken.
            let certificate = authority_params(now)
                .signed_by(&asked.public_key, issuer)
                .map_err(|source| CeremonyError::Make { what: "the authority's certificate", source })?;
            Ok((certificate.pem(), true))
        }
        (None, Some(pem)) => {
            let der = first(pem).ok_or(CeremonyError::Request("its authority is unreadable"))?;
            if !signed_by(&der, root) {
                return Err(CeremonyError::Request("its authority is another root's"));
            }
            Ok((pem.clone(), false))
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(CeremonyError::Request("it must hold the authority's request or its certificate"))
        }
    }
}

/// On the cloud's machine: takes what the root signed, having verified all of it against the root that is here, or
/// against the fingerprint that was read off the root's machine.
pub fn install(
    directory: &Path,
    signed_bytes: &[u8],
    named_root: Option<&str>,
    now: Timestamp,
) -> Result<Installed, CeremonyError> {
    let shelf = Shelf { directory, now };
    let waits = pending(&shelf.path(PENDING))?.ok_or(CeremonyError::NotAsked)?;
    if signed_bytes.len() > FILE_BYTES_MAX {
        return Err(CeremonyError::Answer("it is too long"));
    }
    let signed: Signed = serde_json::from_slice(signed_bytes)
        .map_err(|_| CeremonyError::Answer("it is no answer of a root, or was changed on its way"))?;
    if signed.hallport_keys_signed != 1 {
        return Err(CeremonyError::Answer("it is of a newer version than this program"));
    }
    let asked = fingerprint(waits.request.as_bytes());
    if signed.request != asked {
        return Err(CeremonyError::OtherRequest { answers: signed.request, waits: asked });
    }
    let root = first(&signed.root_pem).ok_or(CeremonyError::Answer("its root is unreadable"))?;
    let shown = fingerprint(&root);
    let own = shelf.text(ROOT)?;
    let expected = match (&own, waits.anew, named_root) {
        (Some(pem), false, _) => {
            first(pem).map(|own| fingerprint(&own)).ok_or_else(|| CeremonyError::Damaged(shelf.path(ROOT)))?
        }
        (_, _, Some(named)) => named.to_owned(),
        (_, _, None) => return Err(CeremonyError::RootNotNamed { shown }),
    };
    if normalise(&expected) != normalise(&shown) {
        return Err(CeremonyError::WrongRoot { shown, expected });
    }
    let (bundle_bytes, bundle) = verified(&shelf, &waits, &signed, &root)?;

    // Everything holds. Each file is replaced whole; interrupted in between, the same command does the rest.
    let needs_start = waits.anew || shelf.text(AUTHORITY)?.as_deref() != Some(signed.authority_pem.as_str());
    let old_root_key = waits.anew && shelf.path(ROOT_KEY).exists();
    if old_root_key {
        put_aside(&shelf)?;
    }
    if let Some(file) = &waits.authority_key_file {
        let key = shelf.text(file)?.ok_or_else(|| CeremonyError::Damaged(shelf.path(file)))?;
        write(&shelf.path(AUTHORITY_KEY), Zeroizing::new(key).as_bytes())?;
    }
    write(&shelf.path(ROOT), signed.root_pem.as_bytes())?;
    write(&shelf.path(AUTHORITY), signed.authority_pem.as_bytes())?;
    write(&shelf.path(BUNDLE), &bundle_bytes)?;
    let state = shelf.state()?;
    let new_key = waits.signing_key_file.clone().map(|file| KeyFile { file, since_serial: bundle.serial });
    let waiting = !waits.anew && new_key.is_some();
    match new_key {
        Some(new) if waits.anew => shelf.put_state(&State { in_force: new, next: None, before: None })?,
        Some(new) => shelf.put_state(&State { next: Some(new), ..state })?,
        None => {}
    }
    forget(&shelf.path(PENDING))?;
    if let Some(file) = &waits.authority_key_file {
        forget(&shelf.path(file))?;
    }
    Ok(Installed { root: shown, serial: bundle.serial, needs_start, waits: waiting, old_root_key })
}

/// The bundle, if it and the authority are what was asked for, under this root.
fn verified(
    shelf: &Shelf<'_>,
    waits: &Pending,
    signed: &Signed,
    root: &CertificateDer<'static>,
) -> Result<(Vec<u8>, TrustBundle), CeremonyError> {
    let request = waits.asked(&shelf.path(PENDING))?;
    let authority =
        first(&signed.authority_pem).ok_or(CeremonyError::Answer("its authority is unreadable"))?;
    if !signed_by(&authority, root) {
        return Err(CeremonyError::Answer("its authority is not signed by its root"));
    }
    let key = match &waits.authority_key_file {
        Some(file) => {
            let text = shelf.text(file)?.ok_or_else(|| CeremonyError::Damaged(shelf.path(file)))?;
            KeyPair::from_pem(&text).map_err(|_| CeremonyError::Damaged(shelf.path(file)))?
        }
        None => shelf.key(AUTHORITY_KEY, &PKCS_ED25519)?,
    };
    if public_key(&authority).as_ref().map(<[u8; 32]>::as_slice) != Some(key.public_key_raw()) {
        return Err(CeremonyError::Answer("its authority is for another key"));
    }
    if !still_good_authority(&authority, shelf.now) {
        return Err(CeremonyError::Answer("its authority does not hold now; compare the clocks"));
    }
    let bytes = data_encoding::BASE64
        .decode(signed.bundle.as_bytes())
        .map_err(|_| CeremonyError::Answer("its trust bundle is unreadable"))?;
    let bundle =
        open_bundle(&bytes, root).map_err(|_| CeremonyError::Answer("its trust bundle is not the root's"))?;
    let asked: Vec<_> = request.signing_keys.iter().filter_map(AskedKey::entry).collect();
    if bundle.signing_keys != asked {
        return Err(CeremonyError::Answer("its trust bundle lists other signing keys than were asked for"));
    }
    if !bundle.authorities.iter().any(|listed| listed.as_slice() == authority.as_ref()) {
        return Err(CeremonyError::Answer("its trust bundle lists another authority"));
    }
    if bundle.serial <= request.serial {
        return Err(CeremonyError::Answer("its trust bundle is not newer than the one here"));
    }
    let state = shelf.state()?;
    if !waits.anew && (waits.signing_key_file.is_some() || state.next.is_some()) {
        let in_force = shelf.signer(&state.in_force.file)?.public();
        let ends = bundle.signing_keys.iter().find(|key| key.public == in_force).map(|key| key.not_after);
        let enough = after(latest_change_over(&bundle).max(shelf.now), OVERLAP_DAYS);
        if ends.is_none_or(|ends| ends.0 < enough.as_millisecond()) {
            return Err(CeremonyError::TooLate);
        }
    }
    Ok((bytes, bundle))
}

/// A root's key that counts no more is not deleted: gateways that are not enrolled anew yet believe it still.
fn put_aside(shelf: &Shelf<'_>) -> Result<(), CeremonyError> {
    let Some(text) = shelf.text(ROOT_KEY)? else { return Ok(()) };
    write(&shelf.path("root.key.replaced.pem"), Zeroizing::new(text).as_bytes())?;
    forget(&shelf.path(ROOT_KEY))
}

fn forget(path: &Path) -> Result<(), CeremonyError> {
    Ok(crate::secret_file::remove(path)?)
}

/// Reads a file of the stick; `None` where there is none.
pub fn read_file(path: &Path) -> Result<Option<Vec<u8>>, CeremonyError> {
    Ok(read(path)?)
}

/// Writes a file for the stick.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), CeremonyError> {
    Ok(write(path, bytes)?)
}
