//! Register maps of our own nodes, map version 1. Addresses count from 0, as on the wire.
//!
//! ```text
//! input registers (04), every node          discrete inputs (02), door node
//!   0  MAGIC                                   0  contact: leaf closed
//!   1  kind                                    1  exit button pressed
//!   2  map version                             2  tamper: cover closed
//!   3  sequence (rises by every read of it)
//!   4  uptime ms, high word                 coils (01/05/15)
//!   5  uptime ms, low word                     door:     0  release, by the node's own timer
//!   6  status bits                             lighting: 0..=7  lamps
//!   7  events dropped since start
//!   8  events waiting, 0..=EVENTS_PER_READ  holding registers (03/06/16)
//!   9… events, EVENT_REGISTERS each            0  events confirmed up to this sequence
//!                                              1  release time, ms
//!                                              2  indicator
//!                                              3  watchdog, ms (0: off)
//! ```
//!
//! A node's events stay in its queue until the master confirms them, so that a gateway that dies between
//! reading and writing its journal loses none. Input registers are read in one run from [`MAGIC_AT`]; the
//! sequence register in it unmasks a late answer to an earlier request.

/// `HP` in ASCII: first input register of every node of ours.
pub const MAGIC: u16 = 0x4850;
/// The version of this map.
pub const MAP_VERSION: u16 = 1;

/// Input register of [`MAGIC`].
pub const MAGIC_AT: u16 = 0;
/// Input register of the [`NodeKind`].
pub const KIND_AT: u16 = 1;
/// Input register of [`MAP_VERSION`].
pub const VERSION_AT: u16 = 2;
/// Input register that rises by one with every read that includes it; wraps.
pub const SEQUENCE_AT: u16 = 3;
/// Input registers of the uptime in milliseconds, high word first; wraps after 49 days.
pub const UPTIME_AT: u16 = 4;
/// Input register of the status bits, see [`status`].
pub const STATUS_AT: u16 = 6;
/// Input register that counts events dropped because the queue was full; saturates.
pub const DROPPED_AT: u16 = 7;
/// Input register that says how many of the event slots that follow are filled.
pub const WAITING_AT: u16 = 8;
/// First input register of the first event.
pub const EVENTS_AT: u16 = 9;
/// Registers of one event: sequence, code, uptime high, uptime low.
pub const EVENT_REGISTERS: u16 = 4;
/// Events that one read can show; the queue behind it is longer.
pub const EVENTS_PER_READ: u16 = 8;
/// Length of a whole run of input registers from [`MAGIC_AT`].
pub const RUN_REGISTERS: u16 = EVENTS_AT + EVENTS_PER_READ * EVENT_REGISTERS;
/// Events that a node keeps while no master listens: two minutes of a person who types without pause.
pub const QUEUE_EVENTS: usize = 64;

/// Bytes of a tag's number: ISO 14443 has UIDs of 4, 7 and 10 bytes.
pub const TAG_BYTES_MAX: u8 = 10;

/// Holding register: every event up to and including this sequence may be forgotten. Counts only for events
/// that a read has shown since the node started; any other sequence is taken and changes nothing.
pub const CONFIRM_AT: u16 = 0;
/// Holding register: how long coil [`RELEASE_COIL`] releases, in milliseconds, 100..=30 000.
pub const RELEASE_MS_AT: u16 = 1;
/// Holding register: the [`Indicator`].
pub const INDICATOR_AT: u16 = 2;
/// Holding register: without a request for this long a door node secures its door and a lighting node holds
/// its lamps as they are; 0 is off.
pub const WATCHDOG_MS_AT: u16 = 3;

/// Coil of the door node: written on, releases the lock for the release time, by the node's own timer;
/// written off, secures at once. Reads as on while the lock is released.
pub const RELEASE_COIL: u16 = 0;
/// Lamps of a lighting node: coils 0..=7.
pub const LAMPS: u16 = 8;

/// Discrete input of the door node: the leaf is closed.
pub const CONTACT_INPUT: u16 = 0;
/// Discrete input of the door node: the exit button is pressed.
pub const EXIT_INPUT: u16 = 1;
/// Discrete input of the door node: the cover is closed.
pub const TAMPER_INPUT: u16 = 2;

