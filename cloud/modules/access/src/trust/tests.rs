use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use cloud_kernel::TestClock;
use protocols_ids::Uuid;
use rcgen::{CertificateParams, PKCS_ECDSA_P256_SHA256, SignatureAlgorithm};
use rustls::client::ResolvesClientCert as _;
use rustls::pki_types::UnixTime;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;
use crate::{BrokerRun, update_broker_files, write_broker_files};

fn names() -> ServerNames {
    ServerNames { api: vec!["alfa.localhost".to_owned()], broker: vec!["localhost".to_owned()] }
}

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

/// The same time as the certificates', whatever the machine's clock says.
#[derive(Debug)]
struct StandingClock;

impl rustls::time_provider::TimeProvider for StandingClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

fn trust(directory: &Path, now: Timestamp) -> Trust {
    Trust::open(directory, &names(), now).unwrap()
}

fn request(algorithm: &'static SignatureAlgorithm) -> (KeyPair, String) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let mut params = CertificateParams::new(vec!["cloud".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "cloud");
    let pem = params.serialize_request(&key).unwrap().pem().unwrap();
    (key, pem)
}

#[test]
fn a_second_start_finds_what_the_first_one_made() {
    let directory = tempfile::tempdir().unwrap();
    let first = trust(directory.path(), now());
    let second = trust(directory.path(), now());
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_eq!(first.bundle(), second.bundle());
    assert_eq!(first.broker_pem(), second.broker_pem());
    assert_eq!(first.signer().public(), second.signer().public());
}

#[test]
fn nobody_else_can_read_the_keys() {
    let directory = tempfile::tempdir().unwrap();
    let secrets = directory.path().join("secrets");
    trust(&secrets, now());
    assert_eq!(std::fs::metadata(&secrets).unwrap().permissions().mode() & 0o777, 0o700);
    for file in std::fs::read_dir(&secrets).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
}

#[test]
fn a_service_that_runs_on_renews_what_it_and_the_broker_show() {
    let (secrets, broker) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let trust = Arc::new(trust(secrets.path(), now()));
    let run = BrokerRun { bind: "127.0.0.1", port: 8883, user: None };
    write_broker_files(broker.path(), &trust, &run).unwrap();
    let shown = || std::fs::read_to_string(broker.path().join("broker.crt")).unwrap();
    let client = OwnClient(Arc::clone(&trust));
    let first = (shown(), client.resolve(&[], &[]).unwrap().cert.clone());

    let soon = now().checked_add(SignedDuration::from_hours(200 * 24)).unwrap();
    assert!(!trust.renew_own(soon).unwrap());
    let late = now().checked_add(SignedDuration::from_hours(280 * 24)).unwrap();
    assert!(trust.renew_own(late).unwrap());
    assert!(update_broker_files(broker.path(), &trust, &[], &[], late).unwrap(), "the broker must be told");
    assert!(!trust.renew_own(late).unwrap());
    assert!(!update_broker_files(broker.path(), &trust, &[], &[], late).unwrap());
    assert_eq!(shown(), trust.broker_pem().0);
    let second = (shown(), client.resolve(&[], &[]).unwrap().cert.clone());
    assert!(first.0 != second.0 && first.1 != second.1);
}

#[test]
fn servers_get_new_certificates_when_names_or_two_thirds_of_the_time_have_passed() {
    let directory = tempfile::tempdir().unwrap();
    let first = trust(directory.path(), now());
    let soon = now().checked_add(SignedDuration::from_hours(200 * 24)).unwrap();
    assert_eq!(trust(directory.path(), soon).broker_pem().0, first.broker_pem().0);
    let late = now().checked_add(SignedDuration::from_hours(280 * 24)).unwrap();
    let renewed = trust(directory.path(), late);
    assert_ne!(renewed.broker_pem().0, first.broker_pem().0);
    assert_eq!(renewed.fingerprint(), first.fingerprint());
    let mut more = names();
    more.broker.push("broker.example".to_owned());
    let renamed = Trust::open(directory.path(), &more, late).unwrap();
    assert_ne!(renamed.broker_pem().0, renewed.broker_pem().0);
}

