//! How long 100 000 grants take from their first signed part to a report that says they are on disk, while
//! the door goes on deciding.
//!
//! `snapshot_100k_s` and `snapshot_longest_pause_ms`, see `docs/benchmarks.md`.

#[path = "../../../e2e/bench/figure.rs"]
mod figure;
#[path = "../../../e2e/bench/snapshot.rs"]
mod snapshot;

use std::path::Path;
use std::time::{Duration, Instant};

use figure::{Figure, ms, percentile, quick};
use gateway_core::{CertificateTimes, Change, Core, Identity, Input, Now, Output, Stored};
use gateway_store::Store;
use protocols_access::Sealer;
use protocols_fieldbus::nodes::{Key, NodeEvent};
use protocols_ids::{BootId, DeviceId, GatewayId, Uuid};
use protocols_wire::{
    DeviceConfig, DoorConfig, Grant, JournalEntry, JournalEvent, Kind, PointRef, Position, Signer,
    SigningKey, SiteConfig, StateReport, TimeQuality, Topic, UnixMs, decode, encode, open,
};
use sha2::{Digest as _, Sha256};
use snapshot::{Snapshot, door, pin};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};
use tokio::sync::mpsc;
use tokio::time::timeout;

const GRANTS: usize = 100_000;
const DOORS: usize = 32;
const NOW: UnixMs = UnixMs(1_795_000_000_000);
const SECRET: [u8; 32] = [7; 32];
const GENERATION: u64 = 1;
/// Changes in one transaction, as in the gateway's own writing task.
const BATCH_MAX: usize = 256;
/// How long the bench waits for the disk before the next decision.
const PACE: Duration = Duration::from_millis(1);
/// Rows in one statement of the floor: four values each stay below SQLite's bound on parameters.
const FLOOR_ROWS: usize = 500;

fn gateway() -> GatewayId {
    GatewayId::new(Uuid::from_u128(0xAA))
}

fn node() -> DeviceId {
    DeviceId::new(Uuid::from_u128(0xE0))
}

fn topic(kind: Kind) -> String {
    Topic::new(gateway(), kind).to_string()
}

/// A key from a seed, in the 16 bytes of PKCS#8 that Ed25519 needs (RFC 8410, section 7).
fn signer(seed: u8) -> Signer {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([seed; 32]);
    Signer::from_pkcs8(&der).expect("a key")
}

fn cloud() -> Signer {
    signer(1)
}

fn identity() -> Identity {
    let cloud = cloud();
    let key = SigningKey {
        key_id: cloud.key_id(),
        public: cloud.public(),
        not_before: UnixMs(0),
        not_after: UnixMs(i64::MAX),
    };
    Identity {
        gateway: gateway(),
        signer: signer(2),
        sealers: vec![(1, Sealer::new(&SECRET))],
        trust: vec![key],
        trust_serial: 1,
        certificate: CertificateTimes { not_before: UnixMs(0), not_after: UnixMs(i64::MAX) },
    }
}

/// One door, without a contact: the bench only ever asks for the release.
fn config() -> SiteConfig {
    let device = DeviceConfig {
        id: node(),
        profile: "hallport-door-node".to_owned(),
        address: "127.0.0.1:15020".to_owned(),
        unit: 1,
        name: "Entrén".to_owned(),
    };
    let entrance = DoorConfig {
        id: door(0),
        name: "Entrén".to_owned(),
        lock: PointRef { device: node(), point: "lock".to_owned() },
        contact: None,
        rex: None,
        tamper: None,
        keypad: Some(node()),
        release_ms: 5_000,
        held_open_ms: 30_000,
        scanner: None,
        reader: None,
    };
    SiteConfig {
        revision: 1,
        site: "Hallen".to_owned(),
        devices: vec![device],
        doors: vec![entrance],
        ..SiteConfig::default()
    }
}

