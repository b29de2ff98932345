//! The journal: chained, persisted, sent at least once, forgotten when the cloud has it.
//!
//! ```text
//!   1 ─────── acknowledged ─────── sent ─────── persisted ─────── head
//!     forgotten           in flight     to be sent        on its way to disk
//! ```

use std::collections::VecDeque;

use protocols_ids::BootId;
use protocols_wire::{
    DoorEvent, JournalAck, JournalBatch, JournalEntry, JournalEvent, chain, decode, encode,
};

use crate::outbox::Outbox;
use crate::refusal::Refusal;
use crate::{Change, Now, Stored, StoredEntry};

/// Entries kept while the cloud is silent: a busy hall writes about 1 500 a day, and the longest silence to
/// bear is 30 days. Beyond it doors go on, and what is missing is counted.
pub const JOURNAL_ENTRIES_MAX: usize = 50_000;
/// Room that must be there before entries are kept again after some were not: what is missing is told once, not
/// between every two entries.
const RESUME_ROOM: usize = 500;
/// Entries on their way to disk at once: some hours of a busy hall with a disk that takes nothing, and half of what
/// the driver's queue holds.
pub const UNPERSISTED_MAX: usize = 4_096;
/// Messages with alarms that are sent ahead of a backlog between two acknowledgements: a broker's queue stays short.
pub const URGENT_MAX: usize = 32;
/// Entries in one batch.
pub const BATCH_ENTRIES_MAX: usize = 200;
/// Bytes of the entries in one batch: half a message, so that frame and signature always fit.
pub const BATCH_BYTES_MAX: usize = 32 * 1024;
/// Bytes of one entry: the longest that is written has 120.
pub const ENTRY_BYTES_MAX: usize = 1024;
/// Batches under way at once: enough to fill a slow line, few enough to send again.
pub const BATCHES_IN_FLIGHT_MAX: usize = 4;
/// How long to wait for an acknowledgement before everything unacknowledged is sent again.
pub const RESEND_MS: u64 = 15_000;
/// The wait doubles up to this while the cloud stays silent, so that a queue at the broker stays short.
pub const RESEND_MS_MAX: u64 = 300_000;

#[derive(Debug)]
pub(crate) struct Journal {
    generation: u64,
    boot: BootId,
    head: u64,
    chain: [u8; 32],
    acknowledged: u64,
    acknowledged_chain: [u8; 32],
    /// The entries after `acknowledged`, without a gap.
    waiting: VecDeque<Waiting>,
    /// Ticket and sequence of what is on its way to disk.
    persisting: VecDeque<(u64, u64)>,
    persisted: u64,
    sent: u64,
    /// The last sequence of each batch in flight.
    in_flight: VecDeque<u64>,
    resend_at_ms: u64,
    resend_ms: u64,
    /// Entries for which there was no room.
    missing: u64,
    /// The sequences of alarms that wait.
    alarms: VecDeque<u64>,
    /// The last alarm that was sent ahead.
    sent_ahead: u64,
    /// How many more messages may be sent ahead.
    ahead_left: usize,
}

/// An entry that the cloud has not acknowledged.
#[derive(Debug)]
struct Waiting {
    sequence: u64,
    /// As it was written: what the chain covers.
    entry: Box<[u8]>,
    chain: [u8; 32],
    alarm: bool,
}

impl From<StoredEntry> for Waiting {
    fn from(stored: StoredEntry) -> Self {
        let StoredEntry { sequence, entry, chain } = stored;
        // What an earlier or later program wrote and this one cannot read goes up in its place all the same.
        let alarm = decode::<JournalEntry>(&entry).is_ok_and(|entry| is_alarm(&entry.event));
        Self { sequence, entry: entry.into_boxed_slice(), chain, alarm }
    }
}

impl Journal {
    pub(crate) fn load(stored: &mut Stored) -> Self {
        let waiting: VecDeque<Waiting> =
            std::mem::take(&mut stored.unacknowledged).into_iter().map(Waiting::from).collect();
        Self {
            generation: stored.journal_generation,
            boot: stored.boot,
            head: stored.journal_head,
            chain: stored.journal_chain,
            acknowledged: stored.journal_acknowledged,
            acknowledged_chain: stored.journal_acknowledged_chain,
            alarms: waiting.iter().filter(|entry| entry.alarm).map(|entry| entry.sequence).collect(),
            waiting,
            sent_ahead: 0,
            ahead_left: URGENT_MAX,
            persisting: VecDeque::new(),
            persisted: stored.journal_head,
            sent: stored.journal_acknowledged,
            in_flight: VecDeque::new(),
            resend_at_ms: 0,
            resend_ms: RESEND_MS,
            missing: 0,
        }
    }

    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Entries that the cloud has not acknowledged.
    pub(crate) fn waiting(&self) -> u32 {
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }

