//! How long the table may be believed: heartbeats, and the warning before the end.

use protocols_access::Lease as Held;
use protocols_wire::{GrantClass, JournalEvent, Lease, UnixMs};

use crate::refusal::Refusal;
use crate::{Change, Core, Now};

const CLASSES: [GrantClass; 3] = [GrantClass::Visitor, GrantClass::Staff, GrantClass::Technician];

/// Of which classes the journal has it that their lease ends.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Warned([bool; CLASSES.len()]);

impl Core {
    pub(crate) fn take_lease(&mut self, now: Now, lease: Lease) -> Result<(), Refusal> {
        if self.lease.until.is_some() && self.lease.heartbeat_at >= Some(lease.time) {
            return Err(Refusal::Replayed);
        }
        if lease.lease_until < lease.time {
            return Err(Refusal::Impossible);
        }
        if self.table.position() < lease.position || self.table.is_lost() {
            self.uplink.want(now);
            return Err(Refusal::OutOfOrder);
        }
        let asked_ms = self.uplink.echoes(lease.nonce, now).ok_or(Refusal::Replayed)?;
        self.heed(now, &lease);
        self.lease = Held { heartbeat_at: Some(lease.time), until: Some(lease.lease_until) };
        self.heard_at = self.heard_at.max(Some(lease.time));
        let read = self.clock.reading();
        self.clock.heard(lease.time, asked_ms, Now { uptime_ms: now.uptime_ms, ..read });
        self.out.persist(Change::Lease {
            lease_until: Some(lease.lease_until),
            heartbeat_at: lease.time,
            time_floor: self.clock.floor(now.uptime_ms),
            clock_error_ms: self.clock.uncertainty_ms(now.uptime_ms).unwrap_or(asked_ms),
        });
        Ok(())
    }

    /// Says once for each class that its grants will no longer hold, unless the cloud speaks before.
    pub(crate) fn warn_of_lease(&mut self, now: Now) {
        for (at, class) in (0_usize..).zip(CLASSES) {
            let due = self.lease.warns_at(class, &self.site.policy).is_some_and(|at| at <= now.wall);
            let Some(warned) = self.warned.0.get_mut(at) else { return };
            if std::mem::replace(warned, due) || !due {
                continue;
            }
            let ends_at = self.lease.ends_at(class, &self.site.policy);
            self.record(now, JournalEvent::LeaseEnding { class, at: ends_at });
        }
    }

    /// When the next warning is due.
    pub(crate) fn warn_at(&self) -> Option<UnixMs> {
        let waiting = CLASSES.into_iter().zip(self.warned.0).filter(|(_, warned)| !warned);
        waiting.filter_map(|(class, _)| self.lease.warns_at(class, &self.site.policy)).min()
    }
}
