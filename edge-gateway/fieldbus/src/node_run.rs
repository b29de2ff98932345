//! The run of input registers that our own nodes show.

use protocols_fieldbus::nodes::{
    DROPPED_AT, EVENT_REGISTERS, EVENTS_AT, EVENTS_PER_READ, MAGIC, MAGIC_AT, SEQUENCE_AT, UPTIME_AT,
    WAITING_AT,
};

/// What one read of a node told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NodeRun {
    /// Rises with every read.
    pub(crate) sequence: u16,
    /// The node's uptime; wraps.
    pub(crate) uptime_ms: u32,
    /// Events that the node had no room for since it started.
    pub(crate) dropped: u16,
    /// The oldest events that wait, oldest first.
    pub(crate) events: Vec<QueuedEvent>,
}

/// An event as the node shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct QueuedEvent {
    pub(crate) sequence: u16,
    pub(crate) code: u16,
    /// The node's uptime when it happened; wraps.
    pub(crate) uptime_ms: u32,
}

impl NodeRun {
    /// Reads the registers from [`MAGIC_AT`]; `None` when they are not a node's.
    pub(crate) fn parse(registers: &[u16]) -> Option<Self> {
        let at = |address: u16| registers.get(usize::from(address)).copied();
        let waiting = at(WAITING_AT)?;
        if at(MAGIC_AT)? != MAGIC || waiting > EVENTS_PER_READ {
            return None;
        }
        let events = registers
            .get(usize::from(EVENTS_AT)..)?
            .chunks_exact(usize::from(EVENT_REGISTERS))
            .take(usize::from(waiting))
            .map(|slot| match *slot {
                [sequence, code, high, low] => {
                    Some(QueuedEvent { sequence, code, uptime_ms: double(high, low) })
                }
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            sequence: at(SEQUENCE_AT)?,
            uptime_ms: double(at(UPTIME_AT)?, at(UPTIME_AT + 1)?),
            dropped: at(DROPPED_AT)?,
            events,
        })
    }

    /// How long ago `event` happened when this was read, in milliseconds.
    pub(crate) fn age_ms(&self, event: QueuedEvent) -> u32 {
        self.uptime_ms.wrapping_sub(event.uptime_ms)
    }
}

/// Whether sequence `later` comes after `earlier`, across the wrap.
pub(crate) fn comes_after(later: u16, earlier: u16) -> bool {
    (1..=u16::MAX / 2).contains(&later.wrapping_sub(earlier))
}

fn double(high: u16, low: u16) -> u32 {
    (u32::from(high) << 16) | u32::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_fieldbus::nodes::RUN_REGISTERS;

    fn registers(waiting: u16, events: &[[u16; 4]]) -> Vec<u16> {
        let mut run = vec![MAGIC, 1, 1, 77, 0, 100, 0, 3, waiting];
        run.extend(events.iter().flatten());
        run.resize(usize::from(RUN_REGISTERS), 0);
        run
    }

    #[test]
    fn a_run_tells_its_events_and_how_long_ago_they_were() {
        let before_the_wrap = [9, 0x0105, 0xFFFF, 0xFF9C];
        let run = NodeRun::parse(&registers(2, &[before_the_wrap, [10, 0x010B, 0, 60]])).unwrap();
        assert_eq!((run.sequence, run.uptime_ms, run.dropped), (77, 100, 3));
        assert_eq!(run.events.iter().map(|event| run.age_ms(*event)).collect::<Vec<_>>(), [200, 40]);
        assert_eq!(run.events[1], QueuedEvent { sequence: 10, code: 0x010B, uptime_ms: 60 });
    }

    #[test]
    fn what_is_not_a_nodes_run_is_refused() {
        let good = registers(0, &[]);
        assert!(NodeRun::parse(&good).is_some());
        assert_eq!(NodeRun::parse(&registers(EVENTS_PER_READ + 1, &[])), None);
        assert_eq!(NodeRun::parse(&good[..8]), None);
        assert_eq!(NodeRun::parse(&[0; 41]), None);
    }

    #[test]
    fn order_holds_across_the_wrap() {
        assert!(comes_after(1, u16::MAX));
        assert!(!comes_after(5, 5));
        assert!(!comes_after(4, 5));
    }
}
