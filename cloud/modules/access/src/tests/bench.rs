//! A tenant with a hall, a gateway and its key.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use cloud_contracts::{
    Access, AccessState, BookingToOpen, Facilities, Facility, OccurrenceToOpen, Open, PortError, Resource,
};
use cloud_kernel::testing::{Bench, START};
use cloud_kernel::{Actor, Kernel, TenantTx, Worker};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use minicbor::Encode;
use protocols_access::{Applied, GrantTable, KeptGrant, Sealer};
use protocols_ids::{
    AuthorityId, BookingId, BootId, DoorId, FacilityId, GatewayId, OccurrenceId, PartId, PersonId,
    ResourceId, TenantId, Uuid,
};
use protocols_wire::{
    CHAIN_START, CONTRACT_VERSION, EnrolRequest, EnrolResponse, Grant, GrantBatch, HASH_VERSION, JournalAck,
    JournalBatch, JournalEntry, JournalEvent, Kind, PostureMode, RefusedCounts, Signer, StateReport,
    TableHash, TimeQuality, Topic, UnixMs, chain, decode, encode, row_hash,
};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};

use crate::courier::BrokerAddress;
use crate::enrolment::{enrol, make_code};
use crate::ingest::{Received, receive};
use crate::store::alarm::{self, AlarmKind};
use crate::store::gateway::{self, Gateway};
use crate::trust::{ServerNames, Trust};
use crate::{AccessModule, AccessPort, import};

/// The site of the tests: two doors with different leads, two zones, both halves through both doors.
pub(super) const SITE: &str = include_str!("site.toml");

/// A facility `hall` with a whole and one half.
pub(super) struct Hall;

pub(super) const WHOLE: ResourceId = ResourceId::new(Uuid::from_u128(0x11));
pub(super) const HALF: ResourceId = ResourceId::new(Uuid::from_u128(0x12));
/// A resource without doors.
pub(super) const FIELD: ResourceId = ResourceId::new(Uuid::from_u128(0x13));

#[async_trait]
impl Facilities for Hall {
    async fn all(&self, _: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        let parts = [PartId::new(Uuid::from_u128(1))];
        let resource = |id, slug: &str| Resource::named(id, slug, slug, &parts);
        let (id, authority) = (FacilityId::new(Uuid::from_u128(0x10)), AuthorityId::new(Uuid::from_u128(1)));
        Ok(vec![Facility {
            resources: vec![resource(WHOLE, "whole"), resource(HALF, "half"), resource(FIELD, "field")],
            ..Facility::named(id, authority, "hall", "Hallen", TimeZone::UTC)
        }])
    }

    async fn by_slug(&self, tx: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        Ok(self.all(tx).await?.into_iter().find(|facility| facility.slug == slug))
    }

    async fn of_resource(&self, tx: &mut TenantTx, _: ResourceId) -> Result<Option<Facility>, PortError> {
        Ok(self.all(tx).await?.into_iter().next())
    }

    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        facility.round_the_clock(first, last)
    }
}

pub(super) fn names() -> ServerNames {
    ServerNames { api: vec!["alfa.localhost".to_owned()], broker: vec!["localhost".to_owned()] }
}

/// A tenant with its site, and the module at work.
pub(super) struct Site {
    pub bench: Bench,
    pub trust: Arc<Trust>,
    pub gateway: GatewayId,
    secrets: tempfile::TempDir,
}

impl Site {
    pub async fn new() -> Self {
        Self::at(START.parse().unwrap()).await
    }

    /// With the bench's clock at another time: certificates that real peers look at must hold now.
    pub async fn at(now: Timestamp) -> Self {
        let bench = Bench::new().await;
        bench.clock.advance(now.duration_since(bench.kernel.now()));
        let secrets = tempfile::tempdir().unwrap();
        let trust = Arc::new(open_trust(secrets.path(), bench.kernel.now()));
        bench.install(vec![Arc::new(AccessModule::new(Arc::clone(&trust), 8443))]);
        let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
        import(&mut tx, &Hall, SITE).await.unwrap();
        let gateway = gateway::all(&mut tx).await.unwrap()[0].id;
        tx.commit().await.unwrap();
        Self { bench, trust, gateway, secrets }
    }

