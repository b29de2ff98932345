//! The machine itself: what comes in is shared out to the parts, what they want is collected.

use protocols_access::{GrantTable, KeptGrant, Lease, Throttle};
use protocols_ids::{BootId, GrantId};
use protocols_wire::{
    CONTRACT_VERSION, Damage, HASH_VERSION, JournalEvent, Kind, Position, Posture, PostureMode,
    RefusedCounts, Resync, StateReport, TableHash, Topic, UnixMs,
};
use std::collections::VecDeque;

use crate::clock::Clock;
use crate::commands::Commands;
use crate::fetch::Fetch;
use crate::journal::Journal;
use crate::lease::Warned;
use crate::outbox::{DiskNews, Outbox};
use crate::site::{Site, margin_ms, mode};
use crate::uplink::Uplink;
use crate::{Identity, Input, Now, Output, Stored};

/// Moves of the table on their way to disk that are told apart; beyond it the last ones are reported
/// together. The cloud sends one batch at a time, so that there is hardly ever more than one.
const MOVES_MAX: usize = 16;

/// The gateway. Hand it an input, then drain [`Core::poll_output`] until it is empty.
#[derive(Debug)]
pub struct Core {
    pub(crate) identity: Identity,
    pub(crate) boot: BootId,
    pub(crate) out: Outbox,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) uplink: Uplink,
    pub(crate) fetch: Fetch,
    pub(crate) table: GrantTable,
    /// The table may lack what an earlier program could not read: the cloud is asked for all of it.
    pub(crate) from_scratch: bool,
    /// The table's position and hash on disk: those that are reported.
    durable: (Position, TableHash),
    moving: VecDeque<(u64, (Position, TableHash))>,
    pub(crate) lease: Lease,
    pub(crate) warned: Warned,
    /// The newest word of the cloud that the table is at least as new as.
    pub(crate) heard_at: Option<UnixMs>,
    pub(crate) posture: Option<Posture>,
    pub(crate) throttle: Throttle,
    pub(crate) site: Site,
    pub(crate) refused: RefusedCounts,
    pub(crate) commands: Commands,
    /// When the last report of this run was made. The cloud takes one from before it for a replay.
    reported_at: Option<UnixMs>,
    wake_at_ms: Option<u64>,
}

impl Core {
    /// Starts a run of the program from what is on disk. Outputs wait to be drained already.
    pub fn new(mut stored: Stored, identity: Identity, now: Now) -> Self {
        let (table, damage) = restore(&mut stored);
        let policy = stored.config.as_ref().map(|config| config.policy).unwrap_or_default();
        // Before the first heartbeat nobody has said the time.
        let clock_error_ms = stored.lease_until.and(stored.clock_error_ms);
        let mut core = Self {
            identity,
            boot: stored.boot,
            out: Outbox::default(),
            clock: Clock::new(stored.time_floor, clock_error_ms, margin_ms(&policy), now),
            journal: Journal::load(&mut stored),
            uplink: Uplink::new(stored.boot),
            fetch: Fetch::new(),
            from_scratch: table.not_understood() > 0 || table.is_lost(),
            durable: (if table.is_lost() { Position::default() } else { stored.position }, table.hash()),
            table,
            moving: VecDeque::new(),
            lease: Lease { heartbeat_at: stored.heartbeat_at, until: stored.lease_until },
            warned: Warned::default(),
            heard_at: stored.heartbeat_at,
            posture: stored.posture,
            throttle: stored.throttle,
            site: Site::default(),
            refused: RefusedCounts::default(),
            commands: Commands::load(stored.command_counter),
            reported_at: None,
            wake_at_ms: None,
        };
        core.out.at(now.uptime_ms);
        let now = core.clock.settled(now);
        core.record(now, JournalEvent::Started);
        for what in damage {
            core.record(now, JournalEvent::Damaged { what });
        }
        if let Some(config) = stored.config {
            core.site.configure(&config, mode(core.posture_mode()), &stored.lit);
            for door in &mut core.site.doors {
                door.lock_out_told = !core.throttle.admits(door.config.id, now.wall);
            }
            core.out.push(Output::Configure { config: Box::new(config) });
        }
        if core.from_scratch || core.table.position() == Position::default() || core.site.revision.is_none() {
            core.uplink.want(now);
        }
        core.settle_up(now);
        core
    }

