//! The root's key on its own machine: plain, or under a passphrase.
//!
//! Under a passphrase it lies in `root.key.json`: the PKCS#8 key in ChaCha20-Poly1305 under a key that PBKDF2 with
//! HMAC-SHA-256 makes of the passphrase. Both are in every library, so that a root can be read in twenty years.

use std::num::NonZeroU32;
use std::path::Path;

use rcgen::{KeyPair, PKCS_ED25519};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::ceremony::CeremonyError;
use super::shelf::ROOT_KEY;
use crate::secret_file::{read, write};

/// The key under a passphrase.
pub(super) const LOCKED: &str = "root.key.json";
/// Rounds of PBKDF2: a second of a slow machine, for every guess.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("not zero");
/// The shortest passphrase: short ones are guessed whatever the rounds.
pub(super) const PASSPHRASE_CHARACTERS_MIN: usize = 12;
const CONTEXT: &[u8] = b"hallport-root-1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Locked {
    /// `pbkdf2-hmac-sha256, chacha20-poly1305`.
    means: String,
    rounds: NonZeroU32,
    salt: String,
    nonce: String,
    key: String,
}

const MEANS: &str = "pbkdf2-hmac-sha256, chacha20-poly1305, aad hallport-root-1";

/// Whether the directory holds a root's key.
pub(super) fn exists(directory: &Path) -> bool {
    directory.join(ROOT_KEY).exists() || directory.join(LOCKED).exists()
}

/// Writes the key; under the passphrase, where there is one.
pub(super) fn keep(
    directory: &Path,
    key: &KeyPair,
    passphrase: Option<&Zeroizing<String>>,
) -> Result<(), CeremonyError> {
    let Some(passphrase) = passphrase else {
        return Ok(write(&directory.join(ROOT_KEY), Zeroizing::new(key.serialize_pem()).as_bytes())?);
    };
    if passphrase.chars().count() < PASSPHRASE_CHARACTERS_MIN {
        return Err(CeremonyError::PassphraseShort);
    }
    let random = SystemRandom::new();
    let (mut salt, mut nonce) = ([0; 16], [0; NONCE_LEN]);
    random.fill(&mut salt).and_then(|()| random.fill(&mut nonce)).map_err(|_| CeremonyError::Random)?;
    let mut body = key.serialize_der();
    cipher(passphrase, ROUNDS, &salt)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(CONTEXT), &mut body)
        .map_err(|_| CeremonyError::Random)?;
    let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    let locked = Locked {
        means: MEANS.to_owned(),
        rounds: ROUNDS,
        salt: encode(&salt),
        nonce: encode(&nonce),
        key: encode(&body),
    };
    let path = directory.join(LOCKED);
    let text = serde_json::to_vec_pretty(&locked).map_err(|_| CeremonyError::Damaged(path.clone()))?;
    Ok(write(&path, &text)?)
}

/// Reads the key.
pub(super) fn open(
    directory: &Path,
    passphrase: Option<&Zeroizing<String>>,
) -> Result<KeyPair, CeremonyError> {
    let plain = directory.join(ROOT_KEY);
    if let Some(bytes) = read(&plain)? {
        let text =
            Zeroizing::new(String::from_utf8(bytes).map_err(|_| CeremonyError::Damaged(plain.clone()))?);
        return KeyPair::from_pem(&text).map_err(|_| CeremonyError::Damaged(plain));
    }
    let path = directory.join(LOCKED);
    let damaged = || CeremonyError::Damaged(path.clone());
    let bytes = read(&path)?.ok_or_else(|| CeremonyError::NoRoot(directory.to_owned()))?;
    let locked: Locked = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
    let passphrase = passphrase.ok_or(CeremonyError::PassphraseMissing)?;
    let decode = |text: &str| data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| damaged());
    let nonce = <[u8; NONCE_LEN]>::try_from(decode(&locked.nonce)?.as_slice()).map_err(|_| damaged())?;
    let mut body = Zeroizing::new(decode(&locked.key)?);
    let opened = cipher(passphrase, locked.rounds, &decode(&locked.salt)?)?
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(CONTEXT), &mut body)
        .map_err(|_| CeremonyError::PassphraseWrong)?;
    let der = PrivatePkcs8KeyDer::from(&*opened);
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ED25519).map_err(|_| damaged())
}

fn cipher(
    passphrase: &Zeroizing<String>,
    rounds: NonZeroU32,
    salt: &[u8],
) -> Result<LessSafeKey, CeremonyError> {
    let mut key = Zeroizing::new([0; 32]);
    derive(PBKDF2_HMAC_SHA256, rounds, salt, passphrase.as_bytes(), &mut *key);
    UnboundKey::new(&CHACHA20_POLY1305, &*key).map(LessSafeKey::new).map_err(|_| CeremonyError::Random)
}
