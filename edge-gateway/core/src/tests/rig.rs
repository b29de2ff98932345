//! A gateway on the bench: disk, clock and hall.

use protocols_access::Sealer;
use protocols_fieldbus::nodes::{Indicator, Key, NodeEvent};
use protocols_ids::{BootId, DeviceId, DoorId, GatewayId, GrantId, ResourceId, Uuid, ZoneId};
use protocols_wire::*;

use crate::*;

/// A Sunday morning.
pub(super) const START: UnixMs = UnixMs(1_795_000_000_000);
pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const SECRET: [u8; 32] = [7; 32];
pub(super) const SEAL_ID: u32 = 3;

pub(super) fn gateway() -> GatewayId {
    GatewayId::new(Uuid::from_u128(0xAA))
}
pub(super) fn door(number: u128) -> DoorId {
    DoorId::new(Uuid::from_u128(0xD0 + number))
}
/// The node at a door: lock, contact, exit button, cover, keypad.
pub(super) fn node(number: u128) -> DeviceId {
    DeviceId::new(Uuid::from_u128(0xE0 + number))
}
pub(super) fn lamps() -> DeviceId {
    DeviceId::new(Uuid::from_u128(0xF0))
}
pub(super) fn zone(number: u128) -> ZoneId {
    ZoneId::new(Uuid::from_u128(0xC0 + number))
}
pub(super) fn grant_id(number: u128) -> GrantId {
    GrantId::new(Uuid::from_u128(number))
}

/// A key from a seed, in the 16 bytes of PKCS#8 that Ed25519 needs (RFC 8410, section 7).
pub(super) fn signer(seed: u8) -> Signer {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([seed; 32]);
    Signer::from_pkcs8(&der).unwrap()
}
pub(super) fn cloud() -> Signer {
    signer(1)
}

pub(super) fn identity() -> Identity {
    let cloud = cloud();
    let key = SigningKey {
        key_id: cloud.key_id(),
        public: cloud.public(),
        not_before: START.plus_ms(-365 * 24 * HOUR_MS),
        not_after: START.plus_ms(365 * 24 * HOUR_MS),
    };
    Identity {
        gateway: gateway(),
        signer: signer(2),
        sealers: vec![(SEAL_ID, Sealer::new(&SECRET))],
        trust: vec![key],
        trust_serial: 1,
        certificate: CertificateTimes {
            not_before: START.plus_ms(-24 * HOUR_MS),
            not_after: START.plus_ms(400 * 24 * HOUR_MS),
        },
    }
}

pub(super) fn point(device: DeviceId, name: &str) -> PointRef {
    PointRef { device, point: name.to_owned() }
}

/// Two doors with a node each, two zones on one lighting node.
pub(super) fn config(revision: u64) -> SiteConfig {
    let device = |id: DeviceId, profile: &str| DeviceConfig {
        id,
        profile: profile.to_owned(),
        address: "127.0.0.1:15020".to_owned(),
        unit: 1,
        name: String::new(),
    };
    let one_door = |number| DoorConfig {
        id: door(number),
        name: String::new(),
        lock: point(node(number), "lock"),
        contact: Some(point(node(number), "contact")),
        rex: Some(point(node(number), "exit")),
        tamper: Some(point(node(number), "tamper")),
        keypad: Some(node(number)),
        release_ms: 5_000,
        held_open_ms: 30_000,
        scanner: None,
        reader: None,
    };
    let one_zone = |number| ZoneConfig {
        id: zone(number),
        name: String::new(),
        lamps: vec![point(lamps(), &format!("lamp{number}"))],
        lag_ms: 600_000,
    };
    SiteConfig {
        revision,
        site: "Hall".to_owned(),
        devices: vec![device(node(1), "door"), device(node(2), "door"), device(lamps(), "lighting")],
        doors: vec![one_door(1), one_door(2)],
        zones: vec![one_zone(1), one_zone(2)],
        ..SiteConfig::default()
    }
}

/// The scanner at door 1.
pub(super) fn scanner() -> DeviceId {
    DeviceId::new(Uuid::from_u128(0xF1))
}
pub(super) fn group() -> ResourceId {
    ResourceId::new(Uuid::from_u128(0x9A))
}

