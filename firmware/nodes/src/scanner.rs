//! The scanner node: reads codes at the entrance, tells them over the site's MQTT, shows the answer.

use core::fmt::{self, Write};

use embedded_hal::digital::OutputPin;
use protocols_fieldbus::nodes::Indicator;
use protocols_fieldbus::scanner::{ADMITTED, IDLE, OFFLINE, ONLINE, REFUSED};

use crate::door::INDICATOR_MS;
use crate::node::Exception;
use crate::pin::Output;
use crate::timer::Timer;

/// Bytes of a scanned text: twice what a code of ours has. What is longer is none of ours, and dropped.
pub const SCAN_BYTES_MAX: usize = 512;
/// The same text within this time is the same code still held there, in milliseconds.
pub const SAME_TEXT_MS: u32 = 2_000;
/// Scans that wait for the network. A scan is decided only within seconds: whoever stands there without an
/// answer scans again, and nobody needs a longer past.
pub const SCANS_WAITING: usize = 4;
/// A status is due this often, in milliseconds: three fit into the time after which the gateway takes a
/// silent scanner for lost.
pub const STATUS_EVERY_MS: u32 = 5_000;

/// A scanned text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Text {
    bytes: [u8; SCAN_BYTES_MAX],
    length: usize,
}

impl Text {
    const EMPTY: Self = Self { bytes: [0; SCAN_BYTES_MAX], length: 0 };

    fn new(text: &str) -> Option<Self> {
        let mut all = Self::EMPTY;
        all.bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        all.length = text.len();
        Some(all)
    }

    fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// Without the text: it opens doors.
impl fmt::Debug for Text {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(into, "Text({} bytes)", self.length)
    }
}

/// A scan, as it is told: `{"start":7,"sequence":12,"uptime_ms":123456,"text":"…"}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scan {
    start: u32,
    sequence: u32,
    uptime_ms: u64,
    text: Text,
}

impl Scan {
    const EMPTY: Self = Self { start: 0, sequence: 0, uptime_ms: 0, text: Text::EMPTY };

    /// Rises by one with each scan, from 1.
    pub const fn sequence(&self) -> u32 {
        self.sequence
    }

    /// The node's uptime when it was scanned, in milliseconds.
    pub const fn uptime_ms(&self) -> u64 {
        self.uptime_ms
    }

    /// Writes the message.
    pub fn write_json(&self, into: &mut impl Write) -> fmt::Result {
        let Self { start, sequence, uptime_ms, text } = self;
        write!(into, r#"{{"start":{start},"sequence":{sequence},"uptime_ms":{uptime_ms},"text":""#)?;
        write_escaped(text.as_str(), into)?;
        into.write_str("\"}")
    }
}

/// How the node is, as it is told: `{"state":"online","start":7,"uptime_ms":123456,"dropped":0}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    start: u32,
    uptime_ms: u64,
    dropped: u16,
}

