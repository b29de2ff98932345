//! The hall as a machine: the time, what people do and what the master asks go in; a [`Scene`] comes out.

mod door;
mod lighting;
mod link;
mod scanner;

use std::collections::VecDeque;

use firmware_nodes::{Exception, Node, TagNumber};
use protocols_fieldbus::nodes::{Indicator, Key};

use crate::layout::{Layout, LayoutError};
use crate::scene::{
    Contact, DoorSeen, Happened, HeldTo, LOG_LINES, Leaf, Lock, Place, ReleasedBy, ScannerSeen, Scene,
    SecuredBy, What,
};
use door::Door;
use lighting::Lighting;
use link::Bus;
use scanner::Scanner;
pub use scanner::{LATE_MS, ScannerAction, ScannerMessage};

/// An open leaf closes by itself after this long, like a door with a closer, in milliseconds.
pub const CLOSER_MS: u64 = 6_000;
/// How long a person keeps the exit button pressed, in milliseconds.
pub const EXIT_PRESS_MS: u64 = 600;
/// How long a person keeps a tag against the reader, in milliseconds.
pub const TAG_HELD_MS: u64 = 800;
/// A node that was asked this recently, in milliseconds, has a master that listens.
pub const HEARD_MS: u64 = 2_000;
/// The longest delay of a reply, in milliseconds: beyond it every master has given up.
pub const REPLY_DELAY_MS_MAX: u32 = 60_000;

/// What a person in the hall does, or what breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Presses a key of the keypad.
    Key(Key),
    /// Holds a tag against the reader for [`TAG_HELD_MS`].
    Tag(TagNumber),
    /// Pushes the door; it opens if the lock is released.
    Push,
    /// Breaks the door open.
    Force,
    /// Closes the door.
    Close,
    /// Presses the exit button for [`EXIT_PRESS_MS`].
    Exit,
    /// Closes (`true`) or opens the node's cover.
    Cover(bool),
    /// The node falls silent (`true`), or is mended.
    Silent(bool),
    /// Every reply comes this many milliseconds late; 0 mends it.
    ReplyDelay(u32),
    /// The contact sticks where it is (`true`), or is mended.
    StickContact(bool),
    /// The node loses power and starts anew: uptime, sequences and queue begin again.
    PowerCycle,
}

/// Why an action did nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Nothing answers to that unit id.
    #[error("there is no device with unit id {unit}")]
    NoSuchDevice {
        /// The id.
        unit: u8,
    },
    /// The action needs a door.
    #[error("device {unit} is not a door")]
    NotADoor {
        /// The id.
        unit: u8,
    },
    /// This hall has no scanner.
    #[error("there is no scanner")]
    NoScanner,
    /// The door was pushed and the lock held.
    #[error("the door at {unit} is locked")]
    Locked {
        /// The id.
        unit: u8,
    },
    /// The delay is above [`REPLY_DELAY_MS_MAX`].
    #[error("a delay of {delay_ms} ms is more than {REPLY_DELAY_MS_MAX} ms")]
    DelayTooLong {
        /// The delay asked for.
        delay_ms: u32,
    },
}

/// What comes back over the bus.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply<T> {
    /// No device has this unit id.
    NoSuchDevice,
    /// The device hears nothing and says nothing.
    Silence,
    /// The node's answer, to be held back for a while.
    Answer {
        /// What it says.
        answer: Result<T, Exception>,
        /// How much late, in milliseconds.
        delay_ms: u32,
    },
}

/// Who made the change that is being looked for.
#[derive(Clone, Copy)]
enum Cause {
    Master,
    Other,
}

/// The hall. Every method takes the driver's clock: milliseconds since the hall began, never going back.
#[derive(Debug)]
pub struct Site {
    doors: Vec<Door>,
    lighting: Lighting,
    scanner: Option<Scanner>,
    /// What was seen last, to find what has changed since.
    seen: Seen,
    log: VecDeque<Happened>,
    next_number: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Seen {
    doors: Vec<DoorSeen>,
    zones: Vec<bool>,
    lighting_heard: bool,
    scanner: Option<ScannerSeen>,
}

impl Seen {
    fn any_heard(&self) -> bool {
        self.lighting_heard || self.doors.iter().any(|door| door.link.heard)
    }
}

impl Site {
    /// A hall with closed, locked doors, in the dark, at time 0.
    pub fn new(layout: &Layout) -> Result<Self, LayoutError> {
        layout.validate()?;
        let mut doors: Vec<_> = layout.doors.iter().map(|unit| Door::new(*unit)).collect();
        let mut lighting = Lighting::new(layout.lighting, layout.zones);
        for door in &mut doors {
            door.tick(0);
        }
        lighting.tick(0);
        let mut scanner = layout.scanner.map(Scanner::new);
        if let Some(scanner) = &mut scanner {
            scanner.tick(0);
        }
        let seen = look(&doors, &lighting, scanner.as_ref(), 0);
        Ok(Self { doors, lighting, scanner, seen, log: VecDeque::new(), next_number: 1 })
    }