/// The same site with a tag reader on the node at door 1, a scanner there, and one resource behind that door with ten
/// minutes' lead and lag, for which zone 2 is lit.
pub(super) fn config_with_readers(revision: u64) -> SiteConfig {
    let mut config = config(revision);
    config.devices.push(DeviceConfig { id: scanner(), ..config.devices[0].clone() });
    config.doors[0].reader = Some(node(1));
    config.doors[0].scanner = Some(scanner());
    config.groups = vec![DoorGroup {
        id: group(),
        doors: vec![GroupDoor { door: door(1), lead_ms: 600_000, lag_ms: 600_000 }],
        zones: vec![zone(2)],
    }];
    config
}

/// A visitor's booked hour, from `START`, at door 1 and in zone 1, with ten minutes' lead.
pub(super) fn booked(number: u128, pin: &str) -> Grant {
    Grant {
        id: grant_id(number),
        class: GrantClass::Visitor,
        booking_number: 1,
        doors: vec![DoorWindow {
            door: door(1),
            not_before: START.plus_ms(-600_000),
            not_after: START.plus_ms(HOUR_MS),
        }],
        credentials: vec![Sealer::new(&SECRET).credential(CredentialKind::Pin, pin)],
        zones: vec![zone(1)],
        starts_at: START,
        ends_at: START.plus_ms(HOUR_MS),
        min_version: 1,
        responder: false,
    }
}

pub(super) fn batch(base: u64, revision: u64, upserts: Vec<Grant>) -> GrantBatch {
    GrantBatch {
        epoch: 1,
        base,
        revision,
        part: 0,
        parts: 1,
        upserts,
        removals: Vec::new(),
        expired_before: None,
        seal_id: SEAL_ID,
        issued_at: START,
    }
}

/// Applies a change the way a store does.
fn write_down(stored: &mut Stored, log: &mut Vec<JournalEntry>, change: Change) {
    match change {
        Change::Append { sequence, at, entry, chain } => {
            let told: JournalEntry = decode(&entry).unwrap();
            assert_eq!((told.sequence, told.at), (sequence, at));
            assert_eq!(sequence, stored.journal_head + 1);
            stored.journal_head = sequence;
            stored.journal_chain = chain;
            log.push(told);
            stored.unacknowledged.push(StoredEntry { sequence, entry, chain });
        }
        Change::Acknowledged { sequence, .. } => {
            if let Some(known) = stored.unacknowledged.iter().find(|known| known.sequence == sequence) {
                stored.journal_acknowledged = sequence;
                stored.journal_acknowledged_chain = known.chain;
            }
            stored.unacknowledged.retain(|known| known.sequence > sequence);
        }
        Change::Grants {
            replace,
            upserts,
            removals,
            expired_before,
            position,
            seal_id,
            hash,
            taken_back,
        } => {
            let changed = |id: GrantId| upserts.iter().any(|grant| grant.id() == id);
            stored.grants.retain(|grant| !replace && !removals.contains(&grant.id()) && !changed(grant.id()));
            stored.grants.extend(upserts);
            if let Some(before) = expired_before {
                stored.grants.retain(|grant| !grant.expired(before));
                stored.taken_back.retain(|(_, until)| *until >= before);
            }
            for (id, until) in taken_back {
                stored.taken_back.retain(|(known, _)| *known != id);
                stored.taken_back.push((id, until));
            }
            stored.position = position;
            stored.seal_id = seal_id;
            stored.table_hash = Some(hash);
        }
        Change::Config { config } => stored.config = Some(*config),
        Change::Posture { posture } => stored.posture = Some(posture),
        Change::Lease { lease_until, heartbeat_at, time_floor, clock_error_ms } => {
            stored.clock_error_ms = Some(clock_error_ms);
            stored.lease_until = lease_until;
            stored.heartbeat_at = Some(heartbeat_at);
            stored.time_floor = time_floor;
        }
        Change::Command { counter } => stored.command_counter = counter,
        Change::Throttle { throttle } => stored.throttle = throttle,
        Change::Lit { zone, until } => {
            stored.lit.retain(|(id, _)| *id != zone);
            stored.lit.extend(until.map(|until| (zone, until)));
        }
    }
}

