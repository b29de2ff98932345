//! What opens without being in the table: tokens and off-line PINs.
//!
//! Both are a visitor's, and stand below everything that the table says.

use protocols_ids::{DoorId, GatewayId, GrantId};
use protocols_wire::{DoorGroup, DoorWindow, GrantClass, RefusalReason, Token, UnixMs};

use crate::decide::standing;
use crate::{Decision, GrantTable, OfflineTime, Sealer, Site, group_window, recognise};

/// Where a token or an off-line PIN was shown, and what the gateway knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Which gateway this is.
    pub gateway: GatewayId,
    /// What each resource needs.
    pub groups: &'a [DoorGroup],
    /// At which door.
    pub door: DoorId,
    /// When.
    pub at: UnixMs,
}

/// Decides on a token whose signature holds. `heard_at` is the newest word of the cloud that the table is at least as
/// new as.
///
/// ```text
///   taken back ─────────────────▶ no
///   in the table ───────────────▶ as that grant
///   made before `heard_at` ─────▶ no: the table would have it
///   otherwise ──────────────────▶ by its own times, with the group's lead and lag
/// ```
pub fn decide_token(
    table: &GrantTable,
    site: &Site,
    place: &Place<'_>,
    token: &Token,
    heard_at: Option<UnixMs>,
) -> Decision {
    let refuse = |reason, grant| Decision::Refuse { reason, grant };
    if token.gateway != place.gateway {
        return refuse(RefusalReason::NotTaken, None);
    }
    let id: GrantId = token.grant;
    let judged = if table.is_taken_back(id) {
        Err(RefusalReason::Revoked)
    } else if let Some(grant) = table.get(id) {
        unexpired(site, grant.class(), token, place.at)
            .and_then(|()| standing(grant, site, place.door, place.at))
    } else if heard_at.is_some_and(|heard| heard >= seconds(token.issued_at_s)) {
        Err(RefusalReason::NotTaken)
    } else {
        let group = place.groups.iter().find(|group| group.id == token.group);
        let window = group.and_then(|group| {
            group_window(group, place.door, seconds(token.starts_at_s), seconds(token.ends_at_s))
        });
        match window {
            None => Err(RefusalReason::WrongDoor),
            Some(window) => unexpired(site, GrantClass::Visitor, token, place.at)
                .and_then(|()| in_window(site, window, place.at)),
        }
    };
    match judged {
        Ok(()) => Decision::Admit { grant: id },
        Err(reason) => refuse(reason, Some(id)),
    }
}

/// What comes of twelve digits that the table does not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfflineDecision<'a> {
    /// Release the door.
    Admit {
        /// The group that the PIN was made for.
        group: &'a DoorGroup,
        /// Its time.
        time: OfflineTime,
    },
    /// Do not.
    Refuse {
        /// For the journal, never for the keypad.
        reason: RefusalReason,
    },
}

/// Decides on digits that match no grant.
pub fn decide_offline<'a, 's>(
    site: &Site,
    place: &Place<'a>,
    sealers: impl Iterator<Item = &'s Sealer>,
    digits: &str,
) -> OfflineDecision<'a> {
    let Some((group, time)) = recognise(sealers, place.gateway, place.groups, place.door, digits, place.at)
    else {
        return OfflineDecision::Refuse { reason: RefusalReason::Unknown };
    };
    let judged = match time.window(group, place.door) {
        None => Err(RefusalReason::WrongDoor),
        Some(_) if !site.is_cut_off(place.at) => Err(RefusalReason::NotTaken),
        Some(window) => in_window(site, window, place.at),
    };
    match judged {
        Ok(()) => OfflineDecision::Admit { group, time },
        Err(reason) => OfflineDecision::Refuse { reason },
    }
}

/// A token counts for a short time only: it can be photographed.
fn unexpired(site: &Site, class: GrantClass, token: &Token, at: UnixMs) -> Result<(), RefusalReason> {
    if !site.clock_serves(class) {
        return Err(RefusalReason::ClockUnknown);
    }
    if at >= seconds(token.expires_at_s) { Err(RefusalReason::TooLate) } else { Ok(()) }
}

/// Whether a visitor may pass in that window.
fn in_window(site: &Site, window: DoorWindow, at: UnixMs) -> Result<(), RefusalReason> {
    if !site.clock_serves(GrantClass::Visitor) {
        return Err(RefusalReason::ClockUnknown);
    }
    if at < window.not_before {
        return Err(RefusalReason::TooEarly);
    }
    if at >= window.not_after {
        return Err(RefusalReason::TooLate);
    }
    site.lets_in(GrantClass::Visitor, false, at)
}

fn seconds(seconds: u32) -> UnixMs {
    UnixMs(i64::from(seconds).saturating_mul(1000))
}
