//! The decision at the door.

use protocols_ids::{DoorId, GrantId};
use protocols_wire::{GrantClass, PostureMode, RefusalReason, SealedCredential, TimeQuality, UnixMs};

use crate::rows::Match;
use crate::{GrantTable, KeptGrant};

/// How long visitors' grants hold without a word from the cloud.
pub const VISITOR_LEASE_MS: i64 = 7 * 24 * 3_600_000;
/// How long staff's grants hold without a word from the cloud.
pub const STAFF_LEASE_MS: i64 = 30 * 24 * 3_600_000;
/// How long technicians' grants hold without a word from the cloud.
pub const TECHNICIAN_LEASE_MS: i64 = 24 * 3_600_000;

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
    pub fn ends_at(self, class: GrantClass) -> UnixMs {
        let longest_ms = match class {
            GrantClass::Visitor => VISITOR_LEASE_MS,
            GrantClass::Staff => STAFF_LEASE_MS,
            GrantClass::Technician => TECHNICIAN_LEASE_MS,
        };
        let by_class = self.heartbeat_at.unwrap_or_default().plus_ms(longest_ms);
        self.until.map_or(by_class, |until| until.min(by_class))
    }
}

/// What holds for the whole site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    /// Normal, lockdown or emergency. In a lockdown staff and technicians pass, who respond to it; visitors
    /// do not. In an emergency what must open is open already, and grants count as ever.
    pub posture: PostureMode,
    /// How well the clock is known. When it is not, visitors are refused; staff and technicians are decided
    /// by the clock as it is.
    pub time_quality: TimeQuality,
    /// How long the table may be believed.
    pub lease: Lease,
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
    /// The reader has no tries left ([`Throttle::admits`](crate::Throttle::admits)).
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
            Match::Live(grant) => match standing(grant, site, attempt) {
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
fn standing(grant: &KeptGrant, site: &Site, attempt: &Attempt) -> Result<(), RefusalReason> {
    if !grant.understood() {
        return Err(RefusalReason::Version);
    }
    let windows = || grant.windows().filter(|window| window.door == attempt.door);
    if windows().next().is_none() {
        return Err(RefusalReason::WrongDoor);
    }
    if site.time_quality == TimeQuality::Unknown && grant.class() == GrantClass::Visitor {
        return Err(RefusalReason::ClockUnknown);
    }
    if !windows().any(|window| window.not_before <= attempt.at && attempt.at < window.not_after) {
        let to_come = windows().any(|window| attempt.at < window.not_before);
        return Err(if to_come { RefusalReason::TooEarly } else { RefusalReason::TooLate });
    }
    if attempt.at >= site.lease.ends_at(grant.class()) {
        return Err(RefusalReason::LeaseEnded);
    }
    match (site.posture, grant.class()) {
        (PostureMode::Lockdown, GrantClass::Visitor) => Err(RefusalReason::Lockdown),
        (PostureMode::Lockdown, GrantClass::Staff | GrantClass::Technician)
        | (PostureMode::Normal | PostureMode::Emergency, _) => Ok(()),
    }
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
