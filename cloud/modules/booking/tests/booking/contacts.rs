//! Those who must know of bookings: kept on pages and by file, chosen for one booking.

use cloud_booking::{BookingAnswers, import_contacts};
use cloud_contracts::{Bookings as _, ImportError, ImportReport};
use http::StatusCode;
use protocols_ids::Uuid;

use crate::hall::{HALF_1, Hall, OneFacility, Person, ROOM, SIX, WHOLE, last_of};

const HALLEN: &str = "facility:00000000-0000-0000-0000-000000000032";

fn contact<'a>(name: &'a str, place: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("role", "caretaker"),
        ("name", name),
        ("email", "vakt@example.se"),
        ("language", "sv"),
        ("place", place),
    ]
}

async fn made(hall: &Hall, person: &Person, fields: &[(&str, &str)]) -> String {
    let answer = hall.post(Some(person), "/contacts", fields).await;
    assert_eq!(answer.location, "/contacts?done=saved", "{}", answer.text);
    let name = fields.iter().find(|(field, _)| *field == "name").map(|(_, name)| *name);
    let id: Uuid = sqlx::query_scalar("SELECT id FROM booking.contact WHERE name = $1")
        .bind(name)
        .fetch_one(&mut hall.superuser().await)
        .await
        .unwrap();
    id.to_string()
}

/// Who must know of a booking, by name, and what is written to them.
async fn knowing(hall: &Hall, booking: &str) -> (Vec<String>, Option<String>) {
    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    let known = BookingAnswers.must_know(&mut tx, last_of(booking).parse().unwrap()).await.unwrap();
    let must = known.contacts.into_iter().filter(|contact| contact.must_know);
    (must.map(|contact| contact.name).collect(), known.message)
}

async fn read(hall: &Hall, text: &str) -> Result<ImportReport, ImportError> {
    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    let report = import_contacts(&mut tx, &OneFacility, text).await?;
    tx.commit().await.unwrap();
    Ok(report)
}

#[tokio::test]
async fn who_must_know_follows_from_place_and_purpose_and_an_officer_chooses_otherwise() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    made(&hall, &olle, &contact("Vakt <i>Ek</i>", HALLEN)).await;
    let room = format!("resource:{ROOM}");
    let room = made(&hall, &olle, &contact("Rumsvärden", &room)).await;
    let mut matches = contact("Drift vid match", HALLEN);
    matches.push(("purpose", "match"));
    made(&hall, &olle, &matches).await;
    let booking = hall.booked(&anna, HALF_1, SIX, 60).await;
    assert_eq!(knowing(&hall, &booking).await.0, ["Vakt <i>Ek</i>"]);
    let page = hall.get(Some(&olle), &booking).await;
    assert!(page.says("Vakt &lt;i&gt;Ek&lt;/i&gt;, vaktmästare") && page.says("har inte fått brev"));
    assert!(!hall.get(Some(&anna), &booking).await.says("Vakt"), "the booker reads nothing of it");

    let to = format!("{booking}/told");
    assert!(hall.get(Some(&olle), &to).await.says("Rumsvärden"));
    let fields = [("contact", room.as_str()), ("message", " Ställ fram\nåtta bord ")];
    let answer = hall.post(Some(&olle), &to, &fields).await;
    assert_eq!(answer.location, format!("{to}?done=chosen"));
    let (names, message) = knowing(&hall, &booking).await;
    assert_eq!((names, message.as_deref()), (vec!["Rumsvärden".to_owned()], Some("Ställ fram\nåtta bord")));
    // The same again is nothing.
    hall.post(Some(&olle), &to, &fields).await;
    let chosen = "SELECT count(*) FROM kernel.audit WHERE action = 'booking.contacts_chosen'";
    assert_eq!(hall.count(chosen).await, 1);
    // What follows anyway is not remembered.
    let another = hall.booked(&anna, ROOM, SIX, 60).await;
    let page = hall.get(Some(&olle), &format!("{another}/told")).await;
    assert_eq!(page.text.matches(" checked").count(), 2);
}

