//! Keys that change while doors go on: real TLS, a real Mosquitto, the gateway's own uplink, identity and core.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud_contracts::AccessState;
use cloud_kernel::{Clock, SystemClock};
use gateway_core::Input;
use gateway_uplink::{Enrolled, Fetches, Uplink};
use jiff::SignedDuration;
use protocols_ids::DeviceId;
use protocols_wire::UnixMs;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;

use super::bench::{WHOLE, open_trust, request};
use super::end_to_end::{Cloud, Gateway, WITHIN};
use crate::keep_keys;
use crate::keys::{revoke, rotate};
use crate::store::gateway::Gateway as Row;
use crate::store::keys as rows;
use crate::trust::ceremony::{self, Ask};
use crate::trust::{Reread, Trust};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Long enough for a connection that is let in; one that is not lasts for ever.
const A_WHILE: Duration = Duration::from_secs(3);

impl Cloud {
    /// Waits until the gateway's row is as wanted. The clock goes on meanwhile: heartbeats bear its time.
    pub(super) async fn row_becomes(&self, what: &str, wanted: impl Fn(&Row) -> bool) {
        let topic = crate::events::gateway_topic(self.site.gateway);
        let mut signals = self.site.kernel().live().listen(self.site.tenant(), topic);
        let deadline = Instant::now() + WITHIN;
        loop {
            let row = self.site.row().await;
            if wanted(&row) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: {row:?}");
            self.site.bench.clock.advance(SignedDuration::from_millis(50));
            signals.changed().await;
        }
    }

    /// What is booked from now on is delivered and opens, as does what was booked before.
    async fn admits(&self, gateway: &mut Gateway, keypad: DeviceId, number: u64) {
        let minutes = i64::try_from(number).unwrap() * 120;
        let booking = self.site.booking(number, WHOLE, if number == 1 { 5 } else { minutes });
        self.issue(&booking).await;
        self.becomes(&booking, AccessState::Delivered).await;
        let first = self.site.pin(&self.site.booking(1, WHOLE, 5)).await.unwrap();
        gateway.types(keypad, &first).await;
        gateway.releases().await;
    }

    /// Lets the broker read its lists anew, and waits until it has.
    async fn reload(&self, broker: &Child) {
        let log = self.directory.path().join("broker.log");
        let reloads = || std::fs::read_to_string(&log).unwrap().matches("Reloading config").count();
        let before = reloads();
        let id = broker.id().unwrap().to_string();
        let told = std::process::Command::new("kill").args(["-HUP", &id]).status().unwrap();
        assert!(told.success());
        let deadline = Instant::now() + WITHIN;
        while reloads() == before {
            assert!(Instant::now() < deadline, "the broker does not read its lists");
            tokio::task::yield_now().await;
        }
    }

    async fn keep(&self) -> crate::KeysKept {
        keep_keys(self.site.kernel(), &self.site.trust, self.directory.path()).await.unwrap()
    }
}

