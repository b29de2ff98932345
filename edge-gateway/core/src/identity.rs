//! Who this gateway is and whom it believes.

use protocols_access::Sealer;
use protocols_ids::GatewayId;
use protocols_wire::{KeyId, Signer, SigningKey, UnixMs};

/// What enrolment gave this gateway.
#[derive(Debug)]
pub struct Identity {
    /// Its id, the same as its certificate's common name.
    pub gateway: GatewayId,
    /// Signs what goes up.
    pub signer: Signer,
    /// The sealing secrets at hand, by `seal_id`; two while one replaces the other.
    pub sealers: Vec<(u32, Sealer)>,
    /// The cloud's keys, from the trust bundle whose signature the driver has verified.
    pub trust: Vec<SigningKey>,
    /// The serial of that bundle.
    pub trust_serial: u64,
    /// When the certificate in use is good.
    pub certificate: CertificateTimes,
}

/// When a certificate is good: from, and the first instant at which it no longer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CertificateTimes {
    /// From.
    pub not_before: UnixMs,
    /// Until.
    pub not_after: UnixMs,
}

impl Identity {
    /// The sealing secret of that id.
    pub(crate) fn sealer(&self, seal_id: u32) -> Option<&Sealer> {
        self.sealers.iter().find(|(id, _)| *id == seal_id).map(|(_, sealer)| sealer)
    }

    /// The newest sealing secret at hand; 0 without any.
    pub(crate) fn seal_held(&self) -> u32 {
        self.sealers.iter().map(|(id, _)| *id).max().unwrap_or_default()
    }

    /// The public half of a key that is trusted at `now`. With a clock that nobody has set, a key is not
    /// refused for lying in the future: the gateway could never be told otherwise.
    pub(crate) fn trusted(&self, id: KeyId, now: UnixMs, clock_known: bool) -> Option<[u8; 32]> {
        self.trust
            .iter()
            .find(|key| key.key_id == id && (key.not_before <= now || !clock_known) && now < key.not_after)
            .map(|key| key.public)
    }
}
