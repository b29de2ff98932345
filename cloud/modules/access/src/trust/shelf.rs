//! The secrets directory: what is missing in it is made.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ED25519, SignatureAlgorithm,
};
use rustls::pki_types::CertificateDer;

use super::{
    CA_DAYS, Held, LEAF_DAYS, ROOT_DAYS, TrustError, authority, ceremony, first, params, signed_by,
    still_good,
};
use crate::secret_file::{read, write};

/// The root's key, where it lies here.
pub(super) const ROOT_KEY: &str = "root.key.pem";
/// The root's certificate.
pub(super) const ROOT: &str = "root.pem";
/// The authority's key.
pub(super) const AUTHORITY_KEY: &str = "ca.key.pem";
/// The authority's certificate.
pub(super) const AUTHORITY: &str = "ca.pem";
/// The trust bundle.
pub(super) const BUNDLE: &str = "trust-bundle.cose";

/// The secrets directory, at one moment.
pub(super) struct Shelf<'a> {
    pub(super) directory: &'a Path,
    pub(super) now: Timestamp,
}

impl Shelf<'_> {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, TrustError> {
        let Some(bytes) = read(&self.path(name))? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_| TrustError::Damaged(self.path(name)))
    }

    pub(super) fn root(&self) -> Result<(String, CertificateDer<'static>), TrustError> {
        let pem = if let Some(pem) = self.text(ROOT)? {
            pem
        } else {
            let pending = self.path(ceremony::PENDING);
            if pending.exists() {
                return Err(TrustError::Ceremony(pending));
            }
            let key = self.key(ROOT_KEY, &PKCS_ED25519)?;
            let pem = root_certificate(&key, self.now)?;
            write(&self.path(ROOT), pem.as_bytes())?;
            pem
        };
        let der = first(&pem).ok_or_else(|| TrustError::Damaged(self.path(ROOT)))?;
        Ok((pem, der))
    }

    /// The root's key, where it lies here.
    pub(super) fn root_key(&self) -> Result<KeyPair, TrustError> {
        let text = self.text(ROOT_KEY)?.ok_or_else(|| TrustError::RootKeyAway(self.path(ROOT_KEY)))?;
        KeyPair::from_pem(&text).map_err(|_| TrustError::Damaged(self.path(ROOT_KEY)))
    }

    /// The root as an issuer, for the few things that it signs.
    fn root_issuer(&self, root_pem: &str) -> Result<Issuer<'static, KeyPair>, TrustError> {
        let key = self.root_key()?;
        Issuer::from_ca_cert_pem(root_pem, key)
            .map_err(|source| TrustError::Certificate { what: "root certificate", source })
    }

    pub(super) fn authority(
        &self,
        root_pem: &str,
        root_der: &CertificateDer<'_>,
    ) -> Result<(String, CertificateDer<'static>, Issuer<'static, KeyPair>), TrustError> {
        let key = self.key(AUTHORITY_KEY, &PKCS_ED25519)?;
        let fail = |source| TrustError::Certificate { what: "cloud CA", source };
        let pem = if let Some(pem) = self.text(AUTHORITY)? {
            pem
        } else {
            let certificate =
                authority_params(self.now).signed_by(&key, &self.root_issuer(root_pem)?).map_err(fail)?;
            write(&self.path(AUTHORITY), certificate.pem().as_bytes())?;
            certificate.pem()
        };
        let der = first(&pem).ok_or_else(|| TrustError::Damaged(self.path(AUTHORITY)))?;
        if !signed_by(&der, root_der) {
            return Err(TrustError::OtherRoot(self.path(AUTHORITY)));
        }
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(fail)?;
        Ok((pem, der, issuer))
    }

    pub(super) fn leaf(
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
    pub(super) fn key(
        &self,
        name: &str,
        algorithm: &'static SignatureAlgorithm,
    ) -> Result<KeyPair, TrustError> {
        if let Some(text) = self.text(name)? {
            return KeyPair::from_pem(&text).map_err(|_| TrustError::Damaged(self.path(name)));
        }
        let key = KeyPair::generate_for(algorithm)
            .map_err(|source| TrustError::Certificate { what: "key", source })?;
        write(&self.path(name), key.serialize_pem().as_bytes())?;
        Ok(key)
    }
}

/// A root's certificate for its own key, PEM.
pub(super) fn root_certificate(key: &KeyPair, now: Timestamp) -> Result<String, TrustError> {
    let mut params = params("Hallport root", now, ROOT_DAYS);
    authority(&mut params, 1);
    let certificate = params
        .self_signed(key)
        .map_err(|source| TrustError::Certificate { what: "root certificate", source })?;
    Ok(certificate.pem())
}

/// What the root says of the authority.
pub(super) fn authority_params(now: Timestamp) -> CertificateParams {
    let mut params = params("Hallport cloud CA", now, CA_DAYS);
    authority(&mut params, 0);
    params
}
