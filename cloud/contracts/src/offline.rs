//! What opens the doors of a gateway that the cloud cannot tell: shown to those who may enter, sent to nobody.

use std::fmt;

use async_trait::async_trait;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::BookingId;

use crate::PortError;

/// Digits or a token in clear, for the eyes of those who may enter. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed(String);

impl Revealed {
    /// Something that is about to be shown.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed(..)")
    }
}

/// What a booked time has instead of its code, at one gateway that is silent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfflineCode {
    /// The doors that it opens, by name.
    pub doors: Vec<String>,
    /// The booked time, from.
    pub starts_at: Timestamp,
    /// The booked time, to.
    pub ends_at: Timestamp,
    /// From when a door opens for it.
    pub opens_at: Timestamp,
    /// Until when a door opens for it.
    pub closes_at: Timestamp,
    /// The digits, or why there are none.
    pub given: OfflineGiven,
}

/// The digits of an off-line code, or why there are none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfflineGiven {
    /// Twelve digits.
    Digits {
        /// They, without spaces.
        digits: Revealed,
        /// From when the gateway surely takes them: it must have missed the cloud for a while.
        taken_from: Timestamp,
    },
    /// The booked time is longer than a day, which no off-line code can say.
    TooLong,
    /// Every code for this time has been given out.
    NoneLeft,
}

/// When a QR code can be shown for a booking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QrTime {
    /// Never: no door, or no time to come.
    Never,
    /// From this moment.
    From(Timestamp),
    /// Now.
    Now,
}

/// What is shown for a booking beside its code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfflineAccess {
    /// Off-line codes of the times that are near and whose gateway is silent; in the order of the times.
    pub codes: Vec<OfflineCode>,
    /// When a QR code can be shown.
    pub qr: QrTime,
}

/// A QR code for the next or current time at one gateway.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QrToken {
    /// What the QR code holds.
    pub text: Revealed,
    /// The doors that it opens, by name.
    pub doors: Vec<String>,
    /// The booked time, from.
    pub starts_at: Timestamp,
    /// The booked time, to.
    pub ends_at: Timestamp,
    /// When it no longer counts.
    pub expires_at: Timestamp,
}

/// The QR codes of a booking, or why there are none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QrTokens {
    /// One for each gateway on the way. Never empty.
    Shown(Vec<QrToken>),
    /// Not yet.
    From(Timestamp),
    /// No door, or no time to come.
    Never,
    /// Asked for too often; again in a minute.
    TooOften,
}

/// Makes what opens doors without the gateway having heard of it. Kept apart from [`Access`](crate::Access), so that
/// what sends mail or files has no way to ask for it. Whether somebody may see it is the caller's question, and the
/// caller audits each reading.
#[async_trait]
pub trait Offline: Send + Sync {
    /// Off-line codes of a booking, allocated now where they are needed and never again; the same when asked again.
    /// Nothing for a booking that was taken back.
    async fn of_booking(&self, tx: &mut TenantTx, booking: BookingId) -> Result<OfflineAccess, PortError>;

    /// QR codes of a booking, made now and not stored. Nothing for a booking that was taken back.
    async fn qr_tokens(&self, tx: &mut TenantTx, booking: BookingId) -> Result<QrTokens, PortError>;
}
