//! The run of input registers that every node begins with.

use protocols_fieldbus::nodes::{
    EVENT_REGISTERS, EVENTS_AT, EVENTS_PER_READ, MAGIC, MAP_VERSION, NodeKind, RUN_REGISTERS, SEQUENCE_AT,
    STATUS_AT, status,
};

use crate::node::{Exception, copy_range};
use crate::queue::Queue;
use crate::watchdog::Watchdog;

#[expect(clippy::as_conversions, reason = "widening, in a constant, where From is not available")]
const RUN: usize = RUN_REGISTERS as usize;

/// What every node has, whatever it drives.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) now_ms: u32,
    pub(crate) queue: Queue,
    pub(crate) watchdog: Watchdog,
    sequence: u16,
}

impl Common {
    pub(crate) const fn new() -> Self {
        Self { now_ms: 0, queue: Queue::new(), watchdog: Watchdog::new(), sequence: 0 }
    }

    /// A request of any kind came.
    pub(crate) const fn heard(&mut self) {
        self.watchdog.heard(self.now_ms);
    }

    /// Answers a read of input registers. `own_status` is the node's status without the watchdog's bit.
    pub(crate) fn read_run(
        &mut self,
        kind: NodeKind,
        own_status: u16,
        start: u16,
        into: &mut [u16],
    ) -> Result<(), Exception> {
        let sequence = self.sequence.wrapping_add(1);
        let watchdog = if self.watchdog.shows() { status::WATCHDOG } else { 0 };
        let [high, low] = words(self.now_ms);
        let waiting = self.queue.front().fold(0, |count: u16, _| count.saturating_add(1));
        // In the order of their addresses.
        let head = [
            MAGIC,
            kind.register(),
            MAP_VERSION,
            sequence,
            high,
            low,
            own_status | watchdog,
            self.queue.dropped(),
            waiting,
        ];
        let events = self.queue.front().flat_map(|event| {
            let [high, low] = words(event.uptime_ms);
            [event.sequence, event.code, high, low]
        });
        let mut run = [0; RUN];
        for (register, value) in run.iter_mut().zip(head.into_iter().chain(events)) {
            *register = value;
        }
        copy_range(&run, start, into)?;

        // The range exists, or the copy had refused it.
        let read = usize::from(start)..usize::from(start).saturating_add(into.len());
        if read.contains(&usize::from(SEQUENCE_AT)) {
            self.sequence = sequence;
        }
        if read.contains(&usize::from(STATUS_AT)) {
            self.watchdog.shown();
        }
        if start <= EVENTS_AT {
            let events = read.end.saturating_sub(usize::from(EVENTS_AT));
            let whole = events.checked_div(usize::from(EVENT_REGISTERS)).unwrap_or(0);
            self.queue.shown(u16::try_from(whole).unwrap_or(EVENTS_PER_READ));
        }
        Ok(())
    }
}

/// High word first.
const fn words(value: u32) -> [u16; 2] {
    let [a, b, c, d] = value.to_be_bytes();
    [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
}