/// The gateway as its program drives it: the core here, the disk in a task of its own.
struct Gateway {
    core: Core,
    began: Instant,
    changes: mpsc::UnboundedSender<(u64, Change)>,
    written: mpsc::UnboundedReceiver<u64>,
    key: u16,
    admitted: usize,
    reported: Position,
    decided_at: Option<Instant>,
    longest_pause: Duration,
}

impl Gateway {
    async fn start(file: &Path) -> Self {
        let mut store = Store::open(file, GENERATION).await.expect("a new file");
        let boot = BootId::new(Uuid::from_u128(0xB0));
        let stored: Stored = store.load(boot).await.expect("an empty store");
        let (changes, mut waiting) = mpsc::unbounded_channel();
        let (tell, written) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH_MAX);
            while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
                let (tickets, changes): (Vec<u64>, Vec<Change>) = batch.drain(..).unzip();
                store.apply(&changes).await.expect("the disk takes it");
                let last = *tickets.last().expect("a batch is not empty");
                if tell.send(last).is_err() {
                    return;
                }
            }
        });
        let began = Instant::now();
        let core = Core::new(stored, identity(), now(began));
        let mut gateway = Self {
            core,
            began,
            changes,
            written,
            key: 0,
            admitted: 0,
            reported: Position::default(),
            decided_at: None,
            longest_pause: Duration::ZERO,
        };
        gateway.input(Input::BrokerConnected);
        gateway.receive(Kind::Config, cloud().seal(&topic(Kind::Config), &config()));
        gateway.input(Input::DeviceFound { device: node(), restarted: true });
        gateway
    }

    fn input(&mut self, input: Input) {
        self.core.handle(now(self.began), input);
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::Persist { ticket, change } => {
                    if let Change::Append { entry, .. } = &change
                        && let Ok(entry) = decode::<JournalEntry>(entry)
                        && matches!(entry.event, JournalEvent::Admitted { .. })
                    {
                        self.admitted += 1;
                    }
                    self.changes.send((ticket, change)).expect("the disk's task runs");
                }
                Output::Send { kind: Kind::State, payload } => {
                    let ours = signer(2);
                    let report: StateReport =
                        open(&topic(Kind::State), &payload, |_| Some(ours.public())).expect("a report");
                    self.reported = report.position;
                }
                _ => {}
            }
        }
    }

    fn receive(&mut self, kind: Kind, payload: Vec<u8>) {
        self.input(Input::Received { topic: topic(kind), payload });
    }

    /// The PIN of the first grant, which is in the table before and after.
    fn decide(&mut self) {
        let before = self.admitted;
        let digits = pin(0);
        let keys = digits.bytes().map(|digit| Key::Digit(digit - b'0')).chain([Key::Hash]);
        for key in keys {
            self.key = self.key.wrapping_add(1);
            let event = NodeEvent::Key(key);
            self.input(Input::Node { device: node(), sequence: self.key, age_ms: 0, event });
        }
        assert_eq!(self.admitted, before + 1, "the door goes on deciding");
        let at = Instant::now();
        if let Some(last) = self.decided_at.replace(at) {
            self.longest_pause = self.longest_pause.max(at - last);
        }
    }

    /// Decides until the position is reported as durable.
    async fn until_reported(&mut self, revision: u64) {
        while self.reported != (Position { epoch: 1, revision }) {
            if let Ok(ticket) = timeout(PACE, self.written.recv()).await {
                let ticket = ticket.expect("the disk's task runs");
                self.input(Input::Persisted { ticket });
            }
            self.decide();
        }
    }
}

fn now(began: Instant) -> Now {
    let uptime_ms = u64::try_from(began.elapsed().as_millis()).expect("a short run");
    let wall = NOW.plus_ms(i64::try_from(uptime_ms).expect("a short run"));
    Now { wall, uptime_ms, quality: TimeQuality::Synchronised }
}

