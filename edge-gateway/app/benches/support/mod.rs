//! The gateway's program, enrolled and running, with a broker and the cloud's end of it: for both benches.
#![allow(dead_code, reason = "each bench uses a part of it")]

#[path = "../../../fieldbus/tests/support/mod.rs"]
pub mod bus;
#[path = "../../../uplink/tests/support/mod.rs"]
mod uplink;

use std::process::Stdio;
use std::sync::Arc;

use protocols_ids::{DeviceId, DoorId, Uuid};
use protocols_wire::{
    DeviceConfig, DoorConfig, JournalAck, JournalBatch, JournalEntry, JournalEvent, KeyId, Kind, Lease,
    PointRef, Signer, SiteConfig, StateReport, Topic, decode, key_id, open,
};
use tokio::process::{Child, Command};
use uplink::broker::{Broker, CloudEnd};
use uplink::{City, Cloud, gateway};

/// The sealing secret that [`City::answer`] hands over, and its id.
pub const SECRET: [u8; 32] = [9; 32];
/// See [`SECRET`].
pub const SEAL_ID: u32 = 2;
/// The journal's generation that [`City::answer`] begins.
const GENERATION: u64 = 4;

/// The node of that unit.
pub fn node(unit: u8) -> DeviceId {
    DeviceId::new(Uuid::from_u128(0xE000 + u128::from(unit)))
}

/// Doors of our own door nodes, units 1, 2, …, all behind one address.
pub fn site(address: &str, doors: &[DoorId]) -> SiteConfig {
    let numbered = || (1_u8..).zip(doors);
    let device = |unit| DeviceConfig {
        id: node(unit),
        profile: "hallport-door-node".to_owned(),
        address: address.to_owned(),
        unit,
        name: format!("Dörrnod {unit}"),
    };
    let one = |unit, id| {
        let point = |name: &str| PointRef { device: node(unit), point: name.to_owned() };
        DoorConfig {
            id,
            name: format!("Dörr {unit}"),
            lock: point("lock"),
            contact: Some(point("contact")),
            rex: Some(point("rex")),
            tamper: Some(point("tamper")),
            keypad: Some(node(unit)),
            release_ms: 3_000,
            held_open_ms: 30_000,
            scanner: None,
            reader: None,
        }
    };
    SiteConfig {
        revision: 1,
        site: "Hallen".to_owned(),
        devices: numbered().map(|(unit, _)| device(unit)).collect(),
        doors: numbered().map(|(unit, id)| one(unit, *id)).collect(),
        ..SiteConfig::default()
    }
}

/// A gateway in a process of its own, and everything that it talks to but the bus.
pub struct World {
    city: Arc<City>,
    broker: Broker,
    end: CloudEnd,
    key: (KeyId, [u8; 32]),
    process: Child,
    acknowledged: u64,
    /// Its data folder, gone with this.
    _data: tempfile::TempDir,
}

impl World {
    /// Enrols and starts a gateway; returns with its first report.
    pub async fn start() -> (Self, StateReport) {
        let city = Arc::new(City::found());
        let broker = Broker::start(&city).await;
        let port = broker.port;
        let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on the disk");
        let leaf = city.leaf("osteraker.localhost");
        let certificates = vec![leaf.certificate, city.authority.der().clone(), city.root.der().clone()];
        let (answering, (tell_key, told_key)) = (Arc::clone(&city), std::sync::mpsc::channel());
        let cloud = Cloud::serve(certificates, &leaf.key, move |request| {
            let csr = rcgen::CertificateSigningRequestParams::from_pem(&request.csr_pem).expect("a request");
            tell_key
                .send(rcgen::PublicKeyData::der_bytes(&csr.public_key).to_vec())
                .expect("it is waited for");
            let answer = answering.answer(&request, gateway(), port);
            (200, serde_json::to_vec(&answer).expect("an answer"))
        })
        .await;
        let (url, print) = (cloud.url("osteraker.localhost"), city.fingerprint());
        let enrolled =
            program(&["enrol", "--cloud", &url, "--code", "01234-56789", "--root", &print], data.path())
                .output()
                .await
                .expect("the program runs");
        assert!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
        let public = told_key.recv().expect("its key");
        let public = <[u8; 32]>::try_from(public).expect("a key of Ed25519");

        let end = CloudEnd::connect(&city, &broker).await;
        let process = program(&["run"], data.path()).stderr(Stdio::null()).spawn().expect("the program runs");
        let mut world =
            Self { city, broker, end, key: (key_id(&public), public), process, acknowledged: 0, _data: data };
        let first = world.state(|report| report.online).await;
        (world, first)
    }