/// The gateway, with what surrounds it.
pub(super) struct Rig {
    pub core: Core,
    pub now: Now,
    /// What is on disk.
    pub stored: Stored,
    /// Every journal entry that was ever on disk.
    pub log: Vec<JournalEntry>,
    /// Asked for, not on disk yet.
    unsynced: Vec<(u64, Change)>,
    /// Whether the disk takes everything at once.
    pub disk_is_prompt: bool,
    /// Everything but `WakeAt`, in order.
    pub outputs: Vec<Output>,
    wake_at_ms: Option<u64>,
    boots: u128,
    sequences: Vec<(DeviceId, u16)>,
}

impl Rig {
    /// Newly enrolled, nothing configured.
    pub fn new() -> Self {
        let now = Now { wall: START, uptime_ms: 0, quality: TimeQuality::Synchronised };
        let stored = Stored::nothing(BootId::new(Uuid::from_u128(0xB000)), 1);
        let mut rig = Self {
            core: Core::new(stored.clone(), identity(), now),
            now,
            stored,
            log: Vec::new(),
            unsynced: Vec::new(),
            disk_is_prompt: true,
            outputs: Vec::new(),
            wake_at_ms: None,
            boots: 0,
            sequences: Vec::new(),
        };
        rig.drain();
        rig
    }

    /// Configured, devices found, doors closed.
    pub fn hall() -> Self {
        let mut rig = Self::new();
        rig.receive(Kind::Config, &config(1));
        rig.find_devices();
        rig.outputs.clear();
        rig
    }

    pub fn find_devices(&mut self) {
        for device in [node(1), node(2), lamps()] {
            self.input(Input::DeviceFound { device, restarted: true });
        }
        for number in [1, 2] {
            for (name, on) in [("contact", true), ("exit", false), ("tamper", true)] {
                self.input(Input::Point { point: point(node(number), name), on });
            }
        }
    }