    /// Takes in what happened.
    pub fn handle(&mut self, reading: Now, input: Input) {
        self.out.at(reading.uptime_ms);
        let (now, step) = self.clock.read(reading);
        if let Some(by_ms) = step {
            self.record(now, JournalEvent::ClockStep { by_ms });
        }
        match input {
            Input::BrokerConnected => {
                self.uplink.connected(now);
                self.journal.reconnected();
            }
            Input::BrokerLost => self.uplink.lost(),
            Input::Received { topic, payload } => self.received(now, &topic, &payload),
            Input::Node { device, sequence, age_ms, event } => {
                self.node_event(now, device, sequence, age_ms, event);
            }
            Input::Point { point, on } => self.point(now, &point, on),
            Input::DeviceLost { device } => self.device_lost(now, device),
            Input::DeviceFound { device, restarted } => self.device_found(now, device, restarted),
            Input::Persisted { ticket } => self.persisted(now, ticket),
            Input::Fetched { fetched } => self.fetched(now, *fetched),
            Input::FetchFailed => self.fetch_failed(now),
            Input::Code { device, text, age_ms } => self.code(now, device, &text, age_ms),
            Input::Tick => {}
        }
        // A heartbeat, or another margin, may have told more about the time.
        self.settle_up(self.clock.settled(reading));
    }

    /// The next thing to do; `None` when there is nothing more until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// The number of the booking that a grant belongs to, as people see it; `None` where there is none.
    pub fn booking_number(&self, grant: GrantId) -> Option<u64> {
        self.table.get(grant).map(KeptGrant::booking_number).filter(|number| *number != 0)
    }

    /// How the gateway is, for the technician's eyes and for the cloud.
    pub fn state(&self, now: Now) -> StateReport {
        StateReport {
            boot: self.boot,
            online: true,
            position: self.durable.0,
            hash_version: HASH_VERSION,
            table_hash: self.durable.1.bytes(),
            config_revision: self.site.revision.unwrap_or_default(),
            posture_counter: self.posture.map_or(0, |posture| posture.counter),
            journal_generation: self.journal.generation(),
            journal_head: self.journal.persisted_head(),
            nonce: self.uplink.nonce(),
            time_quality: self.clock.settled(now).quality,
            contract_version: CONTRACT_VERSION,
            refused: self.refused,
            grants_not_understood: u32::try_from(self.table.not_understood()).unwrap_or(u32::MAX),
            lease_until: self.lease.until,
            devices_lost: self.site.lost(),
            at: self.report_at(now),
            seal_held: self.identity.seal_held(),
            trust_serial: self.identity.trust_serial,
            certificate_expires_at: Some(self.identity.certificate.not_after),
            grants: u32::try_from(self.table.len()).unwrap_or(u32::MAX),
            grants_taken_back: u32::try_from(self.table.barred()).unwrap_or(u32::MAX),
            clock_uncertainty_ms: self.clock.uncertainty_ms(now.uptime_ms),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            journal_waiting: self.journal.waiting(),
            disk_stalled: self.out.is_stalled(),
            posture: self.posture_mode(),
        }
    }

    /// The wall clock, but never back: also when it was set back, each report is later than the one before.
    fn report_at(&self, now: Now) -> UnixMs {
        let wall = self.clock.settled(now).wall;
        self.reported_at.map_or(wall, |before| wall.max(before.plus_ms(1)))
    }

    /// The signed report that the broker publishes on the state topic, retained, when this run goes
    /// silent; published by the driver itself at an orderly stop.
    pub fn last_will(&self, now: Now) -> Vec<u8> {
        let report = StateReport { online: false, ..self.state(now) };
        self.identity.signer.seal(&self.topic(Kind::State), &report)
    }

    pub(crate) fn posture_mode(&self) -> PostureMode {
        self.posture.map_or(PostureMode::Normal, |posture| posture.mode)
    }

    pub(crate) fn record(&mut self, now: Now, event: JournalEvent) {
        self.journal.record(&mut self.out, now, event);
    }

    pub(crate) fn topic(&self, kind: Kind) -> String {
        Topic::new(self.identity.gateway, kind).to_string()
    }