    /// The gateway's process.
    pub fn pid(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    /// The broker's process.
    pub fn broker_pid(&self) -> u32 {
        self.broker.mosquitto.id().expect("it runs")
    }

    /// What signs for the cloud.
    pub fn signer(&self) -> &Signer {
        &self.city.signing
    }

    /// The gateway's topic of that kind.
    pub fn topic(kind: Kind) -> String {
        Topic::new(gateway(), kind).to_string()
    }

    /// Publishes what was signed, and waits until the broker has it.
    pub async fn send(&self, kind: Kind, payload: &[u8]) {
        self.end.send(kind, payload).await;
    }

    /// Configures, sends a first heartbeat, and waits until every device answers.
    pub async fn configure(&mut self, config: &SiteConfig) {
        self.send(Kind::Config, &self.signer().seal(&Self::topic(Kind::Config), config)).await;
        let revision = config.revision;
        let told = self.state(|report| report.config_revision == revision).await;
        let lease = Lease {
            position: told.position,
            lease_until: told.at.plus_ms(7 * 86_400_000),
            nonce: told.nonce,
            time: told.at,
            trust_serial: 1,
            seal_id: SEAL_ID,
        };
        self.send(Kind::Lease, &self.signer().seal(&Self::topic(Kind::Lease), &lease)).await;
        let mut silent = config.devices.len();
        while silent > 0 {
            let answers = |event: &&JournalEvent| matches!(event, JournalEvent::Device { answers: true, .. });
            silent = silent.saturating_sub(self.follow().await.iter().filter(answers).count());
        }
    }

    /// The next report of that kind.
    pub async fn state(&mut self, wanted: impl Fn(&StateReport) -> bool) -> StateReport {
        loop {
            let bytes = self.end.next(Kind::State).await;
            let report: StateReport = self.verified(Kind::State, &bytes);
            if wanted(&report) {
                return report;
            }
        }
    }

    /// Follows the journal to an entry of that kind.
    pub async fn entry(&mut self, wanted: impl Fn(&JournalEvent) -> bool) {
        while !self.follow().await.iter().any(&wanted) {}
    }

    /// Takes in and acknowledges the next batch; what was not seen before.
    async fn follow(&mut self) -> Vec<JournalEvent> {
        let bytes = self.end.next(Kind::Journal).await;
        let batch: JournalBatch = self.verified(Kind::Journal, &bytes);
        let entries: Vec<JournalEntry> =
            batch.entries.iter().map(|bytes| decode(bytes).expect("an entry")).collect();
        let seen = self.acknowledged;
        // What passes a backlog comes again in its place.
        if let Some(last) = entries.last().filter(|last| !batch.urgent && last.sequence >= seen) {
            self.acknowledged = last.sequence;
            let (sequence, chain) = (self.acknowledged, Some(batch.head.into()));
            let ack = JournalAck { generation: GENERATION, sequence, chain };
            self.send(Kind::Ack, &self.signer().seal(&Self::topic(Kind::Ack), &ack)).await;
        }
        let new = entries.into_iter().filter(|entry| entry.sequence > seen);
        new.map(|entry| entry.event).collect()
    }

    /// Ends the gateway.
    pub async fn stop(mut self) {
        self.process.kill().await.expect("it ends");
    }

    fn verified<T: for<'b> minicbor::Decode<'b, ()>>(&self, kind: Kind, bytes: &[u8]) -> T {
        open(&Self::topic(kind), bytes, |id| (id == self.key.0).then_some(self.key.1))
            .expect("signed by the gateway")
    }
}

fn program(arguments: &[&str], data: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallport-gateway"));
    command.args(arguments).arg("--data").arg(data).stdin(Stdio::null()).kill_on_drop(true);
    command
}
