//! What is typed, shown and scanned at the doors, and what comes of it.
//!
//! **Invariant:** each refusal looks the same at the reader. A keypad that pauses after wrong tries still lets tags and
//! tokens in, and wrong tags and tokens never make a keypad pause.

use protocols_access::{
    Attempt, Broken, Decision, Digits, Entered, OFFLINE_DIGITS, OfflineDecision, Place, Site as Conditions,
    TagNumber, TagRead, decide, decide_offline, decide_token,
};
use protocols_door::Seen;
use protocols_fieldbus::nodes::{Indicator, Key};
use protocols_ids::{DeviceId, DoorId, GrantId, ZoneId};
use protocols_wire::{
    CredentialKind, JournalEvent, RefusalReason, TOKEN_CONTEXT, TimeQuality, Token, UnixMs, open, token_bytes,
};

use crate::{Change, Core, Now, Output};

/// A scan that is told later than this after it was made is never decided on: as with keys.
const STALE_MS: u32 = protocols_access::STALE_MS;

/// Someone at a reader.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// The door's place in the site.
    at: usize,
    door: DoorId,
    /// Keypad, tag reader or scanner: whoever asked sees the answer.
    device: DeviceId,
    kind: CredentialKind,
}

/// Someone who may pass.
#[derive(Debug)]
struct Passage {
    told: JournalEvent,
    /// What is lit for it.
    zones: Vec<ZoneId>,
    /// When the booked time ends.
    ends_at: UnixMs,
}

impl Core {
    pub(crate) fn key(&mut self, now: Now, device: DeviceId, key: Key, age_ms: u32) {
        let Some(asked) = self.asked(device, CredentialKind::Pin) else { return };
        let Some(door) = self.site.doors.get_mut(asked.at) else { return };
        let pressed_ms = now.uptime_ms.saturating_sub(age_ms.into());
        match door.line.key(key, pressed_ms, age_in_run(now, age_ms)) {
            None => {}
            Some(Entered::Digits(digits)) => self.entered(now, asked, &digits),
            Some(Entered::Broken(Broken::Stale)) => self.refuse(now, asked, RefusalReason::Stale, None),
            Some(Entered::Broken(Broken::TooLong)) => self.refuse(now, asked, RefusalReason::Unknown, None),
        }
    }

    pub(crate) fn tag(&mut self, now: Now, device: DeviceId, bytes: u8, age_ms: u32) {
        let Some(asked) = self.asked(device, CredentialKind::Tag) else { return };
        let Some(door) = self.site.doors.get_mut(asked.at) else { return };
        let shown_ms = now.uptime_ms.saturating_sub(age_ms.into());
        door.tag.begin(bytes, shown_ms, age_in_run(now, age_ms));
    }

    pub(crate) fn tag_byte(&mut self, now: Now, device: DeviceId, byte: u8, age_ms: u32) {
        let Some(asked) = self.asked(device, CredentialKind::Tag) else { return };
        let Some(door) = self.site.doors.get_mut(asked.at) else { return };
        let shown_ms = now.uptime_ms.saturating_sub(age_ms.into());
        match door.tag.byte(byte, shown_ms, age_in_run(now, age_ms)) {
            None => {}
            Some(TagRead::Number(number)) => self.shown(now, asked, &number),
            Some(TagRead::Stale) => self.refuse(now, asked, RefusalReason::Stale, None),
        }
    }

    /// A scanner read something.
    pub(crate) fn code(&mut self, now: Now, device: DeviceId, text: &str, age_ms: u32) {
        let Some(asked) = self.asked(device, CredentialKind::Qr) else { return };
        if age_in_run(now, age_ms) > STALE_MS {
            self.refuse(now, asked, RefusalReason::Stale, None);
            return;
        }
        let clock_known = now.quality != TimeQuality::Unknown;
        let trusted = |id| self.identity.trusted(id, now.wall, clock_known);
        let token = token_bytes(text).and_then(|bytes| open::<Token>(TOKEN_CONTEXT, &bytes, trusted).ok());
        let Some(token) = token else {
            self.refuse(now, asked, RefusalReason::Unknown, None);
            return;
        };
        let conditions = self.conditions(now);
        let decision = decide_token(&self.table, &conditions, &self.place(now, asked), &token, self.heard_at);
        match decision {
            Decision::Admit { grant } => {
                let (zones, ends_at) = self.lights_of(grant).unwrap_or_else(|| {
                    let group = self.site.groups.iter().find(|group| group.id == token.group);
                    let ends_at = UnixMs(i64::from(token.ends_at_s).saturating_mul(1000));
                    (group.map(|group| group.zones.clone()).unwrap_or_default(), ends_at)
                });
                let told = JournalEvent::Admitted { door: asked.door, grant, kind: asked.kind };
                self.admit(now, asked, Passage { told, zones, ends_at }, Some(grant));
            }
            Decision::Refuse { reason, grant } => self.refuse(now, asked, reason, grant),
        }
    }