    pub fn kernel(&self) -> &Kernel {
        &self.bench.kernel
    }

    /// Where keys and certificates lie.
    pub fn secrets(&self) -> &Path {
        self.secrets.path()
    }

    pub fn tenant(&self) -> TenantId {
        self.bench.alfa
    }

    pub async fn begin(&self) -> TenantTx {
        self.kernel().begin(self.tenant()).await.unwrap()
    }

    /// Does what the outbox and the jobs hold, until there is nothing more.
    pub async fn work(&self) {
        let worker = Worker::new(self.kernel().clone());
        while worker.work_once().await.unwrap() > 0 {}
    }

    /// Imports the site once more, with these lines as its policy.
    pub async fn set_policy(&self, lines: &str) {
        let mut tx = self.begin().await;
        import(&mut tx, &Hall, &format!("{SITE}\n[gateway.policy]\n{lines}\n")).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The gateway's row.
    pub async fn row(&self) -> Gateway {
        let mut tx = self.begin().await;
        gateway::find(&mut tx, self.gateway).await.unwrap().unwrap()
    }

    /// Enrols a box with a key of its own.
    pub async fn enrol(&self) -> Peer {
        self.enrol_with(&request().0).await
    }

    /// Enrols a box with that key.
    pub async fn enrol_with(&self, key: &KeyPair) -> Peer {
        let mut tx = self.begin().await;
        let technician = Actor::Person(PersonId::new(Uuid::from_u128(0x7EC)));
        let (_, code) = make_code(&mut tx, self.gateway, technician).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let csr_pem = CertificateParams::default().serialize_request(key).unwrap().pem().unwrap();
        let mut tx = self.begin().await;
        let broker = BrokerAddress { host: "localhost".to_owned(), port: 8883 };
        let request = EnrolRequest { code: code.text, csr_pem };
        let response = enrol(&mut tx, &self.trust, &broker, &request).await.unwrap();
        tx.commit().await.unwrap();
        Peer::new(key, response)
    }

    /// A booking of one hour, `minutes` from now.
    pub fn booking(&self, number: u64, resource: ResourceId, minutes: i64) -> BookingToOpen {
        let starts_at = self.after(minutes);
        BookingToOpen {
            booking: BookingId::new(Uuid::from_u128(0xB00 + u128::from(number))),
            number,
            occurrences: vec![OccurrenceToOpen {
                occurrence: OccurrenceId::new(Uuid::from_u128(0x0CC00 + u128::from(number))),
                resource,
                starts_at,
                ends_at: starts_at.checked_add(SignedDuration::from_mins(60)).unwrap(),
            }],
            code_each_time: false,
            guests: vec![],
        }
    }

    pub fn after(&self, minutes: i64) -> Timestamp {
        self.kernel().now().checked_add(SignedDuration::from_mins(minutes)).unwrap()
    }

    pub async fn issue(&self, booking: &BookingToOpen) {
        let mut tx = self.begin().await;
        AccessPort.issue(&mut tx, booking).await.unwrap();
        tx.commit().await.unwrap();
        self.work().await;
    }

    pub async fn change(&self, booking: &BookingToOpen) {
        let mut tx = self.begin().await;
        AccessPort.change(&mut tx, booking).await.unwrap();
        tx.commit().await.unwrap();
        self.work().await;
    }

    pub async fn revoke(&self, booking: &BookingToOpen) {
        let mut tx = self.begin().await;
        AccessPort.revoke(&mut tx, booking.booking).await.unwrap();
        tx.commit().await.unwrap();
        self.work().await;
    }

    pub async fn state(&self, booking: &BookingToOpen) -> AccessState {
        let mut tx = self.begin().await;
        AccessPort.states(&mut tx, &[booking.booking]).await.unwrap()[0].1
    }

    pub async fn pin(&self, booking: &BookingToOpen) -> Option<String> {
        let mut tx = self.begin().await;
        AccessPort.of_booking(&mut tx, booking.booking, true).await.unwrap().and_then(|access| access.pin)
    }

    /// Gives the peer the batch that waits; whether there was one.
    pub async fn carry(&self, peer: &mut Peer) -> bool {
        let mut tx = self.begin().await;
        let Some(batch) = gateway::batch(&mut tx, self.gateway).await.unwrap() else { return false };
        let parts = gateway::parts(&mut tx, self.gateway, batch.revision, 0, batch.parts).await.unwrap();
        for part in parts {
            match peer.table.apply(decode::<GrantBatch>(&part).unwrap()).unwrap() {
                Applied::Collecting { .. } | Applied::Whole(_) => {}
            }
        }
        true
    }

    /// Delivers what the peer says of itself.
    pub async fn report(&self, peer: &Peer) -> Received {
        self.say(peer, Kind::State, &peer.report(self.kernel().now())).await
    }

    /// Carries and confirms until nothing waits.
    pub async fn settle(&self, peer: &mut Peer) {
        self.report(peer).await;
        while self.carry(peer).await {
            assert!(matches!(self.report(peer).await, Received::Taken(_)));
        }
    }

    /// Delivers a message of the peer, signed by it, on its topic.
    pub async fn say(&self, peer: &Peer, kind: Kind, message: &impl Encode<()>) -> Received {
        let topic = Topic::new(self.gateway, kind).to_string();
        self.deliver(&topic, &peer.signer.seal(&topic, message)).await
    }

    /// Delivers bytes as they are.
    pub async fn deliver(&self, topic: &str, payload: &[u8]) -> Received {
        let received = receive(self.kernel(), topic, payload).await.unwrap().1;
        // A snapshot is the outbox's work.
        self.work().await;
        received
    }

    /// Alarms that nobody has seen to, with their counts.
    pub async fn alarms(&self) -> Vec<(AlarmKind, u64)> {
        let mut tx = self.begin().await;
        alarm::open(&mut tx).await.unwrap().into_iter().map(|alarm| (alarm.kind, alarm.count)).collect()
    }

    /// How often a counter of refused messages has moved.
    pub async fn refused(&self, reason: &str) -> i64 {
        let mut tx = self.begin().await;
        let all = gateway::refused(&mut tx).await.unwrap();
        all.iter().find(|(_, name, _)| name == reason).map_or(0, |(.., count)| *count)
    }
}

pub(super) fn open_trust(directory: &Path, now: Timestamp) -> Trust {
    Trust::open(directory, &names(), now).unwrap()
}

pub(super) fn request() -> (KeyPair, String) {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let pem = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    (key, pem)
}

/// What is in the box on site: a key, a table, a journal.
pub(super) struct Peer {
    pub signer: Signer,
    pub sealer: Sealer,
    pub response: EnrolResponse,
    pub table: GrantTable,
    pub boot: BootId,
    /// The last entry that the cloud said is stored.
    pub acknowledged: u64,
    /// The journal's generation.
    pub generation: u64,
    /// The posture in force, with its counter.
    pub posture: (u64, PostureMode),
    /// Grants that it holds and refuses.
    pub taken_back: u32,
    journal: Vec<(JournalEntry, [u8; 32])>,
}

impl Peer {
    fn new(key: &KeyPair, response: EnrolResponse) -> Self {
        let secret = data_encoding::BASE64.decode(response.seal_secret.as_bytes()).unwrap();
        let response_generation = response.journal_generation;
        Self {
            signer: Signer::from_pkcs8(key.serialized_der()).unwrap(),
            sealer: Sealer::new(&secret.try_into().unwrap()),
            response,
            table: GrantTable::default(),
            boot: BootId::new(Uuid::from_u128(0xB007)),
            acknowledged: 0,
            generation: response_generation,
            posture: (1, PostureMode::Normal),
            taken_back: 0,
            journal: Vec::new(),
        }
    }

