//! A gateway with its real core and uplink, and a real broker; disk and hall are made up.

#[path = "../../../../e2e/support/mosquitto.rs"]
mod mosquitto;

use std::path::Path;
use std::time::Instant;

use cloud_access::{
    BrokerAddress, BrokerRun, Courier, enrolment_code, serve_gateway_api, write_broker_files,
};
use cloud_kernel::telemetry::BrokerLink;
use cloud_kernel::{Clock as _, SystemClock, Worker};
use gateway_core::{Core, Input, Now, Output, Stored};
use gateway_uplink::{Enrolled, Enrolment, Uplink, enrol};
use protocols_fieldbus::nodes::{Key, NodeEvent};
use protocols_ids::{BootId, DeviceId, Uuid};
use protocols_wire::{TimeQuality, UnixMs};
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::sync::{mpsc, watch};

use self::mosquitto::{free_port, launch};
use super::city::{City, WITHIN};

/// Everything that runs beside the pages.
pub struct Running {
    _broker: Child,
    _files: tempfile::TempDir,
    _stop: watch::Sender<bool>,
    api_port: u16,
}

impl Running {
    /// Starts broker, courier, worker and the gateways' API.
    pub async fn start(city: &City) -> Self {
        let files = tempfile::tempdir().unwrap();
        let port = free_port();
        // Mosquitto heeds the user only when root starts it, who alone may enter the directory then.
        let run = BrokerRun { bind: "127.0.0.1", port, user: Some("root") };
        let configuration = write_broker_files(files.path(), &city.trust, &run).unwrap();
        let broker = launch(&configuration);
        let address = BrokerAddress { host: "localhost".to_owned(), port };
        let (stop, stopped) = watch::channel(false);
        let kernel = city.kernel.clone();
        let (connected, courier) =
            Courier::start(kernel.clone(), city.trust.clone(), &address, stopped.clone()).unwrap();
        kernel.health().watch_broker(connected.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api_port = listener.local_addr().unwrap().port();
        let api = serve_gateway_api(kernel.clone(), city.trust.clone(), address, listener, stopped.clone());
        tokio::spawn(courier);
        tokio::spawn(api.unwrap());
        tokio::spawn(Worker::new(kernel).run(stopped));
        let mut connected = connected;
        let wait = connected.wait_for(|link| *link == BrokerLink::Connected);
        tokio::time::timeout(WITHIN, wait).await.expect("no connection to the broker").unwrap();
        Self { _broker: broker, _files: files, _stop: stop, api_port }
    }

    /// Enrols the hall's gateway.
    pub async fn enrol(&self, city: &City, data: &Path) -> Enrolled {
        let mut tx = city.begin().await;
        let code = enrolment_code(&mut tx, "provhallen").await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let cloud = format!("https://provhallen.localhost:{}", self.api_port);
        let fingerprint = city.trust.fingerprint();
        let enrolment = Enrolment { cloud: &cloud, code: &code, root_fingerprint: &fingerprint };
        enrol(&enrolment, data).await.unwrap()
    }
}

/// The gateway of the hall.
pub struct Gateway {
    hall: mpsc::Sender<Input>,
    released: mpsc::UnboundedReceiver<()>,
    keypads: watch::Receiver<Option<DeviceId>>,
    sequence: u16,
}

impl Gateway {
    pub fn start(enrolled: &Enrolled) -> Self {
        let began = Instant::now();
        let now = move || Now {
            wall: UnixMs(SystemClock.now().as_millisecond()),
            uptime_ms: u64::try_from(began.elapsed().as_millis()).unwrap(),
            quality: TimeQuality::Synchronised,
        };
        let stored = Stored::nothing(BootId::new(Uuid::from_u128(0xB007)), enrolled.journal_generation());
        let mut core = Core::new(stored, enrolled.for_core().unwrap(), now());
        let (uplink, mut inputs) = Uplink::start(enrolled, core.last_will(now()), UnixMs(0)).unwrap();
        let (hall, mut happened) = mpsc::channel(64);
        let (opened, released) = mpsc::unbounded_channel();
        let (found, keypads) = watch::channel(None);
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(std::time::Duration::from_millis(50));
            loop {
                while let Some(output) = core.poll_output() {
                    match output {
                        Output::Send { kind, payload } => uplink.publish(kind, payload),
                        Output::Persist { ticket, .. } => core.handle(now(), Input::Persisted { ticket }),
                        Output::Write { point, on } if point.point == "lock" && on => {
                            opened.send(()).expect("somebody waits for the lock");
                        }
                        Output::Configure { config } => {
                            for device in &config.devices {
                                core.handle(now(), Input::DeviceFound { device: device.id, restarted: true });
                            }
                            let main = config.doors.iter().find(|door| door.name == "Huvudentrén");
                            found.send_replace(main.and_then(|door| door.keypad));
                        }
                        Output::Fetch { .. } => core.handle(now(), Input::FetchFailed),
                        Output::Write { .. }
                        | Output::Indicate { .. }
                        | Output::Confirm { .. }
                        | Output::WakeAt { .. } => {}
                    }
                }
                let input = tokio::select! {
                    input = inputs.recv() => input,
                    input = happened.recv() => input,
                    _ = tick.tick() => Some(Input::Tick),
                };
                let Some(input) = input else { return };
                core.handle(now(), input);
            }
        });
        Self { hall, released, keypads, sequence: 0 }
    }

    /// What the main door's node saw.
    pub async fn node(&mut self, event: NodeEvent) {
        let keypad = self.keypads.wait_for(Option::is_some);
        let device = tokio::time::timeout(WITHIN, keypad).await.expect("not configured").unwrap().unwrap();
        self.sequence += 1;
        let input = Input::Node { device, sequence: self.sequence, age_ms: 0, event };
        self.hall.send(input).await.unwrap();
    }

    /// Types a code and waits until the lock is released.
    pub async fn enter(&mut self, pin: &str) {
        for digit in pin.bytes() {
            self.node(NodeEvent::Key(Key::Digit(digit - b'0'))).await;
        }
        self.node(NodeEvent::Key(Key::Hash)).await;
        tokio::time::timeout(WITHIN, self.released.recv()).await.expect("the lock stays").unwrap();
    }
}
