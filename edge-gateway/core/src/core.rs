//! The machine itself: what comes in is shared out to the parts, what they want is collected.

use protocols_access::{GrantTable, Lease, Throttle};
use protocols_ids::BootId;
use protocols_wire::{
    CONTRACT_VERSION, JournalEvent, Kind, Position, Posture, PostureMode, RefusedCounts, Resync, StateReport,
    Topic, UnixMs,
};
use std::collections::VecDeque;

use crate::clock::Clock;
use crate::fetch::Fetch;
use crate::journal::Journal;
use crate::outbox::Outbox;
use crate::site::{Site, mode};
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
    /// The table's position on disk: the one that is reported.
    durable: Position,
    moving: VecDeque<(u64, Position)>,
    pub(crate) lease: Lease,
    pub(crate) posture: Option<Posture>,
    pub(crate) throttle: Throttle,
    pub(crate) site: Site,
    pub(crate) refused: RefusedCounts,
    /// The last command's counter in this run.
    pub(crate) commands: u64,
    /// When the last report of this run was made. The cloud takes one from before it for a replay.
    reported_at: Option<UnixMs>,
    wake_at_ms: Option<u64>,
}

impl Core {
    /// Starts a run of the program from what is on disk. Outputs wait to be drained already.
    pub fn new(mut stored: Stored, identity: Identity, now: Now) -> Self {
        let table = GrantTable::restore(
            stored.position,
            stored.seal_id,
            std::mem::take(&mut stored.grants),
            std::mem::take(&mut stored.taken_back),
        );
        let mut core = Self {
            identity,
            boot: stored.boot,
            out: Outbox::default(),
            clock: Clock::new(stored.time_floor, now),
            journal: Journal::load(&mut stored),
            uplink: Uplink::new(stored.boot),
            fetch: Fetch::new(),
            from_scratch: table.not_understood() > 0,
            table,
            durable: stored.position,
            moving: VecDeque::new(),
            lease: Lease { heartbeat_at: stored.heartbeat_at, until: stored.lease_until },
            posture: stored.posture,
            throttle: stored.throttle,
            site: Site::default(),
            refused: RefusedCounts::default(),
            commands: 0,
            reported_at: None,
            wake_at_ms: None,
        };
        let now = core.clock.settled(now);
        core.record(now, JournalEvent::Started);
        if let Some(config) = stored.config {
            core.site.configure(&config, mode(core.posture_mode()), &stored.lit);
            core.out.push(Output::Configure { config: Box::new(config) });
        }
        if core.from_scratch || core.table.position() == Position::default() || core.site.revision.is_none() {
            core.uplink.want(now);
        }
        core.settle_up(now);
        core
    }

    /// Takes in what happened.
    pub fn handle(&mut self, now: Now, input: Input) {
        let (now, step) = self.clock.read(now);
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
            Input::Code { .. } => {}
            Input::Tick => {}
        }
        self.settle_up(now);
    }

    /// The next thing to do; `None` when there is nothing more until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// How the gateway is, for the technician's eyes and for the cloud.
    pub fn state(&self, now: Now) -> StateReport {
        StateReport {
            boot: self.boot,
            online: true,
            position: self.durable,
            hash_version: 0,
            table_hash: [0; 32],
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
            grants_taken_back: 0,
            clock_uncertainty_ms: None,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            journal_waiting: self.journal.waiting(),
            disk_stalled: false,
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
        self.moving.push_back((ticket, self.table.position()));
    }

    fn persisted(&mut self, now: Now, ticket: u64) {
        self.out.persisted(ticket);
        let persisted = self.out.last_persisted();
        self.journal.persisted(persisted);
        while let Some((_, position)) = self.moving.pop_front_if(|(moved, _)| *moved <= persisted) {
            self.durable = position;
            self.uplink.report_now(now);
        }
        self.confirm();
    }

    /// What follows from every input alike: time that has come, messages that are due, the next wake-up.
    fn settle_up(&mut self, now: Now) {
        self.tick_doors(now);
        self.tick_zones(now);
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
        let zones = self.site.zones.iter().filter_map(|zone| zone.zone.wake_at()).map(|at| {
            let ahead_ms = u64::try_from(at.saturating_sub(now.wall.0)).unwrap_or_default();
            now.uptime_ms.saturating_add(ahead_ms)
        });
        let journal = self.journal.wake_at_ms().filter(|_| self.uplink.is_connected());
        let fetch = self.fetch.wake_at_ms().filter(|_| self.uplink.is_connected());
        doors.chain(zones).chain(journal).chain(fetch).chain(self.uplink.wake_at_ms()).min()
    }
}
