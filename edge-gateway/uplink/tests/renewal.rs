//! What a gateway fetches, verifies, keeps and forgets, over real TLS.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway_core::{Fetched, Input};
use gateway_uplink::{Enrolled, Enrolment, Fetches, Uplink, enrol};
use protocols_wire::{
    EnrolRequest, RenewRequest, RenewResponse, SealSecret, TRUST_CONTEXT, TrustBundle, UnixMs,
};
use support::{City, Cloud, gateway, signer};
use tokio::sync::mpsc;
use tokio::time::timeout;

const HOST: &str = "osteraker.localhost";
const SOON: Duration = Duration::from_secs(20);

type Script = Arc<Mutex<Box<dyn FnMut(&City, &RenewRequest) -> (u16, Vec<u8>) + Send>>>;

/// A gateway's folder, and a cloud that answers as the script has it.
struct World {
    city: Arc<City>,
    cloud: Cloud,
    script: Script,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let city = Arc::new(City::found());
        let script: Script = Arc::new(Mutex::new(Box::new(|_, _| (503, Vec::new()))));
        let leaf = city.leaf(HOST);
        let chain = vec![leaf.certificate, city.authority.der().clone(), city.root.der().clone()];
        let (answering, acting) = (Arc::clone(&city), Arc::clone(&script));
        let cloud = Cloud::serve_all(chain, &leaf.key, move |path, body| match path {
            "/gateway/v1/enrol" => {
                let request: EnrolRequest = serde_json::from_slice(body).unwrap();
                (200, serde_json::to_vec(&answering.answer(&request, gateway(), 9)).unwrap())
            }
            "/gateway/v1/renew" => {
                let request: RenewRequest = serde_json::from_slice(body).unwrap();
                (acting.lock().unwrap())(&answering, &request)
            }
            other => panic!("{other}"),
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let url = cloud.url(HOST);
        let enrolment = Enrolment { cloud: &url, code: "0123456789", root_fingerprint: &city.fingerprint() };
        enrol(&enrolment, folder.path()).await.unwrap();
        Self { city, cloud, script, folder }
    }

    fn answers(&self, script: impl FnMut(&City, &RenewRequest) -> (u16, Vec<u8>) + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn start(&self) -> (Fetches, mpsc::Receiver<Input>) {
        let enrolled = Enrolled::load(self.data()).unwrap();
        let (uplink, _) = Uplink::start(&enrolled, Vec::new(), UnixMs(0)).unwrap();
        Fetches::start(enrolled, self.data(), &uplink)
    }

    async fn fetches(&self, certificate: bool) -> Input {
        let (fetches, mut inputs) = self.start();
        fetches.fetch(certificate);
        timeout(SOON, inputs.recv()).await.unwrap().unwrap()
    }

    /// Every file of the identity with its content.
    fn content(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.data().join("identity"))
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

fn nothing() -> RenewResponse {
    RenewResponse { certificate_chain_pem: None, trust_bundle: None, seals: vec![] }
}

fn say(response: &RenewResponse) -> (u16, Vec<u8>) {
    (200, serde_json::to_vec(response).unwrap())
}

fn bundle(city: &City, serial: u64) -> String {
    let bundle = TrustBundle { serial, ..city.trust_bundle() };
    BASE64.encode(signer(city.root.key()).seal(TRUST_CONTEXT, &bundle))
}

fn secret(seal_id: u32) -> SealSecret {
    SealSecret { seal_id, secret: BASE64.encode([7; 32]) }
}

fn certificate(city: &City, request: &RenewRequest) -> Option<String> {
    let csr_pem = request.csr_pem.clone()?;
    let request = EnrolRequest { code: String::new(), csr_pem };
    Some(city.answer(&request, gateway(), 9).certificate_chain_pem)
}

fn took(input: &Input) -> &Fetched {
    match input {
        Input::Fetched { fetched } => fetched,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_was_fetched_is_on_disk_and_an_old_secret_goes_when_the_table_has_left_it() {
    let world = World::new().await;
    world.answers(|city, request| {
        assert_eq!((request.trust_serial, request.seal_id, &request.csr_pem), (1, 2, &None));
        say(&RenewResponse { trust_bundle: Some(bundle(city, 2)), seals: vec![secret(3)], ..nothing() })
    });
    let (fetches, mut inputs) = world.start();
    fetches.fetch(false);
    let input = timeout(SOON, inputs.recv()).await.unwrap().unwrap();
    let news = took(&input);
    assert_eq!(news.trust.as_ref().unwrap().0, 2);
    assert_eq!(news.seals.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [3]);
    let held = || {
        let core = Enrolled::load(world.data()).unwrap().for_core().unwrap();
        (core.trust_serial, core.sealers.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    };
    assert_eq!(held(), (2, vec![2, 3]));

    // Nothing is forgotten for a secret that is not here.
    fetches.table_sealed_with(4);
    fetches.table_sealed_with(2);
    world.answers(|_, request| {
        assert_eq!((request.trust_serial, request.seal_id), (2, 3));
        say(&nothing())
    });
    fetches.fetch(false);
    took(&timeout(SOON, inputs.recv()).await.unwrap().unwrap());
    assert_eq!(held(), (2, vec![2, 3]));
    fetches.table_sealed_with(3);
    fetches.fetch(false);
    took(&timeout(SOON, inputs.recv()).await.unwrap().unwrap());
    assert_eq!(held(), (2, vec![3]));
    assert!(!world.data().join("identity/seal.key").exists());
}

#[tokio::test]
async fn what_was_kept_before_the_disk_gave_up_is_told() {
    let world = World::new().await;
    world.answers(|city, _| {
        say(&RenewResponse { trust_bundle: Some(bundle(city, 2)), seals: vec![secret(3)], ..nothing() })
    });
    // The bundle cannot be written: there is a folder where its new file would be.
    std::fs::create_dir(world.data().join("identity/trust-bundle.cose.new")).unwrap();
    let input = world.fetches(false).await;
    let news = took(&input);
    assert_eq!(news.seals.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [3], "the cloud gives it once");
    assert_eq!(news.trust, None);
}

#[tokio::test]
async fn an_answer_that_does_not_hold_changes_nothing() {
    type Change = fn(&City, &RenewRequest) -> RenewResponse;
    let answers: [(&str, bool, Change); 10] = [
        ("the bundle in force again", false, |city, _| RenewResponse {
            trust_bundle: Some(bundle(city, 1)),
            ..nothing()
        }),
        ("an older bundle", false, |city, _| RenewResponse {
            trust_bundle: Some(bundle(city, 0)),
            ..nothing()
        }),
        ("another root's bundle", false, |_, _| RenewResponse {
            trust_bundle: Some(bundle(&City::found(), 2)),
            ..nothing()
        }),
        ("a bundle that trusts nobody, beside a good secret", false, |city, _| {
            let bundle = TrustBundle { serial: 2, signing_keys: vec![], ..city.trust_bundle() };
            let bundle = BASE64.encode(signer(city.root.key()).seal(TRUST_CONTEXT, &bundle));
            RenewResponse { trust_bundle: Some(bundle), seals: vec![secret(3)], ..nothing() }
        }),
        ("a short secret", false, |_, _| {
            let seal = SealSecret { seal_id: 3, secret: BASE64.encode([7; 31]) };
            RenewResponse { seals: vec![seal], ..nothing() }
        }),
        ("another secret under a known id", false, |_, _| RenewResponse {
            seals: vec![secret(2)],
            ..nothing()
        }),
        ("a certificate that nobody asked for", false, |city, _| {
            let leaf = city.leaf(&gateway().to_string());
            RenewResponse { certificate_chain_pem: Some(leaf.pem + &city.authority.pem()), ..nothing() }
        }),
        ("a certificate for another key", true, |city, _| {
            let leaf = city.leaf(&gateway().to_string());
            RenewResponse { certificate_chain_pem: Some(leaf.pem + &city.authority.pem()), ..nothing() }
        }),
        ("another city's certificate", true, |_, request| RenewResponse {
            certificate_chain_pem: certificate(&City::found(), request),
            ..nothing()
        }),
        ("no certificate although one was asked for", true, |_, _| nothing()),
    ];
    let world = World::new().await;
    let before = world.content();
    for (what, asks, change) in answers {
        world.answers(move |city, request| say(&change(city, request)));
        assert_eq!(world.fetches(asks).await, Input::FetchFailed, "{what}");
        assert!(world.content() == before, "{what}");
    }
    for (status, body) in
        [(403, br#"{"error":"no"}"#.to_vec()), (500, b"<html>".to_vec()), (200, b"{".to_vec())]
    {
        world.answers(move |_, _| (status, body.clone()));
        assert_eq!(world.fetches(false).await, Input::FetchFailed);
    }
    assert!(world.content() == before);
}

#[tokio::test]
async fn a_certificate_is_taken_once_the_cloud_has_accepted_it() {
    let world = World::new().await;
    let before = world.content();
    world.answers(|city, request| {
        // Ed25519 signs the same in the same way: without the root the chain would be the one that is here.
        let certificate_chain_pem = certificate(city, request).map(|pem| pem + &city.root.pem());
        say(&RenewResponse { certificate_chain_pem, ..nothing() })
    });
    let input = world.fetches(true).await;
    assert!(took(&input).certificate.is_some());
    let changed: Vec<_> = world.content().into_iter().filter(|file| !before.contains(file)).collect();
    assert_eq!(changed.len(), 1);
    assert!(changed[0].0.ends_with("chain.pem"));
}

#[tokio::test]
async fn a_certificate_that_the_cloud_does_not_accept_is_not_taken_and_the_rest_is() {
    let world = World::new().await;
    let chain = std::fs::read(world.data().join("identity/chain.pem")).unwrap();
    world.answers(|city, request| match certificate(city, request) {
        Some(pem) => say(&RenewResponse {
            certificate_chain_pem: Some(pem),
            trust_bundle: Some(bundle(city, 2)),
            seals: vec![secret(3)],
        }),
        // The question by which the new one is tried.
        None => (403, br#"{"error":"this certificate is not known here"}"#.to_vec()),
    });
    let input = world.fetches(true).await;
    let fetched = took(&input);
    assert!(fetched.certificate.is_none());
    assert_eq!((fetched.trust.as_ref().unwrap().0, fetched.seals.len()), (2, 1));
    assert_eq!(std::fs::read(world.data().join("identity/chain.pem")).unwrap(), chain);
    assert_eq!(Enrolled::load(world.data()).unwrap().for_core().unwrap().trust_serial, 2);
}

#[tokio::test]
async fn an_identity_from_before_addresses_were_kept_still_loads_and_says_what_to_do() {
    let world = World::new().await;
    let path = world.data().join("identity/gateway.json");
    let mut card: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(card["cloud"], world.cloud.url(HOST));
    card.as_object_mut().unwrap().remove("cloud");
    std::fs::write(&path, serde_json::to_vec(&card).unwrap()).unwrap();
    world.answers(|_, _| say(&nothing()));
    assert_eq!(world.fetches(false).await, Input::FetchFailed);
    let words = gateway_uplink::RenewError::NoAddress.to_string();
    assert!(words.contains("identity/gateway.json") && words.contains("https://host:port"), "{words}");
    // As the words say.
    card["cloud"] = world.cloud.url(HOST).into();
    card["added_by_a_newer_program"] = 1.into();
    std::fs::write(&path, serde_json::to_vec(&card).unwrap()).unwrap();
    took(&world.fetches(false).await);
}

#[tokio::test]
async fn a_cloud_under_another_root_is_asked_for_nothing() {
    let world = World::new().await;
    let impostor = City::found();
    let leaf = impostor.leaf(HOST);
    let chain = vec![leaf.certificate, impostor.authority.der().clone(), world.city.root.der().clone()];
    let other = Cloud::serve_all(chain, &leaf.key, |_, _| panic!("something was asked")).await;
    let path = world.data().join("identity/gateway.json");
    let text = std::fs::read_to_string(&path).unwrap().replace(&world.cloud.url(HOST), &other.url(HOST));
    std::fs::write(&path, text).unwrap();
    assert_eq!(world.fetches(true).await, Input::FetchFailed);
}
