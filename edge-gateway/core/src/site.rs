//! What is on site: the configuration and the machines that it asks for.

use std::collections::VecDeque;

use protocols_access::{Line, TagLine};
use protocols_door::{Build, Door, Mode, Zone};
use protocols_fieldbus::nodes::QUEUE_EVENTS;
use protocols_ids::{DeviceId, DoorId, ZoneId};
use protocols_wire::{
    DOORS_MAX, DeviceConfig, DoorConfig, DoorGroup, PointRef, PostureMode, SiteConfig, SitePolicy, UnixMs,
    ZONES_MAX, ZoneConfig,
};

use crate::refusal::Refusal;

/// Devices of one gateway: two for each door.
pub const DEVICES_MAX: usize = 512;
/// Doors of one gateway: the tables and the throttle are sized for it.
pub const DOORS_ON_SITE_MAX: usize = 256;
/// Zones of one gateway: as many as doors.
pub const ZONES_ON_SITE_MAX: usize = 256;
/// Lamps of one zone: the outputs of eight lighting nodes.
pub const LAMPS_MAX: usize = 64;

/// Door groups of one gateway: a resource each, several for each part of a large hall.
pub const GROUPS_MAX: usize = 1_024;

/// The configuration in force, with everything that lives by it.
#[derive(Debug, Default)]
pub(crate) struct Site {
    pub(crate) revision: Option<u64>,
    pub(crate) devices: Vec<Device>,
    pub(crate) doors: Vec<SiteDoor>,
    pub(crate) zones: Vec<SiteZone>,
    pub(crate) groups: Vec<DoorGroup>,
    pub(crate) policy: SitePolicy,
}

#[derive(Debug)]
pub(crate) struct SiteDoor {
    pub(crate) config: DoorConfig,
    pub(crate) door: Door,
    pub(crate) line: Line,
    pub(crate) tag: TagLine,
    /// The journal has it that this door's keypad pauses.
    pub(crate) lock_out_told: bool,
    pub(crate) exit_pressed: bool,
    pub(crate) cover_open: bool,
}

#[derive(Debug)]
pub(crate) struct SiteZone {
    pub(crate) config: ZoneConfig,
    pub(crate) zone: Zone,
}

/// Whether a device answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answers {
    NotYet,
    Yes,
    No,
}

#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) config: DeviceConfig,
    pub(crate) answers: Answers,
    /// The last event that was taken in.
    seen: Option<u16>,
    /// Events taken in, and the ticket that must be on disk before the node may forget them. At most one
    /// node's queue.
    unconfirmed: VecDeque<(u16, u64)>,
}

/// What a node's event sequence says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sequence {
    New,
    /// Taken in before; its confirmation is on the way.
    Seen,
    /// Taken in and confirmed before: the node has not heard it.
    Confirmed,
}

impl Device {
    fn new(config: DeviceConfig) -> Self {
        Self { config, answers: Answers::NotYet, seen: None, unconfirmed: VecDeque::new() }
    }

    /// The node began to count anew.
    pub(crate) fn restarted(&mut self) {
        self.seen = None;
        self.unconfirmed.clear();
    }

    pub(crate) fn place(&self, sequence: u16) -> Sequence {
        match self.seen {
            // Half of the circle lies ahead.
            Some(seen) if matches!(sequence.wrapping_sub(seen), 1..=0x7FFF) => Sequence::New,
            None => Sequence::New,
            Some(_) if self.unconfirmed.is_empty() => Sequence::Confirmed,
            Some(_) => Sequence::Seen,
        }
    }

    /// An event was taken in; the node may forget it when `ticket` is on disk.
    pub(crate) fn took(&mut self, sequence: u16, ticket: u64) {
        self.seen = Some(sequence);
        // The later event's ticket stands for both: nothing is confirmed too early.
        if self.unconfirmed.len() >= QUEUE_EVENTS
            || self.unconfirmed.back().is_some_and(|(_, before)| *before == ticket)
        {
            self.unconfirmed.pop_back();
        }
        self.unconfirmed.push_back((sequence, ticket));
    }

    /// The last event whose ticket is on disk and that is not confirmed yet.
    pub(crate) fn take_confirmable(&mut self, persisted: u64) -> Option<u16> {
        let mut last = None;
        while let Some((sequence, _)) = self.unconfirmed.pop_front_if(|(_, ticket)| *ticket <= persisted) {
            last = Some(sequence);
        }
        last
    }

    pub(crate) const fn last_seen(&self) -> Option<u16> {
        self.seen
    }
}

