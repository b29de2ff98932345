//! The connection to the broker.

use std::sync::Arc;
use std::time::Duration;

use cloud_kernel::error_chain;
use protocols_wire::{Kind, MESSAGE_BYTES_MAX};
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Packet, QoS, SubscribeFilterInput,
    TlsConfiguration, Transport,
};
use tokio::sync::{mpsc, watch};

use super::BrokerAddress;
use crate::trust::{Trust, TrustError};

/// The first wait after a lost connection; it doubles up to [`RECONNECT_MAX`].
const RECONNECT_MIN: Duration = Duration::from_millis(250);
/// The longest wait between tries to connect.
const RECONNECT_MAX: Duration = Duration::from_secs(15);
/// Messages from the broker that wait to be judged; beyond that the connection itself waits.
pub(super) const INBOX: usize = 256;
/// Requests that wait for the connection. A full queue drops; what was dropped is sent again by the time-out.
const OUTBOX: usize = 4096;
/// A packet: a message, its topic, and the fixed header.
const PACKET_BYTES_MAX: usize = MESSAGE_BYTES_MAX + 1024;
/// Seconds without traffic before the connection is tried.
const KEEP_ALIVE_SECONDS: u16 = 15;

/// What the driver tells.
pub(super) enum Told {
    Connected,
    Lost,
    Message { topic: String, payload: Vec<u8> },
}

/// A client, and its connection, which does nothing until it is [driven](drive).
pub(super) fn connect(
    trust: &Arc<Trust>,
    broker: &BrokerAddress,
    client_id: &str,
) -> Result<(AsyncClient, EventLoop), TrustError> {
    let mut options = MqttOptions::new(client_id, (broker.host.clone(), broker.port));
    options
        .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(trust.broker_client_tls()?)))
        .set_keep_alive(KEEP_ALIVE_SECONDS)
        .set_clean_session(true)
        .set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX);
    Ok(AsyncClient::builder(options).capacity(OUTBOX).build())
}

/// Polls the connection, subscribes when it is new, and hands on what comes.
pub(super) async fn drive(
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
    tracing::info!(error = error_chain(error), "no connection to the broker");
}
