//! What is kept of people, seen by the whole service: taken along, erased, destroyed by the plan, found and disclosed.

use http::StatusCode;

use crate::protected::life::{Life, Who};

const WATCH: &str = "/watches";

/// A resource's id.
async fn resource(life: &Life, query: &'static str) -> String {
    life.text(query).await
}

/// The person books an hour of the whole hall on their own account; its path.
async fn books(life: &Life, who: Who, half_hours: i64) -> String {
    let hall = resource(life, "SELECT id::text FROM facilities.resource WHERE slug = 'hallen'").await;
    let own = life.get(who, "/my/data/file").await;
    assert_eq!(own.status, StatusCode::OK);
    let customer =
        own.text.split("\"customers.person\"").nth(1).and_then(|rest| rest.split("\"id\": \"").nth(1));
    let customer = customer.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("{}", own.text));
    life.book(who, &hall, customer, half_hours).await
}

async fn decide(life: &Life, information: &str, months: &str) {
    let decision = [
        ("months", months),
        ("decided_by", "Provnämnden"),
        ("decided_on", "2026-01-15"),
        ("reference", "PN 2026/7 § 3"),
    ];
    let answer = life.post(Who::Administrator, &format!("/retention/{information}"), &decision).await;
    assert_eq!(answer.location.as_deref(), Some("/retention?done=decided"), "{}", answer.text);
}

/// Everything that has happened did so forty days earlier.
const FORTY_DAYS_AGO: &str = "
  UPDATE booking.occupancy SET starts_at = starts_at - interval '40 days', ends_at = ends_at - interval '40 days';
  UPDATE booking.occurrence SET starts_at = starts_at - interval '40 days', ends_at = ends_at - interval '40 days';
  UPDATE booking.booking SET created_at = created_at - interval '40 days';
  UPDATE notifications.message SET created_at = created_at - interval '40 days',
                                   settled_at = settled_at - interval '40 days';";

/// The plan's night has come.
const NIGHT: &str = "UPDATE kernel.job SET due_at = '2000-01-01' WHERE kind = 'records.destroy'";

#[tokio::test]
async fn everybody_takes_along_what_is_kept_of_them_and_of_nobody_else() {
    let life = Life::new().await;
    books(&life, Who::Citizen, 1).await;
    books(&life, Who::ClubMate, 6).await;
    life.settle().await;
    let file = life.get(Who::Citizen, "/my/data/file").await;
    assert!(file.text.contains("attachment; filename"), "{}", file.text);
    let json = &file.text[file.text.find("\n{").unwrap()..];
    let file: serde_json::Value = serde_json::from_str(json).unwrap();
    let count = |key: &str| file["information"][key].as_array().map_or(0, Vec::len);
    assert_eq!((count("booking.bookings"), count("notifications.messages")), (1, 1), "{json}");
    assert_eq!((count("customers.person"), count("kernel.person")), (1, 1), "{json}");
    assert!(count("kernel.audit") > 0, "{json}");
    let facts = file["information"]["booking.bookings"][0]["facts"].to_string();
    assert!(facts.contains("Träning") && facts.contains("Erik Holm"), "{facts}");
    assert!(!json.contains("Maria Sand"), "{json}");
    let page = life.get(Who::Citizen, "/my/data").await;
    assert!(page.text.contains("Träning"), "{}", page.text);
    assert_eq!(
        life.get(Who::Visitor, "/my/data").await.status,
        StatusCode::SEE_OTHER,
        "whoever has not signed in"
    );
}