impl Status {
    /// Writes the message.
    pub fn write_json(&self, into: &mut impl Write) -> fmt::Result {
        let Self { start, uptime_ms, dropped } = self;
        write!(into, r#"{{"state":"{ONLINE}","start":{start},"uptime_ms":{uptime_ms},"dropped":{dropped}}}"#)
    }
}

/// What the broker tells when the connection breaks: the last will, retained like every status.
pub fn write_offline_json(into: &mut impl Write) -> fmt::Result {
    write!(into, r#"{{"state":"{OFFLINE}"}}"#)
}

/// RFC 8259, section 7.
fn write_escaped(text: &str, into: &mut impl Write) -> fmt::Result {
    for character in text.chars() {
        match character {
            '"' => into.write_str("\\\"")?,
            '\\' => into.write_str("\\\\")?,
            '\u{0}'..='\u{1f}' => write!(into, "\\u{:04x}", u32::from(character))?,
            _ => into.write_char(character)?,
        }
    }
    Ok(())
}

/// Where the scanner node's wires end.
#[derive(Debug)]
pub struct ScannerPins<Lamp> {
    /// The green lamp; high is lit.
    pub green: Lamp,
    /// The red lamp; high is lit.
    pub red: Lamp,
}

/// One scanner.
#[derive(Debug)]
pub struct ScannerNode<Lamp> {
    green: Output<Lamp>,
    red: Output<Lamp>,
    start: u32,
    tick_ms: u32,
    uptime_ms: u64,
    sequence: u32,
    dropped: u16,
    last: Option<(Text, Timer)>,
    waiting: [Scan; SCANS_WAITING],
    /// How many of `waiting` are filled, oldest first.
    filled: usize,
    status: Option<Timer>,
    shown: Option<(Indicator, Timer)>,
}

impl<Lamp: OutputPin> ScannerNode<Lamp> {
    /// A node at uptime 0. `start` is another one at each start (a counter in flash, or random): it tells the
    /// gateway that the uptime began anew.
    pub fn new(pins: ScannerPins<Lamp>, start: u32) -> Self {
        Self {
            green: Output::new(pins.green),
            red: Output::new(pins.red),
            start,
            tick_ms: 0,
            uptime_ms: 0,
            sequence: 0,
            dropped: 0,
            last: None,
            waiting: [Scan::EMPTY; SCANS_WAITING],
            filled: 0,
            status: None,
            shown: None,
        }
    }

    /// Lets time pass. `now_ms` is the node's uptime in milliseconds; it wraps, and never goes back.
    ///
    /// Fails with [`Exception::DeviceFailure`] if a pin does, after doing everything else.
    pub fn tick(&mut self, now_ms: u32) -> Result<(), Exception> {
        self.uptime_ms = self.uptime_ms.saturating_add(u64::from(now_ms.wrapping_sub(self.tick_ms)));
        self.tick_ms = now_ms;
        self.last = self.last.filter(|(_, same)| !same.is_over(now_ms));
        self.status = self.status.filter(|due| !due.is_over(now_ms));
        self.shown = self.shown.filter(|(_, timer)| !timer.is_over(now_ms));
        self.drive()
    }

    /// The scanner read a text, at the uptime of the last tick. It is called for as long as the code is held
    /// there; the same text is told once until it was away for [`SAME_TEXT_MS`]. A text above
    /// [`SCAN_BYTES_MAX`], and one for which there is no room, is dropped and counted.
    pub fn scanned(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let Some(text) = Text::new(text) else {
            self.dropped = self.dropped.saturating_add(1);
            return;
        };
        let news = self.last.is_none_or(|(last, _)| last != text);
        self.last = Some((text, Timer::begin(self.tick_ms, SAME_TEXT_MS)));
        if !news {
            return;
        }
        match self.waiting.get_mut(self.filled) {
            Some(slot) => {
                self.sequence = self.sequence.wrapping_add(1);
                *slot = Scan { start: self.start, sequence: self.sequence, uptime_ms: self.uptime_ms, text };
                self.filled = self.filled.saturating_add(1);
            }
            None => self.dropped = self.dropped.saturating_add(1),
        }
    }

    /// The oldest scan that waits, for the network to tell.
    pub fn take_scan(&mut self) -> Option<Scan> {
        self.filled = self.filled.checked_sub(1)?;
        let oldest = self.waiting.first().copied();
        self.waiting.rotate_left(1);
        oldest
    }

    /// The status, if one is due: at first, and then every [`STATUS_EVERY_MS`].
    pub fn take_status(&mut self) -> Option<Status> {
        if self.status.is_some() {
            return None;
        }
        self.status = Some(Timer::begin(self.tick_ms, STATUS_EVERY_MS));
        Some(Status { start: self.start, uptime_ms: self.uptime_ms, dropped: self.dropped })
    }

    /// A new connection to the broker: a status is due at once.
    pub const fn connected(&mut self) {
        self.status = None;
    }

    /// The gateway's answer, by its payload; another payload changes nothing. Shown for two seconds.
    pub fn indicate(&mut self, payload: &[u8]) -> Result<(), Exception> {
        let Some(indicator) = indicator(payload) else { return Ok(()) };
        self.shown = Some((indicator, Timer::begin(self.tick_ms, INDICATOR_MS)));
        self.drive()
    }

    /// What is shown.
    pub fn indicator(&self) -> Indicator {
        self.shown.map_or(Indicator::Idle, |(indicator, _)| indicator)
    }

    /// Sets both lamps, also when one of them fails.
    fn drive(&mut self) -> Result<(), Exception> {
        let indicator = self.indicator();
        let green = self.green.drive(indicator == Indicator::Admitted);
        let red = self.red.drive(indicator == Indicator::Refused);
        green.and(red)
    }
}

fn indicator(payload: &[u8]) -> Option<Indicator> {
    let known = [(ADMITTED, Indicator::Admitted), (REFUSED, Indicator::Refused), (IDLE, Indicator::Idle)];
    known.into_iter().find(|(word, _)| word.as_bytes() == payload).map(|(_, indicator)| indicator)
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};
    use proptest::prelude::*;

    use super::*;

    /// Both lamps take any number of changes; what they show is the node's own word.
    #[derive(Debug)]
    struct Lamp;

    impl embedded_hal::digital::ErrorType for Lamp {
        type Error = core::convert::Infallible;
    }

    impl OutputPin for Lamp {
        fn set_low(&mut self) -> Result<(), Self::Error> {
            Ok(())
        }
        fn set_high(&mut self) -> Result<(), Self::Error> {
            Ok(())
        }
    }

    fn node() -> ScannerNode<Lamp> {
        ScannerNode::new(ScannerPins { green: Lamp, red: Lamp }, 7)
    }

    fn json(scan: &Scan) -> String {
        let mut text = String::new();
        scan.write_json(&mut text).unwrap();
        text
    }

    #[test]
    fn a_scan_is_told_with_start_sequence_and_uptime() {
        let mut node = node();
        node.tick(u32::MAX).unwrap();
        node.tick(1_233).unwrap();
        node.scanned("HALLPORT:1\"\\\u{7}å");
        let scan = node.take_scan().unwrap();
        assert_eq!(
            json(&scan),
            r#"{"start":7,"sequence":1,"uptime_ms":4294968529,"text":"HALLPORT:1\"\\\u0007å"}"#
        );
        assert!(node.take_scan().is_none());
        assert!(!std::format!("{node:?} {scan:?}").contains("HALLPORT"), "the text opens doors");
    }

    #[test]
    fn the_same_text_within_two_seconds_is_read_once() {
        let mut node = node();
        for now_ms in (0..10_000).step_by(100) {
            node.tick(now_ms).unwrap();
            node.scanned("A");
        }
        node.tick(9_900 + SAME_TEXT_MS - 1).unwrap();
        node.scanned("A");
        assert_eq!(node.take_scan().map(|scan| scan.sequence()), Some(1));
        assert!(node.take_scan().is_none());
        node.tick(9_900 + 2 * SAME_TEXT_MS - 1).unwrap();
        node.scanned("A");
        assert_eq!(node.take_scan().map(|scan| scan.sequence()), Some(2));
        node.scanned("B");
        assert_eq!(node.take_scan().map(|scan| scan.sequence()), Some(3));
    }

    #[test]
    fn a_text_that_is_too_long_is_dropped_and_counted_and_so_is_one_without_room() {
        let mut node = node();
        node.scanned(&"x".repeat(SCAN_BYTES_MAX + 1));
        assert!(node.take_scan().is_none());
        node.scanned(&"x".repeat(SCAN_BYTES_MAX));
        for text in ["a", "b", "c", "d", ""] {
            node.scanned(text);
        }
        let told: Vec<_> = core::iter::from_fn(|| node.take_scan()).map(|scan| scan.sequence()).collect();
        assert_eq!(told, [1, 2, 3, 4]);
        let mut status = String::new();
        node.take_status().unwrap().write_json(&mut status).unwrap();
        assert_eq!(status, r#"{"state":"online","start":7,"uptime_ms":0,"dropped":2}"#);
    }

    #[test]
    fn a_status_is_due_at_first_then_regularly_and_at_each_connection() {
        let mut node = node();
        let mut due = Vec::new();
        for now_ms in (0..=STATUS_EVERY_MS * 2).step_by(1_000) {
            node.tick(now_ms).unwrap();
            if node.take_status().is_some() {
                due.push(now_ms);
            }
        }
        assert_eq!(due, [0, STATUS_EVERY_MS, STATUS_EVERY_MS * 2]);
        node.connected();
        assert!(node.take_status().is_some());
        assert!(node.take_status().is_none());
        let mut offline = String::new();
        write_offline_json(&mut offline).unwrap();
        assert_eq!(offline, r#"{"state":"offline"}"#);
    }

    #[test]
    fn an_answer_is_shown_for_two_seconds() {
        let on_then_off = [State::Low, State::High, State::Low].map(Transaction::set);
        let mut green = Mock::new(&on_then_off);
        let mut red = Mock::new(&on_then_off);
        let mut node = ScannerNode::new(ScannerPins { green: green.clone(), red: red.clone() }, 1);
        node.tick(0).unwrap();
        node.indicate(b"admitted").unwrap();
        node.indicate(b"whatever").unwrap();
        assert_eq!(node.indicator(), Indicator::Admitted);
        node.tick(1_000).unwrap();
        node.indicate(b"refused").unwrap();
        node.tick(1_000 + INDICATOR_MS - 1).unwrap();
        assert_eq!(node.indicator(), Indicator::Refused);
        node.tick(1_000 + INDICATOR_MS).unwrap();
        assert_eq!(node.indicator(), Indicator::Idle);
        green.done();
        red.done();
    }

    proptest! {
        #[test]
        fn whatever_is_scanned_reads_back_from_the_message(text in any::<String>()) {
            let mut node = node();
            node.scanned(&text);
            match node.take_scan() {
                Some(scan) => {
                    let told: serde_json::Value = serde_json::from_str(&json(&scan)).unwrap();
                    prop_assert_eq!(told["text"].as_str(), Some(&*text));
                }
                None => prop_assert!(text.is_empty() || text.len() > SCAN_BYTES_MAX),
            }
        }
    }
}
