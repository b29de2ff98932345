//! Renewal, rotation of secrets and revocation against the database.

use cloud_kernel::Actor;
use jiff::SignedDuration;
use protocols_ids::{GatewayId, PersonId, Uuid};
use protocols_wire::{Kind, RenewRequest};
use rcgen::{CertificateParams, KeyPair};

use super::bench::{Peer, Site, WHOLE, request};
use crate::ingest::{Received, Refusal};
use crate::keys::{Asking, RenewError, Rotation, renew, revoke, rotate};
use crate::store::keys::{self as rows, SealState};

pub(super) const NOTHING: RenewRequest = RenewRequest { csr_pem: None, trust_serial: 0, seal_id: 0 };

fn technician() -> Actor {
    Actor::Person(PersonId::new(Uuid::from_u128(0x7EC)))
}

pub(super) async fn asking(site: &Site, peer: &Peer) -> Asking {
    let mut tx = site.begin().await;
    let all = rows::all(&mut tx).await.unwrap();
    let keys = all.iter().find(|keys| keys.id == site.gateway).unwrap();
    Asking {
        gateway: site.gateway,
        serial: keys.certificate_serial.clone().unwrap(),
        public_key: peer.signer.public(),
        expires_at: keys.certificate_expires_at.unwrap(),
    }
}

pub(super) async fn try_renew(
    site: &Site,
    asking: &Asking,
    request: &RenewRequest,
) -> Result<protocols_wire::RenewResponse, RenewError> {
    let mut tx = site.begin().await;
    let response = renew(&mut tx, &site.trust, asking, request).await?;
    tx.commit().await.unwrap();
    Ok(response)
}

