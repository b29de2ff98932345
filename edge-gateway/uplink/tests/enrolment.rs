//! Enrolment against a cloud over real TLS.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway_uplink::{EnrolError, Enrolled, Enrolment, IdentityError, enrol};
use protocols_ids::{GatewayId, Uuid};
use protocols_wire::{EnrolRefusal, EnrolRequest, EnrolResponse, TRUST_CONTEXT, TrustBundle};
use support::{City, Cloud, gateway, key, signer};

const HOST: &str = "osteraker.localhost";
const CODE: &str = "abcde-fgh1o";

/// A city's cloud that answers as `change` has it.
async fn cloud(
    change: impl Fn(&City, &EnrolRequest, &mut EnrolResponse) + Send + Sync + 'static,
) -> (Arc<City>, Cloud) {
    let city = Arc::new(City::found());
    let leaf = city.leaf(HOST);
    let chain = vec![leaf.certificate, city.authority.der().clone(), city.root.der().clone()];
    let answering = Arc::clone(&city);
    let cloud = Cloud::serve(chain, &leaf.key, move |request| {
        let mut answer = answering.answer(&request, gateway(), 8883);
        change(&answering, &request, &mut answer);
        (200, serde_json::to_vec(&answer).unwrap())
    })
    .await;
    (city, cloud)
}

