//! Events that wait for the master to confirm them.

use protocols_fieldbus::nodes::{EVENTS_PER_READ, NodeEvent, QUEUE_EVENTS};

/// An event as the registers show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Queued {
    pub(crate) sequence: u16,
    pub(crate) code: u16,
    pub(crate) uptime_ms: u32,
}

const EMPTY: Queued = Queued { sequence: 0, code: 0, uptime_ms: 0 };

// An event's slot is its sequence modulo the queue's length: that holds across the wrap only if the length
// divides 65 536.
const _: () = assert!(QUEUE_EVENTS.is_power_of_two());

/// A ring of the oldest unconfirmed events. The first event after a start has sequence 1.
///
/// When it is full the *newest* is dropped and counted: what led to the trouble is worth more than what came
/// after, and the sequences that the master sees stay without gaps.
#[derive(Debug)]
pub(crate) struct Queue {
    slots: [Queued; QUEUE_EVENTS],
    oldest: u16,
    waiting: u16,
    /// How many of the oldest a read has shown. Only these can be confirmed, so that a confirmation meant for
    /// the time before a restart forgets nothing.
    shown: u16,
    dropped: u16,
}

impl Queue {
    pub(crate) const fn new() -> Self {
        Self { slots: [EMPTY; QUEUE_EVENTS], oldest: 1, waiting: 0, shown: 0, dropped: 0 }
    }

    pub(crate) fn push(&mut self, event: NodeEvent, uptime_ms: u32) {
        self.push_together(core::iter::once(event), uptime_ms);
    }

    /// Events that mean something only together: when there is no room for all of them, none is taken, and all
    /// are counted.
    pub(crate) fn push_together(&mut self, events: impl Iterator<Item = NodeEvent> + Clone, uptime_ms: u32) {
        let count = events.clone().count();
        if usize::from(self.waiting).saturating_add(count) > QUEUE_EVENTS {
            self.dropped = self.dropped.saturating_add(u16::try_from(count).unwrap_or(u16::MAX));
            return;
        }
        for event in events {
            self.place(event, uptime_ms);
        }
    }

    /// There is room.
    fn place(&mut self, event: NodeEvent, uptime_ms: u32) {
        let sequence = self.oldest.wrapping_add(self.waiting);
        if let Some(slot) = self.slots.get_mut(slot_of(sequence)) {
            *slot = Queued { sequence, code: event.code(), uptime_ms };
        }
        self.waiting = self.waiting.saturating_add(1);
    }

    /// Oldest first, as many as one read can show.
    pub(crate) fn front(&self) -> impl Iterator<Item = Queued> {
        (0..self.waiting.min(EVENTS_PER_READ)).map(|place| {
            let sequence = self.oldest.wrapping_add(place);
            self.slots.get(slot_of(sequence)).copied().unwrap_or(EMPTY)
        })
    }

    /// A read has shown this many of the oldest, whole.
    pub(crate) fn shown(&mut self, count: u16) {
        self.shown = self.shown.max(count.min(self.waiting));
    }

    /// Forgets every shown event up to and including `sequence`. Any other sequence is late or foreign, and
    /// changes nothing.
    pub(crate) fn confirm(&mut self, sequence: u16) {
        let ahead = sequence.wrapping_sub(self.oldest);
        if ahead >= self.shown {
            return;
        }
        let count = ahead.saturating_add(1);
        self.oldest = self.oldest.wrapping_add(count);
        self.waiting = self.waiting.saturating_sub(count);
        self.shown = self.shown.saturating_sub(count);
    }

    /// The sequence before the oldest that waits.
    pub(crate) const fn confirmed(&self) -> u16 {
        self.oldest.wrapping_sub(1)
    }

    pub(crate) const fn dropped(&self) -> u16 {
        self.dropped
    }
}

fn slot_of(sequence: u16) -> usize {
    usize::from(sequence).checked_rem(QUEUE_EVENTS).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::vec::Vec;

    use proptest::prelude::*;
    use protocols_fieldbus::nodes::Key;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Push(u8),
        /// So many at once.
        Together(u8),
        Read(u16),
        /// Confirms this many of what is in front.
        Confirm(u16),
        /// Confirms whatever comes.
        Stray(u16),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0_u8..10).prop_map(Step::Push),
            2 => (0_u8..12).prop_map(Step::Together),
            3 => (0..=EVENTS_PER_READ).prop_map(Step::Read),
            2 => (1..=EVENTS_PER_READ).prop_map(Step::Confirm),
            1 => any::<u16>().prop_map(Step::Stray),
        ]
    }

    proptest! {
        #[test]
        fn an_event_is_lost_only_when_the_queue_is_full_and_then_it_is_counted(
            steps in proptest::collection::vec(step(), 0..400),
            first in any::<u16>(),
        ) {
            let mut queue = Queue { oldest: first, ..Queue::new() };
            let mut model: VecDeque<(u16, u16)> = VecDeque::new();
            let (mut next, mut dropped, mut shown) = (first, 0_u16, 0_u16);
            for step in steps {
                match step {
                    Step::Push(digit) => {
                        let event = NodeEvent::Key(Key::Digit(digit));
                        queue.push(event, 0);
                        if model.len() == QUEUE_EVENTS {
                            dropped += 1;
                        } else {
                            model.push_back((next, event.code()));
                            next = next.wrapping_add(1);
                        }
                    }
                    Step::Together(count) => {
                        let events: Vec<_> = (0..count).map(NodeEvent::TagByte).collect();
                        queue.push_together(events.iter().copied(), 0);
                        if model.len() + events.len() > QUEUE_EVENTS {
                            dropped += u16::from(count);
                        } else {
                            for event in events {
                                model.push_back((next, event.code()));
                                next = next.wrapping_add(1);
                            }
                        }
                    }
                    Step::Read(count) => {
                        queue.shown(count);
                        shown = shown.max(count.min(u16::try_from(model.len()).unwrap()));
                    }
                    Step::Confirm(count) => {
                        let sequence = queue.oldest.wrapping_add(count - 1);
                        queue.confirm(sequence);
                        if count <= shown {
                            model.drain(..usize::from(count));
                            shown -= count;
                        }
                    }
                    Step::Stray(sequence) => {
                        queue.confirm(sequence);
                        let ahead = sequence.wrapping_sub(model.front().map_or(next, |(first, _)| *first));
                        if ahead < shown {
                            model.drain(..=usize::from(ahead));
                            shown -= ahead + 1;
                        }
                    }
                }
                let front: Vec<_> = queue.front().map(|queued| (queued.sequence, queued.code)).collect();
                let expected: Vec<_> =
                    model.iter().copied().take(usize::from(EVENTS_PER_READ)).collect();
                prop_assert_eq!(front, expected);
                prop_assert_eq!(usize::from(queue.waiting), model.len());
                prop_assert_eq!(queue.dropped(), dropped);
            }
        }
    }
}
