//! One connection to the site's broker, from its first packet to its end.

use rumqttc::{
    AsyncClient, ClientError, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions, Packet,
    Publish, PublishOptions, QoS, SubAck, SubscribeFilterInput, SubscribeReasonCode, TlsConfiguration,
    Transport,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::login::SiteLogin;
use super::plan::MqttPlan;

/// Seconds without traffic before the broker is asked whether it lives.
const KEEP_ALIVE_S: u16 = 10;
/// Seconds until a connection that does not come about is given up.
const CONNECT_WITHIN_S: u64 = 5;
/// A packet above this ends the connection. Far above what any profile allows, so that a device that sends too much
/// loses its message and not everybody's connection; the broker's own limit (`message_size_limit` in
/// `deploy/broker/site.conf`) lies below it.
const PACKET_BYTES_MAX: usize = 256 * 1024;
/// Lamps that wait for the network: more than there are scanners.
const WAITING_MAX: usize = 256;
/// Packets between the network and the driver; when it is full the network waits.
const EVENTS_MAX: usize = 64;

/// Why there is no connection any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error("the connection to the site's broker ended")]
    Connection(#[source] Box<ConnectionError>),
    #[error("the site's broker does not let the gateway hear its devices")]
    Denied,
    #[error("more waits for the site's broker than it takes")]
    Overload(#[source] Box<ClientError>),
    #[error("the network task ended")]
    Task,
}

/// What a connection brings.
pub(crate) enum Brought {
    /// Every subscription is acknowledged.
    Ready,
    Message(Publish),
}

/// A connection whose packets arrive; the network is driven by a task of its own. Nothing of an earlier connection is
/// sent again on a later one: the session is clean, and each connection is a client of its own.
pub(crate) struct Connection {
    client: AsyncClient,
    events: mpsc::Receiver<Result<Packet, ConnectionError>>,
    network: JoinHandle<()>,
    topics: Vec<String>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.network.abort();
    }
}

impl Connection {
    /// Begins to connect, to hear these topics and no others.
    pub(crate) fn begin(plan: &MqttPlan, login: &SiteLogin, topics: Vec<String>) -> Self {
        let (client, mut network) =
            AsyncClient::builder(options(plan, login)).capacity(WAITING_MAX + topics.len()).build();
        let mut patience = NetworkOptions::new();
        patience.set_connection_timeout(CONNECT_WITHIN_S).set_tcp_nodelay(true);
        network.set_network_options(patience);
        let (sink, events) = mpsc::channel(EVENTS_MAX);
        Self { client, events, network: tokio::spawn(drive(network, sink)), topics }
    }

    /// The next thing. Can be dropped and called again without losing anything.
    pub(crate) async fn next(&mut self) -> Result<Brought, Ended> {
        loop {
            match self.events.recv().await.ok_or(Ended::Task)? {
                Ok(Packet::ConnAck(_)) => self.subscribe()?,
                Ok(Packet::SubAck(answer)) => {
                    return if self.is_complete(&answer) { Ok(Brought::Ready) } else { Err(Ended::Denied) };
                }
                Ok(Packet::Publish(message)) => return Ok(Brought::Message(message)),
                Ok(_) => {}
                Err(error) => return Err(Ended::Connection(Box::new(error))),
            }
        }
    }

    /// Publishes at most once, never retained: what a lamp shall show now is worth nothing later.
    pub(crate) fn publish(&self, topic: String, payload: String) -> Result<(), Ended> {
        self.client
            .try_publish(topic, payload.into_bytes(), PublishOptions::at_most_once())
            .map_err(|error| Ended::Overload(Box::new(error)))
    }

    fn subscribe(&self) -> Result<(), Ended> {
        let topics =
            self.topics.iter().map(|topic| SubscribeFilterInput::new(topic.clone(), QoS::AtLeastOnce));
        self.client.try_subscribe_many(topics).map_err(|error| Ended::Overload(Box::new(error)))
    }

    fn is_complete(&self, answer: &SubAck) -> bool {
        answer.return_codes.len() == self.topics.len()
            && answer.return_codes.iter().all(|code| matches!(code, SubscribeReasonCode::Success(_)))
    }
}

/// Polls until the connection ends or nobody listens.
async fn drive(mut network: EventLoop, sink: mpsc::Sender<Result<Packet, ConnectionError>>) {
    loop {
        let told = match network.poll().await {
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

fn options(plan: &MqttPlan, login: &SiteLogin) -> MqttOptions {
    let mut options = MqttOptions::new(login.username.clone(), (plan.host.clone(), plan.port));
    options
        .set_keep_alive(KEEP_ALIVE_S)
        .set_clean_session(true)
        .set_credentials(login.username.clone(), login.password.clone())
        .set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX);
    if let Some(authority) = &login.authority_pem {
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Simple {
            ca: authority.clone(),
            alpn: None,
            client_auth: None,
        }));
    }
    options
}