#[tokio::test]
async fn contacts_are_kept_by_their_authoritys_staff_and_nobody_else() {
    let hall = Hall::new().await;
    let (anna, olle, ada) =
        (hall.private_person("Anna").await, hall.officer("Olle").await, hall.administrator("Ada").await);
    assert!(hall.get(Some(&ada), "/contacts").await.says("Ingen finns här ännu"));
    let id = made(&hall, &ada, &contact("Vaktis", HALLEN)).await;
    assert!(hall.get(Some(&olle), "/contacts").await.says("Hallen"));
    let path = format!("/contacts/{id}");
    let mut changed = contact("Vaktmästaren", HALLEN);
    changed[0] = ("role", "guard");
    assert_eq!(hall.post(Some(&olle), &path, &changed).await.status, StatusCode::SEE_OTHER);
    let page = hall.get(Some(&olle), &path).await;
    assert!(page.says("Vaktmästaren") && page.says(r#"value="guard" selected"#), "{}", page.text);

    for forbidden in ["/contacts", "/contacts/new", path.as_str()] {
        assert_eq!(hall.get(Some(&anna), forbidden).await.status, StatusCode::FORBIDDEN, "{forbidden}");
        assert_ne!(hall.get(None, forbidden).await.status, StatusCode::OK, "{forbidden}");
    }
    for forbidden in [path.clone(), format!("{path}/remove"), "/contacts".to_owned()] {
        let answer = hall.post(Some(&anna), &forbidden, &contact("Jag", HALLEN)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    // Another authority's contact is none of theirs.
    sqlx::raw_sql(
        "SET session_replication_role = replica;
         UPDATE booking.contact SET authority_id = gen_random_uuid();",
    )
    .execute(&mut hall.superuser().await)
    .await
    .unwrap();
    for path in [path.clone(), format!("{path}/remove")] {
        let answer = hall.post(Some(&olle), &path, &contact("Min", HALLEN)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    assert!(!hall.get(Some(&olle), "/contacts").await.says("Vaktmästaren"));
}

#[tokio::test]
async fn a_contact_that_is_removed_is_told_of_nothing_any_more() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    let id = made(&hall, &olle, &contact("Vaktis", HALLEN)).await;
    let booking = hall.booked(&anna, WHOLE, SIX, 60).await;
    assert_eq!(knowing(&hall, &booking).await.0, ["Vaktis"]);
    let removed = hall.post(Some(&olle), &format!("/contacts/{id}/remove"), &[]).await;
    assert_eq!(removed.location, "/contacts?done=removed");
    assert_eq!(knowing(&hall, &booking).await.0, [""; 0]);
    let audited = "SELECT count(*) FROM kernel.audit WHERE action LIKE 'booking.contact%'";
    assert_eq!(hall.count(audited).await, 2);
}

#[tokio::test]
async fn bad_contacts_and_choices_are_answered_beside_the_field() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    let unknown = format!("facility:{}", Uuid::from_u128(99));
    for (fields, said) in [
        (contact(" ", HALLEN), "Skriv ett namn"),
        (contact("Vakt", &unknown), "Välj platser"),
        (contact("Vakt", "resource"), "Välj platser"),
        (vec![("role", "chef"), ("name", "Vakt"), ("email", "a@b.se")], "Välj ett av alternativen"),
        (vec![("role", "guard"), ("name", "Vakt"), ("email", "a@b")], "Skriv en e-postadress"),
        (vec![], "Skriv ett namn"),
    ] {
        let answer = hall.post(Some(&olle), "/contacts", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.says(said), "{said}");
    }
    let id = made(&hall, &olle, &contact("Vaktis", HALLEN)).await;
    let booking = hall.booked(&anna, WHOLE, SIX, 60).await;
    let long = "å".repeat(2_001);
    let answer =
        hall.post(Some(&olle), &format!("{booking}/told"), &[("contact", &id), ("message", &long)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.says("högst 2000 tecken") && answer.says(&long), "{}", answer.text);
    let strangers = hall.post(Some(&anna), &format!("{booking}/told"), &[("contact", &id)]).await;
    assert_eq!(strangers.status, StatusCode::FORBIDDEN);
    // Nobody who is not there is chosen.
    let nobody = Uuid::from_u128(7).to_string();
    hall.post(Some(&olle), &format!("{booking}/told"), &[("contact", &id), ("contact", &nobody)]).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.contact_choice").await, 0);
}

const FILE: &str = r#"
[[contact]]
slug = "vakt"
authority = "namnden"
role = "caretaker"
name = "Vaktmästarna"
email = "vakt@example.se"
places = ["hallen", "annexet/salen"]
purposes = ["match", "event"]
"#;

#[tokio::test]
async fn contacts_are_read_from_a_file_that_read_again_changes_nothing() {
    let hall = Hall::new().await;
    assert_eq!(read(&hall, FILE).await.unwrap(), ImportReport { created: 1, updated: 0 });
    assert_eq!(read(&hall, FILE).await.unwrap(), ImportReport::default());
    let renamed = FILE.replace("Vaktmästarna", "Vaktmästarna i Hallen");
    assert_eq!(read(&hall, &renamed).await.unwrap(), ImportReport { created: 0, updated: 1 });
    let olle = hall.officer("Olle").await;
    let page = hall.get(Some(&olle), "/contacts").await;
    assert!(page.says("Vaktmästarna i Hallen") && page.says("Annexet, Annexsalen"), "{}", page.text);
}

#[tokio::test]
async fn a_bad_file_of_contacts_changes_nothing_and_names_the_place() {
    let hall = Hall::new().await;
    for (from, to, said) in [
        ("caretaker", "chef", "role"),
        ("vakt@example.se", "vakt", "email"),
        ("\"hallen\"", "\"slottet\"", "places"),
        ("namnden", "ingen", "authority"),
        ("role =", "colour =", "colour"),
    ] {
        let error = read(&hall, &FILE.replacen(from, to, 1)).await.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let error = read(&hall, &format!("{FILE}{FILE}")).await.unwrap_err().to_string();
    assert!(error.contains("contact \"vakt\"") && error.contains("twice"), "{error}");
    assert_eq!(hall.count("SELECT count(*) FROM booking.contact").await, 0);
}