    /// The table has moved; it is reported once `ticket` is on disk.
    pub(crate) fn moved(&mut self, ticket: u64) {
        if self.moving.len() >= MOVES_MAX {
            self.moving.pop_back();
        }
        self.moving.push_back((ticket, (self.table.position(), self.table.hash())));
    }

    fn persisted(&mut self, now: Now, ticket: u64) {
        self.out.persisted(ticket);
        let persisted = self.out.last_persisted();
        self.journal.persisted(persisted);
        while let Some((_, reached)) = self.moving.pop_front_if(|(moved, _)| *moved <= persisted) {
            self.durable = reached;
            self.uplink.report_now(now);
        }
        self.confirm();
    }

    /// What follows from every input alike: time that has come, messages that are due, the next wake-up.
    fn settle_up(&mut self, now: Now) {
        self.settle_disk(now);
        self.settle_commands(now);
        self.tick_doors(now);
        self.tick_zones(now);
        self.warn_of_lease(now);
        self.fetch_due(now);
        if self.uplink.is_connected() {
            self.speak(now);
        }
        let wake_at_ms = self.next_wake_ms(now);
        if let Some(uptime_ms) = wake_at_ms
            && wake_at_ms != self.wake_at_ms
        {
            self.out.push(Output::WakeAt { uptime_ms });
        }
        self.wake_at_ms = wake_at_ms;
    }

    /// Doors go on whatever the disk does. While it takes nothing, nodes are told to forget what was taken in.
    fn settle_disk(&mut self, now: Now) {
        if let Some(news) = self.out.take_disk_news() {
            self.record(now, JournalEvent::Disk { stalled: news == DiskNews::Stalled });
            self.uplink.report_soon(now);
        }
        self.journal.tell_gap(&mut self.out, now);
        if self.out.is_stalled() {
            self.confirm();
        }
    }

    fn speak(&mut self, now: Now) {
        if self.uplink.take_report(now) {
            let report = self.state(now);
            self.reported_at = Some(report.at);
            self.send(Kind::State, &report);
        }
        if self.uplink.take_resync(now) {
            let position = if self.from_scratch { Position::default() } else { self.table.position() };
            let config_revision = self.site.revision.unwrap_or_default();
            self.send(Kind::Resync, &Resync { position, config_revision });
        }
        while let Some(batch) = self.journal.next_batch(now) {
            self.send(Kind::Journal, &batch);
        }
    }

    fn send(&mut self, kind: Kind, message: &impl minicbor::Encode<()>) {
        let payload = self.identity.signer.seal(&self.topic(kind), message);
        self.out.push(Output::Send { kind, payload });
    }

    fn next_wake_ms(&self, now: Now) -> Option<u64> {
        let doors = self.site.doors.iter().filter_map(|door| door.door.wake_at_ms());
        let zones = self.site.zones.iter().filter_map(|zone| zone.zone.wake_at().map(UnixMs));
        let instants = zones.chain(self.commands.wake_at()).chain(self.warn_at()).map(|at| {
            let ahead_ms = u64::try_from(at.ms_since(now.wall)).unwrap_or_default();
            now.uptime_ms.saturating_add(ahead_ms)
        });
        let journal = self.journal.wake_at_ms().filter(|_| self.uplink.is_connected());
        let fetch = self.fetch.wake_at_ms().filter(|_| self.uplink.is_connected());
        doors
            .chain(instants)
            .chain(self.out.stall_at_ms())
            .chain(journal)
            .chain(fetch)
            .chain(self.uplink.wake_at_ms())
            .min()
    }
}

/// The grant table as it was stored, and what of everything that was stored is damaged. Rows that do not add up to
/// what was written are dropped: one of them may open what it should not.
fn restore(stored: &mut Stored) -> (GrantTable, Vec<Damage>) {
    let mut damage = std::mem::take(&mut stored.damage);
    let taken_back = std::mem::take(&mut stored.taken_back);
    let grants = std::mem::take(&mut stored.grants);
    let (position, seal_id) = (stored.position, stored.seal_id);
    if !damage.contains(&Damage::Grants) {
        let table = GrantTable::restore(position, seal_id, grants, taken_back.clone());
        if stored.table_hash.is_none_or(|hash| hash == table.hash().bytes()) {
            return (table, damage);
        }
        damage.push(Damage::Grants);
    }
    (GrantTable::lost(position, seal_id, taken_back), damage)
}