/// One run in a folder of its own: seconds, and the longest pause.
async fn run(folder: &Path) -> (f64, Duration) {
    let sealer = Sealer::new(&SECRET);
    let snapshot = |revision| Snapshot { sealer: &sealer, seal_id: 1, revision, now: NOW, doors: DOORS };
    let grants = topic(Kind::Grants);
    let first = snapshot(1).parts(vec![snapshot(1).grant(0)], &grants, &cloud());
    let whole = (0..GRANTS).map(|number| snapshot(2).grant(number)).collect();
    let parts = snapshot(2).parts(whole, &grants, &cloud());

    let mut gateway = Gateway::start(&folder.join("gateway.sqlite")).await;
    for part in first {
        gateway.receive(Kind::Grants, part);
    }
    while gateway.reported.revision != 1 {
        let ticket = gateway.written.recv().await.expect("the disk's task runs");
        gateway.input(Input::Persisted { ticket });
    }
    gateway.decide();

    gateway.longest_pause = Duration::ZERO;
    let began = Instant::now();
    for part in parts {
        gateway.receive(Kind::Grants, part);
        gateway.decide();
    }
    gateway.until_reported(2).await;
    (began.elapsed().as_secs_f64(), gateway.longest_pause)
}

/// The same rows in a file of the same schema and settings, by statements of many rows in one transaction.
async fn floor(folder: &Path) -> f64 {
    let file = folder.join("floor.sqlite");
    Store::open(&file, GENERATION).await.expect("a new file").close().await.expect("it is closed");
    let sealer = Sealer::new(&SECRET);
    let snapshot = Snapshot { sealer: &sealer, seal_id: 1, revision: 2, now: NOW, doors: DOORS };
    let rows: Vec<Row> = (0..GRANTS).map(|number| Row::of(&snapshot.grant(number))).collect();
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the file opens");
    let began = Instant::now();
    let mut transaction = connection.begin().await.expect("a transaction");
    for some in rows.chunks(FLOOR_ROWS) {
        let mut insert = sqlx::QueryBuilder::new("INSERT INTO grant_row (id, ends_at_ms, content, proof) ");
        insert.push_values(some, |mut values, row| {
            values.push_bind(&row.id).push_bind(row.ends_at_ms).push_bind(&row.content).push_bind(&row.proof);
        });
        insert.build().execute(&mut *transaction).await.expect("rows are written");
    }
    transaction.commit().await.expect("the transaction is on disk");
    began.elapsed().as_secs_f64()
}

/// A grant as the file has it.
struct Row {
    id: Vec<u8>,
    ends_at_ms: i64,
    content: Vec<u8>,
    proof: Vec<u8>,
}

impl Row {
    fn of(grant: &Grant) -> Self {
        let ends_at = grant.doors.iter().map(|window| window.not_after.0).max();
        let content = encode(grant);
        Self {
            id: grant.id.as_bytes().to_vec(),
            ends_at_ms: ends_at.expect("a grant has a door"),
            proof: Sha256::digest(&content).to_vec(),
            content,
        }
    }
}

#[tokio::main(worker_threads = 1)]
async fn main() {
    let rounds = if quick() { 1 } else { 5 };
    let (mut seconds, mut floors, mut pauses) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on the disk");
        let (took, pause) = run(folder.path()).await;
        seconds.push(took);
        pauses.push(ms(pause));
        floors.push(floor(folder.path()).await);
    }
    Figure {
        name: "snapshot_100k_s",
        value: percentile(&seconds, 50),
        unit: "s",
        goal: Some(2.0),
        floor: Some(percentile(&floors, 50)),
        note: "median; from the first of the signed 64 KiB parts, handed over without a pause, to the \
               report that names the position, on a real file; a decision after every part and then every \
               millisecond. Floor: the same rows into SQLite in one transaction",
    }
    .tell();
    Figure {
        name: "snapshot_longest_pause_ms",
        value: percentile(&pauses, 50),
        unit: "ms",
        goal: None,
        floor: None,
        note: "median of the longest time between two decisions in each of those snapshots; about 1 ms of \
               it is the bench's own pace",
    }
    .tell();
}