    /// Lets time pass.
    pub fn tick(&mut self, now_ms: u64) {
        self.step(now_ms);
        self.observe(now_ms, Cause::Other);
    }

    /// Somebody does something at a device, or it breaks.
    pub fn act(&mut self, now_ms: u64, unit: u8, action: Action) -> Result<(), Refusal> {
        self.step(now_ms);
        let told = if let Some(door) = self.doors.iter_mut().find(|door| door.bus.unit == unit) {
            door.act(now_ms, action)
        } else if self.lighting.bus.unit == unit {
            self.lighting.act(now_ms, action)
        } else {
            Err(Refusal::NoSuchDevice { unit })
        };
        // A push in vain is refused and still worth a line.
        let line = match told {
            Ok(told) => told,
            Err(Refusal::Locked { .. }) => Some(What::PushedInVain),
            Err(
                Refusal::NoSuchDevice { .. }
                | Refusal::NotADoor { .. }
                | Refusal::NoScanner
                | Refusal::DelayTooLong { .. },
            ) => None,
        };
        if let Some(what) = line {
            self.tell(now_ms, Place::Node(unit), what);
        }
        self.step(now_ms);
        self.observe(now_ms, Cause::Other);
        told.map(drop)
    }

    /// Somebody does something at the scanner, or it breaks.
    pub fn act_at_scanner(&mut self, now_ms: u64, action: ScannerAction<'_>) -> Result<(), Refusal> {
        self.step(now_ms);
        let scanner = self.scanner.as_mut().ok_or(Refusal::NoScanner)?;
        if let Some(what) = scanner.act(now_ms, action) {
            self.tell(now_ms, Place::Scanner, what);
        }
        self.step(now_ms);
        self.observe(now_ms, Cause::Other);
        Ok(())
    }

    /// Whether the scanner's network works, so far as the hall is concerned.
    pub fn scanner_has_network(&self) -> bool {
        self.scanner.as_ref().is_some_and(Scanner::has_network)
    }

    /// The scanner reached its broker, or lost it.
    pub fn scanner_connected(&mut self, now_ms: u64, connected: bool) {
        self.step(now_ms);
        if let Some(scanner) = &mut self.scanner {
            scanner.connected(connected);
        }
        self.observe(now_ms, Cause::Other);
    }

    /// What the scanner has to tell its broker, in this order. Nothing while it is not connected.
    pub fn scanner_messages(&mut self, now_ms: u64) -> Vec<ScannerMessage> {
        self.step(now_ms);
        self.scanner.as_mut().map(|scanner| scanner.messages(now_ms)).unwrap_or_default()
    }

    /// The gateway's answer came to the scanner.
    pub fn scanner_indicated(&mut self, now_ms: u64, payload: &[u8]) {
        self.step(now_ms);
        if let Some(scanner) = &mut self.scanner {
            scanner.indicated(payload);
        }
        self.observe(now_ms, Cause::Other);
    }

    /// The master asks a node something.
    pub fn request<T>(
        &mut self,
        now_ms: u64,
        unit: u8,
        ask: impl FnOnce(&mut dyn Node) -> Result<T, Exception>,
    ) -> Reply<T> {
        self.tick(now_ms);
        let (bus, node): (&mut Bus, &mut dyn Node) =
            if let Some(door) = self.doors.iter_mut().find(|door| door.bus.unit == unit) {
                (&mut door.bus, &mut door.node)
            } else if self.lighting.bus.unit == unit {
                (&mut self.lighting.bus, &mut self.lighting.node)
            } else {
                return Reply::NoSuchDevice;
            };
        if bus.silent {
            return Reply::Silence;
        }
        bus.last_request_ms = Some(now_ms);
        let delay_ms = bus.reply_delay_ms;
        let answer = ask(node);
        self.observe(now_ms, Cause::Master);
        Reply::Answer { answer, delay_ms }
    }