pub(super) async fn begin_rotation(site: &Site) -> Rotation {
    let mut tx = site.begin().await;
    let (_, rotation) = rotate(&mut tx, site.gateway, technician()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    rotation
}

async fn seal_state(site: &Site) -> SealState {
    let mut tx = site.begin().await;
    rows::all(&mut tx).await.unwrap().iter().find(|keys| keys.id == site.gateway).unwrap().seal
}

#[tokio::test]
async fn a_gateway_is_given_what_is_newer_and_nothing_else() {
    let site = Site::new().await;
    let peer = site.enrol().await;
    let asking = asking(&site, &peer).await;
    let all = try_renew(&site, &asking, &NOTHING).await.unwrap();
    assert!(all.trust_bundle.is_some() && all.certificate_chain_pem.is_none());
    assert_eq!(all.seals.len(), 1);
    assert_eq!((all.seals[0].seal_id, &all.seals[0].secret), (1, &peer.response.seal_secret));
    let none = RenewRequest { csr_pem: None, trust_serial: site.trust.serial(), seal_id: 1 };
    let none = try_renew(&site, &asking, &none).await.unwrap();
    assert!(none.trust_bundle.is_none() && none.seals.is_empty());
}

#[tokio::test]
async fn a_certificate_is_renewed_for_the_same_key_only_and_both_count_meanwhile() {
    let site = Site::new().await;
    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let csr = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    let peer = site.enrol_with(&key).await;
    let first = asking(&site, &peer).await;
    site.bench.clock.advance(SignedDuration::from_hours(300 * 24));
    let other = RenewRequest { csr_pem: Some(request().1), ..NOTHING };
    assert!(matches!(try_renew(&site, &first, &other).await, Err(RenewError::OtherKey)));
    let nonsense = RenewRequest { csr_pem: Some("nonsense".to_owned()), ..NOTHING };
    assert!(matches!(try_renew(&site, &first, &nonsense).await, Err(RenewError::Request(_))));
    let renewed = try_renew(&site, &first, &RenewRequest { csr_pem: Some(csr), ..NOTHING }).await.unwrap();
    assert!(renewed.certificate_chain_pem.unwrap().contains("BEGIN CERTIFICATE"));
    let second = asking(&site, &peer).await;
    assert_ne!(first.serial, second.serial);
    for known in [&first, &second] {
        try_renew(&site, known, &NOTHING).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_gets_anothers_secrets() {
    let site = Site::new().await;
    let peer = site.enrol().await;
    let own = asking(&site, &peer).await;
    let unknown = [
        Asking { serial: "00".repeat(16), public_key: [9; 32], ..own.clone() },
        Asking { public_key: [9; 32], ..own.clone() },
        Asking { gateway: GatewayId::new(Uuid::from_u128(9)), ..own.clone() },
    ];
    for asking in unknown {
        assert!(matches!(try_renew(&site, &asking, &NOTHING).await, Err(RenewError::Unknown)), "{asking:?}");
    }
    // The box before, after its replacement: its certificate is taken back with the enrolment.
    site.enrol().await;
    assert!(matches!(try_renew(&site, &own, &NOTHING).await, Err(RenewError::Revoked)));
}

#[tokio::test]
async fn a_sealing_secret_is_replaced_while_codes_go_on() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut peer).await;
    assert_eq!(begin_rotation(&site).await, Rotation::Begun(2));
    assert_eq!(begin_rotation(&site).await, Rotation::UnderWay);
    assert_eq!(seal_state(&site).await, SealState::Waits { next: 2 });
    assert_eq!(site.row().await.newest_seal, 2);

    // Until the gateway has it everything is sealed as before.
    let later = site.booking(2, WHOLE, 180);
    site.issue(&later).await;
    site.settle(&mut peer).await;
    assert_eq!(peer.table.len(), 2);
    let known = asking(&site, &peer).await;
    let given = try_renew(&site, &known, &RenewRequest { seal_id: 1, ..NOTHING }).await.unwrap();
    assert_eq!(given.seals.iter().map(|seal| seal.seal_id).collect::<Vec<_>>(), [2]);
    peer.takes_secret(&given.seals[0]);
    site.report(&peer).await;
    assert_eq!(seal_state(&site).await, SealState::TakesOver { old: 1 });
    let mut tx = site.begin().await;
    assert_eq!(rows::confirmed_seal(&mut tx, site.gateway).await.unwrap().unwrap().id, 1);
    drop(tx);
    site.settle(&mut peer).await;
    assert_eq!(seal_state(&site).await, SealState::Steady);
    let mut tx = site.begin().await;
    assert_eq!(rows::confirmed_seal(&mut tx, site.gateway).await.unwrap().unwrap().id, 2);
    drop(tx);
    for booking in [&booking, &later] {
        let pin = site.pin(booking).await.unwrap();
        let sealed = peer.sealer.credential(protocols_wire::CredentialKind::Pin, &pin);
        assert!(peer.grants().iter().any(|grant| grant.credentials == [sealed]));
    }
    assert_eq!(site.row().await.enrolment.unwrap().seal_id, 2);
}

#[tokio::test]
async fn a_gateway_whose_keys_were_taken_back_is_heard_no_more_until_it_is_enrolled_anew() {
    let site = Site::new().await;
    let mut peer = site.enrol().await;
    site.issue(&site.booking(1, WHOLE, 60)).await;
    site.settle(&mut peer).await;
    let known = asking(&site, &peer).await;
    let mut tx = site.begin().await;
    assert!(revoke(&mut tx, site.gateway, technician()).await.unwrap().unwrap().1);
    tx.commit().await.unwrap();

    let heard = site.say(&peer, Kind::State, &peer.report(site.after(1))).await;
    assert_eq!(heard, Received::Refused(Refusal::Revoked, None));
    assert_eq!(site.refused("revoked").await, 1);
    assert!(matches!(try_renew(&site, &known, &NOTHING).await, Err(RenewError::Revoked)));
    let row = site.row().await;
    assert!(row.enrolment.is_none() && row.revoked_at.is_some());
    let mut tx = site.begin().await;
    let listed: Vec<_> = rows::revoked(&mut tx).await.unwrap().into_iter().map(|one| one.serial).collect();
    assert_eq!(listed, std::slice::from_ref(&known.serial));
    assert_eq!(rows::revoked_gateways(&mut tx).await.unwrap(), [site.gateway]);
    drop(tx);
    // What is booked meanwhile waits for the next box.
    site.issue(&site.booking(2, WHOLE, 180)).await;
    assert!(!site.carry(&mut peer).await);
    assert_eq!(begin_rotation(&site).await, Rotation::NotEnrolled);

    let mut anew = site.enrol().await;
    assert_eq!(anew.response.seal_id, 2);
    site.settle(&mut anew).await;
    assert_eq!(anew.table.len(), 2);
    let mut tx = site.begin().await;
    assert!(rows::revoked_gateways(&mut tx).await.unwrap().is_empty());
    // The old box' certificate stays on the list until it would have ended.
    assert_eq!(rows::revoked(&mut tx).await.unwrap().len(), 1);
    drop(tx);
    site.bench.clock.advance(SignedDuration::from_hours(401 * 24));
    let mut tx = site.begin().await;
    assert!(rows::revoked(&mut tx).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_gateway_of_the_tenant_has_no_keys_to_change() {
    let site = Site::new().await;
    let nobody = GatewayId::new(Uuid::from_u128(1));
    let mut tx = site.begin().await;
    assert!(rotate(&mut tx, nobody, technician()).await.unwrap().is_none());
    assert!(revoke(&mut tx, nobody, technician()).await.unwrap().is_none());
    assert!(!revoke(&mut tx, site.gateway, technician()).await.unwrap().unwrap().1);
}
