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

mod connection;
mod stand_by;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use cloud_kernel::telemetry::{BrokerLink, figures};
use cloud_kernel::{Kernel, TenantTx, error_chain};
use jiff::SignedDuration;
use minicbor::Encode;
use protocols_ids::{BookingId, GatewayId, TenantId};
use protocols_wire::{
    Action, Command, GrantBatch, Kind, Lease, Position, Posture, Signer, Topic, UnixMs, decode,
};
use rumqttc::{AsyncClient, PublishOptions, QoS};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use self::connection::Told;
use self::stand_by::stand_by;
use crate::ingest::{Answer, receive};
use crate::observe;
use crate::store::command::{self, ToSend};
use crate::store::gateway::{self, Gateway};
use crate::store::{site, wire_time};
use crate::trust::{Trust, TrustError};

/// How long a batch may go unconfirmed before it is sent again, to a gateway that speaks. For one that is
/// silent the broker would pile up copies; it gets the batch when it is heard.
const CONFIRM_WITHIN: Duration = Duration::from_secs(10);
/// How much longer it may go for each of its parts.
const APPLIED_WITHIN: Duration = Duration::from_millis(200);
/// A batch that was sent because of what a gateway said is not sent again for what it says within this.
const ANSWERED: Duration = Duration::from_secs(2);
/// How often a gateway hears that its grants still hold.
const HEARTBEAT_EVERY: Duration = Duration::from_mins(1);
/// How often to look at everything without a signal: time-outs, and what another replica wrote.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How far ahead a heartbeat's lease ends: the longest time that a site's policy can name for any class. The
/// gateway ends each class's earlier by itself.
const LEASE: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Parts of large batches that are on their way to the broker at a time, for all gateways together: half a
/// megabyte, so that a revocation for another gateway waits a fraction of a second on a slow line.
const BULK_PARTS: u16 = 8;
/// How long to wait when the database does not answer.
const DATABASE_WAIT: Duration = Duration::from_secs(1);

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
    /// Large batches that are not wholly published yet, in turn.
    bulk: VecDeque<Bulk>,
    /// Parts of them that the broker has not taken yet.
    in_flight: JoinSet<()>,
    /// The key that each gateway is known to believe.
    signers: HashMap<GatewayId, Arc<Signer>>,
    status: watch::Sender<BrokerLink>,
}

/// What was published to a gateway over this connection.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    config: u64,
    posture: u64,
    batch: Option<(u64, Instant)>,
    heartbeat: Option<Instant>,
    /// The time that the last heartbeat bore: another of the same millisecond is refused as known.
    bore: Option<UnixMs>,
    /// The trust bundle and the sealing secret that the heartbeat named.
    named: (u64, u32),
    answered: Option<Instant>,
}

/// A batch of several parts, as far as it is not published.
#[derive(Clone, Debug)]
struct Bulk {
    tenant: TenantId,
    gateway: GatewayId,
    revision: u64,
    next: u16,
    parts: u16,
    /// Bookings whose stories are told when all of it is published; none where it is sent again.
    told_of: Vec<BookingId>,
}

impl Courier {
    /// Stands by until no other process carries, then connects and works; until `stop` becomes true. The watch
    /// that is returned says whether this process carries, and whether the broker is connected then.
    pub fn start(
        kernel: Kernel,
        trust: Arc<Trust>,
        broker: &BrokerAddress,
        stop: watch::Receiver<bool>,
    ) -> Result<(watch::Receiver<BrokerLink>, impl Future<Output = ()> + use<>), TrustError> {
        // Keys that cannot be used are told at the start, not when it is this process's turn.
        trust.broker_client_tls()?;
        let (status, told) = watch::channel(BrokerLink::StandsBy);
        Ok((told, stand_by(kernel, trust, broker.clone(), status, stop)))
    }

    fn new(
        kernel: Kernel,
        trust: Arc<Trust>,
        client: AsyncClient,
        status: watch::Sender<BrokerLink>,
    ) -> Self {
        Self {
            kernel,
            trust,
            client,
            connected: false,
            sent: HashMap::new(),
            bulk: VecDeque::new(),
            in_flight: JoinSet::new(),
            signers: HashMap::new(),
            status,
        }
    }