    /// What is seen now.
    pub fn scene(&self, now_ms: u64) -> Scene {
        Scene {
            doors: self.seen.doors.clone(),
            zones: self.seen.zones.clone(),
            lighting: self.lighting.bus.link(now_ms),
            scanner: self.seen.scanner,
            log: self.log.iter().cloned().collect(),
        }
    }

    fn step(&mut self, now_ms: u64) {
        for door in &mut self.doors {
            door.tick(now_ms);
        }
        self.lighting.tick(now_ms);
        if let Some(scanner) = &mut self.scanner {
            scanner.tick(now_ms);
        }
    }

    fn tell(&mut self, at_ms: u64, place: Place, what: What) {
        if self.log.len() == LOG_LINES {
            self.log.pop_front();
        }
        self.log.push_back(Happened { number: self.next_number, at_ms, place, what });
        self.next_number += 1;
    }

    /// Puts into words what has changed since the last look.
    fn observe(&mut self, now_ms: u64, cause: Cause) {
        let now = look(&self.doors, &self.lighting, self.scanner.as_ref(), now_ms);
        if now == self.seen {
            return;
        }
        let before = core::mem::replace(&mut self.seen, now.clone());
        match (before.any_heard(), now.any_heard()) {
            (false, true) => self.tell(now_ms, Place::Bus, What::MasterCame),
            (true, false) => self.tell(now_ms, Place::Bus, What::MasterGone),
            (false, false) | (true, true) => {}
        }
        for (was, is) in before.doors.iter().zip(&now.doors) {
            for what in door_changes(was, is, cause) {
                self.tell(now_ms, Place::Node(is.link.unit), what);
            }
        }
        let lighting = Place::Node(self.lighting.bus.unit);
        for (zone, (was, lit)) in (0..).zip(before.zones.into_iter().zip(now.zones)) {
            if was != lit {
                self.tell(now_ms, lighting, What::Lamp { zone, lit });
            }
        }
        if let (Some(was), Some(is)) = (before.scanner, now.scanner) {
            for what in scanner_changes(was, is) {
                self.tell(now_ms, Place::Scanner, what);
            }
        }
    }
}

fn look(doors: &[Door], lighting: &Lighting, scanner: Option<&Scanner>, now_ms: u64) -> Seen {
    Seen {
        doors: doors.iter().map(|door| door.seen(now_ms)).collect(),
        zones: lighting.zones(),
        lighting_heard: lighting.bus.link(now_ms).heard,
        scanner: scanner.map(Scanner::seen),
    }
}

fn scanner_changes(was: ScannerSeen, is: ScannerSeen) -> impl Iterator<Item = What> {
    let shown = (was.indicator != is.indicator && is.indicator != Indicator::Idle)
        .then_some(What::ScannerShown(is.indicator));
    let connected = (was.connected != is.connected).then_some(What::ScannerConnected(is.connected));
    [connected, shown].into_iter().flatten()
}

fn door_changes(was: &DoorSeen, is: &DoorSeen, cause: Cause) -> impl Iterator<Item = What> {
    let lock = (was.lock != is.lock).then_some(match (is.lock, cause) {
        (Lock::Released, Cause::Master) => What::Released(ReleasedBy::Master),
        (Lock::Released, Cause::Other) => What::Released(ReleasedBy::Exit),
        (Lock::Locked, Cause::Master) => What::Secured(SecuredBy::Master),
        (Lock::Locked, Cause::Other) => What::Secured(SecuredBy::Node),
    });
    let leaf = (was.leaf != is.leaf).then_some(match (is.leaf, was.lock) {
        (Leaf::Open, Lock::Released) => What::Opened,
        (Leaf::Open, Lock::Locked) => What::ForcedOpen,
        (Leaf::Closed, _) => What::Closed,
    });
    let shown = (was.indicator != is.indicator && is.indicator != Indicator::Idle)
        .then_some(What::Shown(is.indicator));
    let cover = (was.cover_closed != is.cover_closed).then_some(What::Cover(is.cover_closed));
    let contact = (was.contact != is.contact).then_some(What::ContactStuck(is.contact));
    [contact, shown, lock, leaf, cover].into_iter().flatten()
}

impl Contact {
    const fn stuck_at(leaf: Leaf) -> Self {
        Self::Stuck(match leaf {
            Leaf::Closed => HeldTo::Closed,
            Leaf::Open => HeldTo::Open,
        })
    }
}

#[cfg(test)]
mod tests;
