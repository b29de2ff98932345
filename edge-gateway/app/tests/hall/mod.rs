//! The binary, enrolled by a cloud over TLS, behind a real Mosquitto, in front of a real door node's logic.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocols_access::Sealer;
use protocols_fieldbus::nodes::Key;
use protocols_ids::{DeviceId, DoorId, GrantId, Uuid};
use protocols_wire::{
    CredentialKind, DeviceConfig, DoorConfig, DoorWindow, Grant, GrantBatch, GrantClass, JournalAck,
    JournalBatch, JournalEntry, JournalEvent, KeyId, Kind, Lease, PointRef, Position, SiteConfig,
    StateReport, Topic, UnixMs, chain, decode, open,
};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::bus::{Bus, DoorWires, serve};
use crate::support::broker::{Broker, CloudEnd, SOON};
use crate::support::{City, Cloud, gateway};

pub const PIN: &str = "407193";
/// Where the binary's own log is kept, in its data directory.
pub const LOG: &str = "test.log";

pub fn node() -> DeviceId {
    DeviceId::new(Uuid::from_u128(11))
}

pub fn door() -> DoorId {
    DoorId::new(Uuid::from_u128(21))
}

pub fn program(arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallport-gateway"));
    command.args(arguments).arg("--data").arg(data).stdin(Stdio::null()).kill_on_drop(true);
    command
}

pub async fn answer(arguments: &[&str], data: &Path) -> Output {
    timeout(SOON, program(arguments, data).output()).await.unwrap().unwrap()
}

pub fn site(address: &str) -> SiteConfig {
    let point = |name: &str| PointRef { device: node(), point: name.into() };
    SiteConfig {
        revision: 1,
        site: "Österskärs sporthall".into(),
        devices: vec![DeviceConfig {
            id: node(),
            profile: "hallport-door-node".into(),
            address: address.into(),
            unit: 1,
            name: "Entrén".into(),
        }],
        doors: vec![DoorConfig {
            id: door(),
            name: "Entrén".into(),
            lock: point("lock"),
            contact: Some(point("contact")),
            rex: Some(point("rex")),
            tamper: Some(point("tamper")),
            keypad: Some(node()),
            release_ms: 3_000,
            held_open_ms: 30_000,
            scanner: None,
            reader: None,
        }],
        zones: vec![],
        ..SiteConfig::default()
    }
}

pub fn batch(now: UnixMs) -> GrantBatch {
    let window =
        DoorWindow { door: door(), not_before: now.plus_ms(-3_600_000), not_after: now.plus_ms(3_600_000) };
    let grant = Grant {
        id: GrantId::new(Uuid::from_u128(31)),
        class: GrantClass::Visitor,
        booking_number: 1_001,
        doors: vec![window],
        credentials: vec![Sealer::new(&[9; 32]).credential(CredentialKind::Pin, PIN)],
        zones: vec![],
        starts_at: window.not_before,
        ends_at: window.not_after,
        min_version: 1,
        responder: false,
    };
    GrantBatch {
        epoch: 1,
        base: 0,
        revision: 1,
        part: 0,
        parts: 1,
        upserts: vec![grant],
        removals: vec![],
        expired_before: None,
        seal_id: 2,
        issued_at: now,
    }
}

/// The cloud as far as this test needs one: it signs, verifies and follows the journal.
pub struct World {
    city: Arc<City>,
    end: CloudEnd,
    key: (KeyId, [u8; 32]),
    generation: u64,
    pub sequence: u64,
    chain: [u8; 32],
}

impl World {
    pub async fn tell(&self, kind: Kind, message: &impl for<'a> Message<'a>) {
        let topic = Topic::new(gateway(), kind).to_string();
        self.end.send(kind, &message.sealed(&self.city, &topic)).await;
    }