/// Bits of [`STATUS_AT`].
pub mod status {
    /// The leaf is closed.
    pub const CLOSED: u16 = 1 << 0;
    /// The exit button is pressed.
    pub const EXIT: u16 = 1 << 1;
    /// The cover is closed.
    pub const COVER_CLOSED: u16 = 1 << 2;
    /// The lock is released.
    pub const RELEASED: u16 = 1 << 3;
    /// The watchdog has run out; stays until a read has shown it.
    pub const WATCHDOG: u16 = 1 << 4;
}

/// What a node is, in [`KIND_AT`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum NodeKind {
    /// Keypad, lock, contact, exit button, tamper switch.
    Door = 1,
    /// Up to eight lamps.
    Lighting = 2,
}

impl NodeKind {
    /// The register's value.
    pub const fn register(self) -> u16 {
        self as u16
    }
}

/// What the keypad's lamp and buzzer tell; the node shows it for two seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u16)]
pub enum Indicator {
    /// Nothing.
    #[default]
    Idle = 0,
    /// Green: come in.
    Admitted = 1,
    /// Red: the one refusal.
    Refused = 2,
}

impl Indicator {
    /// The register's value.
    pub const fn register(self) -> u16 {
        self as u16
    }

    /// Reads the register; `None` for a value that this version does not know.
    pub const fn from_register(value: u16) -> Option<Self> {
        match value {
            0 => Some(Self::Idle),
            1 => Some(Self::Admitted),
            2 => Some(Self::Refused),
            _ => None,
        }
    }
}

/// A key of the keypad.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// 0..=9.
    Digit(u8),
    /// `*`: begin again.
    Star,
    /// `#`: done.
    Hash,
}

/// What a node puts in its queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeEvent {
    /// A key was pressed.
    Key(Key),
    /// The leaf closed (`true`) or opened.
    Contact(bool),
    /// The exit button was pressed (`true`) or let go.
    Exit(bool),
    /// The cover closed (`true`) or opened.
    Tamper(bool),
    /// The lock secured again by the node's own timer or watchdog.
    Secured,
    /// A tag was read; this many bytes of its number follow, each an event. At most [`TAG_BYTES_MAX`].
    Tag(u8),
    /// One byte of a tag's number, first byte first.
    TagByte(u8),
}

impl NodeEvent {
    /// The register's value.
    pub const fn code(self) -> u16 {
        match self {
            Self::Key(Key::Digit(digit)) => 0x0100 | digit as u16,
            Self::Key(Key::Star) => 0x010A,
            Self::Key(Key::Hash) => 0x010B,
            Self::Contact(closed) => 0x0200 | closed as u16,
            Self::Exit(pressed) => 0x0300 | pressed as u16,
            Self::Tamper(closed) => 0x0400 | closed as u16,
            Self::Secured => 0x0500,
            Self::Tag(bytes) => 0x0600 | bytes as u16,
            Self::TagByte(byte) => 0x0700 | byte as u16,
        }
    }

    /// Reads the register; `None` for a value that this version does not know.
    pub const fn from_code(code: u16) -> Option<Self> {
        match code {
            0x0100..=0x0109 => {
                let [_, digit] = code.to_be_bytes();
                Some(Self::Key(Key::Digit(digit)))
            }
            0x010A => Some(Self::Key(Key::Star)),
            0x010B => Some(Self::Key(Key::Hash)),
            0x0200 => Some(Self::Contact(false)),
            0x0201 => Some(Self::Contact(true)),
            0x0300 => Some(Self::Exit(false)),
            0x0301 => Some(Self::Exit(true)),
            0x0400 => Some(Self::Tamper(false)),
            0x0401 => Some(Self::Tamper(true)),
            0x0500 => Some(Self::Secured),
            0x0601..=0x060A => {
                let [_, bytes] = code.to_be_bytes();
                Some(Self::Tag(bytes))
            }
            0x0700..=0x07FF => {
                let [_, byte] = code.to_be_bytes();
                Some(Self::TagByte(byte))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_as_the_event_that_wrote_it() {
        let mut known = 0;
        for code in 0..=u16::MAX {
            if let Some(event) = NodeEvent::from_code(code) {
                assert_eq!(event.code(), code);
                known += 1;
            }
        }
        assert_eq!(known, 19 + 10 + 256);
    }
}
