//! What somebody who stands in the hall sees, and what has happened there.

use protocols_fieldbus::nodes::Indicator;

/// Lines of the log that are kept: what fits on a page that a person reads. The oldest go first.
pub const LOG_LINES: usize = 60;

/// The hall at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scene {
    /// In the order of the layout.
    pub doors: Vec<DoorSeen>,
    /// Whether each zone is lit, in the order of the lighting node's coils.
    pub zones: Vec<bool>,
    /// The lighting node on the bus.
    pub lighting: Link,
    /// The scanner, where there is one.
    pub scanner: Option<ScannerSeen>,
    /// Oldest first, at most [`LOG_LINES`].
    pub log: Vec<Happened>,
}

/// A door and its node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoorSeen {
    /// The lock.
    pub lock: Lock,
    /// The leaf as it is, whatever the contact says.
    pub leaf: Leaf,
    /// The contact.
    pub contact: Contact,
    /// The keypad's lamps.
    pub indicator: Indicator,
    /// Digits typed since the last `#` or `*`. How many, never which.
    pub typed: u8,
    /// The exit button is pressed.
    pub exit_pressed: bool,
    /// The node's cover is closed.
    pub cover_closed: bool,
    /// The node on the bus.
    pub link: Link,
}

/// A scanner and its node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScannerSeen {
    /// Unit id of the door's node at which it hangs.
    pub door: u8,
    /// Its lamps.
    pub indicator: Indicator,
    /// It is connected to the site's broker.
    pub connected: bool,
    /// Fault: its network is cut.
    pub off_line: bool,
    /// Fault: what it scans lies somewhere for [`crate::LATE_MS`] before it is sent.
    pub late: bool,
}

/// The lock of a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lock {
    /// The door cannot be pushed open.
    Locked,
    /// It can.
    Released,
}

/// The leaf of a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaf {
    /// In its frame.
    Closed,
    /// Away from it.
    Open,
}

/// The contact of a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contact {
    /// It tells what the leaf does.
    Follows,
    /// It tells the same whatever the leaf does.
    Stuck(HeldTo),
}

/// What a stuck contact tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeldTo {
    /// Always closed.
    Closed,
    /// Always open.
    Open,
}

/// A node on the bus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// Its unit id.
    pub unit: u8,
    /// A master has asked it something lately, see [`crate::HEARD_MS`].
    pub heard: bool,
    /// Fault: it hears nothing and says nothing.
    pub silent: bool,
    /// Fault: it answers this much late, in milliseconds; 0 is no fault.
    pub reply_delay_ms: u32,
}

/// One line of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happened {
    /// Rises by one from 1.
    pub number: u64,
    /// When, in milliseconds since the hall began.
    pub at_ms: u64,
    /// Where.
    pub place: Place,
    /// What.
    pub what: What,
}

/// Where something happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// On the bus as a whole.
    Bus,
    /// At the node with this unit id.
    Node(u8),
    /// At the scanner.
    Scanner,
}

/// Something that happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A master began to ask the nodes.
    MasterCame,
    /// No master asks any node any more.
    MasterGone,
    /// `#` was pressed after this many digits.
    CodeTyped {
        /// How many, never which.
        digits: u8,
    },
    /// The keypad showed an answer.
    Shown(Indicator),
    /// The lock was released.
    Released(ReleasedBy),
    /// The lock was secured.
    Secured(SecuredBy),
    /// The leaf was opened.
    Opened,
    /// The leaf was opened although the lock held.
    ForcedOpen,
    /// Somebody pushed, and the lock held.
    PushedInVain,
    /// The leaf closed.
    Closed,
    /// The exit button was pressed.
    ExitPressed,
    /// The node's cover was opened (`false`) or closed.
    Cover(bool),
    /// A lamp was turned on or off.
    Lamp {
        /// The coil: the zone, counted from 0.
        zone: u8,
        /// On.
        lit: bool,
    },
    /// Fault: the node fell silent (`true`), or the fault was mended.
    Silent(bool),
    /// Fault: the node answers late by this many milliseconds; 0: mended.
    ReplyDelay(u32),
    /// Fault: the contact is stuck, or mended.
    ContactStuck(Contact),
    /// The node lost power and started anew.
    PowerCycled,
    /// A tag was held against the reader. Which one is nobody's business.
    TagHeld,
    /// A code was held up to the scanner. Which one is nobody's business either.
    CodeHeld,
    /// The scanner showed an answer.
    ScannerShown(Indicator),
    /// The scanner reached the site's broker (`true`), or lost it.
    ScannerConnected(bool),
    /// Fault: the scanner's network is cut (`true`), or mended.
    OffLine(bool),
    /// Fault: scans are sent late (`true`), or in time again.
    Late(bool),
}

/// Why a lock was released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReleasedBy {
    /// The master wrote the coil.
    Master,
    /// The exit button.
    Exit,
}

/// Why a lock was secured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecuredBy {
    /// The master wrote the coil.
    Master,
    /// The node's own timer or watchdog, or its restart.
    Node,
}