    /// Which door a reader belongs to.
    fn asked(&self, device: DeviceId, kind: CredentialKind) -> Option<Asked> {
        let mut doors = (0_usize..).zip(&self.site.doors);
        let (at, door) = doors.find(|(_, door)| {
            let reader = match kind {
                CredentialKind::Pin => door.config.keypad,
                CredentialKind::Tag => door.config.reader,
                CredentialKind::Qr => door.config.scanner,
                CredentialKind::Remote => None,
            };
            reader == Some(device)
        })?;
        Some(Asked { at, door: door.config.id, device, kind })
    }

    fn conditions(&self, now: Now) -> Conditions {
        Conditions {
            posture: self.posture_mode(),
            time_quality: now.quality,
            lease: self.lease,
            policy: self.site.policy,
        }
    }

    fn place(&self, now: Now, asked: Asked) -> Place<'_> {
        let gateway = self.identity.gateway;
        Place { gateway, groups: &self.site.groups, door: asked.door, at: now.wall }
    }

    /// What the table says of a credential.
    fn decided(&self, now: Now, asked: Asked, text: &str, locked_out: bool) -> Decision {
        let Some(sealer) = self.identity.sealer(self.table.seal_id()) else {
            return Decision::Refuse { reason: RefusalReason::Unknown, grant: None };
        };
        let presented = sealer.credential(asked.kind, text);
        let attempt = Attempt { presented, door: asked.door, at: now.wall, locked_out };
        decide(&self.table, &self.conditions(now), &attempt)
    }

    fn entered(&mut self, now: Now, asked: Asked, digits: &Digits) {
        let locked_out = self.locked_out(now, asked);
        let decision = self.decided(now, asked, digits.as_str(), locked_out);
        let unknown =
            !locked_out && matches!(decision, Decision::Refuse { reason: RefusalReason::Unknown, .. });
        if unknown && digits.as_str().len() == OFFLINE_DIGITS {
            self.entered_offline(now, asked, digits);
        } else {
            self.carry_out(now, asked, decision);
        }
    }

    /// Digits that match no grant may be a PIN that was made for a time without a connection.
    fn entered_offline(&mut self, now: Now, asked: Asked, digits: &Digits) {
        let (place, conditions) = (self.place(now, asked), self.conditions(now));
        let sealers = self.identity.sealers.iter().map(|(_, sealer)| sealer);
        match decide_offline(&conditions, &place, sealers, digits.as_str()) {
            OfflineDecision::Admit { group, time } => {
                let told = JournalEvent::AdmittedOffline {
                    door: asked.door,
                    group: group.id,
                    start_slot: time.start_slot,
                    length: time.length,
                    serial: time.serial,
                };
                let passage = Passage { told, zones: group.zones.clone(), ends_at: time.ends_at() };
                self.admit(now, asked, passage, None);
            }
            OfflineDecision::Refuse { reason } => self.refuse(now, asked, reason, None),
        }
    }

    /// A tag was shown. Nobody who types can keep it out.
    fn shown(&mut self, now: Now, asked: Asked, number: &TagNumber) {
        let decision = self.decided(now, asked, number.as_str(), false);
        self.carry_out(now, asked, decision);
    }

    fn carry_out(&mut self, now: Now, asked: Asked, decision: Decision) {
        match decision {
            Decision::Admit { grant } => {
                let (zones, ends_at) = self.lights_of(grant).unwrap_or_default();
                let told = JournalEvent::Admitted { door: asked.door, grant, kind: asked.kind };
                self.admit(now, asked, Passage { told, zones, ends_at }, Some(grant));
            }
            Decision::Refuse { reason, grant } => self.refuse(now, asked, reason, grant),
        }
    }

    /// What a grant in the table lights, and until when.
    fn lights_of(&self, grant: GrantId) -> Option<(Vec<ZoneId>, UnixMs)> {
        self.table.get(grant).map(|grant| (grant.zones().to_vec(), grant.ends_at()))
    }

    /// The lock first; then what the visitor sees; then the journal, beside the door and not before it.
    fn admit(&mut self, now: Now, asked: Asked, passage: Passage, grant: Option<GrantId>) {
        if !self.lock_answers(asked.at) {
            self.refuse(now, asked, RefusalReason::DoorLost, grant);
            return;
        }
        let Passage { told, zones, ends_at } = passage;
        self.door_sees(now, asked.at, Seen::Admitted);
        self.out.push(Output::Indicate { device: asked.device, indicator: Indicator::Admitted });
        self.record(now, told);
        let lit = (0_usize..).zip(&self.site.zones).filter(|(_, zone)| zones.contains(&zone.config.id));
        let lit: Vec<usize> = lit.map(|(at, _)| at).collect();
        for at in lit {
            let Some(zone) = self.site.zones.get_mut(at) else { return };
            let before = zone.zone;
            let until = ends_at.plus_ms(zone.config.lag_ms.into());
            zone.zone = before.admitted(until.0, now.wall.0);
            let came_on = zone.zone.is_lit() && !before.is_lit();
            if zone.zone != before {
                self.light(at);
            }
            if came_on {
                self.record_light(now, at);
            }
        }
    }

    /// The reader shows one and the same refusal, whatever the reason.
    fn refuse(&mut self, now: Now, asked: Asked, reason: RefusalReason, grant: Option<GrantId>) {
        let Asked { at, door, device, kind } = asked;
        self.out.push(Output::Indicate { device, indicator: Indicator::Refused });
        let typed = kind == CredentialKind::Pin;
        // A keypad that pauses spends nothing of what all keypads share, whatever is typed there.
        let reason = match reason {
            guess if typed && is_guess(guess) && self.locked_out(now, asked) => RefusalReason::LockedOut,
            reason => reason,
        };
        self.record(now, JournalEvent::Refused { door, kind, reason, grant });
        if !typed || !is_guess(reason) {
            return;
        }
        self.throttle.wrong(door, now.wall);
        self.out.persist(Change::Throttle { throttle: self.throttle.clone() });
        if self.throttle.admits(door, now.wall) {
            return;
        }
        if let Some(door) = self.site.doors.get_mut(at)
            && !std::mem::replace(&mut door.lock_out_told, true)
        {
            let door = door.config.id;
            self.record(now, JournalEvent::LockedOut { door });
        }
    }

    fn locked_out(&mut self, now: Now, asked: Asked) -> bool {
        self.throttle.settle(now.wall);
        if self.throttle.rested(asked.door, now.wall)
            && let Some(door) = self.site.doors.get_mut(asked.at)
        {
            door.lock_out_told = false;
        }
        !self.throttle.admits(asked.door, now.wall)
    }
}

/// The run before this one may have decided on it already: killed after it had the event on disk, and before the node
/// forgot it.
fn age_in_run(now: Now, age_ms: u32) -> u32 {
    if u64::from(age_ms) > now.uptime_ms { u32::MAX } else { age_ms }
}

/// Whether a refusal takes one of the keypad's tries: what matches no grant, or none that belongs here. Whoever has a
/// PIN and comes at the wrong hour is not guessing.
const fn is_guess(reason: RefusalReason) -> bool {
    match reason {
        RefusalReason::Unknown | RefusalReason::WrongDoor | RefusalReason::Revoked => true,
        RefusalReason::TooEarly
        | RefusalReason::TooLate
        | RefusalReason::LockedOut
        | RefusalReason::Lockdown
        | RefusalReason::ClockUnknown
        | RefusalReason::Version
        | RefusalReason::LeaseEnded
        | RefusalReason::Stale
        | RefusalReason::DoorLost
        | RefusalReason::NotTaken => false,
    }
}