    /// The last entry on disk.
    pub(crate) const fn persisted_head(&self) -> u64 {
        self.persisted
    }

    /// Writes down what happened.
    pub(crate) fn record(&mut self, out: &mut Outbox, now: Now, event: JournalEvent) {
        if !self.has_room() {
            self.missing = self.missing.saturating_add(1);
            return;
        }
        self.tell_gap(out, now);
        self.append(out, now, event);
    }

    /// Tells what could not be kept, once there is room again.
    pub(crate) fn tell_gap(&mut self, out: &mut Outbox, now: Now) {
        if self.missing > 0 && self.has_room() {
            let missing = std::mem::take(&mut self.missing);
            self.append(out, now, JournalEvent::Gap { missing });
        }
    }

    /// The last place is kept for the entry that counts what is missing.
    fn has_room(&self) -> bool {
        let (waiting_max, persisting_max) = if self.missing > 0 {
            (JOURNAL_ENTRIES_MAX.saturating_sub(RESUME_ROOM), UNPERSISTED_MAX.saturating_sub(RESUME_ROOM))
        } else {
            (JOURNAL_ENTRIES_MAX.saturating_sub(1), UNPERSISTED_MAX)
        };
        self.waiting.len() < waiting_max && self.persisting.len() < persisting_max
    }

    fn append(&mut self, out: &mut Outbox, now: Now, event: JournalEvent) {
        self.head = self.head.saturating_add(1);
        let alarm = is_alarm(&event);
        let entry = encode(&JournalEntry {
            sequence: self.head,
            at: now.wall,
            time_quality: now.quality,
            boot: self.boot,
            uptime_ms: now.uptime_ms,
            event,
        });
        self.chain = chain(&self.chain, &entry);
        let (sequence, at, chain) = (self.head, now.wall, self.chain);
        let ticket = out.persist(Change::Append { sequence, at, entry: entry.clone(), chain });
        self.waiting.push_back(Waiting { sequence, entry: entry.into_boxed_slice(), chain, alarm });
        if alarm {
            self.alarms.push_back(sequence);
        }
        self.persisting.push_back((ticket, sequence));
    }

    /// Everything up to this ticket is on disk.
    pub(crate) fn persisted(&mut self, ticket: u64) {
        while let Some((_, sequence)) = self.persisting.pop_front_if(|(on_disk, _)| *on_disk <= ticket) {
            self.persisted = sequence;
        }
    }

    /// The cloud has stored up to there. An acknowledgement of entries that are not these, as another box with the
    /// same identity gets it, gives nothing up.
    pub(crate) fn acknowledge(
        &mut self,
        out: &mut Outbox,
        now: Now,
        kept_ms: i64,
        ack: JournalAck,
    ) -> Result<(), Refusal> {
        if ack.generation != self.generation || ack.sequence > self.persisted {
            return Err(Refusal::Impossible);
        }
        if ack.sequence < self.acknowledged {
            return Err(Refusal::Replayed);
        }
        if ack.chain.is_some_and(|stored| self.chain_at(ack.sequence) != Some(stored.into())) {
            return Err(Refusal::Impossible);
        }
        if ack.sequence == self.acknowledged {
            return Ok(());
        }
        while let Some(stored) = self.waiting.pop_front_if(|waiting| waiting.sequence <= ack.sequence) {
            self.acknowledged = stored.sequence;
            self.acknowledged_chain = stored.chain;
        }
        while self.alarms.pop_front_if(|alarm| *alarm <= ack.sequence).is_some() {}
        self.ahead_left = URGENT_MAX;
        self.sent = self.sent.max(self.acknowledged);
        while self.in_flight.pop_front_if(|end| *end <= ack.sequence).is_some() {}
        self.resend_ms = RESEND_MS;
        self.resend_at_ms = now.uptime_ms.saturating_add(self.resend_ms);
        out.persist(Change::Acknowledged {
            sequence: self.acknowledged,
            forget_before: now.wall.plus_ms(kept_ms.saturating_neg()),
        });
        Ok(())
    }

    /// The connection is new: whatever was in flight may be lost.
    pub(crate) fn reconnected(&mut self) {
        self.resend_ms = RESEND_MS;
        self.sent_ahead = 0;
        self.ahead_left = URGENT_MAX;
        self.send_again();
    }

