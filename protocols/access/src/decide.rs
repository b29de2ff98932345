//! The decision at the door.

use protocols_ids::{DoorId, GrantId};
use protocols_wire::{
    GrantClass, PostureMode, RefusalReason, SealedCredential, SitePolicy, TimeQuality, UnixMs,
};

use crate::rows::Match;
use crate::{GrantTable, KeptGrant};

/// The lease: how long the table may be believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Lease {
    /// When the cloud last spoke; `None`: never.
    pub heartbeat_at: Option<UnixMs>,
    /// What the cloud set as the end for every class; `None`: it set none.
    pub until: Option<UnixMs>,
}

impl Lease {
    /// First instant at which grants of that class no longer hold.
    pub fn ends_at(self, class: GrantClass, policy: &SitePolicy) -> UnixMs {
        let longest_h = match class {
            GrantClass::Visitor => policy.visitor_lease_h,
            GrantClass::Staff => policy.staff_lease_h,
            GrantClass::Technician => policy.technician_lease_h,
        };
        let by_class = self.heartbeat_at.unwrap_or_default().plus_ms(hours_ms(longest_h));
        self.until.map_or(by_class, |until| until.min(by_class))
    }

    /// When to warn that grants of that class will no longer hold: as long before the end as the policy says, but
    /// never in the first half of the lease. `None` without a lease.
    pub fn warns_at(self, class: GrantClass, policy: &SitePolicy) -> Option<UnixMs> {
        let ends_at = self.ends_at(class, policy);
        let half_ms = ends_at.ms_since(self.heartbeat_at?).max(0).checked_div(2)?;
        Some(ends_at.plus_ms(half_ms.min(hours_ms(policy.lease_warning_h)).saturating_neg()))
    }
}

fn hours_ms(hours: u32) -> i64 {
    i64::from(hours).saturating_mul(3_600_000)
}

/// What holds for the whole site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    /// Normal, lockdown or emergency. In a lockdown only responders pass, of whatever class. In an emergency what must
    /// open is open already, and grants count as ever.
    pub posture: PostureMode,
    /// How well the clock is known. When it is not, visitors are refused; staff and technicians are decided by the
    /// clock as it is, where the policy says so.
    pub time_quality: TimeQuality,
    /// How long the table may be believed.
    pub lease: Lease,
    /// How long the gateway may be left alone, and what it does then.
    pub policy: SitePolicy,
}

impl Site {
    /// Whether the clock is known well enough to decide on a grant of that class.
    pub(crate) fn clock_serves(&self, class: GrantClass) -> bool {
        match (self.time_quality, class) {
            (TimeQuality::Holdover | TimeQuality::Synchronised, _) => true,
            (TimeQuality::Unknown, GrantClass::Visitor) => false,
            (TimeQuality::Unknown, GrantClass::Staff | GrantClass::Technician) => {
                self.policy.staff_with_unknown_clock
            }
        }
    }

    /// Whether lease and posture let a grant of that class open at `at`.
    pub(crate) fn lets_in(
        &self,
        class: GrantClass,
        responder: bool,
        at: UnixMs,
    ) -> Result<(), RefusalReason> {
        if at >= self.lease.ends_at(class, &self.policy) {
            return Err(RefusalReason::LeaseEnded);
        }
        match self.posture {
            PostureMode::Lockdown if !responder => Err(RefusalReason::Lockdown),
            PostureMode::Lockdown | PostureMode::Normal | PostureMode::Emergency => Ok(()),
        }
    }

    /// Whether the cloud has been silent for so long at `at` that off-line PINs count.
    pub fn is_cut_off(&self, at: UnixMs) -> bool {
        let silent_ms = i64::from(self.policy.silent_after_s).saturating_mul(1000);
        self.lease.heartbeat_at.is_none_or(|heard| at.ms_since(heard) > silent_ms)
    }
}

/// Someone at a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// What was shown.
    pub presented: SealedCredential,
    /// At which door.
    pub door: DoorId,
    /// When.
    pub at: UnixMs,
    /// The keypad has no tries left ([`Throttle::admits`](crate::Throttle::admits)). Never for a tag, so that nobody
    /// who types can close the hall.
    pub locked_out: bool,
}

/// Yes, or no for one reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Release the door.
    Admit {
        /// By which right.
        grant: GrantId,
    },
    /// Do not.
    Refuse {
        /// For the journal, never for the keypad.
        reason: RefusalReason,
        /// The grant that came closest.
        grant: Option<GrantId>,
    },
}

/// Decides. Where several grants share the credential, the one that admits wins; if none does, the reason
/// of the one that came closest, in the order in which [`standing`] asks.
pub fn decide(table: &GrantTable, site: &Site, attempt: &Attempt) -> Decision {
    if attempt.locked_out {
        return Decision::Refuse { reason: RefusalReason::LockedOut, grant: None };
    }
    let mut closest: Option<(RefusalReason, GrantId)> = None;
    for found in table.matching(attempt.presented) {
        let (reason, grant) = match found {
            Match::TakenBack(grant) => (RefusalReason::Revoked, grant.id()),
            Match::Live(grant) => match standing(grant, site, attempt.door, attempt.at) {
                Ok(()) => return Decision::Admit { grant: grant.id() },
                Err(reason) => (reason, grant.id()),
            },
        };
        // Ties go to the lower id, so that the answer does not hang on where the rows lie.
        let key = |(reason, id): (RefusalReason, GrantId)| (nearness(reason), core::cmp::Reverse(id));
        if closest.is_none_or(|before| key((reason, grant)) > key(before)) {
            closest = Some((reason, grant));
        }
    }
    match closest {
        Some((reason, grant)) => Decision::Refuse { reason, grant: Some(grant) },
        None => Decision::Refuse { reason: RefusalReason::Unknown, grant: None },
    }
}

/// Whether one grant admits.
pub(crate) fn standing(
    grant: &KeptGrant,
    site: &Site,
    door: DoorId,
    at: UnixMs,
) -> Result<(), RefusalReason> {
    if !grant.understood() {
        return Err(RefusalReason::Version);
    }
    let windows = || grant.windows().filter(|window| window.door == door);
    if windows().next().is_none() {
        return Err(RefusalReason::WrongDoor);
    }
    if !site.clock_serves(grant.class()) {
        return Err(RefusalReason::ClockUnknown);
    }
    if !windows().any(|window| window.not_before <= at && at < window.not_after) {
        let to_come = windows().any(|window| at < window.not_before);
        return Err(if to_come { RefusalReason::TooEarly } else { RefusalReason::TooLate });
    }
    site.lets_in(grant.class(), grant.responder(), at)
}

/// How close to admitting a grant came.
const fn nearness(reason: RefusalReason) -> u8 {
    match reason {
        RefusalReason::Unknown
        | RefusalReason::LockedOut
        | RefusalReason::Stale
        | RefusalReason::DoorLost
        | RefusalReason::NotTaken => 0,
        RefusalReason::Revoked => 1,
        RefusalReason::Version => 2,
        RefusalReason::WrongDoor => 3,
        RefusalReason::ClockUnknown => 4,
        RefusalReason::TooLate => 5,
        RefusalReason::TooEarly => 6,
        RefusalReason::LeaseEnded => 7,
        RefusalReason::Lockdown => 8,
    }
}
