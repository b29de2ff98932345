//! The scanner at a door, and its node.

use std::collections::VecDeque;

use firmware_nodes::{Scan, ScannerNode, ScannerPins, Status};

use crate::layout::ScannerLayout;
use crate::scene::{ScannerSeen, What};
use crate::wire::Wire;

/// With the fault, what is scanned lies somewhere for this long before it is sent, in milliseconds: far longer than
/// a gateway may decide on.
pub const LATE_MS: u64 = 30_000;
/// Scans that lie somewhere; the oldest go first.
const LYING_MAX: usize = 16;

/// What a person does at the scanner, or what breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScannerAction<'a> {
    /// Holds a code up to it, which says this.
    Scan(&'a str),
    /// Its network is cut (`true`), or mended.
    OffLine(bool),
    /// What it scans is sent [`LATE_MS`] later (`true`), or at once again.
    Late(bool),
    /// It loses power and starts anew.
    PowerCycle,
}

/// What the scanner tells its broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScannerMessage {
    /// Retained.
    Status(Status),
    /// Not retained.
    Scan(Box<Scan>),
}

#[derive(Debug)]
pub(super) struct Scanner {
    layout: ScannerLayout,
    node: ScannerNode<Wire>,
    wires: ScannerPins<Wire>,
    powered_ms: u64,
    connected: bool,
    off_line: bool,
    late: bool,
    /// Scans that lie somewhere, and until when.
    lying: VecDeque<(u64, Scan)>,
}

impl Scanner {
    pub(super) fn new(layout: ScannerLayout) -> Self {
        let wires = ScannerPins { green: Wire::default(), red: Wire::default() };
        Self {
            layout,
            node: node(&wires, layout.start),
            wires,
            powered_ms: 0,
            connected: false,
            off_line: false,
            late: false,
            lying: VecDeque::new(),
        }
    }

    pub(super) fn tick(&mut self, now_ms: u64) {
        let [.., a, b, c, d] = now_ms.saturating_sub(self.powered_ms).to_be_bytes();
        let Ok(()) = self.node.tick(u32::from_be_bytes([a, b, c, d])) else {
            unreachable!("a wire never fails")
        };
    }

    /// Does it; returns what an onlooker cannot see from the scene alone.
    pub(super) fn act(&mut self, now_ms: u64, action: ScannerAction<'_>) -> Option<What> {
        match action {
            ScannerAction::Scan(text) => {
                self.node.scanned(text);
                Some(What::CodeHeld)
            }
            ScannerAction::OffLine(off_line) => {
                let before = core::mem::replace(&mut self.off_line, off_line);
                (before != off_line).then_some(What::OffLine(off_line))
            }
            ScannerAction::Late(late) => {
                let before = core::mem::replace(&mut self.late, late);
                (before != late).then_some(What::Late(late))
            }
            ScannerAction::PowerCycle => {
                self.powered_ms = now_ms;
                self.layout.start = self.layout.start.wrapping_add(1);
                self.node = node(&self.wires, self.layout.start);
                self.lying.clear();
                Some(What::PowerCycled)
            }
        }
    }

    pub(super) const fn has_network(&self) -> bool {
        !self.off_line
    }

    pub(super) const fn connected(&mut self, connected: bool) {
        if connected {
            self.node.connected();
        }
        self.connected = connected;
    }

    pub(super) fn messages(&mut self, now_ms: u64) -> Vec<ScannerMessage> {
        if !self.connected || self.off_line {
            return Vec::new();
        }
        let mut messages: Vec<_> = self.node.take_status().map(ScannerMessage::Status).into_iter().collect();
        while self.lying.front().is_some_and(|(until_ms, _)| *until_ms <= now_ms) {
            messages.extend(self.lying.pop_front().map(|(_, scan)| ScannerMessage::Scan(Box::new(scan))));
        }
        while let Some(scan) = self.node.take_scan() {
            if !self.late {
                messages.push(ScannerMessage::Scan(Box::new(scan)));
                continue;
            }
            if self.lying.len() == LYING_MAX {
                self.lying.pop_front();
            }
            self.lying.push_back((now_ms.saturating_add(LATE_MS), scan));
        }
        messages
    }

    pub(super) fn indicated(&mut self, payload: &[u8]) {
        let Ok(()) = self.node.indicate(payload) else { unreachable!("a wire never fails") };
    }

    pub(super) fn seen(&self) -> ScannerSeen {
        ScannerSeen {
            door: self.layout.door,
            indicator: self.node.indicator(),
            connected: self.connected,
            off_line: self.off_line,
            late: self.late,
        }
    }
}

fn node(wires: &ScannerPins<Wire>, start: u32) -> ScannerNode<Wire> {
    ScannerNode::new(ScannerPins { green: wires.green.clone(), red: wires.red.clone() }, start)
}
