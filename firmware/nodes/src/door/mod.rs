//! The door node: keypad, tag reader, lock, contact, exit button, tamper switch.

use core::ops::RangeInclusive;

use embedded_hal::digital::{InputPin, OutputPin};
use protocols_fieldbus::nodes::{
    CONFIRM_AT, INDICATOR_AT, Indicator, Key, NodeEvent, NodeKind, RELEASE_COIL, RELEASE_MS_AT,
    WATCHDOG_MS_AT, status,
};

use crate::node::{Exception, Node, addressed, copy_range};
use crate::pin::{Input, Output};
use crate::run::Common;
use crate::tag::{TagNumber, TagReader};
use crate::timer::Timer;

/// Release times that the node takes, in milliseconds. Below a tenth of a second no strike moves; above half a
/// minute it is a schedule, and a schedule is the gateway's to keep.
pub const RELEASE_MS: RangeInclusive<u16> = 100..=30_000;
/// Release time until the master sets another, in milliseconds.
pub const RELEASE_MS_DEFAULT: u16 = 5_000;
/// How long the lock stays released after the exit button is let go, in milliseconds. The node's own, so that
/// no setting can make the way out shorter than a slow person needs.
pub const EGRESS_MS: u32 = 5_000;
/// How long the keypad shows an answer, in milliseconds.
pub const INDICATOR_MS: u32 = 2_000;

/// Where the door node's wires end. A board with the opposite polarity inverts its pin.
#[derive(Debug)]
pub struct DoorPins<Lock, Lamp, Sense> {
    /// High releases.
    pub lock: Lock,
    /// The keypad's green lamp; high is lit.
    pub green: Lamp,
    /// The keypad's red lamp; high is lit.
    pub red: Lamp,
    /// High while the leaf is closed.
    pub contact: Sense,
    /// High while the exit button is pressed.
    pub exit: Sense,
    /// High while the node's cover is closed.
    pub cover: Sense,
}

/// One door.
///
/// The lock is released while at least one of these holds, and each ends by itself:
///
/// ```text
/// granted   coil on  ──────────▶ release time ──▶ over    (coil off, watchdog: over at once)
/// egress    exit button ───────▶ while pressed, and EGRESS_MS after    (nothing ends it sooner)
/// ```
///
/// The exit button breaks the lock's power in hardware as well. What the node adds is the time to reach the
/// handle, and the record.
#[derive(Debug)]
pub struct DoorNode<Lock, Lamp, Sense> {
    common: Common,
    lock: Output<Lock>,
    green: Output<Lamp>,
    red: Output<Lamp>,
    contact: Input<Sense>,
    exit: Input<Sense>,
    cover: Input<Sense>,
    release_ms: u16,
    granted: Option<Timer>,
    egress: Option<Timer>,
    shown: Option<(Indicator, Timer)>,
    reader: TagReader,
}

impl<Lock: OutputPin, Lamp: OutputPin, Sense: InputPin> DoorNode<Lock, Lamp, Sense> {
    /// A node at uptime 0 that has not touched its pins yet: the first [`Node::tick`] secures the lock.
    pub fn new(pins: DoorPins<Lock, Lamp, Sense>) -> Self {
        Self {
            common: Common::new(),
            lock: Output::new(pins.lock),
            green: Output::new(pins.green),
            red: Output::new(pins.red),
            contact: Input::new(pins.contact),
            exit: Input::new(pins.exit),
            cover: Input::new(pins.cover),
            release_ms: RELEASE_MS_DEFAULT,
            granted: None,
            egress: None,
            shown: None,
            reader: TagReader::new(),
        }
    }

    /// A key of the keypad was pressed, at the uptime of the last tick. There is no digit above 9; one is
    /// ignored.
    pub fn key(&mut self, key: Key) {
        if !matches!(key, Key::Digit(10..)) {
            self.common.queue.push(NodeEvent::Key(key), self.common.now_ms);
        }
    }

    /// The reader sees a tag, at the uptime of the last tick. It is called for as long as the tag is held there;
    /// only the first time is told, until the tag was away for [`TAG_AWAY_MS`](crate::TAG_AWAY_MS) or another
    /// one came. A number for which the queue has no room is dropped whole, and counted.
    pub fn tag(&mut self, tag: TagNumber) {
        let now_ms = self.common.now_ms;
        if self.reader.sees(tag, now_ms) {
            let head = core::iter::once(NodeEvent::Tag(tag.length()));
            self.common.queue.push_together(head.chain(tag.bytes().map(NodeEvent::TagByte)), now_ms);
        }
    }

    fn is_released(&self) -> bool {
        self.granted.is_some() || self.egress.is_some() || self.exit.is_on_now()
    }

    fn indicator(&self) -> Indicator {
        self.shown.map_or(Indicator::Idle, |(indicator, _)| indicator)
    }

