//! On whose account something is booked, and what becomes of it when two customers are one.

use cloud_contracts::CustomersMerged;
use http::StatusCode;
use protocols_ids::{CustomerId, Uuid};

use crate::hall::{Answer, CLUB, HALF_1, Hall, OTHERS, Person, ROOM, SIX};

/// A form that was opened when the person acted for the club, and that bears this beside.
async fn send(hall: &Hall, person: &Person, path: &str, more: &[(&str, &str)]) -> Answer {
    let (resource, club) = (HALF_1.to_string(), CLUB.to_string());
    let (key, time) = (hall.bench.kernel.new_id::<Uuid>().to_string(), format!("{HALF_1}|{SIX}|60"));
    let mut fields = vec![
        ("resource", resource.as_str()),
        ("start", SIX),
        ("minutes", "60"),
        ("purpose", "Innebandy"),
        ("customer", club.as_str()),
        ("request_key", &key),
    ];
    if path == "/book/several" {
        fields.extend([("facility", "hallen"), ("action", "book"), ("time", time.as_str())]);
    }
    fields.extend(more);
    hall.post(Some(person), path, &fields).await
}

#[tokio::test]
async fn what_a_page_said_is_not_booked_in_silence_for_another_one_than_was_chosen_since() {
    for path in ["/book", "/book/several"] {
        let hall = Hall::new().await;
        // The page said the club; another window has chosen the person since.
        let anna = hall.private_person("Anna").await;
        let own = CustomerId::new(anna.id.uuid()).to_string();
        let asked = send(&hall, &anna, path, &[]).await;
        assert_eq!(asked.status, StatusCode::CONFLICT, "{path}");
        assert!(asked.says("i ett annat fönster") && asked.says("Hallens IF"), "{}", asked.text);
        assert!(asked.says(&format!("name=\"certain\" value=\"{own}\"")));
        // Whoever says that they know, books for whom the page says.
        let certain = send(&hall, &anna, path, &[("certain", &own)]).await;
        assert_eq!(certain.status, StatusCode::SEE_OTHER, "{path}: {}", certain.text);
        let hall = Hall::new().await;
        let anna = hall.person("Anna").await;
        let meant = send(&hall, &anna, path, &[]).await;
        assert_eq!(meant.status, StatusCode::SEE_OTHER, "{path}: where both agree nobody is asked");
        let bosse = hall.private_person("Bosse").await;
        let stale = send(&hall, &bosse, path, &[("certain", &OTHERS.to_string())]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "{path}: chosen once more since");
    }
}

#[tokio::test]
async fn a_question_too_is_asked_for_whom_its_page_said() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"resource:hallen/rummet\"\nfirst = \"2026-01-01\"\nparameters = { by_enquiry = true }\n",
    )
    .await;
    let anna = hall.private_person("Anna").await;
    let (room, club, own) = (ROOM.to_string(), CLUB.to_string(), anna.id.to_string());
    let fields = |certain: &'static str| {
        let certain = if certain.is_empty() { certain.to_owned() } else { own.clone() };
        [
            ("resource", room.clone()),
            ("wished", "i maj".to_owned()),
            ("purpose", "Bröllop".to_owned()),
            ("customer", club.clone()),
            ("certain", certain),
        ]
    };
    let form = |fields: &[(&'static str, String)]| -> Vec<(&'static str, String)> { fields.to_vec() };
    let post = async |fields: Vec<(&'static str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        hall.post(Some(&anna), "/enquiries", &fields).await
    };
    let asked = post(form(&fields(""))).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked.says("i ett annat fönster"), "{}", asked.text);
    assert_eq!(post(form(&fields("yes"))).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_was_booked_and_asked_for_a_customer_is_the_others_when_the_two_are_one() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let booking = hall.booked(&anna, HALF_1, SIX, 60).await;
    let merged = CustomersMerged { kept: OTHERS, gone: CLUB };
    // Told twice, as events may be.
    for _ in 0..2 {
        let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
        tx.emit(&merged).await.unwrap();
        tx.commit().await.unwrap();
        hall.works().await;
    }
    let customers: Vec<Uuid> = sqlx::query_scalar("SELECT DISTINCT customer_id FROM booking.booking")
        .fetch_all(&mut hall.superuser().await)
        .await
        .unwrap();
    assert_eq!(customers, [OTHERS.uuid()]);
    assert!(hall.get(Some(&anna), &booking).await.says("Hallens IF"), "it is called what it was called then");
}

#[tokio::test]
async fn an_officer_books_at_the_desk_for_any_customer_and_nobody_else_does() {
    let hall = Hall::new().await;
    let olle = hall.officer("Olle").await;
    let path = format!("/book/several?customer={OTHERS}");
    let page = hall.get(Some(&olle), &path).await;
    assert!(
        page.says("Hallens IF") && page.says(&format!("name=\"on_behalf\" value=\"{OTHERS}\"")),
        "{}",
        page.text
    );
    let booked = send(&hall, &olle, "/book/several", &[("on_behalf", &OTHERS.to_string())]).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    let customers: Vec<Uuid> = sqlx::query_scalar("SELECT customer_id FROM booking.booking")
        .fetch_all(&mut hall.superuser().await)
        .await
        .unwrap();
    assert_eq!(customers, [OTHERS.uuid()]);
    for name in ["Anna", "Andra"] {
        let other = if name == "Anna" {
            hall.person(name).await
        } else {
            hall.officer_of_another_authority(name).await
        };
        assert_eq!(hall.get(Some(&other), &path).await.status, StatusCode::FORBIDDEN, "{name}");
        let refused = send(&hall, &other, "/book/several", &[("on_behalf", &OTHERS.to_string())]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{name}");
    }
}