impl Site {
    /// Takes a configuration into force. What is configured as before goes on as it was; the rest begins
    /// anew. Answers with what was there before.
    pub(crate) fn configure(&mut self, config: &SiteConfig, mode: Mode, lit: &[(ZoneId, UnixMs)]) -> Self {
        let mut before = std::mem::take(self);
        self.revision = Some(config.revision);
        self.groups.clone_from(&config.groups);
        self.policy = config.policy;
        for device in &config.devices {
            let same = before.devices.iter().position(|other| other.config == *device);
            self.devices
                .push(same.map_or_else(|| Device::new(device.clone()), |at| before.devices.swap_remove(at)));
        }
        for door in &config.doors {
            let same = before.doors.iter().position(|other| other.config == *door);
            self.doors
                .push(same.map_or_else(|| SiteDoor::new(door, mode), |at| before.doors.swap_remove(at)));
        }
        for zone in &config.zones {
            let same = before.zones.iter().position(|other| other.config == *zone);
            let until = lit.iter().find(|(id, _)| *id == zone.id).map(|(_, until)| until.0);
            self.zones.push(same.map_or_else(
                || SiteZone {
                    config: zone.clone(),
                    zone: until.map_or(Zone::Dark, |until| Zone::Lit { until }),
                },
                |at| before.zones.swap_remove(at),
            ));
        }
        before
    }

    pub(crate) fn device(&mut self, id: DeviceId) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.config.id == id)
    }

    pub(crate) fn answers(&self, id: DeviceId) -> bool {
        self.devices.iter().any(|device| device.config.id == id && device.answers == Answers::Yes)
    }

    pub(crate) fn lost(&self) -> Vec<DeviceId> {
        let lost = self.devices.iter().filter(|device| device.answers == Answers::No);
        lost.map(|device| device.config.id).collect()
    }

    pub(crate) fn door(&self, id: DoorId) -> Option<usize> {
        self.doors.iter().position(|door| door.config.id == id)
    }
}

impl SiteDoor {
    fn new(config: &DoorConfig, mode: Mode) -> Self {
        let build = Build {
            has_contact: config.contact.is_some(),
            release_ms: config.release_ms,
            held_open_ms: config.held_open_ms,
        };
        Self {
            config: config.clone(),
            door: Door::new(build, mode),
            line: Line::default(),
            tag: TagLine::default(),
            lock_out_told: false,
            exit_pressed: false,
            cover_open: false,
        }
    }

    /// Whether the lock or the contact hangs on this device.
    pub(crate) fn hangs_on(&self, device: DeviceId) -> bool {
        self.config.lock.device == device
            || self.config.contact.as_ref().is_some_and(|contact| contact.device == device)
    }
}

/// The door's mode under the site's posture.
pub(crate) const fn mode(posture: PostureMode) -> Mode {
    match posture {
        PostureMode::Normal => Mode::Normal,
        PostureMode::Lockdown => Mode::LockedDown,
        PostureMode::Emergency => Mode::Emergency,
    }
}

/// A time of the policy in milliseconds.
pub(crate) fn hours_ms(hours: u32) -> i64 {
    i64::from(hours).saturating_mul(3_600_000)
}

/// Above this uncertainty the clock counts as unknown.
pub(crate) fn margin_ms(policy: &SitePolicy) -> u64 {
    u64::from(policy.clock_margin_s).saturating_mul(1000)
}

/// Whether a configuration can be carried out: within bounds, each id once, each keypad, tag reader and scanner at one
/// door, and every point on a device that is there.
pub(crate) fn check(config: &SiteConfig) -> Result<(), Refusal> {
    if config.devices.len() > DEVICES_MAX
        || config.doors.len() > DOORS_ON_SITE_MAX
        || config.zones.len() > ZONES_ON_SITE_MAX
        || config.zones.iter().any(|zone| zone.lamps.len() > LAMPS_MAX)
        || config.groups.len() > GROUPS_MAX
        || config.groups.iter().any(|group| group.doors.len() > DOORS_MAX || group.zones.len() > ZONES_MAX)
    {
        return Err(Refusal::Oversized);
    }
    let known = |device: DeviceId| config.devices.iter().any(|other| other.id == device);
    let doors_hold = config.doors.iter().all(|door| {
        let points = [Some(&door.lock), door.contact.as_ref(), door.rex.as_ref(), door.tamper.as_ref()];
        let readers = [door.keypad, door.reader, door.scanner];
        points.into_iter().flatten().all(|point| known(point.device))
            && readers.into_iter().flatten().all(known)
    });
    let lamps: Vec<&PointRef> = config.zones.iter().flat_map(|zone| &zone.lamps).collect();
    let holds = doors_hold
        && lamps.iter().all(|lamp| known(lamp.device))
        && each_once(config.devices.iter().map(|device| device.id))
        && each_once(config.doors.iter().map(|door| door.id))
        && each_once(config.zones.iter().map(|zone| zone.id))
        && each_once(config.doors.iter().filter_map(|door| door.keypad))
        && each_once(config.doors.iter().filter_map(|door| door.reader))
        && each_once(config.doors.iter().filter_map(|door| door.scanner))
        && each_once(config.groups.iter().map(|group| group.id))
        && each_once(config.doors.iter().map(|door| &door.lock).chain(lamps));
    if holds { Ok(()) } else { Err(Refusal::Impossible) }
}

fn each_once<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut items: Vec<T> = items.collect();
    let all = items.len();
    items.sort_unstable();
    items.dedup();
    items.len() == all
}
