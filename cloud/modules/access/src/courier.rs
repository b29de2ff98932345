//! Carries messages between the gateways and the cloud over the broker.
//!
//! ```text
//!   live signals, ticks ─▶ Courier ──requests──▶ driver ══ TLS ══ broker
//!                             ▲                     │
//!                             └──────events─────────┘
//! ```
//!
//! The driver polls the connection and nothing else, so that it is never held up by the database. The courier
//! reads what waits and publishes it; it never waits for the broker.
//!
//! **Invariant:** nothing counts as delivered because the broker took it. A batch is sent again until a state
//! report confirms it, the journal again until the signed acknowledgement has arrived; with every connection
//! everything that waits is sent anew. The session at the broker is therefore a clean one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_kernel::{Kernel, TenantTx};
use jiff::SignedDuration;
use minicbor::Encode;
use protocols_ids::{GatewayId, TenantId};
use protocols_wire::{GrantBatch, Kind, Lease, MESSAGE_BYTES_MAX, Position, Posture, Topic, decode};
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Packet, PublishOptions, QoS,
    SubscribeFilterInput, TlsConfiguration, Transport,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};

use crate::ingest::{Answer, receive};
use crate::store::gateway::{self, Gateway};
use crate::store::{site, wire_time};
use crate::trust::{CLOUD_NAME, Trust, TrustError};

/// How long a batch may go unconfirmed before it is sent again, to a gateway that speaks. For one that is
/// silent the broker would pile up copies; it gets the batch when it is heard.
const CONFIRM_WITHIN: Duration = Duration::from_secs(10);
/// A batch that was sent because of what a gateway said is not sent again for what it says within this.
const ANSWERED: Duration = Duration::from_secs(2);
/// How often a gateway hears that its grants still hold.
const HEARTBEAT_EVERY: Duration = Duration::from_mins(1);
/// How often to look at everything without a signal: time-outs, and what another replica wrote.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How far ahead a heartbeat's lease ends: the longest time of any class, staff's. The gateway ends the other
/// classes' earlier by itself.
const LEASE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The first wait after a lost connection; it doubles up to [`RECONNECT_MAX`].
const RECONNECT_MIN: Duration = Duration::from_millis(250);
/// The longest wait between tries to connect.
const RECONNECT_MAX: Duration = Duration::from_secs(15);
/// How long to wait when the database does not answer.
const DATABASE_WAIT: Duration = Duration::from_secs(1);
/// Messages from the broker that wait to be judged; beyond that the connection itself waits.
const INBOX: usize = 256;
/// Requests that wait for the connection. A full queue drops; what was dropped is sent again by the time-out.
const OUTBOX: usize = 4096;
/// A packet: a message, its topic, and the fixed header.
const PACKET_BYTES_MAX: usize = MESSAGE_BYTES_MAX + 1024;
/// Seconds without traffic before the connection is tried.
const KEEP_ALIVE_SECONDS: u16 = 15;

/// Where the broker is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokerAddress {
    /// Its host name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// The task that owns the connection to the broker.
pub struct Courier {
    kernel: Kernel,
    trust: Arc<Trust>,
    client: AsyncClient,
    connected: bool,
    sent: HashMap<GatewayId, Sent>,
    status: watch::Sender<bool>,
}

/// What was published to a gateway over this connection.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    config: u64,
    posture: u64,
    batch: Option<(u64, Instant)>,
    heartbeat: Option<Instant>,
    answered: Option<Instant>,
}

/// What the driver tells.
enum Told {
    Connected,
    Lost,
    Message { topic: String, payload: Vec<u8> },
}