    /// The next batch that may be sent now. What waits too long for its acknowledgement is sent again.
    pub(crate) fn next_batch(&mut self, now: Now) -> Option<JournalBatch> {
        if !self.in_flight.is_empty() && self.resend_at_ms <= now.uptime_ms {
            self.resend_ms = self.resend_ms.saturating_mul(2).min(RESEND_MS_MAX);
            self.send_again();
        }
        if let Some(first) = self.next_ahead() {
            let batch = self.batch_after(first.saturating_sub(1), true)?;
            let sent = u64::try_from(batch.entries.len()).ok()?;
            self.sent_ahead = first.saturating_add(sent).saturating_sub(1);
            self.ahead_left = self.ahead_left.saturating_sub(1);
            return Some(batch);
        }
        if self.in_flight.len() >= BATCHES_IN_FLIGHT_MAX {
            return None;
        }
        let batch = self.batch_after(self.sent, false)?;
        self.sent = self.sent.saturating_add(u64::try_from(batch.entries.len()).ok()?);
        if self.in_flight.is_empty() {
            self.resend_at_ms = now.uptime_ms.saturating_add(self.resend_ms);
        }
        self.in_flight.push_back(self.sent);
        Some(batch)
    }

    /// The next alarm that would have to wait for others: it is sent ahead of them, and comes again in its place.
    fn next_ahead(&self) -> Option<u64> {
        if self.ahead_left == 0 {
            return None;
        }
        let sent = self.sent.max(self.sent_ahead);
        let at = self.alarms.partition_point(|alarm| *alarm <= sent);
        let first = self.alarms.get(at).copied().filter(|alarm| *alarm <= self.persisted)?;
        let ahead_of = usize::try_from(first.saturating_sub(self.sent)).ok()?;
        let comes_next = self.in_flight.len() < BATCHES_IN_FLIGHT_MAX && ahead_of <= BATCH_ENTRIES_MAX;
        (!comes_next).then_some(first)
    }

    /// The entries on disk after that sequence, as many as a batch may hold; alarms only if `urgent`.
    fn batch_after(&self, after: u64, urgent: bool) -> Option<JournalBatch> {
        let from = usize::try_from(after.saturating_sub(self.acknowledged)).ok()?;
        let previous = self.chain_at(after)?;
        let mut batch = JournalBatch {
            generation: self.generation,
            previous,
            entries: Vec::new(),
            head: previous,
            urgent,
        };
        let mut bytes = 0_usize;
        for waiting in self.waiting.iter().skip(from).take(BATCH_ENTRIES_MAX) {
            bytes = bytes.saturating_add(waiting.entry.len());
            if waiting.sequence > self.persisted || bytes > BATCH_BYTES_MAX || (urgent && !waiting.alarm) {
                break;
            }
            batch.entries.push(waiting.entry.to_vec().into());
            batch.head = waiting.chain;
        }
        (!batch.entries.is_empty()).then_some(batch)
    }

    /// The chain's hash after an entry that is not forgotten.
    fn chain_at(&self, sequence: u64) -> Option<[u8; 32]> {
        let after = usize::try_from(sequence.checked_sub(self.acknowledged)?).ok()?;
        match after.checked_sub(1) {
            None => Some(self.acknowledged_chain),
            Some(at) => Some(self.waiting.get(at)?.chain),
        }
    }

    /// When [`Journal::next_batch`] is due although nothing happened.
    pub(crate) fn wake_at_ms(&self) -> Option<u64> {
        (!self.in_flight.is_empty()).then_some(self.resend_at_ms)
    }

    fn send_again(&mut self) {
        self.sent = self.acknowledged;
        self.in_flight.clear();
    }
}

/// What somebody should hear of before a backlog: it is sent ahead.
const fn is_alarm(event: &JournalEvent) -> bool {
    match event {
        JournalEvent::Door { what, .. } => match what {
            DoorEvent::Forced | DoorEvent::HeldOpen | DoorEvent::Tamper => true,
            DoorEvent::Opened
            | DoorEvent::Closed
            | DoorEvent::Relocked
            | DoorEvent::Exit
            | DoorEvent::TamperRestored => false,
        },
        JournalEvent::Device { answers, .. } => !*answers,
        JournalEvent::ClockStep { .. }
        | JournalEvent::Gap { .. }
        | JournalEvent::LockedOut { .. }
        | JournalEvent::Disk { .. }
        | JournalEvent::Damaged { .. } => true,
        JournalEvent::Admitted { .. }
        | JournalEvent::Refused { .. }
        | JournalEvent::Light { .. }
        | JournalEvent::Started
        | JournalEvent::Configured { .. }
        | JournalEvent::GrantsApplied { .. }
        | JournalEvent::Commanded { .. }
        | JournalEvent::PostureChanged { .. }
        | JournalEvent::AdmittedOffline { .. }
        | JournalEvent::LeaseEnding { .. }
        | JournalEvent::Trusts { .. }
        | JournalEvent::Certified { .. } => false,
    }
}
