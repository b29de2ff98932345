//! The scanner's connection to the site's broker.

use core::fmt;
use core::time::Duration;

use firmware_nodes::write_offline_json;
use protocols_fieldbus::scanner::{INDICATE_TOPIC, SCAN_TOPIC, STATUS_TOPIC};
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, LastWill, MqttOptions, NetworkOptions, Packet,
    PublishOptions, QoS,
};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::Hall;
use crate::site::{ScannerMessage, Site};

/// How often the scanner looks whether it has anything to tell.
const LOOK: Duration = Duration::from_millis(10);
/// How long before a connection that did not come about is tried again.
const PAUSE: Duration = Duration::from_millis(500);
/// Seconds without traffic before the broker is asked whether it lives.
const KEEP_ALIVE_S: u16 = 10;
/// Seconds until a connection that does not come about is given up.
const CONNECT_WITHIN_S: u64 = 5;
/// Messages that wait for the network: more than the node keeps.
const WAITING_MAX: usize = 16;

/// Where the scanner connects, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct ScannerNetwork {
    /// The broker's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The scanner's own name there.
    pub username: String,
    /// Its password.
    pub password: String,
    /// The root of its topics, without a slash at its end.
    pub root: String,
}

/// Without the password.
impl fmt::Debug for ScannerNetwork {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(into, "ScannerNetwork({} at {}:{}, {})", self.username, self.host, self.port, self.root)
    }
}

pub(super) async fn drive(hall: &Hall, network: ScannerNetwork) {
    loop {
        if hall.with_site(|site, _| site.scanner_has_network()) {
            serve(hall, &network).await;
            hall.with_site(|site, now_ms| site.scanner_connected(now_ms, false));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Serves one connection to its end. Dropping it says no farewell, so that the broker tells the last will.
async fn serve(hall: &Hall, network: &ScannerNetwork) {
    let (client, mut events) = AsyncClient::builder(options(network)).capacity(WAITING_MAX).build();
    let mut patience = NetworkOptions::new();
    patience.set_connection_timeout(CONNECT_WITHIN_S).set_tcp_nodelay(true);
    events.set_network_options(patience);
    let (sink, mut packets) = mpsc::channel(WAITING_MAX);
    let _task = Abort(tokio::spawn(poll(events, sink)));
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            packet = packets.recv() => match packet {
                Some(Ok(Packet::ConnAck(_))) => {
                    if client.try_subscribe(network.below(INDICATE_TOPIC), QoS::AtMostOnce).is_err() {
                        return;
                    }
                }
                // Told only now, so that no answer can be missed.
                Some(Ok(Packet::SubAck(_))) => {
                    hall.with_site(|site, now_ms| site.scanner_connected(now_ms, true));
                }
                Some(Ok(Packet::Publish(message))) if !message.retain => {
                    hall.with_site(|site, now_ms| site.scanner_indicated(now_ms, &message.payload));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::debug!(%error, "the scanner has no connection to the site's broker");
                    return;
                }
                None => return,
            },
            _ = looks.tick() => {
                if !hall.with_site(|site, _| site.scanner_has_network()) {
                    return;
                }
                for message in hall.with_site(Site::scanner_messages) {
                    if publish(&client, network, message).is_err() {
                        return;
                    }
                }
            }
        }
    }
}

fn publish(
    client: &AsyncClient,
    network: &ScannerNetwork,
    message: ScannerMessage,
) -> Result<(), rumqttc::ClientError> {
    let mut payload = String::new();
    let (topic, retained, written) = match message {
        ScannerMessage::Status(status) => (STATUS_TOPIC, true, status.write_json(&mut payload)),
        ScannerMessage::Scan(scan) => (SCAN_TOPIC, false, scan.write_json(&mut payload)),
    };
    let Ok(()) = written else { unreachable!("a string takes everything") };
    let how = PublishOptions::at_least_once().retain(retained);
    client.try_publish(network.below(topic), payload.into_bytes(), how)
}

async fn poll(mut events: EventLoop, sink: mpsc::Sender<Result<Packet, ConnectionError>>) {
    loop {
        let told = match events.poll().await {
            Ok(Event::Incoming(packet)) => sink.send(Ok(packet)).await,
            Ok(Event::Outgoing(_)) => Ok(()),
            Err(error) => {
                // Nobody listens: then nobody needs to know either.
                drop(sink.send(Err(error)).await);
                return;
            }
        };
        if told.is_err() {
            return;
        }
    }
}

struct Abort(tokio::task::JoinHandle<()>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ScannerNetwork {
    fn below(&self, topic: &str) -> String {
        format!("{}/{topic}", self.root)
    }
}

fn options(network: &ScannerNetwork) -> MqttOptions {
    let mut offline = String::new();
    let Ok(()) = write_offline_json(&mut offline) else { unreachable!("a string takes everything") };
    let will = LastWill::new(network.below(STATUS_TOPIC), offline.into_bytes(), QoS::AtLeastOnce, true);
    let mut options = MqttOptions::new(network.username.clone(), (network.host.clone(), network.port));
    options
        .set_keep_alive(KEEP_ALIVE_S)
        .set_clean_session(true)
        .set_credentials(network.username.clone(), network.password.clone())
        .set_last_will(will);
    options
}
