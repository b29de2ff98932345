//! The whole way over real peers: Postgres, Mosquitto, the gateway's own uplink and core. Only disk and hall
//! are made up.

#[path = "../../../../../e2e/support/mosquitto.rs"]
mod mosquitto;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cloud_contracts::{Access, AccessState, BookingToOpen};
use cloud_kernel::telemetry::BrokerLink;
use cloud_kernel::{Clock, SystemClock, Worker};
use gateway_core::{Change, Core, Input, Now, Output, Stored};
use gateway_uplink::{Enrolled, Enrolment, Fetches, Uplink, enrol};
use protocols_fieldbus::nodes::{Key, NodeEvent};
use protocols_ids::{BootId, DeviceId, Uuid};
use protocols_wire::{TimeQuality, UnixMs};
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::sync::{mpsc, watch};

use self::mosquitto::{free_port, launch};
use super::bench::{Site, WHOLE};
use crate::{
    AccessPort, BrokerAddress, BrokerRun, Courier, enrolment_code, serve_gateway_api, write_broker_files,
};

/// Longer than what the peers themselves wait before they try again, one after the other (a connection 10 s, the
/// pause before the next 10 s, a journal 15 s and then 30 s), on the slowest machine. A failure waits this long, a
/// success does not.
pub(super) const WITHIN: Duration = Duration::from_mins(2);

/// The cloud with everything that runs beside the pages.
pub(super) struct Cloud {
    pub site: Site,
    pub broker: BrokerAddress,
    configuration: PathBuf,
    pub api_port: u16,
    status: watch::Receiver<BrokerLink>,
    stopped: watch::Receiver<bool>,
    /// The broker's files.
    pub directory: tempfile::TempDir,
    _stop: watch::Sender<bool>,
}

impl Cloud {
    pub async fn new() -> Self {
        Self::at(SystemClock.now()).await
    }

    /// With the cloud's clock at another time.
    pub async fn at(now: jiff::Timestamp) -> Self {
        let mut cloud = Self::without_courier_at(now).await;
        let (status, courier) = Courier::start(
            cloud.site.kernel().clone(),
            cloud.site.trust.clone(),
            &cloud.broker,
            cloud.stopped.clone(),
        )
        .unwrap();
        tokio::spawn(courier);
        cloud.status = status;
        cloud
    }

    /// Without the part that carries messages.
    pub async fn without_courier() -> Self {
        Self::without_courier_at(SystemClock.now()).await
    }

    async fn without_courier_at(now: jiff::Timestamp) -> Self {
        let site = Site::at(now).await;
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        // Mosquitto heeds the user only when root starts it, who alone may enter the directory then.
        let run = BrokerRun { bind: "127.0.0.1", port, user: Some("root") };
        let configuration = write_broker_files(directory.path(), &site.trust, &run).unwrap();
        // So that a test sees when the broker has read its lists anew.
        let text = std::fs::read_to_string(&configuration).unwrap();
        std::fs::write(&configuration, text + "log_type information\n").unwrap();
        let broker = BrokerAddress { host: "localhost".to_owned(), port };
        let (stop, stopped) = watch::channel(false);
        let (_, status) = watch::channel(BrokerLink::StandsBy);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api_port = listener.local_addr().unwrap().port();
        let api = serve_gateway_api(
            site.kernel().clone(),
            site.trust.clone(),
            broker.clone(),
            listener,
            stopped.clone(),
        )
        .unwrap();
        tokio::spawn(api);
        tokio::spawn(Worker::new(site.kernel().clone()).run(stopped.clone()));
        Self { site, broker, configuration, api_port, status, stopped, directory, _stop: stop }
    }

    pub fn start_broker(&self) -> Child {
        launch(&self.configuration)
    }

    pub async fn connected(&mut self, connected: bool) {
        let wait = self.status.wait_for(|now| (*now == BrokerLink::Connected) == connected);
        tokio::time::timeout(WITHIN, wait).await.expect("the courier saw no change").unwrap();
    }

    pub async fn enrol(&self, data: &Path) -> Enrolled {
        self.enrol_named("hall", data).await
    }

