//! One connection to the broker, from its first packet to its end.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::Input;
use protocols_ids::GatewayId;
use protocols_wire::{Kind, MESSAGE_BYTES_MAX, Topic};
use rumqttc::{
    AsyncClient, ClientError, ConnectionError, Event, EventLoop, LastWill, MqttOptions, NetworkOptions,
    Packet, PublishOptions, QoS, SubAck, SubscribeFilterInput, SubscribeReasonCode, TlsConfiguration,
    Transport,
};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::resolve::resolve;

/// Seconds without traffic before the broker is asked whether it lives. The broker takes us for gone after one and a
/// half times this.
const KEEP_ALIVE_S: u16 = 15;
/// Seconds until a connection that does not come about is given up.
const CONNECT_WITHIN_S: u64 = 10;
/// A whole message with its topic and header.
const PACKET_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;
/// Messages that wait for the network: what the core sends at once after a connection, with room to spare.
pub(crate) const WAITING_MAX: usize = 1_024;
/// Packets between the network and this gateway's core: half a megabyte of the largest. When it is full the network
/// waits.
const EVENTS_MAX: usize = 8;

/// Where and as whom.
#[derive(Clone)]
pub(crate) struct Broker {
    pub(crate) gateway: GatewayId,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Arc<ClientConfig>,
}

/// Why there is no connection any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error("the connection to the broker ended")]
    Connection(#[source] Box<ConnectionError>),
    #[error("the broker does not let this gateway hear its topics")]
    Denied,
    #[error("more waits for the broker than it takes")]
    Overload(#[source] Box<ClientError>),
    #[error("the network task ended")]
    Task,
    #[error("a new certificate is in use from now on")]
    NewCertificate,
}

/// A connection whose packets arrive; the network is driven by a task of its own, so that waiting for anything else
/// never stops halfway through a packet.
pub(crate) struct Connection {
    gateway: GatewayId,
    client: AsyncClient,
    events: mpsc::Receiver<Result<Packet, ConnectionError>>,
    network: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.network.abort();
    }
}

impl Connection {
    /// Begins to connect. Each connection is a client of its own: nothing of an earlier one is sent again here.
    pub(crate) fn begin(broker: &Broker, last_will: Vec<u8>) -> Self {
        let (client, mut network) =
            AsyncClient::builder(options(broker, last_will)).capacity(WAITING_MAX).build();
        let mut patience = NetworkOptions::new();
        patience.set_connection_timeout(CONNECT_WITHIN_S);
        network.set_network_options(patience);
        let (sink, events) = mpsc::channel(EVENTS_MAX);
        Self { gateway: broker.gateway, client, events, network: tokio::spawn(drive(network, sink)) }
    }

    /// The next thing for the core; [`Input::BrokerConnected`] when every subscription is acknowledged. Can be dropped
    /// and called again without losing anything.
    pub(crate) async fn next(&mut self) -> Result<Input, Ended> {
        loop {
            match self.events.recv().await.ok_or(Ended::Task)? {
                Ok(Packet::ConnAck(_)) => self.subscribe()?,
                Ok(Packet::SubAck(answer)) => {
                    return if is_complete(&answer) {
                        Ok(Input::BrokerConnected)
                    } else {
                        Err(Ended::Denied)
                    };
                }
                Ok(Packet::Publish(message)) => {
                    let topic = String::from_utf8_lossy(&message.topic).into_owned();
                    return Ok(Input::Received { topic, payload: message.payload.to_vec() });
                }
                Ok(_) => {}
                Err(error) => return Err(Ended::Connection(Box::new(error))),
            }
        }
    }

    /// Hands a message to the network.
    pub(crate) fn publish(&self, kind: Kind, payload: Vec<u8>) -> Result<(), Ended> {
        let topic = Topic::new(self.gateway, kind).to_string();
        self.client
            .try_publish(topic, payload, PublishOptions::at_least_once().retain(kind.retained()))
            .map_err(|error| Ended::Overload(Box::new(error)))
    }

    /// Takes leave: what was handed over before is sent and acknowledged, then the broker is told, so that it does not
    /// publish the last will.
    pub(crate) async fn close(mut self, within: Duration) {
        if self.client.try_disconnect_with_timeout(within).is_err() {
            return;
        }
        // What still comes is for the next connection: the broker keeps it.
        while let Some(Ok(_)) = self.events.recv().await {}
    }

    fn subscribe(&self) -> Result<(), Ended> {
        let topics = Kind::DOWN.map(|kind| {
            SubscribeFilterInput::new(Topic::new(self.gateway, kind).to_string(), QoS::AtLeastOnce)
        });
        self.client.try_subscribe_many(topics).map_err(|error| Ended::Overload(Box::new(error)))
    }
}

fn is_complete(answer: &SubAck) -> bool {
    answer.return_codes.len() == Kind::DOWN.len()
        && answer
            .return_codes
            .iter()
            .all(|code| matches!(code, SubscribeReasonCode::Success(QoS::AtLeastOnce)))
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

fn options(broker: &Broker, last_will: Vec<u8>) -> MqttOptions {
    let id = broker.gateway.to_string();
    let mut options = MqttOptions::new(id, (broker.host.clone(), broker.port));
    let will_topic = Topic::new(broker.gateway, Kind::State).to_string();
    options
        .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(&broker.tls))))
        .set_keep_alive(KEEP_ALIVE_S)
        .set_clean_session(false)
        .set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX)
        .set_last_will(LastWill::new(will_topic, last_will, QoS::AtLeastOnce, Kind::State.retained()));
    let (host, port) = (broker.host.clone(), broker.port);
    options.set_socket_connector(move |_: String, _: NetworkOptions| {
        let host = host.clone();
        async move {
            let stream = TcpStream::connect(resolve(&host, port).await?.as_slice()).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        }
    });
    options
}
