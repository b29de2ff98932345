//! The keys that sign messages: which one signs, which one waits, which one is still believed.
//!
//! ```text
//!              keys install: the bundle           every enrolled gateway has the bundle,
//!              lists both                         or its time has come
//!   in force ───────────────▶ in force + next ────────────────────────▶ in force + before
//!      ▲                                                                        │
//!      └──────────── the next rotation: the one before drops out ◀──────────────┘
//! ```
//!
//! `signing.json` names the files; it is replaced in one step. Without it there is one key, `signing.key.pem`.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use protocols_wire::{Signer, SigningKey, TRUST_CONTEXT, TrustBundle, UnixMs, key_id};
use rcgen::{KeyPair, PKCS_ED25519};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use super::shelf::{BUNDLE, Shelf};
use super::{BACKDATED_DAYS, CA_DAYS, KeyView, TrustError, after, open_bundle};
use crate::secret_file::{read, write};
use crate::store::calendar_time;

/// The key of an installation that never changed it.
const FIRST_KEY: &str = "signing.key.pem";
const STATE: &str = "signing.json";
/// The longest time that a gateway's table reaches ahead. For so long a change-over waits for gateways that do not
/// report, and for so long again the key before is believed.
pub(super) const OVERLAP_DAYS: i64 = 35;
/// A request is carried to the root and signed within this.
pub(super) const REQUEST_DAYS: i64 = 7;

/// What a signing key is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It signs.
    InForce,
    /// It will sign when the gateways know it.
    Next,
    /// It signed before, and is still believed.
    Before,
}

/// A change-over that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChangeOver {
    /// Gateways with this bundle, or a later one, are ready.
    pub serial: u64,
    /// Then it happens in any case.
    pub at_the_latest: Timestamp,
}

/// `signing.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) in_force: KeyFile,
    pub(super) next: Option<KeyFile>,
    pub(super) before: Option<KeyFile>,
}

/// A key's file, in the same directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFile {
    pub(super) file: String,
    /// The serial of the first bundle that lists it.
    pub(super) since_serial: u64,
}

/// A key at hand.
pub(super) struct Key {
    pub(super) signer: Arc<Signer>,
    pub(super) since_serial: u64,
}

/// Everything that signs messages and says who may.
pub(super) struct Messages {
    pub(super) bundle_bytes: Vec<u8>,
    pub(super) bundle: TrustBundle,
    pub(super) in_force: Key,
    pub(super) next: Option<Key>,
    pub(super) before: Option<Key>,
}

impl Messages {
    pub(super) fn signer_for(&self, trust_serial: u64) -> Arc<Signer> {
        match &self.before {
            Some(before) if trust_serial < self.in_force.since_serial => Arc::clone(&before.signer),
            Some(_) | None => Arc::clone(&self.in_force.signer),
        }
    }

    pub(super) fn change_over(&self) -> Option<ChangeOver> {
        let next = self.next.as_ref()?;
        Some(ChangeOver { serial: next.since_serial, at_the_latest: latest_change_over(&self.bundle) })
    }

    pub(super) fn view(&self) -> Vec<KeyView> {
        let is = |key: Option<&Key>, listed: &SigningKey| {
            key.is_some_and(|key| key.signer.key_id() == listed.key_id)
        };
        self.bundle
            .signing_keys
            .iter()
            .map(|listed| KeyView {
                id: data_encoding::HEXLOWER.encode(&listed.key_id.0),
                standing: if is(Some(&self.in_force), listed) {
                    Standing::InForce
                } else if is(self.next.as_ref(), listed) {
                    Standing::Next
                } else {
                    Standing::Before
                },
                not_before: calendar_time(listed.not_before),
                not_after: calendar_time(listed.not_after),
            })
            .collect()
    }
}

/// When the next key signs in any case.
pub(super) fn latest_change_over(bundle: &TrustBundle) -> Timestamp {
    after(calendar_time(bundle.issued_at), OVERLAP_DAYS)
}

/// What a bundle says of a key that begins to count now.
pub(super) fn new_entry(public: [u8; 32], now: Timestamp) -> SigningKey {
    SigningKey {
        key_id: key_id(&public),
        public,
        not_before: UnixMs(after(now, -BACKDATED_DAYS).as_millisecond()),
        not_after: UnixMs(after(now, CA_DAYS).as_millisecond()),
    }
}

/// What a bundle with a next key says of the key in force: it ends once nothing that it signed can matter. That may be
/// later than was said of it before, when the bundle is asked for while an earlier change-over still waits.
pub(super) fn leaving_entry(entry: SigningKey, now: Timestamp) -> SigningKey {
    let end = after(now, REQUEST_DAYS + 2 * OVERLAP_DAYS);
    SigningKey { not_after: UnixMs(end.as_millisecond()), ..entry }
}