#[tokio::test]
async fn what_nobody_has_decided_about_is_not_erased_and_wishes_are() {
    let life = Life::new().await;
    let booking = books(&life, Who::Citizen, 1).await;
    let a1 = resource(&life, "SELECT id::text FROM facilities.resource WHERE slug = 'a2'").await;
    let watch = [
        ("resource", a1.as_str()),
        ("day", "1"),
        ("from", "08:00"),
        ("until", "20:00"),
        ("length", "60"),
        ("ends", "2027-01-31"),
    ];
    let followed = life.post(Who::Citizen, WATCH, &watch).await;
    assert_eq!(followed.status, StatusCode::SEE_OTHER, "{}", followed.text);
    life.settle().await;
    life.bench.execute(FORTY_DAYS_AGO).await;
    let asked = life.get(Who::Citizen, "/my/data/erase").await;
    assert!(asked.text.contains("inte beslutat"), "{}", asked.text);
    let erased = life.post(Who::Citizen, "/my/data/erase", &[]).await;
    assert_eq!(erased.status, StatusCode::OK, "{}", erased.text);
    assert_eq!(life.text("SELECT count(*)::text FROM watching.watch").await, "0");
    assert_eq!(life.get(Who::Citizen, &booking).await.status, StatusCode::OK, "a public record stays");
    let log = life.text("SELECT detail::text FROM kernel.audit WHERE action = 'records.erased'").await;
    assert_eq!(log, r#"{"watching.watches": 1}"#);
}

#[tokio::test]
async fn whoever_has_nothing_left_that_must_be_kept_is_forgotten() {
    let life = Life::new().await;
    books(&life, Who::Citizen, 1).await;
    life.settle().await;
    decide(&life, "booking.bookings", "1").await;
    decide(&life, "notifications.messages", "0").await;

    let waits = life.get(Who::Citizen, "/my/data/erase").await;
    assert!(waits.text.contains("pågår eller ligger framför dig"), "{}", waits.text);
    life.post(Who::Citizen, "/my/data/erase", &[]).await;
    assert_eq!(life.text("SELECT count(*)::text FROM booking.booking WHERE destroyed_at IS NULL").await, "1");

    life.bench.execute(FORTY_DAYS_AGO).await;
    let asked = life.get(Who::Citizen, "/my/data/erase").await;
    assert!(asked.text.contains("Allt om dig kan raderas"), "{}", asked.text);
    let gone = life.post(Who::Citizen, "/my/data/erase", &[]).await;
    assert!(gone.text.contains("Allt om dig är raderat"), "{}", gone.text);
    let found = life.bench.tables_that_hold(&["Erik Holm", "erik@post.example", "Träning"]).await;
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(life.get(Who::Citizen, "/my/data").await.status, StatusCode::SEE_OTHER, "nobody is signed in");
    let times = life.text("SELECT count(*)::text FROM booking.occurrence").await;
    assert_eq!(times, "1", "what statistics need stays");

    let staff = life.post(Who::Officer, "/my/data/erase", &[]).await;
    assert_eq!(staff.status, StatusCode::OK);
    let held = life.get(Who::Officer, "/my/data").await;
    assert!(held.text.contains("Karin Berg"), "staff are kept as long as they are staff: {}", held.text);
}

#[tokio::test]
async fn the_plan_destroys_by_night_what_is_old_enough_and_writes_down_how_much() {
    let life = Life::new().await;
    let old = books(&life, Who::Citizen, 1).await;
    life.settle().await;
    life.bench.execute(FORTY_DAYS_AGO).await;
    let young = books(&life, Who::Citizen, 6).await;
    life.settle().await;
    life.bench.execute(NIGHT).await;
    life.settle().await;
    assert_eq!(life.text("SELECT count(*)::text FROM records.destroyed").await, "0", "nothing is decided");

    decide(&life, "booking.bookings", "1").await;
    life.bench.execute(NIGHT).await;
    life.settle().await;
    let done = life
        .text("SELECT d.information || ' ' || d.records || ' ' || said.reference FROM records.destroyed d JOIN records.decision said ON said.id = d.decision_id")
        .await;
    assert_eq!(done, "booking.bookings 1 PN 2026/7 § 3");
    assert_eq!(life.get(Who::Officer, &old).await.status, StatusCode::NOT_FOUND);
    assert_eq!(life.get(Who::Officer, &young).await.status, StatusCode::OK);
    let plan = life.get(Who::Administrator, "/retention").await;
    assert!(plan.text.contains("PN 2026/7 § 3"), "{}", plan.text);
    let next =
        life.text("SELECT (due_at > now())::text FROM kernel.job WHERE kind = 'records.destroy'").await;
    assert_eq!(next, "true", "it comes again the next night");

    // The log is destroyed by a decision of its own, and by nothing else.
    let before = life.text("SELECT count(*)::text FROM kernel.audit WHERE at < '2026-01-01'").await;
    assert_eq!(before, "0");
    life.bench.execute("UPDATE kernel.audit SET at = '2020-01-01' WHERE action = 'booking.confirmed'").await;
    decide(&life, "kernel.audit", "24").await;
    life.bench.execute(NIGHT).await;
    life.settle().await;
    assert_eq!(life.text("SELECT count(*)::text FROM kernel.audit WHERE at < '2021-01-01'").await, "0");
    assert_ne!(life.text("SELECT count(*)::text FROM kernel.audit").await, "0");

    let ended = life.post(Who::Administrator, "/retention/booking.bookings/end", &[]).await;
    assert_eq!(ended.location.as_deref(), Some("/retention?done=ended"));
    let wrong = [("months", "many"), ("decided_by", ""), ("decided_on", "2999-01-01"), ("reference", "")];
    let answer = life.post(Who::Administrator, "/retention/booking.bookings", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for who in [Who::Citizen, Who::Officer] {
        let answer = life.post(who, "/retention/booking.bookings", &wrong).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who:?}");
    }
    let nothing = life.get(Who::Administrator, "/retention/watching.watches").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND, "what people wish is theirs to end");
}

