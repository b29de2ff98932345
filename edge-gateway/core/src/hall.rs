//! What happens in the hall: keys, leaves, lamps, and devices that come and go.

use protocols_access::{Attempt, Broken, Decision, Digits, Entered, Site as Conditions, decide};
use protocols_door::{Leaf, Seen, Told};
use protocols_fieldbus::nodes::{Indicator, Key, NodeEvent};
use protocols_ids::{DeviceId, DoorId, GrantId};
use protocols_wire::{CredentialKind, DoorEvent, JournalEvent, PointRef, RefusalReason, SiteConfig, UnixMs};

use crate::site::{Answers, Sequence, SiteDoor, mode};
use crate::{Change, Core, Now, Output};

impl Core {
    /// Takes a configuration into force.
    pub(crate) fn configure(&mut self, now: Now, config: &SiteConfig) {
        let lit = self
            .site
            .zones
            .iter()
            .filter_map(|zone| zone.zone.wake_at().map(|until| (zone.config.id, UnixMs(until))));
        let lit: Vec<_> = lit.collect();
        let before = self.site.configure(config, mode(self.posture_mode()), &lit);
        // What no longer belongs to a door or a zone is left secured and dark.
        for lock in before.doors.into_iter().map(|door| door.config.lock) {
            self.write(lock, false);
        }
        for gone in before.zones.into_iter().filter(|zone| zone.zone.is_lit()) {
            if !self.site.zones.iter().any(|zone| zone.config.id == gone.config.id) {
                self.out.persist(Change::Lit { zone: gone.config.id, until: None });
            }
            for lamp in gone.config.lamps {
                self.write(lamp, false);
            }
        }
        // A new door or zone on a device that answers already: the device is not found anew.
        let answering = self.site.devices.iter().filter(|device| device.answers == Answers::Yes);
        let answering: Vec<DeviceId> = answering.map(|device| device.config.id).collect();
        for id in answering {
            self.each_door(
                now,
                |door| door.config.lock.device == id && door.door.leaf() == Leaf::Unknown,
                Seen::DeviceFound,
            );
            self.write_lamps(id);
        }
    }

    pub(crate) fn node_event(
        &mut self,
        now: Now,
        id: DeviceId,
        sequence: u16,
        age_ms: u32,
        event: NodeEvent,
    ) {
        let Some(device) = self.site.device(id) else { return };
        match device.place(sequence) {
            Sequence::New => {}
            Sequence::Seen => return,
            Sequence::Confirmed => {
                if let Some(sequence) = device.last_seen() {
                    self.out.push(Output::Confirm { device: id, sequence });
                }
                return;
            }
        }
        // What waited in the node's queue is told as of when it happened; keys are decided on now.
        let then = Now {
            wall: now.wall.plus_ms(i64::from(age_ms).saturating_neg()),
            uptime_ms: now.uptime_ms.saturating_sub(age_ms.into()),
            ..now
        };
        match event {
            NodeEvent::Key(key) => self.key(now, id, key, age_ms),
            NodeEvent::Contact(closed) => {
                self.each_door(then, |door| on(door.config.contact.as_ref(), id), Seen::Contact(closed));
            }
            NodeEvent::Exit(pressed) => self.exit_button(then, |rex| rex.device == id, pressed),
            NodeEvent::Tamper(closed) => self.cover(then, |tamper| tamper.device == id, closed),
            NodeEvent::Secured => {
                self.each_door(then, |door| door.config.lock.device == id, Seen::Secured);
            }
            // Nobody has a tag yet.
            NodeEvent::Tag(_) | NodeEvent::TagByte(_) => {}
        }
        let ticket = self.out.last_issued();
        if let Some(device) = self.site.device(id) {
            device.took(sequence, ticket);
        }
        self.confirm();
    }

    pub(crate) fn point(&mut self, now: Now, point: &PointRef, on: bool) {
        self.each_door(now, |door| door.config.contact.as_ref() == Some(point), Seen::Contact(on));
        self.exit_button(now, |rex| rex == point, on);
        self.cover(now, |tamper| tamper == point, on);
    }

    /// Tells nodes to forget what is on disk.
    pub(crate) fn confirm(&mut self) {
        let persisted = self.out.last_persisted();
        for device in &mut self.site.devices {
            if let Some(sequence) = device.take_confirmable(persisted) {
                self.out.push(Output::Confirm { device: device.config.id, sequence });
            }
        }
    }

    pub(crate) fn device_lost(&mut self, now: Now, id: DeviceId) {
        let Some(device) = self.site.device(id) else { return };
        if device.answers == Answers::No {
            return;
        }
        device.answers = Answers::No;
        self.each_door(now, |door| door.hangs_on(id), Seen::DeviceLost);
        self.record(now, JournalEvent::Device { device: id, answers: false });
        self.uplink.report_soon(now);
    }