/// The name of a new key's file.
pub(super) fn key_file(public: &[u8; 32]) -> String {
    format!("signing-{}.key.pem", data_encoding::HEXLOWER.encode(&key_id(public).0))
}

impl Shelf<'_> {
    /// `signing.json`, or what holds without it.
    pub(super) fn state(&self) -> Result<State, TrustError> {
        let Some(bytes) = read(&self.path(STATE))? else {
            let in_force = KeyFile { file: FIRST_KEY.to_owned(), since_serial: 1 };
            return Ok(State { in_force, next: None, before: None });
        };
        let state: State =
            serde_json::from_slice(&bytes).map_err(|_| TrustError::Damaged(self.path(STATE)))?;
        let named = [Some(&state.in_force), state.next.as_ref(), state.before.as_ref()];
        let plain = |key: &KeyFile| Path::new(&key.file).file_name() == Some(key.file.as_ref());
        if named.into_iter().flatten().all(plain) {
            Ok(state)
        } else {
            Err(TrustError::Damaged(self.path(STATE)))
        }
    }

    pub(super) fn put_state(&self, state: &State) -> Result<(), TrustError> {
        let text = serde_json::to_vec_pretty(state).map_err(|_| TrustError::Damaged(self.path(STATE)))?;
        Ok(write(&self.path(STATE), &text)?)
    }

    /// The signing key of that file, as it signs.
    pub(super) fn signer(&self, file: &str) -> Result<Signer, TrustError> {
        let damaged = || TrustError::Damaged(self.path(file));
        let text = self.text(file)?.ok_or_else(damaged)?;
        let key = KeyPair::from_pem(&text).map_err(|_| damaged())?;
        Signer::from_pkcs8(key.serialized_der()).map_err(|_| damaged())
    }

    fn held(&self, key: &KeyFile) -> Result<Key, TrustError> {
        Ok(Key { signer: Arc::new(self.signer(&key.file)?), since_serial: key.since_serial })
    }

    /// The next key signs from now on.
    pub(super) fn sign_with_next(&self) -> Result<bool, TrustError> {
        let state = self.state()?;
        let Some(next) = state.next else { return Ok(false) };
        self.put_state(&State { in_force: next, next: None, before: Some(state.in_force) })?;
        Ok(true)
    }

    /// Keys and bundle. The first key is made here; a bundle that lacks what holds is made anew, where the root's
    /// key lies here.
    pub(super) fn messages(
        &self,
        root: &CertificateDer<'_>,
        authority: &CertificateDer<'_>,
    ) -> Result<Messages, TrustError> {
        let state = self.state()?;
        if state.in_force.file == FIRST_KEY {
            self.key(FIRST_KEY, &PKCS_ED25519)?;
        }
        let in_force = self.held(&state.in_force)?;
        let next = state.next.as_ref().map(|key| self.held(key)).transpose()?;
        // One that was taken away signs no more; nothing else depends on it.
        let before = match &state.before {
            Some(key) if self.path(&key.file).exists() => Some(self.held(key)?),
            Some(_) | None => None,
        };
        let (bundle_bytes, bundle) = self.bundle(root, authority, &in_force.signer)?;
        Ok(Messages { bundle_bytes, bundle, in_force, next, before })
    }

    /// The bundle on disk, if it says what holds; otherwise a new one.
    fn bundle(
        &self,
        root: &CertificateDer<'_>,
        authority: &CertificateDer<'_>,
        signer: &Signer,
    ) -> Result<(Vec<u8>, TrustBundle), TrustError> {
        let path = self.path(BUNDLE);
        let known = match read(&path)? {
            Some(bytes) => {
                let bundle = open_bundle(&bytes, root).map_err(|_| TrustError::Damaged(path.clone()))?;
                let complete = bundle.authorities.iter().any(|held| held.as_slice() == authority.as_ref())
                    && bundle.signing_keys.iter().any(|held| held.public == signer.public());
                if complete {
                    return Ok((bytes, bundle));
                }
                Some(bundle)
            }
            None => None,
        };
        let bundle = TrustBundle {
            serial: known.map_or(1, |bundle| bundle.serial.saturating_add(1)),
            authorities: vec![authority.to_vec().into()],
            signing_keys: vec![new_entry(signer.public(), self.now)],
            issued_at: UnixMs(self.now.as_millisecond()),
        };
        let key = self.root_key()?;
        let root_signer = Signer::from_pkcs8(key.serialized_der())
            .map_err(|_| TrustError::Damaged(self.path(super::shelf::ROOT_KEY)))?;
        let bytes = root_signer.seal(TRUST_CONTEXT, &bundle);
        write(&path, &bytes)?;
        Ok((bytes, bundle))
    }
}

impl ChangeOver {
    /// Whether its time has come, whatever the gateways say.
    pub fn is_overdue(self, now: Timestamp) -> bool {
        now.duration_since(self.at_the_latest) >= SignedDuration::ZERO
    }
}
