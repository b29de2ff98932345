//! When to speak to the cloud: reports, requests for what is missing, and the nonce that a heartbeat echoes.

use protocols_ids::BootId;
use sha2::{Digest, Sha256};

use crate::Now;

/// A report at least this often, so that silence means something.
pub const REPORT_MS: u64 = 60_000;
/// Changes that come in crowds (a whole bus falls silent, a flood of bad messages) share a report.
const REPORT_SOON_MS: u64 = 1_000;
/// One request for what is missing in this time, however many gaps are seen; the wait doubles while
/// nothing comes.
pub const RESYNC_MS: u64 = 5_000;
/// The longest wait between requests.
pub const RESYNC_MS_MAX: u64 = 60_000;
/// How long the rest of a batch in parts may take after each part.
const PART_MS: u64 = 30_000;

/// Whether something is missing.
///
/// ```text
///             gap, or nothing here yet                 due: ask, wait twice as long
///   Settled ───────────────────────────▶ Wanted(due) ──────────────────────────────┐
///      ▲                                  │      ▲                                 │
///      └── the table moved, or is right ──┘      └─────────────────────────────────┘
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Resync {
    Settled,
    Wanted { due_ms: u64, wait_ms: u64 },
}

#[derive(Debug)]
pub(crate) struct Uplink {
    boot: BootId,
    connected: bool,
    report_due_ms: u64,
    resync: Resync,
    asked_at_ms: Option<u64>,
    nonces: u64,
    nonce_spent: bool,
    /// When the latest nonce was first reported, and the one before it.
    reported_ms: Option<u64>,
    reported_before_ms: Option<u64>,
}

impl Uplink {
    pub(crate) const fn new(boot: BootId) -> Self {
        Self {
            boot,
            connected: false,
            report_due_ms: 0,
            resync: Resync::Settled,
            asked_at_ms: None,
            nonces: 1,
            nonce_spent: false,
            reported_ms: None,
            reported_before_ms: None,
        }
    }

    pub(crate) fn connected(&mut self, now: Now) {
        self.connected = true;
        self.report_due_ms = now.uptime_ms;
        // An answer to this report tells the time; one that waited somewhere does not.
        self.nonce_spent |= self.reported_ms.is_some();
        // The last request, or its answer, may be lost.
        if let Resync::Wanted { .. } = self.resync {
            self.resync = Resync::Settled;
            self.want(now);
        }
    }

    pub(crate) const fn lost(&mut self) {
        self.connected = false;
    }

    pub(crate) const fn is_connected(&self) -> bool {
        self.connected
    }

    /// What is here is not what the cloud has.
    pub(crate) fn want(&mut self, now: Now) {
        if self.resync == Resync::Settled {
            let earliest_ms = self.asked_at_ms.map_or(0, |asked_ms| asked_ms.saturating_add(RESYNC_MS));
            self.resync = Resync::Wanted { due_ms: now.uptime_ms.max(earliest_ms), wait_ms: RESYNC_MS };
        }
    }

    /// A part of a batch came: ask again only if the rest does not.
    pub(crate) const fn part_came(&mut self, now: Now) {
        self.resync = Resync::Wanted { due_ms: now.uptime_ms.saturating_add(PART_MS), wait_ms: RESYNC_MS };
    }

    /// The table is what the cloud has, or on the way there without a gap.
    pub(crate) const fn settle(&mut self) {
        self.resync = Resync::Settled;
    }

    pub(crate) const fn is_settled(&self) -> bool {
        matches!(self.resync, Resync::Settled)
    }

    /// Whether to ask for what is missing now.
    pub(crate) fn take_resync(&mut self, now: Now) -> bool {
        match self.resync {
            Resync::Wanted { due_ms, wait_ms } if self.connected && due_ms <= now.uptime_ms => {
                self.asked_at_ms = Some(now.uptime_ms);
                self.resync = Resync::Wanted {
                    due_ms: now.uptime_ms.saturating_add(wait_ms),
                    wait_ms: wait_ms.saturating_mul(2).min(RESYNC_MS_MAX),
                };
                true
            }
            Resync::Wanted { .. } | Resync::Settled => false,
        }
    }

    /// Report at once.
    pub(crate) const fn report_now(&mut self, now: Now) {
        self.report_due_ms = now.uptime_ms;
    }

    /// Report within a second, together with what else happens until then.
    pub(crate) fn report_soon(&mut self, now: Now) {
        self.report_due_ms = self.report_due_ms.min(now.uptime_ms.saturating_add(REPORT_SOON_MS));
    }

    /// Whether to report now. A nonce that was echoed is used up: the report carries a new one.
    pub(crate) const fn take_report(&mut self, now: Now) -> bool {
        let due = self.connected && self.report_due_ms <= now.uptime_ms;
        if due {
            self.report_due_ms = now.uptime_ms.saturating_add(REPORT_MS);
            if self.nonce_spent {
                self.nonces = self.nonces.saturating_add(1);
                self.nonce_spent = false;
                self.reported_before_ms = self.reported_ms.take();
            }
            if self.reported_ms.is_none() {
                self.reported_ms = Some(now.uptime_ms);
            }
        }
        due
    }

    /// What a heartbeat must echo.
    pub(crate) fn nonce(&self) -> u64 {
        self.nonce_of(self.nonces)
    }

    /// How long ago the report was sent whose nonce a heartbeat echoes: the latest, or the one before, which it may
    /// have crossed on its way. `None` for any other nonce. One that nobody was told is as old as this run.
    pub(crate) fn echoes(&mut self, nonce: u64, now: Now) -> Option<u64> {
        let reported_ms = if nonce == self.nonce() {
            self.nonce_spent = true;
            self.reported_ms
        } else if nonce == self.nonce_of(self.nonces.saturating_sub(1)) {
            self.reported_before_ms
        } else {
            return None;
        };
        Some(now.uptime_ms.saturating_sub(reported_ms.unwrap_or_default()))
    }

    pub(crate) fn wake_at_ms(&self) -> Option<u64> {
        let resync_ms = match self.resync {
            Resync::Wanted { due_ms, .. } => Some(due_ms),
            Resync::Settled => None,
        };
        self.connected.then_some(self.report_due_ms.min(resync_ms.unwrap_or(u64::MAX)))
    }

    /// Nobody can tell it beforehand who does not know the boot id, and it is signed when it goes up.
    fn nonce_of(&self, count: u64) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.boot.as_bytes());
        hash.update(count.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
}