    pub fn input(&mut self, input: Input) {
        self.core.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::WakeAt { uptime_ms } => self.wake_at_ms = Some(uptime_ms),
                Output::Persist { ticket, change } => {
                    self.unsynced.push((ticket, change.clone()));
                    self.outputs.push(Output::Persist { ticket, change });
                }
                other => self.outputs.push(other),
            }
        }
        if self.disk_is_prompt && !self.unsynced.is_empty() {
            self.sync();
        }
    }

    /// The disk takes all that waits.
    pub fn sync(&mut self) {
        let Some((ticket, _)) = self.unsynced.last() else { return };
        let ticket = *ticket;
        for (_, change) in std::mem::take(&mut self.unsynced) {
            write_down(&mut self.stored, &mut self.log, change);
        }
        self.input(Input::Persisted { ticket });
    }

    /// The program dies and starts again; what is not on disk is gone.
    pub fn restart(&mut self) {
        self.unsynced.clear();
        self.boots += 1;
        self.stored.boot = BootId::new(Uuid::from_u128(0xB000 + self.boots));
        self.stored.command_counter = 0;
        self.now.uptime_ms = 0;
        self.wake_at_ms = None;
        self.core = Core::new(self.stored.clone(), identity(), self.now);
        self.drain();
    }

    /// Time passes; the core is woken when it asked to be.
    pub fn pass(&mut self, ms: i64) {
        let end_ms = self.now.uptime_ms + u64::try_from(ms).unwrap();
        while let Some(wake_ms) = self.wake_at_ms.take().filter(|wake_ms| *wake_ms <= end_ms) {
            self.step_to(wake_ms.max(self.now.uptime_ms));
            self.input(Input::Tick);
        }
        self.step_to(end_ms);
        self.input(Input::Tick);
    }

    fn step_to(&mut self, uptime_ms: u64) {
        let ms = i64::try_from(uptime_ms - self.now.uptime_ms).unwrap();
        self.now.uptime_ms = uptime_ms;
        self.now.wall = self.now.wall.plus_ms(ms);
    }

    pub fn receive(&mut self, kind: Kind, message: &impl minicbor::Encode<()>) {
        let topic = Topic::new(gateway(), kind).to_string();
        let payload = cloud().seal(&topic, message);
        self.input(Input::Received { topic, payload });
    }

    /// A heartbeat that answers the gateway's last report.
    pub fn heartbeat(&mut self) -> Lease {
        let report = self.core.state(self.now);
        Lease {
            position: report.position,
            lease_until: self.now.wall.plus_ms(60 * 24 * HOUR_MS),
            nonce: report.nonce,
            time: self.now.wall,
            trust_serial: 1,
            seal_id: SEAL_ID,
        }
    }

    /// The cloud is there, and says so.
    pub fn heard(&mut self) {
        self.input(Input::BrokerConnected);
        let lease = self.heartbeat();
        self.receive(Kind::Lease, &lease);
    }

    /// Shows a tag at the reader of a door's node.
    pub fn tag(&mut self, number: u128, bytes: &[u8], age_ms: u32) {
        self.event(node(number), age_ms, NodeEvent::Tag(u8::try_from(bytes.len()).unwrap()));
        for byte in bytes {
            self.event(node(number), age_ms, NodeEvent::TagByte(*byte));
        }
    }

    /// Scans a token at door 1.
    pub fn scan(&mut self, token: &Token) {
        let text = token_text(&cloud().seal(TOKEN_CONTEXT, token));
        assert!(text.len() <= TOKEN_CHARACTERS_MAX);
        self.input(Input::Code { device: scanner(), text, age_ms: 0 });
    }

    /// Why readers refused since the outputs were cleared.
    pub fn reasons(&self) -> Vec<RefusalReason> {
        let reasons = self.told().into_iter().filter_map(|event| match event {
            JournalEvent::Refused { reason, .. } => Some(reason),
            _ => None,
        });
        reasons.collect()
    }

    /// What readers showed since the outputs were cleared.
    pub fn shown(&self) -> Vec<(DeviceId, Indicator)> {
        let shown = self.outputs.iter().filter_map(|output| match output {
            Output::Indicate { device, indicator } => Some((*device, *indicator)),
            _ => None,
        });
        shown.collect()
    }

    /// The next event of a node.
    pub fn event(&mut self, device: DeviceId, age_ms: u32, event: NodeEvent) {
        let at = self.sequences.iter().position(|(id, _)| *id == device).unwrap_or_else(|| {
            self.sequences.push((device, 0));
            self.sequences.len() - 1
        });
        self.sequences[at].1 = self.sequences[at].1.wrapping_add(1);
        let sequence = self.sequences[at].1;
        self.input(Input::Node { device, sequence, age_ms, event });
    }

    /// Types at the keypad of a door's node.
    pub fn keys(&mut self, number: u128, text: &str) {
        self.keys_of_age(number, text, 0);
    }

    /// What was typed at the keypad of a door's node so long ago is read now.
    pub fn keys_of_age(&mut self, number: u128, text: &str, age_ms: u32) {
        for c in text.chars() {
            let key = match c {
                '#' => Key::Hash,
                '*' => Key::Star,
                digit => Key::Digit(u8::try_from(digit.to_digit(10).unwrap()).unwrap()),
            };
            self.event(node(number), age_ms, NodeEvent::Key(key));
        }
    }

    /// What the journal got since the outputs were cleared.
    pub fn told(&self) -> Vec<JournalEvent> {
        let entries = self.outputs.iter().filter_map(|output| match output {
            Output::Persist { change: Change::Append { entry, .. }, .. } => {
                Some(decode::<JournalEntry>(entry).unwrap().event)
            }
            _ => None,
        });
        entries.collect()
    }

    /// What was written to devices since the outputs were cleared.
    pub fn writes(&self) -> Vec<(PointRef, bool)> {
        let writes = self.outputs.iter().filter_map(|output| match output {
            Output::Write { point, on } => Some((point.clone(), *on)),
            _ => None,
        });
        writes.collect()
    }

    /// Takes the messages sent since the outputs were cleared.
    pub fn take_sent(&mut self) -> Vec<(Kind, Vec<u8>)> {
        let mut sent = Vec::new();
        self.outputs.retain(|output| match output {
            Output::Send { kind, payload } => {
                sent.push((*kind, payload.clone()));
                false
            }
            _ => true,
        });
        sent
    }

    pub fn refused(&self) -> RefusedCounts {
        self.core.state(self.now).refused
    }
}

/// Opens what the gateway sent.
pub(super) fn opened<T: for<'b> minicbor::Decode<'b, ()>>(kind: Kind, payload: &[u8]) -> T {
    let ours = signer(2);
    let topic = Topic::new(gateway(), kind).to_string();
    open(&topic, payload, |id| (id == ours.key_id()).then(|| ours.public())).unwrap()
}