    pub(crate) fn device_found(&mut self, now: Now, id: DeviceId, restarted: bool) {
        let Some(device) = self.site.device(id) else { return };
        if restarted {
            device.restarted();
        }
        let news = device.answers != Answers::Yes;
        device.answers = Answers::Yes;
        self.each_door(now, |door| door.hangs_on(id), Seen::DeviceFound);
        self.write_lamps(id);
        if news {
            self.record(now, JournalEvent::Device { device: id, answers: true });
            self.uplink.report_soon(now);
        }
    }

    pub(crate) fn lock_answers(&self, at: usize) -> bool {
        self.site.doors.get(at).is_some_and(|door| self.site.answers(door.config.lock.device))
    }

    pub(crate) fn door_sees(&mut self, now: Now, at: usize, seen: Seen) {
        let Some(door) = self.site.doors.get_mut(at) else { return };
        let reaction = door.door.see(seen, now.uptime_ms);
        let (id, lock) = (door.config.id, reaction.lock.map(|on| (door.config.lock.clone(), on)));
        if let Some((lock, on)) = lock {
            self.write(lock, on);
        }
        if let Some(told) = reaction.told {
            self.record(now, JournalEvent::Door { door: id, what: door_event(told) });
        }
    }

    pub(crate) fn tick_doors(&mut self, now: Now) {
        for at in 0..self.site.doors.len() {
            let wake = self.site.doors.get(at).and_then(|door| door.door.wake_at_ms());
            if wake.is_some_and(|wake_ms| wake_ms <= now.uptime_ms) {
                self.door_sees(now, at, Seen::Tick);
            }
        }
    }

    pub(crate) fn tick_zones(&mut self, now: Now) {
        for at in 0..self.site.zones.len() {
            let Some(zone) = self.site.zones.get_mut(at) else { return };
            let before = zone.zone;
            zone.zone = before.tick(now.wall.0);
            if zone.zone != before {
                self.light(at);
                self.record_light(now, at);
            }
        }
    }

    /// Writes to a device that answers. What cannot be written now is not kept for later.
    fn write(&mut self, point: PointRef, on: bool) {
        if self.site.answers(point.device) {
            self.out.push(Output::Write { point, on });
        }
    }

    /// Lets the lamps on a device be what their zones are.
    fn write_lamps(&mut self, device: DeviceId) {
        let lamps = self
            .site
            .zones
            .iter()
            .flat_map(|zone| zone.config.lamps.iter().map(|lamp| (lamp.clone(), zone.zone.is_lit())));
        let lamps: Vec<_> = lamps.filter(|(lamp, _)| lamp.device == device).collect();
        for (lamp, lit) in lamps {
            self.write(lamp, lit);
        }
    }

    fn each_door(&mut self, now: Now, which: impl Fn(&SiteDoor) -> bool, seen: Seen) {
        for at in 0..self.site.doors.len() {
            if self.site.doors.get(at).is_some_and(&which) {
                self.door_sees(now, at, seen);
            }
        }
    }

    fn exit_button(&mut self, now: Now, which: impl Fn(&PointRef) -> bool, pressed: bool) {
        for at in 0..self.site.doors.len() {
            if self.site.doors.get(at).is_some_and(|door| door.config.rex.as_ref().is_some_and(&which)) {
                self.door_sees(now, at, Seen::Exit(pressed));
            }
        }
    }

    fn cover(&mut self, now: Now, which: impl Fn(&PointRef) -> bool, closed: bool) {
        for at in 0..self.site.doors.len() {
            let Some(door) = self.site.doors.get_mut(at) else { return };
            if door.config.tamper.as_ref().is_some_and(&which) {
                let before = std::mem::replace(&mut door.cover_open, !closed);
                let id = door.config.id;
                let what = if closed { DoorEvent::TamperRestored } else { DoorEvent::Tamper };
                if before == closed {
                    self.record(now, JournalEvent::Door { door: id, what });
                }
            }
        }
    }

    fn key(&mut self, now: Now, device: DeviceId, key: Key, age_ms: u32) {
        let Some(at) = self.site.doors.iter().position(|door| door.config.keypad == Some(device)) else {
            return;
        };
        let Some(door) = self.site.doors.get_mut(at) else { return };
        let pressed_ms = now.uptime_ms.saturating_sub(age_ms.into());
        // The run before this one may have decided on a key already: killed after it had the key on disk, and
        // before the node forgot it.
        let age_ms = if u64::from(age_ms) > now.uptime_ms { u32::MAX } else { age_ms };
        let id = door.config.id;
        match door.line.key(key, pressed_ms, age_ms) {
            None => {}
            Some(Entered::Digits(digits)) => self.entered(now, at, id, device, &digits),
            Some(Entered::Broken(Broken::Stale)) => {
                self.refuse(now, id, device, RefusalReason::Stale, None);
            }
            Some(Entered::Broken(Broken::TooLong)) => {
                self.refuse(now, id, device, RefusalReason::Unknown, None);
            }
        }
    }

