//! What happens in the hall: leaves, lamps, and devices that come and go. What is shown at readers is in `readers`.

use protocols_door::{Leaf, Seen, Told};
use protocols_fieldbus::nodes::NodeEvent;
use protocols_ids::DeviceId;
use protocols_wire::{DoorEvent, JournalEvent, PointRef, SiteConfig, UnixMs};

use crate::site::{Answers, Sequence, SiteDoor, margin_ms, mode};
use crate::{Change, Core, Now, Output};

impl Core {
    /// Takes a configuration into force.
    pub(crate) fn configure(&mut self, now: Now, config: &SiteConfig) {
        self.clock.set_margin(margin_ms(&config.policy));
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
            NodeEvent::Tag(bytes) => self.tag(now, id, bytes, age_ms),
            NodeEvent::TagByte(byte) => self.tag_byte(now, id, byte, age_ms),
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

    /// Tells nodes to forget what is on disk. While the disk is stalled they forget what was taken in: their queues
    /// would fill, and keypads go deaf.
    pub(crate) fn confirm(&mut self) {
        let persisted = if self.out.is_stalled() { u64::MAX } else { self.out.last_persisted() };
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
            let Some(door) = self.site.doors.get_mut(at) else { return };
            if door.config.rex.as_ref().is_some_and(&which) {
                let before = std::mem::replace(&mut door.exit_pressed, pressed);
                if pressed && !before {
                    self.door_sees(now, at, Seen::ExitPressed);
                }
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

    /// Carries out what a zone has become: its lamps, and its end on disk, so that a restart puts nobody in
    /// the dark.
    pub(crate) fn light(&mut self, at: usize) {
        let Some(zone) = self.site.zones.get(at) else { return };
        let (id, lit, until) = (zone.config.id, zone.zone.is_lit(), zone.zone.wake_at().map(UnixMs));
        for lamp in zone.config.lamps.clone() {
            self.write(lamp, lit);
        }
        self.out.persist(Change::Lit { zone: id, until });
    }

    pub(crate) fn record_light(&mut self, now: Now, at: usize) {
        let Some(zone) = self.site.zones.get(at) else { return };
        let (zone, lit) = (zone.config.id, zone.zone.is_lit());
        self.record(now, JournalEvent::Light { zone, lit });
    }
}

fn on(point: Option<&PointRef>, device: DeviceId) -> bool {
    point.is_some_and(|point| point.device == device)
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