/// What a page's form sends back of the records that it shows.
fn fields(page: &str, name: &str) -> Vec<String> {
    let marked = format!("name=\"{name}\" value=\"");
    page.split(marked.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn public_records_are_found_looked_at_masked_and_disclosed_as_a_file() {
    let life = Life::new().await;
    let booking = books(&life, Who::Citizen, 1).await;
    books(&life, Who::Protected, 6).await;
    let note = [("text", "Ring innan")];
    life.post(Who::Officer, &format!("{booking}/notes"), &note).await;
    life.settle().await;

    let found = life.get(Who::Officer, "/records?words=erik").await;
    let records = fields(&found.text, "record");
    assert_eq!(records.len(), 1, "{}", found.text);
    let elsewhere = life.get(Who::OtherOfficer, "/records?words=erik").await;
    assert_eq!(fields(&elsewhere.text, "record"), [""; 0], "another authority's cases are closed to it");
    let theirs = life.post(Who::OtherOfficer, "/records/look", &[("record", &records[0])]).await;
    assert_eq!(theirs.location.as_deref(), Some("/records"));
    assert_eq!(life.get(Who::Citizen, "/records").await.status, StatusCode::FORBIDDEN);

    let look = life.post(Who::Officer, "/records/look", &[("record", &records[0])]).await;
    let seen = fields(&look.text, "seen").remove(0);
    assert!(look.text.contains("Ring innan") && look.text.contains("Erik Holm"), "{}", look.text);
    let masks = fields(&look.text, "mask");
    let booker = &masks[2];
    let mut form = vec![("record", records[0].as_str()), ("seen", &seen), ("mask", booker)];
    let unsaid = life.post(Who::Officer, "/records/disclose", &form).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY, "neither what for nor why");
    form.extend([("about", "Bokningar i november"), ("ground", "21 kap. 1 § OSL")]);
    let file = life.post(Who::Officer, "/records/disclose", &form).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    assert!(file.text.contains("attachment; filename"), "{}", file.text);
    assert!(file.text.contains("(maskat)") && file.text.contains("21 kap. 1 § OSL"), "{}", file.text);
    let log = life.text("SELECT about || ' ' || records || ' ' || masked FROM records.disclosure").await;
    assert_eq!(log, "Bokningar i november 1 2", "what was chosen, and the code");
    let again = life.get(Who::Officer, "/records").await;
    assert!(again.text.contains("Bokningar i november"), "{}", again.text);

    // Somebody writes meanwhile: nothing goes out that was not looked at.
    life.post(Who::Officer, &format!("{booking}/notes"), &[("text", "Hemligt")]).await;
    let changed = life.post(Who::Officer, "/records/disclose", &form).await;
    assert_eq!(changed.status, StatusCode::CONFLICT);
    assert_eq!(life.text("SELECT count(*)::text FROM records.disclosure").await, "1");
}

#[tokio::test]
async fn a_protected_persons_record_is_found_by_number_only_and_leaves_masked_and_its_reading_is_kept() {
    let life = Life::new().await;
    books(&life, Who::Protected, 1).await;
    life.settle().await;
    for words in ["kanarie", "skyddad", "tr%C3%A4ning"] {
        let found = life.get(Who::Officer, &format!("/records?words={words}")).await;
        assert_eq!(fields(&found.text, "record"), [""; 0], "{words}");
    }
    let number = life.text("SELECT number::text FROM booking.booking").await;
    let found = life.get(Who::Officer, &format!("/records?words={number}")).await;
    let record = fields(&found.text, "record").remove(0);
    let look = life.post(Who::Officer, "/records/look", &[("record", &record)]).await;
    assert!(look.text.contains("Maskas alltid") && !look.text.contains("Träning"), "{}", look.text);
    assert_eq!(
        life.text("SELECT count(*)::text FROM kernel.audit WHERE action = 'records.protected_read'").await,
        "1"
    );
    let seen = fields(&look.text, "seen").remove(0);
    let form = [("record", record.as_str()), ("seen", seen.as_str()), ("about", "Bokningen")];
    let file = life.post(Who::Officer, "/records/disclose", &form).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    assert!(!file.text.contains("Kanarie") && !file.text.contains("Träning"), "{}", file.text);
}

#[tokio::test]
async fn what_was_never_on_a_page_is_refused_and_breaks_nothing() {
    let life = Life::new().await;
    for record in ["x", "booking.bookings:x", ":", "booking.bookings:00000000-0000-0000-0000-00000000000g"] {
        let answer = life.post(Who::Officer, "/records/look", &[("record", record)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{record}");
    }
    let unknown = "elsewhere.things:00000000-0000-0000-0000-000000000001";
    let answer = life.post(Who::Officer, "/records/look", &[("record", unknown)]).await;
    assert_eq!(answer.location.as_deref(), Some("/records"));
    for words in ["%25", "_", "%27%3B--", "99999999999999999999", "%F0%9F%A6%86"] {
        let answer = life.get(Who::Officer, &format!("/records?words={words}&from=x&until=2026-99-99")).await;
        assert_eq!(answer.status, StatusCode::OK, "{words}");
    }
    let many = vec![("record", unknown); 501];
    let answer = life.post(Who::Officer, "/records/look", &many).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
