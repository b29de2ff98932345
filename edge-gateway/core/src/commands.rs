//! Releases from the cloud: once, in time, or not at all.
//!
//! ```text
//!   received ──counter new, in time, clock known──▶ Pending ──counter on disk, still in time──▶ carried out
//!       │                                             │
//!       └──▶ refused                                  └── its end has come first ──▶ not carried out
//! ```

use std::collections::VecDeque;

use protocols_door::Seen;
use protocols_ids::DoorId;
use protocols_wire::{Action, Command, JournalEvent, PostureMode, TimeQuality, UnixMs};

use crate::refusal::Refusal;
use crate::{Change, Core, Now};

/// How far ahead a command's end may lie: ten seconds, and what two clocks may differ.
const COMMAND_AHEAD_MS_MAX: i64 = 12_000;
/// Commands that wait for the disk at once: more than people can press buttons in ten seconds.
pub const COMMANDS_PENDING_MAX: usize = 16;

/// Commands of this run.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    /// The last counter.
    counter: u64,
    pending: VecDeque<Pending>,
}

/// Waits until its counter is on disk.
#[derive(Debug)]
struct Pending {
    ticket: u64,
    id: [u8; 16],
    expires_at: UnixMs,
    action: Action,
}

impl Commands {
    pub(crate) const fn load(counter: u64) -> Self {
        Self { counter, pending: VecDeque::new() }
    }

    pub(crate) fn wake_at(&self) -> Option<UnixMs> {
        self.pending.iter().map(|pending| pending.expires_at).min()
    }
}

impl Core {
    pub(crate) fn take_command(&mut self, now: Now, command: &Command) -> Result<(), Refusal> {
        if command.gateway != self.identity.gateway || command.boot != self.boot {
            return Err(Refusal::Impossible);
        }
        if command.counter <= self.commands.counter {
            return Err(Refusal::Replayed);
        }
        // A counter that was passed is never used again, whatever comes of the command.
        self.commands.counter = command.counter;
        let ticket = self.out.persist(Change::Command { counter: command.counter });
        let ahead_ms = command.expires_at.ms_since(now.wall);
        let in_time = now.quality != TimeQuality::Unknown && (1..=COMMAND_AHEAD_MS_MAX).contains(&ahead_ms);
        if in_time && self.commands.pending.len() < COMMANDS_PENDING_MAX {
            let Command { id, expires_at, action, .. } = *command;
            self.commands.pending.push_back(Pending { ticket, id, expires_at, action });
        } else {
            self.record(now, JournalEvent::Commanded { id: command.id, done: false });
        }
        Ok(())
    }

    /// Carries out what is on disk, and lets go of what has come to its end.
    pub(crate) fn settle_commands(&mut self, now: Now) {
        let persisted = self.out.last_persisted();
        let settled = |pending: &mut Pending| pending.ticket <= persisted || pending.expires_at <= now.wall;
        while let Some(pending) = self.commands.pending.pop_front_if(settled) {
            let in_time = now.quality != TimeQuality::Unknown && now.wall < pending.expires_at;
            let done = in_time
                && match pending.action {
                    Action::Release { door } => self.release(now, door),
                };
            self.record(now, JournalEvent::Commanded { id: pending.id, done });
        }
    }

    /// Releases on a command. In a lockdown nobody enters but by a grant of those who respond.
    fn release(&mut self, now: Now, door: DoorId) -> bool {
        let Some(at) = self.site.door(door) else { return false };
        let may = match self.posture_mode() {
            PostureMode::Normal | PostureMode::Emergency => self.lock_answers(at),
            PostureMode::Lockdown => false,
        };
        if may {
            self.door_sees(now, at, Seen::Admitted);
        }
        may
    }
}
