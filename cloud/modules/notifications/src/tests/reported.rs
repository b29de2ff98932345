//! Answers to those who reported that something is hard to use.

use cloud_contracts::ReportAnswered;

use super::*;

pub(super) const REPORT: Uuid = Uuid::from_u128(0x4E9);

#[tokio::test]
async fn whoever_reported_what_is_hard_gets_the_answer_and_nothing_is_kept_of_where() {
    let mailbox = Mailbox::open("100000");
    let world = World::following(Carriers { mail: Some(mailbox.relay()), sms: None }, None, "sv", None).await;
    world.tell(&ReportAnswered { report: REPORT }).await;
    world.tell(&ReportAnswered { report: Uuid::from_u128(1) }).await;
    let mail = mailbox.mail();
    let [mail] = mail.as_slice() else { panic!("one letter: {mail:?}") };
    let body = text(mail, "text");
    assert!(body.contains("Nu syns den.") && body.contains("Knappen syns inte"), "{body}");
    assert!(body.contains("digg.se/tdosanmalan"), "{body}");
    let ended = world.bench.texts("SELECT action FROM kernel.audit WHERE action LIKE 'reports.%'").await;
    assert_eq!(ended, ["reports.sent"]);
    assert!(world.bench.tables_that_hold(&["kim@post.example"]).await.is_empty());
}

#[tokio::test]
async fn where_nothing_carries_letters_the_answer_is_said_not_to_have_gone() {
    let world = World::following(Carriers::default(), None, "sv", None).await;
    world.tell(&ReportAnswered { report: REPORT }).await;
    let ended = world.bench.texts("SELECT action FROM kernel.audit WHERE action LIKE 'reports.%'").await;
    assert_eq!(ended, ["reports.not_sent"]);
}