    pub async fn state(&mut self, wanted: impl Fn(&StateReport) -> bool) -> StateReport {
        loop {
            let bytes = self.end.next(Kind::State).await;
            let report: StateReport = self.verified(Kind::State, &bytes);
            if wanted(&report) {
                return report;
            }
        }
    }

    /// Follows the journal to an entry of that kind that was not seen before.
    pub async fn entry(&mut self, wanted: impl Fn(&JournalEvent) -> bool) {
        while !self.follow().await.1.iter().any(&wanted) {}
    }

    /// Follows the journal until it is told again from that entry.
    pub async fn told_again_from(&mut self, sequence: u64) {
        while self.follow().await.0 != sequence {}
    }

    pub async fn acknowledge(&self) {
        let (generation, sequence) = (self.generation, self.sequence);
        let ack = JournalAck { generation, sequence, chain: Some(self.chain.into()) };
        self.tell(Kind::Ack, &ack).await;
    }

    /// The gateway has begun another generation.
    pub fn begin_anew(&mut self, generation: u64) {
        self.generation = generation;
        self.sequence = 0;
        self.chain = protocols_wire::CHAIN_START;
    }

    /// Takes in the next batch: its first sequence, and what was not seen before. Every new entry must continue the
    /// chain.
    pub async fn follow(&mut self) -> (u64, Vec<JournalEvent>) {
        let bytes = self.end.next(Kind::Journal).await;
        let batch: JournalBatch = self.verified(Kind::Journal, &bytes);
        if batch.generation != self.generation || batch.urgent {
            // What is urgent comes again in its place.
            return (0, Vec::new());
        }
        let entries: Vec<(JournalEntry, ByteVec)> =
            batch.entries.into_iter().map(|bytes| (decode(&bytes).unwrap(), bytes)).collect();
        let first = entries[0].0.sequence;
        let seen = self.sequence;
        let mut new = Vec::new();
        for (entry, bytes) in entries.into_iter().filter(|(entry, _)| entry.sequence > seen) {
            assert_eq!(entry.sequence, self.sequence + 1);
            self.chain = chain(&self.chain, &bytes);
            self.sequence = entry.sequence;
            new.push(entry.event);
        }
        assert!(self.sequence == seen || batch.head == self.chain, "the head is the chain's");
        (first, new)
    }

    fn verified<T: for<'b> minicbor::Decode<'b, ()>>(&self, kind: Kind, bytes: &[u8]) -> T {
        let topic = Topic::new(gateway(), kind).to_string();
        open(&topic, bytes, |id| (id == self.key.0).then_some(self.key.1)).unwrap()
    }
}

/// What can be signed.
pub trait Message<'a> {
    fn sealed(&self, city: &City, topic: &str) -> Vec<u8>;
}

impl<T: minicbor::Encode<()>> Message<'_> for T {
    fn sealed(&self, city: &City, topic: &str) -> Vec<u8> {
        city.signing.seal(topic, self)
    }
}

pub fn run(data: &Path) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(data.join(LOG)).unwrap();
    program(&["run"], data).stderr(log).spawn().unwrap()
}

pub fn is_admission(event: &JournalEvent) -> bool {
    matches!(event, JournalEvent::Admitted { .. })
}

pub fn enter(bus: &Bus) {
    for digit in PIN.bytes() {
        bus.press(1, Key::Digit(digit - b'0'));
    }
    bus.press(1, Key::Hash);
}

/// A gateway's folder, enrolled, and all around it.
pub struct Hall {
    folder: TempDir,
    _broker: Broker,
    _cloud: Cloud,
    pub world: World,
    pub nodes: Bus,
    pub wires: DoorWires,
    pub address: String,
    _served: JoinHandle<()>,
}