    /// Reads every input, also when one of them fails.
    fn sense(&mut self) -> Result<(), Exception> {
        let now_ms = self.common.now_ms;
        let contact = self.contact.sample(now_ms);
        let exit = self.exit.sample(now_ms);
        let cover = self.cover.sample(now_ms);
        let changes = [
            contact.map(|change| change.map(NodeEvent::Contact)),
            exit.map(|change| change.map(NodeEvent::Exit)),
            cover.map(|change| change.map(NodeEvent::Tamper)),
        ];
        for event in changes.iter().flatten().flatten() {
            self.common.queue.push(*event, now_ms);
        }
        if self.exit.is_on() {
            self.egress = Some(Timer::begin(now_ms, EGRESS_MS));
        }
        changes.into_iter().try_for_each(|change| change.map(drop))
    }

    fn run_timers(&mut self) {
        let now_ms = self.common.now_ms;
        let was_released = self.is_released();
        self.granted = self.granted.filter(|timer| !timer.is_over(now_ms));
        self.egress = self.egress.filter(|timer| !timer.is_over(now_ms));
        self.shown = self.shown.filter(|(_, timer)| !timer.is_over(now_ms));
        self.reader.tick(now_ms);
        if self.common.watchdog.runs_out(now_ms) {
            self.granted = None;
            self.shown = None;
        }
        if was_released && !self.is_released() {
            self.common.queue.push(NodeEvent::Secured, now_ms);
        }
    }

    /// Sets every output, also when one of them fails.
    fn drive(&mut self) -> Result<(), Exception> {
        let indicator = self.indicator();
        let lock = self.lock.drive(self.is_released());
        let green = self.green.drive(indicator == Indicator::Admitted);
        let red = self.red.drive(indicator == Indicator::Refused);
        lock.and(green).and(red)
    }

    fn status(&self) -> u16 {
        [
            (self.contact.is_on(), status::CLOSED),
            (self.exit.is_on(), status::EXIT),
            (self.cover.is_on(), status::COVER_CLOSED),
            (self.is_released(), status::RELEASED),
        ]
        .into_iter()
        .filter(|(on, _)| *on)
        .fold(0, |bits, (_, bit)| bits | bit)
    }
}

/// Whether a door node's holding register takes a value.
fn accepts(at: u16, value: u16) -> Result<(), Exception> {
    let taken = match at {
        CONFIRM_AT | WATCHDOG_MS_AT => true,
        RELEASE_MS_AT => RELEASE_MS.contains(&value),
        INDICATOR_AT => Indicator::from_register(value).is_some(),
        _ => return Err(Exception::IllegalDataAddress),
    };
    if taken { Ok(()) } else { Err(Exception::IllegalDataValue) }
}

impl<Lock: OutputPin, Lamp: OutputPin, Sense: InputPin> Node for DoorNode<Lock, Lamp, Sense> {
    fn tick(&mut self, now_ms: u32) -> Result<(), Exception> {
        self.common.now_ms = now_ms;
        let sensed = self.sense();
        self.run_timers();
        let driven = self.drive();
        sensed.and(driven)
    }

    fn read_input_registers(&mut self, start: u16, into: &mut [u16]) -> Result<(), Exception> {
        self.common.heard();
        let status = self.status();
        self.common.read_run(NodeKind::Door, status, start, into)
    }

    fn read_discrete_inputs(&mut self, start: u16, into: &mut [bool]) -> Result<(), Exception> {
        self.common.heard();
        copy_range(&[self.contact.is_on(), self.exit.is_on(), self.cover.is_on()], start, into)
    }

    fn read_coils(&mut self, start: u16, into: &mut [bool]) -> Result<(), Exception> {
        self.common.heard();
        copy_range(&[self.is_released()], start, into)
    }

    fn write_coils(&mut self, start: u16, values: &[bool]) -> Result<(), Exception> {
        self.common.heard();
        let writes = addressed(start, values)?;
        if writes.clone().any(|(at, _)| at != RELEASE_COIL) {
            return Err(Exception::IllegalDataAddress);
        }
        for (_, release) in writes {
            self.granted = release.then(|| Timer::begin(self.common.now_ms, u32::from(self.release_ms)));
        }
        self.drive()
    }

    fn read_holding_registers(&mut self, start: u16, into: &mut [u16]) -> Result<(), Exception> {
        self.common.heard();
        let registers = [
            self.common.queue.confirmed(),
            self.release_ms,
            self.indicator().register(),
            self.common.watchdog.limit_ms(),
        ];
        copy_range(&registers, start, into)
    }

    fn write_holding_registers(&mut self, start: u16, values: &[u16]) -> Result<(), Exception> {
        self.common.heard();
        let writes = addressed(start, values)?;
        writes.clone().try_for_each(|(at, value)| accepts(at, value))?;
        for (at, value) in writes {
            match at {
                CONFIRM_AT => self.common.queue.confirm(value),
                RELEASE_MS_AT => self.release_ms = value,
                INDICATOR_AT => {
                    self.shown = Indicator::from_register(value)
                        .map(|indicator| (indicator, Timer::begin(self.common.now_ms, INDICATOR_MS)));
                }
                _ => self.common.watchdog.set_limit_ms(value),
            }
        }
        self.drive()
    }
}

#[cfg(test)]
mod tests;