    fn entered(&mut self, now: Now, at: usize, door: DoorId, keypad: DeviceId, digits: &Digits) {
        let site = Conditions { posture: self.posture_mode(), time_quality: now.quality, lease: self.lease };
        let locked_out = self.locked_out(now, door);
        let decision = match self.identity.sealer(self.table.seal_id()) {
            Some(sealer) => decide(
                &self.table,
                &site,
                &Attempt {
                    presented: sealer.credential(CredentialKind::Pin, digits.as_str()),
                    door,
                    at: now.wall,
                    locked_out,
                },
            ),
            None => Decision::Refuse { reason: RefusalReason::Unknown, grant: None },
        };
        match decision {
            Decision::Admit { grant } if self.lock_answers(at) => self.admit(now, at, door, keypad, grant),
            Decision::Admit { grant } => {
                self.refuse(now, door, keypad, RefusalReason::DoorLost, Some(grant));
            }
            Decision::Refuse { reason, grant } => self.refuse(now, door, keypad, reason, grant),
        }
    }

    /// The lock first; then what the visitor sees; then the journal, beside the door and not before it.
    fn admit(&mut self, now: Now, at: usize, door: DoorId, keypad: DeviceId, grant: GrantId) {
        self.door_sees(now, at, Seen::Admitted);
        self.out.push(Output::Indicate { device: keypad, indicator: Indicator::Admitted });
        self.record(now, JournalEvent::Admitted { door, grant, kind: CredentialKind::Pin });
        let Some(grant) = self.table.get(grant) else { return };
        let ends_at = grant.ends_at();
        let lit: Vec<usize> = (0_usize..)
            .zip(&self.site.zones)
            .filter(|(_, zone)| grant.zones().contains(&zone.config.id))
            .map(|(at, _)| at)
            .collect();
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

    /// The keypad shows one and the same refusal, whatever the reason.
    fn refuse(
        &mut self,
        now: Now,
        door: DoorId,
        keypad: DeviceId,
        reason: RefusalReason,
        grant: Option<GrantId>,
    ) {
        self.out.push(Output::Indicate { device: keypad, indicator: Indicator::Refused });
        // A reader that pauses spends nothing of what all readers share, whatever is typed there.
        let reason = match reason {
            guess if is_guess(guess) && self.locked_out(now, door) => RefusalReason::LockedOut,
            reason => reason,
        };
        if is_guess(reason) {
            self.throttle.wrong(door, now.wall);
            self.out.persist(Change::Throttle { throttle: self.throttle.clone() });
        }
        self.record(now, JournalEvent::Refused { door, kind: CredentialKind::Pin, reason, grant });
    }

    fn locked_out(&mut self, now: Now, door: DoorId) -> bool {
        self.throttle.settle(now.wall);
        !self.throttle.admits(door, now.wall)
    }

    /// Carries out what a zone has become: its lamps, and its end on disk, so that a restart puts nobody in
    /// the dark.
    fn light(&mut self, at: usize) {
        let Some(zone) = self.site.zones.get(at) else { return };
        let (id, lit, until) = (zone.config.id, zone.zone.is_lit(), zone.zone.wake_at().map(UnixMs));
        for lamp in zone.config.lamps.clone() {
            self.write(lamp, lit);
        }
        self.out.persist(Change::Lit { zone: id, until });
    }

    fn record_light(&mut self, now: Now, at: usize) {
        let Some(zone) = self.site.zones.get(at) else { return };
        let (zone, lit) = (zone.config.id, zone.zone.is_lit());
        self.record(now, JournalEvent::Light { zone, lit });
    }
}

fn on(point: Option<&PointRef>, device: DeviceId) -> bool {
    point.is_some_and(|point| point.device == device)
}

/// Whether a refusal takes one of the reader's tries: what matches no grant, or none that belongs here.
/// Whoever has a PIN and comes at the wrong hour is not guessing.
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

const fn door_event(told: Told) -> DoorEvent {
    match told {
        Told::Opened => DoorEvent::Opened,
        Told::Closed => DoorEvent::Closed,
        Told::Relocked => DoorEvent::Relocked,
        Told::Forced => DoorEvent::Forced,
        Told::HeldOpen => DoorEvent::HeldOpen,
        Told::Exit => DoorEvent::Exit,
    }
}