impl Courier {
    /// Connects and works until `stop` becomes true. The watch that is returned says whether the broker is
    /// connected.
    pub fn start(
        kernel: Kernel,
        trust: Arc<Trust>,
        broker: &BrokerAddress,
        stop: watch::Receiver<bool>,
    ) -> Result<(watch::Receiver<bool>, impl Future<Output = ()> + use<>), TrustError> {
        let mut options = MqttOptions::new(CLOUD_NAME, (broker.host.clone(), broker.port));
        options
            .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(trust.broker_client_tls()?)))
            .set_keep_alive(KEEP_ALIVE_SECONDS)
            .set_clean_session(true)
            .set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX);
        let (client, connection) = AsyncClient::builder(options).capacity(OUTBOX).build();
        let (status, told) = watch::channel(false);
        let (inbox, messages) = mpsc::channel(INBOX);
        let courier =
            Self { kernel, trust, client: client.clone(), connected: false, sent: HashMap::new(), status };
        let driving = drive(connection, client, inbox, stop.clone());
        Ok((told, async move {
            tokio::join!(driving, courier.run(messages, stop));
        }))
    }

    async fn run(mut self, mut messages: mpsc::Receiver<Told>, mut stop: watch::Receiver<bool>) {
        let mut signals = self.kernel.live().listen_to_all();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            tokio::select! {
                message = messages.recv() => match message {
                    Some(told) => self.hear(told, &stop).await,
                    None => return,
                },
                signal = signals.next() => match signal {
                    Some((tenant, topic)) => {
                        let gateway = topic.strip_prefix("gateway:").and_then(|id| id.parse().ok());
                        if let Some(gateway) = gateway { self.send_waiting(tenant, gateway).await; }
                    }
                    None => self.send_all_waiting().await,
                },
                _ = look.tick() => self.send_all_waiting().await,
                _ = stop.changed() => {}
            }
        }
    }

    async fn hear(&mut self, told: Told, stop: &watch::Receiver<bool>) {
        match told {
            Told::Connected => {
                tracing::info!("broker connected");
                self.connected = true;
                self.status.send_replace(true);
                self.sent.clear();
                self.send_all_waiting().await;
            }
            Told::Lost => {
                if self.connected {
                    tracing::warn!("broker lost");
                }
                self.connected = false;
                self.status.send_replace(false);
            }
            Told::Message { topic, payload } => self.take_in(&topic, &payload, stop).await,
        }
    }

    /// Judges a message; while the database does not answer, the same one again, so that order is kept.
    async fn take_in(&mut self, topic: &str, payload: &[u8], stop: &watch::Receiver<bool>) {
        loop {
            match receive(&self.kernel, topic, payload).await {
                Ok((from, received)) => {
                    if let (Some((tenant, gateway)), Some(answer)) = (from, received.answer()) {
                        self.answer(tenant, gateway, answer).await;
                    }
                    return;
                }
                Err(error) if error.is_passing() && !*stop.borrow() => {
                    tracing::warn!(error = chain(&error), "message waits for the database");
                    tokio::time::sleep(DATABASE_WAIT).await;
                }
                Err(error) => {
                    tracing::error!(error = chain(&error), "message was not taken in");
                    return;
                }
            }
        }
    }

    async fn answer(&mut self, tenant: TenantId, gateway: GatewayId, answer: Answer) {
        match answer {
            // Without its acknowledgement the gateway tells the same again.
            Answer::Journal(ack) => _ = self.publish(gateway, Kind::Ack, &ack),
            // Whatever was sent before may never have arrived.
            Answer::Again => {
                let answered = Some(Instant::now());
                self.sent.insert(gateway, Sent { answered, ..Sent::default() });
                self.send_waiting(tenant, gateway).await;
            }
            Answer::Behind => {
                let now = Instant::now();
                let sent = self.sent.entry(gateway).or_default();
                if sent.answered.is_none_or(|at| now.duration_since(at) >= ANSWERED) {
                    *sent = Sent { batch: None, answered: Some(now), ..*sent };
                    self.send_waiting(tenant, gateway).await;
                }
            }
        }
    }

    async fn send_all_waiting(&mut self) {
        if !self.connected {
            return;
        }
        match gateway::everywhere(&self.kernel).await {
            Ok(gateways) => {
                for (tenant, gateway) in gateways {
                    self.send_waiting(tenant, gateway).await;
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot look for what waits");
            }
        }
    }

    async fn send_waiting(&mut self, tenant: TenantId, gateway: GatewayId) {
        if !self.connected {
            return;
        }
        if let Err(error) = self.try_send_waiting(tenant, gateway).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(%gateway, error, "cannot read what waits for a gateway");
        }
    }

    async fn try_send_waiting(&mut self, tenant: TenantId, id: GatewayId) -> Result<(), sqlx::Error> {
        let mut tx = self.kernel.begin(tenant).await?;
        let mut sent = self.sent.get(&id).copied().unwrap_or_default();
        let waiting = Waiting::read(&mut tx, id, sent.config).await?;
        tx.commit().await?;
        let Some(Waiting { gateway, batch, config }) = waiting else { return Ok(()) };
        let now = Instant::now();
        // What finds no place in the queue is not noted as sent, and goes out with the next look.
        if let Some(config) = config
            && self.publish(id, Kind::Config, &config)
        {
            sent.config = config.revision;
        }
        let posture = Posture { counter: gateway.posture_counter, mode: gateway.posture };
        if sent.posture < posture.counter && self.publish(id, Kind::Posture, &posture) {
            sent.posture = posture.counter;
        }
        if let Some(batch) = batch {
            let speaks = gateway.speaks(self.kernel.now());
            let sent_already = sent.batch.is_some_and(|(revision, at)| {
                revision == batch.revision && (!speaks || now.duration_since(at) < CONFIRM_WITHIN)
            });
            if !sent_already {
                for part in &batch.parts {
                    self.publish_part(id, part);
                }
                sent.batch = Some((batch.revision, now));
            }
        }
        let due = sent.heartbeat.is_none_or(|at| now.duration_since(at) >= HEARTBEAT_EVERY);
        if let Some(lease) = self.lease(&gateway).filter(|_| due)
            && self.publish(id, Kind::Lease, &lease)
        {
            sent.heartbeat = Some(now);
        }
        self.sent.insert(id, sent);
        Ok(())
    }

    /// A heartbeat; none for a gateway that lacks something: it is not told that all is well.
    fn lease(&self, gateway: &Gateway) -> Option<Lease> {
        let now = self.kernel.now();
        let report = gateway.report.as_ref().filter(|_| gateway.speaks(now))?;
        let ledger = gateway.ledger;
        if ledger.acknowledged == 0 || ledger.acknowledged != ledger.revision {
            return None;
        }
        Some(Lease {
            position: Position { epoch: ledger.epoch, revision: ledger.revision },
            lease_until: wire_time(now.saturating_add(LEASE).unwrap_or(now)),
            nonce: report.nonce,
            time: wire_time(now),
            trust_serial: 0,
            seal_id: 0,
        })
    }

    fn publish_part(&self, gateway: GatewayId, part: &[u8]) {
        match decode::<GrantBatch>(part) {
            // Sent anew when it is not confirmed in time.
            Ok(batch) => _ = self.publish(gateway, Kind::Grants, &batch),
            Err(error) => tracing::error!(%gateway, %error, "a stored batch cannot be read"),
        }
    }

    /// Hands a signed message to the client; whether its queue had room.
    fn publish(&self, gateway: GatewayId, kind: Kind, message: &impl Encode<()>) -> bool {
        let topic = Topic::new(gateway, kind).to_string();
        let payload = self.trust.signer().seal(&topic, message);
        let options = PublishOptions::new(QoS::AtLeastOnce).retain(kind.retained());
        match self.client.try_publish(topic, payload, options) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%gateway, kind = kind.name(), %error, "message was not queued");
                false
            }
        }
    }
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Courier").field("connected", &self.connected).finish_non_exhaustive()
    }
}

