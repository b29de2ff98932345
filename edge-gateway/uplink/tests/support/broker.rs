//! A real Mosquitto, and the cloud's end of it.

#[path = "../../../../e2e/support/mosquitto.rs"]
mod mosquitto;

use std::time::Duration;

use protocols_wire::{Kind, MESSAGE_BYTES_MAX, Topic};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, PublishOptions, QoS, TlsConfiguration, Transport};
use tokio::sync::mpsc;
use tokio::time::timeout;

use self::mosquitto::Mosquitto;
pub use self::mosquitto::free_port;
use super::{City, gateway};

/// Nothing here takes longer; whoever waits longer waits in vain.
pub const SOON: Duration = Duration::from_secs(20);

/// The city's broker; runs while this is kept.
pub struct Broker {
    pub port: u16,
    pub mosquitto: Mosquitto,
    _folder: tempfile::TempDir,
}

impl Broker {
    pub async fn start(city: &City) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let at = |name: &str| folder.path().join(name);
        let leaf = city.leaf("localhost");
        std::fs::write(at("chain.pem"), leaf.pem + &city.authority.pem()).unwrap();
        std::fs::write(at("key.pem"), leaf.key.serialize_pem()).unwrap();
        std::fs::write(at("root.pem"), city.root.pem()).unwrap();
        std::fs::write(at("acl"), "pattern readwrite hp/1/%u/#\n\nuser cloud\ntopic readwrite hp/1/#\n")
            .unwrap();
        let shown = |name: &str| at(name).display().to_string();
        let config = format!(
            "user root\nper_listener_settings false\npersistence false\nlistener {port} 127.0.0.1\n\
             cafile {}\ncertfile {}\nkeyfile {}\ntls_version tlsv1.3\nrequire_certificate true\n\
             use_identity_as_username true\nacl_file {}\nmax_queued_messages 0\n",
            shown("root.pem"),
            shown("chain.pem"),
            shown("key.pem"),
            shown("acl"),
        );
        std::fs::write(at("mosquitto.conf"), config).unwrap();
        let mosquitto = Mosquitto::start(at("mosquitto.conf"), port).await;
        Self { port, mosquitto, _folder: folder }
    }
}

/// The cloud's end: what the gateway publishes, and a client to publish with.
pub struct CloudEnd {
    pub client: AsyncClient,
    received: mpsc::UnboundedReceiver<(String, Vec<u8>)>,
    /// Came while a message of another kind was waited for.
    passed_by: Vec<(String, Vec<u8>)>,
}

impl CloudEnd {
    pub async fn connect(city: &City, broker: &Broker) -> Self {
        let leaf = city.leaf("cloud");
        let tls = TlsConfiguration::Simple {
            ca: city.root.pem().into_bytes(),
            alpn: None,
            client_auth: Some((
                (leaf.pem + &city.authority.pem()).into_bytes(),
                leaf.key.serialize_pem().into_bytes(),
            )),
        };
        let mut options = MqttOptions::new("cloud", ("localhost", broker.port));
        options
            .set_transport(Transport::tls_with_config(tls))
            .set_max_packet_size(4 * MESSAGE_BYTES_MAX, 4 * MESSAGE_BYTES_MAX);
        let (client, mut network) = AsyncClient::builder(options).capacity(64).build();
        client.subscribe("hp/1/+/+", QoS::AtLeastOnce).await.unwrap();
        let (sink, received) = mpsc::unbounded_channel();
        let (ready, subscribed) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let mut ready = Some(ready);
            while let Ok(event) = network.poll().await {
                match event {
                    Event::Incoming(Packet::SubAck(_)) => drop(ready.take().map(|ready| ready.send(()))),
                    Event::Incoming(Packet::Publish(message)) => {
                        let topic = String::from_utf8(message.topic.to_vec()).unwrap();
                        if sink.send((topic, message.payload.to_vec())).is_err() {
                            return;
                        }
                    }
                    _ => {}
                }
            }
        });
        timeout(SOON, subscribed).await.unwrap().unwrap();
        Self { client, received, passed_by: Vec::new() }
    }

    pub async fn send(&self, kind: Kind, payload: &[u8]) {
        let topic = Topic::new(gateway(), kind).to_string();
        let notice = self
            .client
            .publish_tracked(topic, payload.to_vec(), PublishOptions::at_least_once().retain(kind.retained()))
            .await
            .unwrap();
        timeout(SOON, notice.wait_completion_async()).await.unwrap().unwrap();
    }

    /// The next message of that kind.
    pub async fn next(&mut self, kind: Kind) -> Vec<u8> {
        let wanted = Topic::new(gateway(), kind).to_string();
        if let Some(at) = self.passed_by.iter().position(|(topic, _)| *topic == wanted) {
            return self.passed_by.remove(at).1;
        }
        timeout(SOON, async {
            loop {
                let (topic, payload) = self.received.recv().await.expect("the cloud listens");
                if topic == wanted {
                    return payload;
                }
                self.passed_by.push((topic, payload));
            }
        })
        .await
        .expect("a message arrives")
    }
}
