//! A node's place on the bus, and what is wrong with it.

use super::{Action, HEARD_MS, REPLY_DELAY_MS_MAX, Refusal};
use crate::scene::{Link, What};

#[derive(Debug)]
pub(super) struct Bus {
    pub(super) unit: u8,
    pub(super) silent: bool,
    pub(super) reply_delay_ms: u32,
    pub(super) last_request_ms: Option<u64>,
    /// When the node last got power.
    powered_ms: u64,
}

impl Bus {
    pub(super) const fn new(unit: u8) -> Self {
        Self { unit, silent: false, reply_delay_ms: 0, last_request_ms: None, powered_ms: 0 }
    }

    /// The node's own uptime, which wraps.
    pub(super) fn uptime_ms(&self, now_ms: u64) -> u32 {
        let [.., a, b, c, d] = now_ms.saturating_sub(self.powered_ms).to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    pub(super) const fn power_cycle(&mut self, now_ms: u64) {
        self.powered_ms = now_ms;
    }

    pub(super) fn link(&self, now_ms: u64) -> Link {
        Link {
            unit: self.unit,
            heard: self.last_request_ms.is_some_and(|last| now_ms.saturating_sub(last) < HEARD_MS),
            silent: self.silent,
            reply_delay_ms: self.reply_delay_ms,
        }
    }

    /// The faults that every node can have. What only a door can do is refused.
    pub(super) fn act(&mut self, action: Action) -> Result<Option<What>, Refusal> {
        match action {
            Action::Silent(silent) => {
                let changed = self.silent != silent;
                self.silent = silent;
                Ok(changed.then_some(What::Silent(silent)))
            }
            Action::ReplyDelay(delay_ms) if delay_ms > REPLY_DELAY_MS_MAX => {
                Err(Refusal::DelayTooLong { delay_ms })
            }
            Action::ReplyDelay(delay_ms) => {
                let changed = self.reply_delay_ms != delay_ms;
                self.reply_delay_ms = delay_ms;
                Ok(changed.then_some(What::ReplyDelay(delay_ms)))
            }
            Action::Key(_)
            | Action::Tag(_)
            | Action::Push
            | Action::Force
            | Action::Close
            | Action::Exit
            | Action::Cover(_)
            | Action::StickContact(_)
            | Action::PowerCycle => Err(Refusal::NotADoor { unit: self.unit }),
        }
    }
}