/// What waits for a gateway.
struct Waiting {
    gateway: Gateway,
    batch: Option<gateway::StoredBatch>,
    config: Option<protocols_wire::SiteConfig>,
}

impl Waiting {
    /// The configuration is read where it is newer than the one that was sent.
    async fn read(tx: &mut TenantTx, id: GatewayId, sent: u64) -> Result<Option<Self>, sqlx::Error> {
        let Some(gateway) = gateway::find(tx, id).await? else { return Ok(None) };
        if gateway.enrolment.is_none() {
            return Ok(None);
        }
        let batch = gateway::batch(tx, id).await?;
        let config = if sent < gateway.config_revision { site::config(tx, id).await? } else { None };
        Ok(Some(Self { gateway, batch, config }))
    }
}

/// Polls the connection, subscribes when it is new, and hands on what comes.
async fn drive(
    mut connection: EventLoop,
    client: AsyncClient,
    inbox: mpsc::Sender<Told>,
    mut stop: watch::Receiver<bool>,
) {
    let mut wait = RECONNECT_MIN;
    while !*stop.borrow() {
        let event = tokio::select! {
            event = connection.poll() => event,
            _ = stop.changed() => continue,
        };
        let told = match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                let topics = Kind::UP.map(|kind| {
                    SubscribeFilterInput::new(format!("hp/1/+/{}", kind.name()), QoS::AtLeastOnce)
                });
                if let Err(error) = client.try_subscribe_many(topics) {
                    tracing::warn!(%error, "subscription was not queued");
                }
                continue;
            }
            // Only now does anything that a gateway answers arrive.
            Ok(Event::Incoming(Packet::SubAck(_))) => {
                wait = RECONNECT_MIN;
                Told::Connected
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => Told::Message {
                topic: String::from_utf8_lossy(&publish.topic).into_owned(),
                payload: publish.payload.to_vec(),
            },
            Ok(_) => continue,
            Err(error) => {
                report(&error);
                if inbox.send(Told::Lost).await.is_err() {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    _ = stop.changed() => {}
                }
                wait = (wait * 2).min(RECONNECT_MAX);
                continue;
            }
        };
        if inbox.send(told).await.is_err() {
            return;
        }
    }
}

fn report(error: &ConnectionError) {
    tracing::info!(error = chain(error), "no connection to the broker");
}

/// An error and its sources, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
