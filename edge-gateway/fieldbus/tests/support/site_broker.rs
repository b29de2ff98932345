//! A real Mosquitto as a site's broker, set up by the script that the demo uses, and devices of any behaviour.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

#[path = "../../../../e2e/support/mosquitto.rs"]
mod mosquitto;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, PublishOptions, QoS, TlsConfiguration, Transport};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::mosquitto::{Mosquitto, free_port};

/// Nothing here takes longer; whoever waits longer waits in vain.
pub const SOON: Duration = Duration::from_secs(20);

/// The site's broker; runs while this is kept.
pub struct SiteBroker {
    folder: tempfile::TempDir,
    pub port: u16,
    /// Who certifies it, where it is encrypted.
    pub authority_pem: Option<Vec<u8>>,
    pub mosquitto: Mosquitto,
}

impl SiteBroker {
    pub async fn start(devices: &[&str]) -> Self {
        Self::begin(devices, false).await
    }

    /// With TLS, as `localhost`.
    pub async fn start_encrypted(devices: &[&str]) -> Self {
        Self::begin(devices, true).await
    }

    async fn begin(devices: &[&str], encrypted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/site-broker");
        let written = Command::new(script)
            .arg(folder.path())
            .arg(port.to_string())
            .args(devices)
            .output()
            .await
            .unwrap();
        assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
        let authority_pem = encrypted.then(|| encrypt(folder.path()));
        let mosquitto = Mosquitto::start(folder.path().join("mosquitto.conf"), port).await;
        Self { folder, port, authority_pem, mosquitto }
    }

    pub fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub fn password(&self, user: &str) -> String {
        let path = self.folder.path().join(format!("{user}.password"));
        std::fs::read_to_string(path).unwrap().trim_end().to_owned()
    }
}

/// Gives the broker a certificate; answers with the authority that signed it.
fn encrypt(folder: &Path) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = leaf.signed_by(&key, &authority).unwrap();
    let (certificate_file, key_file) = (folder.join("broker.crt"), folder.join("broker.key"));
    std::fs::write(&certificate_file, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let path = folder.join("mosquitto.conf");
    let mut config = std::fs::read_to_string(&path).unwrap();
    for (key, file) in [("certfile", certificate_file), ("keyfile", key_file)] {
        writeln!(config, "{key} {}", file.display()).unwrap();
    }
    std::fs::write(path, config).unwrap();
    authority.pem().into_bytes()
}

/// A client that says whatever a test wants, under a name of its own.
pub struct Peer {
    client: AsyncClient,
    pub heard: mpsc::UnboundedReceiver<(String, Vec<u8>)>,
    task: JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    pub async fn connect(broker: &SiteBroker, user: &str) -> Self {
        let mut options = MqttOptions::new(user, ("localhost", broker.port));
        options.set_credentials(user, broker.password(user)).set_max_packet_size(256 * 1024, 256 * 1024);
        if let Some(ca) = broker.authority_pem.clone() {
            let tls = TlsConfiguration::Simple { ca, alpn: None, client_auth: None };
            options.set_transport(Transport::tls_with_config(tls));
        }
        let (client, mut network) = AsyncClient::builder(options).capacity(64).build();
        let (sink, heard) = mpsc::unbounded_channel();
        let (ready, connected) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let mut ready = Some(ready);
            while let Ok(event) = network.poll().await {
                match event {
                    Event::Incoming(Packet::ConnAck(_)) => drop(ready.take().map(|ready| ready.send(()))),
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
        timeout(SOON, connected).await.unwrap().unwrap();
        Self { client, heard, task }
    }

    pub async fn subscribe(&self, topic: &str) {
        self.client.subscribe(topic, QoS::AtLeastOnce).await.unwrap();
    }

    pub async fn publish(&self, topic: &str, retained: bool, payload: &str) {
        let how = PublishOptions::at_least_once().retain(retained);
        let notice = self.client.publish_tracked(topic, payload.to_owned(), how).await.unwrap();
        timeout(SOON, notice.wait_completion_async()).await.unwrap().unwrap();
    }
}