#[test]
fn everything_goes_on_without_the_roots_key_until_something_must_be_signed() {
    let directory = tempfile::tempdir().unwrap();
    let first = trust(directory.path(), now());
    std::fs::remove_file(directory.path().join("root.key.pem")).unwrap();
    assert_eq!(trust(directory.path(), now()).bundle(), first.bundle());
    std::fs::remove_file(directory.path().join("signing.key.pem")).unwrap();
    assert!(matches!(Trust::open(directory.path(), &names(), now()), Err(TrustError::RootKeyAway(_))));
}

#[test]
fn the_bundle_names_the_signing_key_and_is_signed_by_the_root() {
    let directory = tempfile::tempdir().unwrap();
    let trust = trust(directory.path(), now());
    let bundle = open_bundle(&trust.bundle(), &trust.root_der).unwrap();
    assert_eq!(bundle.signing_keys[0].public, trust.signer().public());
    assert_eq!(bundle.signing_keys[0].key_id, trust.signer().key_id());
    let other = tempfile::tempdir().unwrap();
    let stranger = Trust::open(other.path(), &names(), now()).unwrap();
    assert!(open_bundle(&trust.bundle(), &stranger.root_der).is_err());
}

#[test]
fn a_gateways_certificate_names_the_gateway_whatever_it_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let trust = trust(directory.path(), now());
    let gateway = GatewayId::new(Uuid::from_u128(7));
    let (key, pem) = request(&PKCS_ED25519);
    let certified = trust.certify(gateway, &pem, [1; 16], now()).unwrap();
    assert_eq!(certified.public_key[..], *key.public_key_raw());
    let der = first(&certified.chain_pem).unwrap();
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    let name = certificate.subject().iter_common_name().next().unwrap().as_str().unwrap();
    assert_eq!(name, gateway.to_string());
    assert!(certificate.subject_alternative_name().unwrap().is_none());
    assert!(!certificate.is_ca());
    assert_eq!(chain(&certified.chain_pem).len(), 2);
}

#[test]
fn a_request_for_another_kind_of_key_or_with_a_bent_signature_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let trust = trust(directory.path(), now());
    let gateway = GatewayId::new(Uuid::from_u128(7));
    let (_, other) = request(&PKCS_ECDSA_P256_SHA256);
    assert!(matches!(trust.certify(gateway, &other, [1; 16], now()), Err(RequestRefused::NotEd25519)));
    assert!(matches!(trust.certify(gateway, "nonsense", [1; 16], now()), Err(RequestRefused::Unreadable(_))));
    let (_, good) = request(&PKCS_ED25519);
    let lines: Vec<&str> = good.lines().collect();
    let last = lines[lines.len() - 2];
    let bent = good.replace(last, &last.chars().rev().collect::<String>());
    assert!(matches!(trust.certify(gateway, &bent, [1; 16], now()), Err(RequestRefused::Unreadable(_))));
}

#[tokio::test]
async fn the_gateway_apis_chain_ends_with_the_root_that_the_fingerprint_names() {
    let directory = tempfile::tempdir().unwrap();
    let trust = Arc::new(trust(directory.path(), now()));
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trust.root_der.clone()).unwrap();
    let client = rustls::ClientConfig::builder_with_details(provider(), Arc::new(StandingClock))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (near, far) = tokio::io::duplex(64 * 1024);
    let acceptor = TlsAcceptor::from(trust.api_tls(Arc::new(TestClock::at(now()))).unwrap());
    let name = rustls::pki_types::ServerName::try_from("alfa.localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(client));
    let (accepted, connected) = tokio::join!(acceptor.accept(far), connector.connect(name, near));
    accepted.unwrap();
    let connected = connected.unwrap();
    let chain = connected.get_ref().1.peer_certificates().unwrap();
    assert_eq!(chain.len(), 3);
    assert_eq!(fingerprint(&chain[2]), trust.fingerprint());
}

#[test]
fn the_gateway_api_answers_under_its_own_names_only() {
    let directory = tempfile::tempdir().unwrap();
    let trust = trust(directory.path(), now());
    let [own] = names().api.try_into().unwrap();
    assert!(trust.answers_as(&own));
    assert!(trust.answers_as(&format!("below.{own}")));
    for foreign in
        [format!("not{own}"), format!("{own}.example"), "localhost.example".to_owned(), String::new()]
    {
        assert!(!trust.answers_as(&foreign), "{foreign}");
    }
}