async fn attempt(cloud: &Cloud, host: &str, fingerprint: &str, data: &Path) -> Result<Enrolled, EnrolError> {
    let url = cloud.url(host);
    enrol(&Enrolment { cloud: &url, code: CODE, root_fingerprint: fingerprint }, data).await
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test]
async fn a_code_and_a_fingerprint_make_a_gateway() {
    let (city, cloud) = cloud(|_, request, _| assert_eq!(request.code, "ABCDEFGH10")).await;
    let folder = tempfile::tempdir().unwrap();
    let typed = city.fingerprint().to_lowercase().replace('-', " ");
    let enrolled = attempt(&cloud, HOST, &typed, folder.path()).await.unwrap();
    assert_eq!(enrolled.gateway(), gateway());
    assert_eq!(enrolled.broker(), ("localhost", 8883));

    let loaded = Enrolled::load(folder.path()).unwrap();
    assert_eq!((loaded.name(), loaded.journal_generation()), ("Österskärs sporthall", 4));
    let core = loaded.for_core().unwrap();
    assert_eq!(core.gateway, gateway());
    assert_eq!(core.trust, city.trust_bundle().signing_keys);
    assert_eq!(core.sealers.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [2]);

    let identity = folder.path().join("identity");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&identity), 0o700);
    let files: Vec<_> = std::fs::read_dir(&identity).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 6);
    assert!(files.iter().all(|file| mode(file) == 0o600));

    let again = attempt(&cloud, HOST, &city.fingerprint(), folder.path()).await;
    assert!(matches!(again, Err(EnrolError::AlreadyEnrolled)));
    assert_eq!(cloud.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_cloud_under_another_root_never_sees_the_code() {
    let (city, cloud) = cloud(|_, _, _| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let refused = attempt(&cloud, HOST, &City::found().fingerprint(), folder.path()).await;
    match refused {
        Err(EnrolError::OtherRoot { shown, .. }) => assert_eq!(shown, city.fingerprint()),
        other => panic!("{other:?}"),
    }
    assert_eq!(cloud.asked.load(Ordering::SeqCst), 0);
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn showing_the_root_is_not_being_under_it() {
    let city = City::found();
    let impostor = City::found();
    let leaf = impostor.leaf(HOST);
    let chain = vec![leaf.certificate, impostor.authority.der().clone(), city.root.der().clone()];
    let cloud = Cloud::serve(chain, &leaf.key, |_| panic!("the code was sent")).await;
    let folder = tempfile::tempdir().unwrap();
    let refused = attempt(&cloud, HOST, &city.fingerprint(), folder.path()).await;
    assert!(matches!(refused, Err(EnrolError::Unproven { .. })), "{refused:?}");
    assert_eq!(cloud.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_certificate_for_another_host_does_not_hold() {
    let (city, cloud) = cloud(|_, _, _| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let refused = attempt(&cloud, "vaxholm.localhost", &city.fingerprint(), folder.path()).await;
    assert!(matches!(refused, Err(EnrolError::Unproven { .. })), "{refused:?}");
    assert_eq!(cloud.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_clouds_refusal_reaches_the_technician_in_its_words() {
    let city = City::found();
    let leaf = city.leaf(HOST);
    let chain = vec![leaf.certificate, city.authority.der().clone(), city.root.der().clone()];
    let cloud = Cloud::serve(chain, &leaf.key, |request| match request.code.as_str() {
        "ABCDEFGH10" => {
            let refusal = EnrolRefusal { error: "koden har gått ut".into() };
            (410, serde_json::to_vec(&refusal).unwrap())
        }
        _ => (503, b"<html>".to_vec()),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let refused = attempt(&cloud, HOST, &city.fingerprint(), folder.path()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the cloud refuses: koden har gått ut");

    let url = cloud.url(HOST);
    let other = Enrolment { cloud: &url, code: "0123456789", root_fingerprint: &city.fingerprint() };
    let trouble = enrol(&other, folder.path()).await;
    assert!(matches!(trouble, Err(EnrolError::Trouble { status: 503 })), "{trouble:?}");
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn an_answer_that_does_not_fit_leaves_nothing_behind() {
    type Change = fn(&City, &EnrolRequest, &mut EnrolResponse);
    let changes: [(&str, Change); 9] = [
        ("the trust bundle is signed by another", |city, _, answer| {
            let bundle = signer(&key()).seal(TRUST_CONTEXT, &city.trust_bundle());
            answer.trust_bundle = BASE64.encode(bundle);
        }),
        ("the trust bundle was signed as something else", |city, _, answer| {
            let bundle = signer(city.root.key()).seal("hp/1/other", &city.trust_bundle());
            answer.trust_bundle = BASE64.encode(bundle);
        }),
        ("the trust bundle trusts nobody", |city, _, answer| {
            let bundle = TrustBundle { signing_keys: vec![], ..city.trust_bundle() };
            answer.trust_bundle = BASE64.encode(signer(city.root.key()).seal(TRUST_CONTEXT, &bundle));
        }),
        ("the certificate is for another key", |city, _, answer| {
            let leaf = city.leaf(&answer.gateway.to_string());
            answer.certificate_chain_pem = leaf.pem + &city.authority.pem();
        }),
        ("the certificate is for another gateway", |_, _, answer| {
            answer.gateway = GatewayId::new(Uuid::from_u128(1));
        }),
        ("the certificate is another city's", |_, request, answer| {
            let other = City::found();
            answer.certificate_chain_pem = other.answer(request, answer.gateway, 1).certificate_chain_pem;
        }),
        ("there is no certificate", |_, _, answer| answer.certificate_chain_pem.clear()),
        ("the sealing secret is short", |_, _, answer| answer.seal_secret = BASE64.encode([9; 31])),
        ("there is no broker", |_, _, answer| answer.broker_host.clear()),
    ];
    for (what, change) in changes {
        let (city, cloud) = cloud(change).await;
        let folder = tempfile::tempdir().unwrap();
        let refused = attempt(&cloud, HOST, &city.fingerprint(), folder.path()).await;
        assert!(
            matches!(
                refused,
                Err(EnrolError::Answer { .. } | EnrolError::Trust(_) | EnrolError::Certificate(_))
            ),
            "{what}: {refused:?}"
        );
        assert!(is_empty(folder.path()), "{what}");
    }
}

#[tokio::test]
async fn what_is_mistyped_is_told_before_anybody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let print = City::found().fingerprint();
    let typed = |cloud: &'static str, code: &'static str, print: String| {
        let data = folder.path().to_owned();
        async move { enrol(&Enrolment { cloud, code, root_fingerprint: &print }, &data).await.unwrap_err() }
    };
    assert!(matches!(typed("http://x", CODE, print.clone()).await, EnrolError::Address { .. }));
    assert!(matches!(typed("osteraker", CODE, print.clone()).await, EnrolError::Address { .. }));
    assert!(matches!(typed("https://x", "ABC", print.clone()).await, EnrolError::Code { given: 3 }));
    assert!(matches!(
        typed("https://x", CODE, print[1..].into()).await,
        EnrolError::Fingerprint { given: 31 }
    ));
}

#[tokio::test]
async fn a_damaged_identity_is_named_and_a_foreign_trust_bundle_is_not_believed() {
    let (city, cloud) = cloud(|_, _, _| {}).await;
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Enrolled::load(folder.path()), Err(IdentityError::NotEnrolled { .. })));
    attempt(&cloud, HOST, &city.fingerprint(), folder.path()).await.unwrap();
    for name in ["gateway.json", "key.pk8", "chain.pem", "root.pem", "seal.key"] {
        let path = folder.path().join("identity").join(name);
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, b"x").unwrap();
        match Enrolled::load(folder.path()) {
            Err(IdentityError::Damaged { path: told }) => assert_eq!(told, path),
            other => panic!("{name}: {other:?}"),
        }
        std::fs::write(&path, good).unwrap();
    }
    let other = City::found();
    let foreign = signer(other.root.key()).seal(TRUST_CONTEXT, &other.trust_bundle());
    std::fs::write(folder.path().join("identity/trust-bundle.cose"), foreign).unwrap();
    assert!(matches!(Enrolled::load(folder.path()), Err(IdentityError::Trust(_))));
}
