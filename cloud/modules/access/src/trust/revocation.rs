//! The list of certificates that count no more, for the broker.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rcgen::{
    CertificateRevocationListParams, KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber,
};
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

use super::{BACKDATED_DAYS, CA_DAYS, Trust, TrustError, after, day, first};

/// A certificate that was taken back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Revoked {
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// When it was taken back.
    pub at: Timestamp,
}

impl Trust {
    /// A revocation list of the cloud's authority, PEM. It is good for ten years: a broker refuses *everybody* when
    /// its list is too old, and a cloud that stands still must close no hall's connection.
    pub fn revocation_list(&self, revoked: &[Revoked], now: Timestamp) -> Result<String, TrustError> {
        let fail = |source| TrustError::Certificate { what: "revocation list", source };
        let serial = |text: &str| {
            data_encoding::HEXLOWER.decode(text.as_bytes()).map(|bytes| SerialNumber::from_slice(&bytes)).ok()
        };
        let midnight = |(year, month, day)| rcgen::date_time_ymd(year, month, day);
        let revoked_certs = revoked
            .iter()
            .filter_map(|one| {
                Some(RevokedCertParams {
                    serial_number: serial(&one.serial)?,
                    revocation_time: midnight(day(one.at)),
                    reason_code: Some(RevocationReason::PrivilegeWithdrawn),
                    invalidity_date: None,
                })
            })
            .collect();
        let number = u64::try_from(now.as_second()).unwrap_or(1);
        let list = CertificateRevocationListParams {
            this_update: midnight(day(after(now, -BACKDATED_DAYS))),
            next_update: midnight(day(after(now, CA_DAYS))),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.ca).and_then(|list| list.pem()).map_err(fail)
    }

    /// Whether a list on disk is ours and says the same of the same certificates.
    pub(crate) fn lists(&self, pem: &[u8], revoked: &[Revoked]) -> bool {
        let Some(Ok(der)) = CertificateRevocationListDer::pem_slice_iter(pem).next() else { return false };
        let Ok((_, list)) = CertificateRevocationList::from_der(&der) else { return false };
        let Some(authority) = first(&self.ca_pem) else { return false };
        let Ok((_, authority)) = X509Certificate::from_der(&authority) else { return false };
        let listed: BTreeSet<String> = list
            .iter_revoked_certificates()
            .map(|one| plain(&data_encoding::HEXLOWER.encode(one.raw_serial())))
            .collect();
        let wanted: BTreeSet<String> = revoked.iter().map(|one| plain(&one.serial)).collect();
        list.verify_signature(authority.public_key()).is_ok() && listed == wanted
    }
}

/// A serial without leading zeros: encodings differ in them.
fn plain(serial: &str) -> String {
    serial.trim_start_matches('0').to_owned()
}