    /// The hash of the table, computed from its rows.
    pub fn hash(&self) -> [u8; 32] {
        self.grants().iter().fold(TableHash::default(), |sum, grant| sum.with(&row_hash(grant))).bytes()
    }

    /// The grants that the box holds, as they came.
    pub fn grants(&self) -> Vec<Grant> {
        self.table.iter().map(KeptGrant::grant).collect()
    }

    /// Uses a newer sealing secret from now on.
    pub fn takes_secret(&mut self, seal: &protocols_wire::SealSecret) {
        let secret = data_encoding::BASE64.decode(seal.secret.as_bytes()).unwrap();
        self.sealer = Sealer::new(&secret.try_into().unwrap());
        self.response.seal_id = seal.seal_id;
    }

    pub fn report(&self, now: Timestamp) -> StateReport {
        StateReport {
            boot: self.boot,
            online: true,
            position: self.table.position(),
            hash_version: HASH_VERSION,
            table_hash: self.hash(),
            config_revision: 1,
            posture_counter: self.posture.0,
            journal_generation: self.generation,
            journal_head: self.journal.len() as u64,
            nonce: 7,
            time_quality: TimeQuality::Synchronised,
            contract_version: CONTRACT_VERSION,
            refused: RefusedCounts::default(),
            grants_not_understood: 0,
            lease_until: None,
            devices_lost: vec![],
            at: UnixMs(now.as_millisecond()),
            seal_held: self.response.seal_id,
            trust_serial: 1,
            certificate_expires_at: None,
            grants: u32::try_from(self.table.len()).unwrap(),
            grants_taken_back: self.taken_back,
            clock_uncertainty_ms: None,
            program: String::new(),
            journal_waiting: u32::try_from(self.journal.len() as u64 - self.acknowledged).unwrap(),
            disk_stalled: false,
            posture: self.posture.1,
        }
    }

