//! Codes, and what they are exchanged for.

use cloud_kernel::Actor;
use jiff::SignedDuration;
use protocols_ids::{PersonId, Uuid};
use protocols_wire::{EnrolRequest, EnrolResponse, Kind};

use super::bench::{Site, WHOLE, request};
use crate::courier::BrokerAddress;
use crate::enrolment::{EnrolError, enrol, enrolment_code, make_code};
use crate::ingest::{Received, Refusal};

async fn code(site: &Site) -> String {
    let mut tx = site.begin().await;
    let technician = Actor::Person(PersonId::new(Uuid::from_u128(0x7EC)));
    let (_, code) = make_code(&mut tx, site.gateway, technician).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    code.text
}

async fn try_code(site: &Site, code: &str) -> Result<EnrolResponse, EnrolError> {
    let mut tx = site.begin().await;
    let broker = BrokerAddress { host: "localhost".to_owned(), port: 8883 };
    let request = EnrolRequest { code: code.to_owned(), csr_pem: request().1 };
    let response = enrol(&mut tx, &site.trust, &broker, &request).await?;
    tx.commit().await.unwrap();
    Ok(response)
}

#[tokio::test]
async fn a_code_works_once_however_it_is_typed() {
    let site = Site::new().await;
    let code = code(&site).await;
    assert_eq!(code.len(), 11);
    let typed = code.to_lowercase().replace('-', " ");
    let response = try_code(&site, &typed).await.unwrap();
    assert_eq!((response.gateway, response.journal_generation, response.seal_id), (site.gateway, 1, 1));
    assert!(matches!(try_code(&site, &code).await, Err(EnrolError::UsedCode)));
}

#[tokio::test]
async fn a_code_from_the_command_line_is_one_like_any_other() {
    let site = Site::new().await;
    let mut tx = site.begin().await;
    assert_eq!(enrolment_code(&mut tx, "attic").await.unwrap(), None);
    let code = enrolment_code(&mut tx, "hall").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_eq!(try_code(&site, &code).await.unwrap().gateway, site.gateway);
}

#[tokio::test]
async fn a_code_works_for_fifteen_minutes() {
    let site = Site::new().await;
    let code = code(&site).await;
    site.bench.clock.advance(SignedDuration::from_mins(15));
    assert!(matches!(try_code(&site, &code).await, Err(EnrolError::ExpiredCode)));
    assert!(site.row().await.enrolment.is_none());
}

#[tokio::test]
async fn a_new_code_ends_the_one_before_and_a_made_up_one_was_never_there() {
    let site = Site::new().await;
    let (first, second) = (code(&site).await, code(&site).await);
    assert!(matches!(try_code(&site, &first).await, Err(EnrolError::WrongCode)));
    assert!(matches!(try_code(&site, "00000-00000").await, Err(EnrolError::WrongCode)));
    try_code(&site, &second).await.unwrap();
}

#[tokio::test]
async fn a_bad_certificate_request_leaves_the_code_unused() {
    let site = Site::new().await;
    let code = code(&site).await;
    let mut tx = site.begin().await;
    let broker = BrokerAddress { host: "localhost".to_owned(), port: 8883 };
    let bad = EnrolRequest { code: code.clone(), csr_pem: "nonsense".to_owned() };
    assert!(matches!(enrol(&mut tx, &site.trust, &broker, &bad).await, Err(EnrolError::Request(_))));
    drop(tx);
    try_code(&site, &code).await.unwrap();
}

#[tokio::test]
async fn another_tenants_code_is_no_code_here() {
    let site = Site::new().await;
    let code = code(&site).await;
    let mut tx = site.kernel().begin(site.bench.beta).await.unwrap();
    let broker = BrokerAddress { host: "localhost".to_owned(), port: 8883 };
    let request = EnrolRequest { code, csr_pem: request().1 };
    assert!(matches!(enrol(&mut tx, &site.trust, &broker, &request).await, Err(EnrolError::WrongCode)));
}

#[tokio::test]
async fn a_replaced_box_begins_a_new_journal_with_a_new_secret_and_the_old_one_is_not_heard() {
    let site = Site::new().await;
    let mut old = site.enrol().await;
    let booking = site.booking(1, WHOLE, 60);
    site.issue(&booking).await;
    site.settle(&mut old).await;
    let mut new = site.enrol().await;
    assert_eq!((new.response.journal_generation, new.response.seal_id), (2, 2));
    assert_ne!(new.response.seal_secret, old.response.seal_secret);
    site.settle(&mut new).await;
    assert_eq!(new.table.len(), 1);
    let pin = site.pin(&booking).await.unwrap();
    let sealed = new.sealer.credential(protocols_wire::CredentialKind::Pin, &pin);
    assert_eq!(new.grants()[0].credentials, [sealed]);
    let heard = site.say(&old, Kind::State, &old.report(site.after(1))).await;
    assert_eq!(heard, Received::Refused(Refusal::Signature, None));
}