    /// Enrols the gateway of that short name.
    pub async fn enrol_named(&self, gateway: &str, data: &Path) -> Enrolled {
        let mut tx = self.site.begin().await;
        let code = enrolment_code(&mut tx, gateway).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let cloud = format!("https://alfa.localhost:{}", self.api_port);
        let fingerprint = self.site.trust.fingerprint();
        let enrolment = Enrolment { cloud: &cloud, code: &code, root_fingerprint: &fingerprint };
        let enrolled = enrol(&enrolment, data).await.unwrap();
        assert_eq!(enrolled.broker(), (self.broker.host.as_str(), self.broker.port));
        enrolled
    }

    /// The keypad of the site's first door that has one.
    pub async fn keypad(&self) -> DeviceId {
        let mut tx = self.site.begin().await;
        let config = crate::store::site::config(&mut tx, self.site.gateway).await.unwrap().unwrap();
        config.doors.iter().find_map(|door| door.keypad).unwrap()
    }

    pub async fn issue(&self, booking: &BookingToOpen) {
        let mut tx = self.site.begin().await;
        AccessPort.issue(&mut tx, booking).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn revoke(&self, booking: &BookingToOpen) {
        let mut tx = self.site.begin().await;
        AccessPort.revoke(&mut tx, booking.booking).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Waits on the booking's live signals until its state is `wanted`.
    pub async fn becomes(&self, booking: &BookingToOpen, wanted: AccessState) {
        let topic = AccessPort.topic(booking.booking);
        let mut signals = self.site.kernel().live().listen(self.site.tenant(), topic);
        let deadline = Instant::now() + WITHIN;
        loop {
            let state = self.site.state(booking).await;
            if state == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "the state stays {state:?}, not {wanted:?}");
            signals.changed().await;
        }
    }

    /// Waits until the booking has so many passages.
    pub async fn passages(&self, booking: &BookingToOpen, wanted: usize) {
        let topic = AccessPort.topic(booking.booking);
        let mut signals = self.site.kernel().live().listen(self.site.tenant(), topic);
        let deadline = Instant::now() + WITHIN;
        loop {
            let mut tx = self.site.begin().await;
            let passages = AccessPort.passages(&mut tx, &[booking.booking]).await.unwrap();
            if passages.len() == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{} passages, not {wanted}", passages.len());
            signals.changed().await;
        }
    }
}

/// A gateway without disk and hall: what it would write to a lock arrives in `writes`.
pub(super) struct Gateway {
    hall: mpsc::Sender<Input>,
    writes: mpsc::UnboundedReceiver<(String, bool)>,
    sequence: u16,
}

impl Gateway {
    pub fn start(enrolled: Enrolled, data: &Path) -> Self {
        let began = Instant::now();
        let now = move || Now {
            wall: UnixMs(SystemClock.now().as_millisecond()),
            uptime_ms: u64::try_from(began.elapsed().as_millis()).unwrap(),
            quality: TimeQuality::Synchronised,
        };
        let stored = Stored::nothing(BootId::new(Uuid::from_u128(0xB007)), enrolled.journal_generation());
        let mut core = Core::new(stored, enrolled.for_core().unwrap(), now());
        let (uplink, mut inputs) = Uplink::start(&enrolled, core.last_will(now()), UnixMs(0)).unwrap();
        let (fetches, mut from_api) = Fetches::start(enrolled, data, &uplink);
        let (hall, mut happened) = mpsc::channel(64);
        let (written, writes) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(50));
            loop {
                while let Some(output) = core.poll_output() {
                    match output {
                        Output::Send { kind, payload } => uplink.publish(kind, payload),
                        Output::Persist { ticket, change } => {
                            if let Change::Grants { seal_id, .. } = change {
                                fetches.table_sealed_with(seal_id);
                            }
                            core.handle(now(), Input::Persisted { ticket });
                        }
                        Output::Write { point, on } => drop(written.send((point.point, on))),
                        Output::Configure { config } => {
                            for device in &config.devices {
                                core.handle(now(), Input::DeviceFound { device: device.id, restarted: true });
                            }
                        }
                        Output::Fetch { certificate } => fetches.fetch(certificate),
                        Output::Indicate { .. } | Output::Confirm { .. } | Output::WakeAt { .. } => {}
                    }
                }
                let input = tokio::select! {
                    input = inputs.recv() => input,
                    input = happened.recv() => input,
                    input = from_api.recv() => input,
                    _ = tick.tick() => Some(Input::Tick),
                };
                let Some(input) = input else { return };
                core.handle(now(), input);
            }
        });
        Self { hall, writes, sequence: 0 }
    }

    /// Types a code at a keypad.
    pub async fn types(&mut self, keypad: DeviceId, pin: &str) {
        let keys = pin.bytes().map(|digit| Key::Digit(digit - b'0')).chain([Key::Hash]);
        for key in keys {
            self.sees(keypad, NodeEvent::Key(key)).await;
        }
    }

    /// Something happens at a door node.
    pub async fn sees(&mut self, node: DeviceId, event: NodeEvent) {
        self.sequence += 1;
        let input = Input::Node { device: node, sequence: self.sequence, age_ms: 0, event };
        self.hall.send(input).await.unwrap();
    }

    /// Waits until a lock is released.
    pub async fn releases(&mut self) {
        let wait = async {
            while let Some((point, on)) = self.writes.recv().await {
                if point == "lock" && on {
                    return;
                }
            }
            panic!("the gateway is gone");
        };
        tokio::time::timeout(WITHIN, wait).await.expect("no lock was released");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_opens_the_door_also_without_the_broker_and_the_passages_arrive_afterwards() {
    let mut cloud = Box::pin(Cloud::new()).await;
    let mut broker = cloud.start_broker();
    cloud.connected(true).await;
    let data = tempfile::tempdir().unwrap();
    let data = data.path().join("gateway");
    let mut gateway = Gateway::start(cloud.enrol(&data).await, &data);
    let keypad = cloud.keypad().await;

    // Booked, delivered, typed, told.
    let booking = cloud.site.booking(1, WHOLE, 10);
    cloud.issue(&booking).await;
    cloud.becomes(&booking, AccessState::Delivered).await;
    let pin = cloud.site.pin(&booking).await.unwrap();
    gateway.types(keypad, &pin).await;
    gateway.releases().await;
    cloud.passages(&booking, 1).await;

    // Without the broker the door goes on; what is booked meanwhile waits.
    broker.kill().await.unwrap();
    cloud.connected(false).await;
    gateway.types(keypad, &pin).await;
    gateway.releases().await;
    let later = cloud.site.booking(2, WHOLE, 180);
    cloud.issue(&later).await;
    assert_ne!(cloud.site.state(&later).await, AccessState::Delivered);

    // With the broker back everything arrives, and the journal has no gap.
    let _broker = cloud.start_broker();
    cloud.connected(true).await;
    cloud.passages(&booking, 2).await;
    cloud.becomes(&later, AccessState::Delivered).await;
    let row = cloud.site.row().await;
    assert_eq!(row.journal_broken_at, None);
    assert_eq!(cloud.site.refused("gap").await, 0);

    // Cancelled, and the code no longer opens: the gateway has said so.
    cloud.site.revoke(&booking).await;
    cloud.becomes(&booking, AccessState::Revoked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_code_or_another_root_enrols_nobody() {
    let cloud = Box::pin(Cloud::new()).await;
    let data = tempfile::tempdir().unwrap();
    let address = format!("https://alfa.localhost:{}", cloud.api_port);
    let fingerprint = cloud.site.trust.fingerprint();
    let wrong = Enrolment { cloud: &address, code: "00000-00000", root_fingerprint: &fingerprint };
    let refused = enrol(&wrong, &data.path().join("a")).await.unwrap_err();
    assert!(refused.to_string().contains("no such code"), "{refused}");

    let mut tx = cloud.site.begin().await;
    let code = enrolment_code(&mut tx, "hall").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let other = protocols_wire::fingerprint(b"another root");
    let stranger = Enrolment { cloud: &address, code: &code, root_fingerprint: &other };
    assert!(enrol(&stranger, &data.path().join("b")).await.is_err());
    assert!(cloud.site.row().await.enrolment.is_none());
}
