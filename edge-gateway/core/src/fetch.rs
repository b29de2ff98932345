//! What is fetched from the cloud rather than sent: trust bundles, sealing secrets, certificates.
//!
//! ```text
//!          a heartbeat names something newer, or two thirds
//!          of the certificate's time have passed                  due, connected
//!   Idle ─────────────────────────────────────────────▶ Wanted ───────────────────▶ Fetching
//!    ▲                                                    ▲                            │
//!    │                                                    └── failed: wait, twice as ──┤
//!    └──────────────────────────── fetched, verified, on disk ─────────────────────────┘
//! ```

use protocols_access::Sealer;
use protocols_wire::{JournalEvent, Lease, TimeQuality, UnixMs};

use crate::{Core, Fetched, Identity, Now, Output};

/// The first wait after a fetch that failed: the cloud may be starting.
pub const FETCH_RETRY_MS: u64 = 30_000;
/// The longest wait; there are months between two thirds of a certificate's time and its end.
pub const FETCH_RETRY_MS_MAX: u64 = 3_600_000;

/// Sealing secrets kept at once: the table's, its successor, and those that off-line PINs of the last weeks were made
/// under.
const SEALERS_MAX: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    Wanted { due_ms: u64, wait_ms: u64 },
    Fetching { wait_ms: u64 },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetch {
    state: State,
}

impl Fetch {
    pub(crate) const fn new() -> Self {
        Self { state: State::Idle }
    }

    fn want(&mut self, now: Now) {
        if self.state == State::Idle {
            self.state = State::Wanted { due_ms: now.uptime_ms, wait_ms: FETCH_RETRY_MS };
        }
    }

    fn take_due(&mut self, now: Now) -> bool {
        match self.state {
            State::Wanted { due_ms, wait_ms } if due_ms <= now.uptime_ms => {
                self.state = State::Fetching { wait_ms };
                true
            }
            State::Wanted { .. } | State::Idle | State::Fetching { .. } => false,
        }
    }

    fn done(&mut self) {
        self.state = State::Idle;
    }

    fn failed(&mut self, now: Now) {
        if let State::Fetching { wait_ms } = self.state {
            let due_ms = now.uptime_ms.saturating_add(wait_ms);
            self.state = State::Wanted { due_ms, wait_ms: wait_ms.saturating_mul(2).min(FETCH_RETRY_MS_MAX) };
        }
    }

    pub(crate) const fn wake_at_ms(&self) -> Option<u64> {
        match self.state {
            State::Wanted { due_ms, .. } => Some(due_ms),
            State::Idle | State::Fetching { .. } => None,
        }
    }
}

impl Core {
    /// A verified heartbeat says what the cloud has for this gateway.
    pub(crate) fn heed(&mut self, now: Now, lease: &Lease) {
        if lease.trust_serial > self.identity.trust_serial || lease.seal_id > self.identity.seal_held() {
            self.fetch.want(now);
        }
    }

    /// A batch came under a sealing secret that is not here.
    pub(crate) fn want_secret(&mut self, now: Now, seal_id: u32) {
        if seal_id > self.identity.seal_held() {
            self.fetch.want(now);
        }
    }

    /// Asks the driver where something is due.
    pub(crate) fn fetch_due(&mut self, now: Now) {
        let certificate = now.quality != TimeQuality::Unknown && self.identity.certificate_ages(now.wall);
        if certificate {
            self.fetch.want(now);
        }
        if self.uplink.is_connected() && self.fetch.take_due(now) {
            self.out.push(Output::Fetch { certificate });
        }
    }

    pub(crate) fn fetched(&mut self, now: Now, fetched: Fetched) {
        let Fetched { trust, seals, certificate } = fetched;
        // What holds is taken; a certificate that is still wanted is asked for again, with a growing wait.
        if certificate.is_none()
            && now.quality != TimeQuality::Unknown
            && self.identity.certificate_ages(now.wall)
        {
            self.fetch.failed(now);
        } else {
            self.fetch.done();
        }
        if let Some((serial, keys)) = trust.filter(|(serial, _)| *serial > self.identity.trust_serial) {
            self.identity.trust_serial = serial;
            self.identity.trust = keys;
            self.record(now, JournalEvent::Trusts { serial });
        }
        for (seal_id, secret) in seals {
            if self.identity.sealer(seal_id).is_none() {
                self.identity.sealers.push((seal_id, Sealer::new(secret.bytes())));
            }
        }
        self.identity.forget_sealers(self.table.seal_id());
        if let Some(certificate) = certificate {
            self.identity.certificate = certificate;
            self.record(now, JournalEvent::Certified { expires_at: certificate.not_after });
        }
        self.uplink.report_now(now);
    }

    pub(crate) fn fetch_failed(&mut self, now: Now) {
        self.fetch.failed(now);
    }
}

impl Identity {
    /// Keeps the newest sealing secrets, and the table's.
    fn forget_sealers(&mut self, in_use: u32) {
        self.sealers.sort_unstable_by_key(|(id, _)| std::cmp::Reverse((*id == in_use, *id)));
        self.sealers.truncate(SEALERS_MAX);
    }

    /// Whether two thirds of the certificate's time have passed.
    fn certificate_ages(&self, now: UnixMs) -> bool {
        let whole_ms = self.certificate.not_after.ms_since(self.certificate.not_before);
        let passed_ms = now.ms_since(self.certificate.not_before);
        passed_ms.saturating_mul(3) >= whole_ms.saturating_mul(2)
    }
}