impl Hall {
    /// Enrols with the binary.
    pub async fn found() -> Self {
        let city = Arc::new(City::found());
        let broker = Broker::start(&city).await;
        let port = broker.port;
        let folder = tempfile::tempdir().unwrap();
        let leaf = city.leaf("osteraker.localhost");
        let certificates = vec![leaf.certificate, city.authority.der().clone(), city.root.der().clone()];
        let (answering, (tell_key, told_key)) = (Arc::clone(&city), std::sync::mpsc::channel());
        let cloud = Cloud::serve(certificates, &leaf.key, move |request| {
            let csr = rcgen::CertificateSigningRequestParams::from_pem(&request.csr_pem).unwrap();
            tell_key.send(rcgen::PublicKeyData::der_bytes(&csr.public_key).to_vec()).unwrap();
            (200, serde_json::to_vec(&answering.answer(&request, gateway(), port)).unwrap())
        })
        .await;

        let not_yet = answer(&["run"], folder.path()).await;
        assert!(!not_yet.status.success());
        assert!(String::from_utf8(not_yet.stderr).unwrap().contains("not enrolled"));
        let (url, print) = (cloud.url("osteraker.localhost"), city.fingerprint());
        let with = ["enrol", "--cloud", &url, "--code", "01234-56789", "--root", &print];
        let enrolled = answer(&with, folder.path()).await;
        assert!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
        assert!(String::from_utf8(enrolled.stdout).unwrap().starts_with("Enrolled as Österskärs sporthall"));

        let public = <[u8; 32]>::try_from(told_key.recv().unwrap()).unwrap();
        let world = World {
            end: CloudEnd::connect(&city, &broker).await,
            city,
            key: (protocols_wire::key_id(&public), public),
            generation: 4,
            sequence: 0,
            chain: protocols_wire::CHAIN_START,
        };
        let nodes = Bus::default();
        let wires = nodes.door(1);
        let (address, served) = serve(nodes.clone(), "127.0.0.1:0").await;
        Self {
            folder,
            _broker: broker,
            _cloud: cloud,
            world,
            nodes,
            wires,
            address: address.to_string(),
            _served: served,
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The first run's first minute: configuration, the grant, a heartbeat, all acknowledged. Answers its first report.
    pub async fn set_up(&mut self) -> StateReport {
        let first = self.world.state(|report| report.online).await;
        self.world.tell(Kind::Config, &site(&self.address)).await;
        self.world.tell(Kind::Grants, &batch(first.at)).await;
        let position = Position { epoch: 1, revision: 1 };
        let applied = self
            .world
            .state(|report| {
                report.position == position && report.config_revision == 1 && report.devices_lost.is_empty()
            })
            .await;
        let lease_until = applied.at.plus_ms(86_400_000);
        self.world
            .tell(
                Kind::Lease,
                &Lease {
                    position,
                    lease_until,
                    nonce: applied.nonce,
                    time: applied.at,
                    trust_serial: 1,
                    seal_id: 1,
                },
            )
            .await;
        self.world.entry(|event| matches!(event, JournalEvent::GrantsApplied { .. })).await;
        self.world.acknowledge().await;
        first
    }

    /// Keys the PIN; answers when the lock is released.
    pub async fn enter(&self) {
        enter(&self.nodes);
        self.released().await;
    }

    pub async fn released(&self) {
        timeout(SOON, async {
            while !self.wires.lock.get() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the door is released");
    }

    /// Calls `status` until it says so.
    pub async fn status_with(&self, words: &str) -> String {
        timeout(SOON, async {
            loop {
                let status = String::from_utf8(answer(&["status"], self.folder.path()).await.stdout).unwrap();
                if status.contains(words) {
                    return status;
                }
            }
        })
        .await
        .unwrap_or_else(|_| panic!("status says {words}"))
    }
}

/// Stops it in good order.
pub async fn stop(process: &mut Child) {
    let id = Pid::from_raw(process.id().unwrap().try_into().unwrap());
    kill(id, Signal::SIGTERM).unwrap();
    let code = timeout(SOON, process.wait()).await.unwrap().unwrap();
    assert_eq!(code.code(), Some(0));
}