/// The serial number of the certificate that lies in a gateway's folder.
fn certificate(data: &Path) -> String {
    std::fs::read_to_string(data.join("identity/chain.pem")).unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("identity")).unwrap();
    for file in std::fs::read_dir(from.join("identity")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join("identity").join(file.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_key_and_sealing_secret_are_replaced_while_the_door_goes_on() {
    let mut cloud = Box::pin(Cloud::new()).await;
    let _broker = cloud.start_broker();
    cloud.connected(true).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("gateway");
    let mut gateway = Gateway::start(cloud.enrol(&data).await, &data);
    let keypad = cloud.keypad().await;
    cloud.admits(&mut gateway, keypad, 1).await;

    // The bundle with both keys goes in; the old key signs until the gateway has said that it knows the new one.
    let old = cloud.site.trust.signer().key_id();
    let ask = Ask { new_signing_key: true, new_root: false };
    let now = cloud.site.kernel().now();
    let asked = ceremony::request(cloud.site.secrets(), ask, now).unwrap();
    let signed = ceremony::sign(cloud.site.secrets(), &asked.file, None, now).unwrap();
    ceremony::install(cloud.site.secrets(), &signed.file, None, now).unwrap();
    // The next heartbeat is later than the one before.
    cloud.site.bench.clock.advance(SignedDuration::from_secs(1));
    let kept = cloud.keep().await;
    assert_eq!((kept.reread, kept.changed_over), (Reread::Changed, false));
    assert_eq!(cloud.site.trust.signer().key_id(), old);
    cloud.admits(&mut gateway, keypad, 2).await;
    cloud.site.bench.clock.advance(SignedDuration::from_secs(1));
    cloud
        .row_becomes("the bundle arrives", |row| row.report.as_ref().is_some_and(|r| r.trust_serial == 2))
        .await;
    assert!(cloud.keep().await.changed_over);
    assert_ne!(cloud.site.trust.signer().key_id(), old);
    assert!(!cloud.keep().await.changed_over);
    cloud.admits(&mut gateway, keypad, 3).await;

    // The next sealing secret: made, fetched, in use, the one before forgotten on both sides.
    let identity = data.join("identity");
    cloud.site.bench.clock.advance(SignedDuration::from_secs(1));
    let mut tx = cloud.site.begin().await;
    let by = cloud_kernel::Actor::Service("test");
    rotate(&mut tx, cloud.site.gateway, by).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    cloud.admits(&mut gateway, keypad, 4).await;
    cloud
        .row_becomes("the secret is in use", |row| {
            row.enrolment.as_ref().is_some_and(|e| e.seal_id == 2)
                && row.ledger.acknowledged == row.ledger.revision
        })
        .await;
    cloud.admits(&mut gateway, keypad, 5).await;
    let mut tx = cloud.site.begin().await;
    let confirmed = rows::confirmed_seal(&mut tx, cloud.site.gateway).await.unwrap().unwrap();
    drop(tx);
    assert_eq!(confirmed.id, 2);
    let deadline = Instant::now() + WITHIN;
    while identity.join("seal.key").exists() {
        assert!(Instant::now() < deadline, "the old secret is still on the gateway's disk");
        tokio::task::yield_now().await;
    }
    assert!(identity.join("seal.2.key").exists());

    // What lies on disk now is enough for the next start.
    let loaded = Enrolled::load(&data).unwrap().for_core().unwrap();
    assert_eq!(loaded.trust_serial, 2);
    assert_eq!(loaded.sealers.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_ages_is_renewed_tried_and_used_while_the_door_goes_on() {
    // Enrolled three hundred days ago: two thirds have passed.
    let past = SystemClock.now().checked_sub(DAY * 300).unwrap();
    let mut cloud = Box::pin(Cloud::at(past)).await;
    let mut broker = cloud.start_broker();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("gateway");
    let enrolled = cloud.enrol(&data).await;
    let first = certificate(&data);
    cloud.site.bench.clock.advance(DAY * 300);
    cloud.connected(true).await;
    let mut gateway = Gateway::start(enrolled, &data);
    let keypad = cloud.keypad().await;
    cloud.admits(&mut gateway, keypad, 1).await;
    let day = cloud.site.kernel().now().checked_add(DAY * 390).unwrap();
    cloud
        .row_becomes("a new certificate is in use", |row| {
            let ends = row.report.as_ref().and_then(|report| report.certificate_expires_at);
            ends.is_some_and(|ends| ends.0 > day.as_millisecond())
        })
        .await;
    assert_ne!(certificate(&data), first);
    cloud.admits(&mut gateway, keypad, 2).await;

    // The old one is let go: with only it taken back, the gateway comes in again.
    let mut tx = cloud.site.begin().await;
    let keys = rows::all(&mut tx).await.unwrap();
    let newest = keys[0].certificate_serial.clone().unwrap();
    rows::revoke_certificates_but(&mut tx, cloud.site.gateway, &newest).await.unwrap();
    tx.commit().await.unwrap();
    assert!(cloud.keep().await.broker_changed);
    broker.kill().await.unwrap();
    cloud.connected(false).await;
    let _broker = cloud.start_broker();
    cloud.connected(true).await;
    cloud.admits(&mut gateway, keypad, 3).await;
}

/// Starts a gateway's connection alone.
fn connection(enrolled: &Enrolled) -> (Uplink, mpsc::Receiver<Input>) {
    Uplink::start(enrolled, Vec::new(), UnixMs(0)).unwrap()
}

/// The next connection or loss; what is retained at the broker arrives in between.
async fn next_change(inputs: &mut mpsc::Receiver<Input>) -> Option<Input> {
    let wait = async {
        loop {
            match inputs.recv().await {
                Some(Input::Received { .. }) => {}
                change => return change,
            }
        }
    };
    tokio::time::timeout(WITHIN, wait).await.expect("nothing changed")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_taken_back_is_shut_out_everywhere_and_its_door_goes_on() {
    let mut cloud = Box::pin(Cloud::new()).await;
    let broker = cloud.start_broker();
    cloud.connected(true).await;
    cloud.keep().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("gateway");
    let mut gateway = Gateway::start(cloud.enrol(&data).await, &data);
    let keypad = cloud.keypad().await;
    cloud.admits(&mut gateway, keypad, 1).await;
    cloud.row_becomes("it reports", |row| row.report.is_some()).await;

    let mut tx = cloud.site.begin().await;
    let by = cloud_kernel::Actor::Service("test");
    assert!(revoke(&mut tx, cloud.site.gateway, by).await.unwrap().unwrap().1);
    tx.commit().await.unwrap();
    assert!(cloud.keep().await.broker_changed);
    let id = broker.id().unwrap();
    assert_eq!(crate::broker_process(cloud.directory.path()), Some(i32::try_from(id).unwrap()));
    cloud.reload(&broker).await;

    // The door does not need the cloud.
    let pin = cloud.site.pin(&cloud.site.booking(1, WHOLE, 5)).await.unwrap();
    gateway.types(keypad, &pin).await;
    gateway.releases().await;

    // Nobody comes in with that certificate any more: neither at the broker nor at the API.
    let copied = folder.path().join("copy");
    copy(&data, &copied);
    let enrolled = Enrolled::load(&copied).unwrap();
    let (uplink, mut inputs) = connection(&enrolled);
    let (fetches, mut from_api) = Fetches::start(enrolled, &copied, &uplink);
    fetches.fetch(false);
    let answer = tokio::time::timeout(WITHIN, from_api.recv()).await.unwrap();
    assert_eq!(answer, Some(Input::FetchFailed));
    assert_eq!(cloud.site.refused("renewal_revoked").await, 1);
    let connected = tokio::time::timeout(A_WHILE, inputs.recv()).await;
    assert!(connected.is_err(), "{connected:?}");
    drop(uplink);

    // A new enrolment makes it a gateway again.
    let anew = folder.path().join("anew");
    let enrolled = cloud.enrol(&anew).await;
    assert!(cloud.keep().await.broker_changed);
    cloud.reload(&broker).await;
    let mut gateway = Gateway::start(enrolled, &anew);
    cloud.admits(&mut gateway, keypad, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_boxes_with_one_identity_throw_each_other_out_and_their_journals_betray_them() {
    let mut cloud = Box::pin(Cloud::new()).await;
    let _broker = cloud.start_broker();
    cloud.connected(true).await;
    let folder = tempfile::tempdir().unwrap();
    let (data, twin) = (folder.path().join("gateway"), folder.path().join("twin"));
    let enrolled = cloud.enrol(&data).await;
    copy(&data, &twin);

    // The broker lets one of them in at a time.
    let (one, mut first) = connection(&enrolled);
    assert_eq!(next_change(&mut first).await, Some(Input::BrokerConnected));
    let (two, mut second) = connection(&Enrolled::load(&twin).unwrap());
    assert_eq!(next_change(&mut second).await, Some(Input::BrokerConnected));
    assert_eq!(next_change(&mut first).await, Some(Input::BrokerLost));
    drop((first, second, one, two));

    // What they tell cannot both be true: the cloud sees a break and goes on believing what it stored first.
    let _first = Gateway::start(enrolled, &data);
    cloud.row_becomes("the first is heard", |row| row.journal.sequence > 0).await;
    let _second = Gateway::start(Enrolled::load(&twin).unwrap(), &twin);
    cloud.row_becomes("the journals contradict each other", |row| row.journal_broken_at.is_some()).await;
    assert!(cloud.site.refused("broken").await >= 1);
}

/// Posts an empty renewal and answers with the status line, or why there was no connection.
async fn post(cloud: &Cloud, tls: Arc<rustls::ClientConfig>) -> Result<String, std::io::Error> {
    let stream = TcpStream::connect(("127.0.0.1", cloud.api_port)).await?;
    let name = ServerName::try_from("alfa.localhost").unwrap();
    let mut stream = TlsConnector::from(tls).connect(name, stream).await?;
    let body = r#"{"csr_pem":null,"trust_serial":0,"seal_id":0}"#;
    let request = format!(
        "POST /gateway/v1/renew HTTP/1.1\r\nhost: alfa.localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

/// TLS towards the API, with a certificate that a signer gave the site's gateway so many days ago, or with none.
fn client(cloud: &Cloud, signer: Option<(&Trust, i32)>) -> Arc<rustls::ClientConfig> {
    let trust = &cloud.site.trust;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(crate::trust::root_for_tests(trust)).unwrap();
    let builder =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots);
    let Some((signer, days)) = signer else { return Arc::new(builder.with_no_client_auth()) };
    let (key, csr) = request();
    let then = cloud.site.kernel().now().checked_sub(DAY * days).unwrap();
    let given = signer.certify(cloud.site.gateway, &csr, [3; 16], then).unwrap();
    let (chain, key) = crate::trust::pem_for_tests(&given.chain_pem, &key);
    Arc::new(builder.with_client_auth_cert(chain, key).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewal_wants_a_certificate_of_ours_that_holds_and_was_given_out() {
    let cloud = Box::pin(Cloud::new()).await;
    let nobody = post(&cloud, client(&cloud, None)).await.unwrap();
    assert!(nobody.contains("401"), "{nobody}");
    // Signed by our authority, but never given out.
    let unknown = post(&cloud, client(&cloud, Some((&cloud.site.trust, 0)))).await.unwrap();
    assert!(unknown.contains("403"), "{unknown}");
    assert_eq!(cloud.site.refused("renewal_unknown").await, 1);
    // Another city's.
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = open_trust(elsewhere.path(), cloud.site.kernel().now());
    let foreign = post(&cloud, client(&cloud, Some((&stranger, 0)))).await;
    assert!(foreign.is_err(), "{foreign:?}");
    // Ours, and past its end.
    let late = post(&cloud, client(&cloud, Some((&cloud.site.trust, 402)))).await;
    assert!(late.is_err(), "{late:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_renewals_too_often_waits_for_the_next_minute() {
    let cloud = Box::pin(Cloud::new()).await;
    let nobody = client(&cloud, None);
    let gateway = client(&cloud, Some((&cloud.site.trust, 0)));
    for (tls, at_first) in [(nobody, "401"), (gateway, "403")] {
        for number in 1..=20 {
            let answer = post(&cloud, Arc::clone(&tls)).await.unwrap();
            assert!(answer.contains(at_first), "{number}: {answer}");
        }
        let answer = post(&cloud, Arc::clone(&tls)).await.unwrap();
        assert!(answer.contains("429"), "{answer}");
        cloud.site.bench.clock.advance(SignedDuration::from_mins(1));
        let answer = post(&cloud, tls).await.unwrap();
        assert!(answer.contains(at_first), "{answer}");
    }
    assert_eq!(cloud.site.refused("renewal_too_often").await, 1);
}