    async fn run(
        mut self,
        mut messages: mpsc::Receiver<Told>,
        mut others: mpsc::Receiver<Option<(TenantId, GatewayId)>>,
        mut stop: watch::Receiver<bool>,
    ) {
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
                Some(told) = others.recv() => match told {
                    Some((tenant, gateway)) => self.send_waiting(tenant, gateway).await,
                    None => self.send_all_waiting().await,
                },
                Some(_) = self.in_flight.join_next() => {}
                _ = look.tick() => self.send_all_waiting().await,
                _ = stop.changed() => {}
            }
            // Last, so that whatever is urgent went before.
            self.publish_bulk().await;
        }
        self.status.send_replace(BrokerLink::Away);
    }

    async fn hear(&mut self, told: Told, stop: &watch::Receiver<bool>) {
        match told {
            Told::Connected => {
                tracing::info!("broker connected");
                self.connected = true;
                self.status.send_replace(BrokerLink::Connected);
                self.sent.clear();
                self.bulk.clear();
                self.in_flight = JoinSet::new();
                self.send_all_waiting().await;
            }
            Told::Lost => {
                if self.connected {
                    tracing::warn!("broker lost");
                }
                self.connected = false;
                self.status.send_replace(BrokerLink::Away);
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
                    tracing::warn!(error = error_chain(&error), "message waits for the database");
                    tokio::time::sleep(DATABASE_WAIT).await;
                }
                Err(error) => {
                    tracing::error!(error = error_chain(&error), "message was not taken in");
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
        // Commands are marked as sent before they are: one that is lost has expired, and none comes twice.
        tx.commit().await?;
        let Some(Waiting { gateway, batch, first, config, commands, told_of }) = waiting else {
            return Ok(());
        };
        if self.believes_another(&gateway) {
            // What the broker keeps is to be signed by the key that is believed from now on.
            sent = Sent { answered: sent.answered, bore: sent.bore, ..Sent::default() };
        }
        let now = Instant::now();
        for command in commands {
            _ = self.publish(id, Kind::Command, &order(id, command));
        }
        // What finds no place in the queue is not noted as sent, and goes out with the next look.
        let posture = Posture { counter: gateway.posture_counter, mode: gateway.posture };
        if sent.posture < posture.counter && self.publish(id, Kind::Posture, &posture) {
            sent.posture = posture.counter;
        }
        if let Some(config) = config
            && self.publish(id, Kind::Config, &config)
        {
            sent.config = config.revision;
        }
        if let Some(batch) = batch {
            let speaks = gateway.speaks(self.kernel.now());
            let sent_already = sent.batch.is_some_and(|(revision, at)| {
                let within = CONFIRM_WITHIN + APPLIED_WITHIN * u32::from(batch.parts);
                revision == batch.revision && (!speaks || now.duration_since(at) < within)
            });
            let under_way =
                |bulk: &Bulk| bulk.gateway == id && bulk.revision == batch.revision && sent.batch.is_some();
            if !sent_already && !self.bulk.iter().any(under_way) {
                self.bulk.retain(|bulk| bulk.gateway != id);
                let again = sent.batch.is_some_and(|(revision, _)| revision == batch.revision);
                let told_of = if again { Vec::new() } else { told_of };
                match first {
                    Some(only) => {
                        self.publish_part(id, &only);
                        observe::published(&self.kernel, id, batch.revision, &told_of);
                    }
                    None => self.bulk.push_back(Bulk {
                        tenant,
                        gateway: id,
                        revision: batch.revision,
                        next: 0,
                        parts: batch.parts,
                        told_of,
                    }),
                }
                sent.batch = Some((batch.revision, now));
            }
        }
        // What is new to fetch is told at once.
        let names = (self.trust.serial(), gateway.newest_seal);
        let due =
            sent.named != names || sent.heartbeat.is_none_or(|at| now.duration_since(at) >= HEARTBEAT_EVERY);
        if let Some(lease) = self.lease(&gateway).filter(|lease| due && sent.bore != Some(lease.time))
            && self.publish(id, Kind::Lease, &lease)
        {
            sent.heartbeat = Some(now);
            sent.bore = Some(lease.time);
            sent.named = names;
        }
        self.sent.insert(id, sent);
        Ok(())
    }

    /// Publishes some parts of the large batches, gateway by gateway in turn, when the broker has taken those
    /// before.
    async fn publish_bulk(&mut self) {
        if !self.connected || !self.in_flight.is_empty() {
            return;
        }
        let Some(bulk) = self.bulk.pop_front() else { return };
        let parts = match self.read_parts(&bulk).await {
            Ok(parts) => parts,
            Err(error) => {
                tracing::warn!(gateway = %bulk.gateway, error = error_chain(&error), "cannot read a batch");
                self.bulk.push_back(bulk);
                return;
            }
        };
        let mut next = bulk.next;
        for part in &parts {
            if !self.publish_bulk_part(bulk.gateway, part) {
                break;
            }
            next += 1;
        }
        if let Some(sent) = self.sent.get_mut(&bulk.gateway)
            && sent.batch.is_some_and(|(revision, _)| revision == bulk.revision)
        {
            sent.batch = Some((bulk.revision, Instant::now()));
        }
        // Without parts another batch has taken its place, and was told of.
        if parts.is_empty() {
            return;
        }
        if next < bulk.parts {
            self.bulk.push_back(Bulk { next, ..bulk });
        } else {
            observe::published(&self.kernel, bulk.gateway, bulk.revision, &bulk.told_of);
        }
    }

    async fn read_parts(&self, bulk: &Bulk) -> Result<Vec<Vec<u8>>, sqlx::Error> {
        let mut tx = self.kernel.begin(bulk.tenant).await?;
        let parts = gateway::parts(&mut tx, bulk.gateway, bulk.revision, bulk.next, BULK_PARTS).await?;
        tx.commit().await?;
        Ok(parts)
    }

    /// Notes which key signs for the gateway: the one in force, or the one before for a gateway whose bundle is
    /// older. Whether it was another until now.
    fn believes_another(&mut self, gateway: &Gateway) -> bool {
        let serial = gateway.report.as_ref().map_or(u64::MAX, |report| report.trust_serial);
        let signer = self.trust.signer_for(serial);
        let id = signer.key_id();
        self.signers.insert(gateway.id, signer).is_some_and(|before| before.key_id() != id)
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
            trust_serial: self.trust.serial(),
            seal_id: gateway.newest_seal,
        })
    }

    fn publish_part(&self, gateway: GatewayId, part: &[u8]) {
        match decode::<GrantBatch>(part) {
            // Sent anew when it is not confirmed in time.
            Ok(batch) => _ = self.publish(gateway, Kind::Grants, &batch),
            Err(error) => tracing::error!(%gateway, %error, "a stored batch cannot be read"),
        }
    }

    /// The same for a part of many: whether it was queued. The broker's answer makes room for the next.
    fn publish_bulk_part(&mut self, gateway: GatewayId, part: &[u8]) -> bool {
        let batch: GrantBatch = match decode(part) {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!(%gateway, %error, "a stored batch cannot be read");
                return true;
            }
        };
        let topic = Topic::new(gateway, Kind::Grants).to_string();
        let payload = self.signer(gateway).seal(&topic, &batch);
        match self.client.try_publish_tracked(topic, payload, PublishOptions::new(QoS::AtLeastOnce)) {
            Ok(notice) => {
                figures::PUBLISHED.count(&[Kind::Grants.name(), "queued"]);
                // A failure is a lost connection: then everything begins anew.
                self.in_flight.spawn(async move { drop(notice.wait_async().await) });
                true
            }
            Err(error) => {
                figures::PUBLISHED.count(&[Kind::Grants.name(), "dropped"]);
                tracing::warn!(%gateway, %error, "part was not queued");
                false
            }
        }
    }

    /// The key that the gateway is known to believe.
    fn signer(&self, gateway: GatewayId) -> Arc<Signer> {
        self.signers.get(&gateway).cloned().unwrap_or_else(|| self.trust.signer())
    }

    /// Hands a signed message to the client; whether its queue had room.
    fn publish(&self, gateway: GatewayId, kind: Kind, message: &impl Encode<()>) -> bool {
        let topic = Topic::new(gateway, kind).to_string();
        let payload = self.signer(gateway).seal(&topic, message);
        let options = PublishOptions::new(QoS::AtLeastOnce).retain(kind.retained());
        match self.client.try_publish(topic, payload, options) {
            Ok(()) => {
                figures::PUBLISHED.count(&[kind.name(), "queued"]);
                true
            }
            Err(error) => {
                figures::PUBLISHED.count(&[kind.name(), "dropped"]);
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

/// A release as it goes out.
fn order(gateway: GatewayId, command: ToSend) -> Command {
    Command {
        id: command.id.into_bytes(),
        gateway,
        boot: command.boot,
        counter: command.counter,
        expires_at: wire_time(command.expires_at),
        action: Action::Release { door: command.door },
    }
}

/// What waits for a gateway.
struct Waiting {
    gateway: Gateway,
    batch: Option<gateway::StoredBatch>,
    /// The batch's only part, where it has but one.
    first: Option<Vec<u8>>,
    config: Option<protocols_wire::SiteConfig>,
    commands: Vec<ToSend>,
    /// Bookings of the batch whose stories are told.
    told_of: Vec<BookingId>,
}

impl Waiting {
    /// The configuration is read where it is newer than the one that was sent.
    async fn read(tx: &mut TenantTx, id: GatewayId, sent: u64) -> Result<Option<Self>, sqlx::Error> {
        let Some(gateway) = gateway::find(tx, id).await? else { return Ok(None) };
        if gateway.enrolment.is_none() {
            return Ok(None);
        }
        let commands = command::take(tx, id).await?;
        let batch = gateway::batch(tx, id).await?;
        let first = match batch.filter(|batch| batch.parts == 1) {
            Some(batch) => gateway::parts(tx, id, batch.revision, 0, 1).await?.pop(),
            None => None,
        };
        let config = if sent < gateway.config_revision { site::config(tx, id).await? } else { None };
        let told_of = match &batch {
            Some(batch) => observe::told_of(tx, id, batch.base, batch.revision).await?,
            None => Vec::new(),
        };
        Ok(Some(Self { gateway, batch, first, config, commands, told_of }))
    }
}