    /// Writes an entry into the box's journal.
    pub fn write(&mut self, now: Timestamp, event: JournalEvent) {
        let entry = JournalEntry {
            sequence: self.journal.len() as u64 + 1,
            at: UnixMs(now.as_millisecond()),
            time_quality: TimeQuality::Synchronised,
            boot: self.boot,
            uptime_ms: 1,
            event,
        };
        let before = self.journal.last().map_or(CHAIN_START, |(_, chain)| *chain);
        let after = chain(&before, &encode(&entry));
        self.journal.push((entry, after));
    }

    /// How many entries it has.
    pub fn journal_len(&self) -> usize {
        self.journal.len()
    }

    /// Takes back what was written after so many entries, as no honest box does.
    pub fn forget_after(&mut self, entries: usize) {
        self.journal.truncate(entries);
    }

    /// The disk was damaged: a new generation begins.
    pub fn begin_journal_anew(&mut self) {
        self.generation += 1;
        self.acknowledged = 0;
        self.journal.clear();
    }

    /// The entries `from..=to` as they go up.
    pub fn batch(&self, from: u64, to: u64) -> JournalBatch {
        let entries = usize::try_from(from).unwrap() - 1..usize::try_from(to).unwrap();
        JournalBatch {
            generation: self.generation,
            previous: self.chain_at(from - 1),
            entries: self.journal[entries].iter().map(|(entry, _)| encode(entry).into()).collect(),
            head: self.chain_at(to),
            urgent: false,
        }
    }

    /// What the cloud says that has stored all up to there.
    pub fn ack(&self, sequence: u64) -> JournalAck {
        JournalAck { generation: self.generation, sequence, chain: Some(self.chain_at(sequence).into()) }
    }

    fn chain_at(&self, sequence: u64) -> [u8; 32] {
        let entry = usize::try_from(sequence).unwrap().checked_sub(1);
        entry.map_or(CHAIN_START, |entry| self.journal[entry].1)
    }
}

/// The door of that name.
pub(super) async fn door(site: &Site, name: &str) -> DoorId {
    let mut tx = site.begin().await;
    let config = crate::store::site::config(&mut tx, site.gateway).await.unwrap().unwrap();
    config.doors.iter().find(|door| door.name == name).unwrap().id
}
