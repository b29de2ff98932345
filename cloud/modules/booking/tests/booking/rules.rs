use cloud_booking::import;
use cloud_contracts::ImportError;
use http::StatusCode;

use crate::hall::{HALF_1, Hall, OneFacility, SEVEN, SIX, WHOLE, last_of};

/// Österåker's published rules, as far as they are about booking.
const OSTERAKER: &str = r#"
[[rules]]
for = "tenant"
first = "2026-01-01"
[rules.parameters]
step_minutes = 30
booker_age_min = 18
approval = "always"
decided_within_working_days = 3
decided_new_within_working_days = 14

[[rules]]
for = "resource:hallen/stora"
first = "2026-01-01"
[rules.parameters]
purposes = ["match"]
"#;

#[tokio::test]
async fn a_request_keeps_its_time_until_an_officer_says_yes_and_only_then_opens_doors() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let form = hall.get(Some(&anna), &format!("/book?resource={HALF_1}&start={SIX}&minutes=60")).await;
    assert!(form.says("Skicka förfrågan"), "{}", form.text);

    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let shown = hall.get(Some(&anna), &page).await;
    // A new customer: fourteen working days after Tuesday 24 November's eve.
    for text in ["Förfrågan är skickad", "Väntar på beslut", "Besked senast"] {
        assert!(shown.says(text), "{text} is missing: {}", shown.text);
    }
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.issued'").await, 0);
    // Nobody else gets the time meanwhile.
    let bo = hall.person("Bo").await;
    assert_eq!(hall.book(&bo, HALF_1, SIX, 60).await.status, StatusCode::CONFLICT);

    let queue = hall.get(Some(&officer), "/desk/requests").await;
    assert!(queue.says("Hallens IF") && queue.says(&format!("{page}/decide")), "{}", queue.text);
    let decided = hall.post(Some(&officer), &format!("{page}/decide"), &[("decision", "approve")]).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.text);
    assert!(hall.get(Some(&anna), &page).await.says("Tiden är din"));
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.issued'").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'booking.approved'").await, 1);
    assert!(hall.get(Some(&officer), "/desk/requests").await.says("Inget väntar på beslut"));
    // A second decision changes nothing.
    let again = [("decision", "refuse"), ("reason", "Nej")];
    hall.post(Some(&officer), &format!("{page}/decide"), &again).await;
    assert!(hall.get(Some(&anna), &page).await.says("Tiden är din"));
}

#[tokio::test]
async fn a_refused_request_tells_why_and_gives_its_time_back() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let decide = format!("{page}/decide");
    let silent = hall.post(Some(&officer), &decide, &[("decision", "refuse"), ("reason", "  ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.says("Skriv varför du säger nej"));
    let long = "n".repeat(2001);
    let too_long = hall.post(Some(&officer), &decide, &[("decision", "approve"), ("reason", &long)]).await;
    assert_eq!(too_long.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reason = "Matchen på lördag går före <3";
    hall.post(Some(&officer), &decide, &[("decision", "refuse"), ("reason", reason)]).await;
    let shown = hall.get(Some(&anna), &page).await;
    assert!(
        shown.says("Förfrågan fick nej") && shown.says("Matchen på lördag går före &lt;3"),
        "{}",
        shown.text
    );
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 0);
    // Somebody else gets it.
    let bo = hall.person("Bo").await;
    hall.booked(&bo, HALF_1, SIX, 60).await;
}

#[tokio::test]
async fn only_officers_of_the_authority_decide_and_write_notes() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let decide = format!("{page}/decide");
    let yes = [("decision", "approve")];
    assert_eq!(hall.post(Some(&anna), &decide, &yes).await.status, StatusCode::FORBIDDEN);
    assert_eq!(hall.get(Some(&anna), "/desk/requests").await.status, StatusCode::FORBIDDEN);
    let note = [("text", "Ring <b>Anna</b>")];
    assert_eq!(hall.post(Some(&anna), &format!("{page}/notes"), &note).await.status, StatusCode::FORBIDDEN);
    hall.post(Some(&officer), &format!("{page}/notes"), &note).await;
    let seen = hall.get(Some(&officer), &page).await;
    assert!(seen.says("Ring &lt;b&gt;Anna&lt;/b&gt;") && seen.says("Olle"), "{}", seen.text);
    assert!(!hall.get(Some(&anna), &page).await.says("Ring"));
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'requested'").await, 1);
}

#[tokio::test]
async fn rules_refuse_in_words_beside_the_field() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let anna = hall.person("Anna").await;
    let refused = hall.book(&anna, WHOLE, SIX, 60).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("Här går det bara att boka för match eller tävling"), "{}", refused.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 0);
}

#[tokio::test]
async fn a_quota_is_counted_in_the_database() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\n[rules.parameters]\n\
         quotas = [{ minutes = 60, per = \"day\", who = [\"association\"] }]",
    )
    .await;
    let anna = hall.person("Anna").await;
    let first = hall.booked(&anna, HALF_1, SIX, 60).await;
    let second = hall.book(&anna, HALF_1, SEVEN, 60).await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(second.says("högst 1 tim per dag för föreningar"), "{}", second.text);
    // What was cancelled does not count.
    hall.post(Some(&anna), &format!("{first}/cancel"), &[]).await;
    hall.booked(&anna, HALF_1, SEVEN, 60).await;
}

#[tokio::test]
async fn anybody_reads_the_rules_in_words_and_tries_them() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let page = hall.get(None, "/facilities/hallen/rules?resource=stora").await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "Den som bokar ska ha fyllt 18 år",
        "En handläggare beslutar om varje bokning",
        "Besked inom 3 arbetsdagar, för nya kunder inom 14",
        "Här går det bara att boka för match eller tävling",
    ] {
        assert!(page.says(text), "{text} is missing: {}", page.text);
    }
    let ask = |more: &str| {
        format!("/facilities/hallen/rules?resource=stora&kind=association&date=2026-11-24{more}")
    };
    let no = hall.get(None, &ask("&time=18:00&minutes=60&purpose=training&age=17")).await;
    assert!(no.says("Tiden går inte att boka"), "{}", no.text);
    let decided = hall.get(None, &ask("&time=18:00&minutes=60&purpose=match&age=18")).await;
    assert!(decided.says("Tiden går att begära"), "{}", decided.text);
    // What cannot be read is as if it were not there.
    let odd = hall.get(None, &ask("&time=klockan&minutes=m%C3%A5nga&age=-3&persons=1e9&group=%00")).await;
    assert_eq!(odd.status, StatusCode::OK);
}

#[tokio::test]
async fn an_administrator_changes_rules_and_is_told_what_is_wrong() {
    let hall = Hall::new().await;
    let siv = hall.administrator("Siv").await;
    let anna = hall.person("Anna").await;
    assert_eq!(hall.get(Some(&anna), "/rules").await.status, StatusCode::FORBIDDEN);
    assert!(hall.get(Some(&siv), "/rules").await.says("Inga egna regler"));
    let fields = |parameters: &'static str| {
        [("about", "facility:hallen"), ("first", "2026-01-01"), ("last", ""), ("parameters", parameters)]
    };
    let wrong = hall.post(Some(&siv), "/rules", &fields("longest_minutes = 'lång'")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = hall
        .post(
            Some(&siv),
            "/rules",
            &fields("conditions = [{ when = \"salary > 1\", then = \"refuse\", say = \"Nej\" }]"),
        )
        .await;
    assert!(wrong.says("there is no &quot;salary&quot;"), "{}", wrong.text);
    let saved = hall.post(Some(&siv), "/rules", &fields("longest_minutes = 60")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    assert_eq!(hall.book(&anna, HALF_1, SIX, 120).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Two that hold on one day cannot be.
    let twice = hall.post(Some(&siv), "/rules", &fields("longest_minutes = 90")).await;
    assert!(twice.says("En annan regel för samma sak gäller"), "{}", twice.text);
    let list = hall.get(Some(&siv), "/rules").await;
    let id = list.text.split("href=\"/rules/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(hall.get(Some(&siv), &format!("/rules/{id}")).await.says("longest_minutes = 60"));
    hall.post(Some(&siv), &format!("/rules/{id}/remove"), &[]).await;
    hall.booked(&anna, HALF_1, SIX, 120).await;
    for action in ["booking.rules_made", "booking.rules_removed"] {
        let sql = match action {
            "booking.rules_made" => "SELECT count(*) FROM kernel.audit WHERE action = 'booking.rules_made'",
            _ => "SELECT count(*) FROM kernel.audit WHERE action = 'booking.rules_removed'",
        };
        assert_eq!(hall.count(sql).await, 1, "{action}");
    }
}

#[tokio::test]
async fn the_same_file_again_changes_nothing_and_mistakes_are_named_with_their_place() {
    let hall = Hall::new().await;
    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    let first = import(&mut tx, &OneFacility, OSTERAKER).await.unwrap();
    // The municipality has said something of times already.
    assert_eq!((first.created, first.updated), (1, 1));
    let again = import(&mut tx, &OneFacility, OSTERAKER).await.unwrap();
    assert_eq!((again.created, again.updated), (0, 0));
    let changed = OSTERAKER.replace("booker_age_min = 18", "booker_age_min = 16");
    let changed = import(&mut tx, &OneFacility, &changed).await.unwrap();
    assert_eq!((changed.created, changed.updated), (0, 1));
    for (text, expected) in [
        (
            "[[rules]]\nfor = \"facility:nowhere\"\nfirst = \"2026-01-01\"\nparameters = {}",
            "facility:nowhere",
        ),
        (
            "[[rules]]\nfor = \"tenant\"\nfirst = \"2027-01-01\"\nparameters = { step_minutes = 1 }",
            "step_minutes",
        ),
        ("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-06-01\"\nparameters = {}", "other rules"),
        ("[[rules]]\nfor = \"tenant\"\nfirst = \"tomorrow\"\nparameters = {}", "line 3"),
    ] {
        let error = import(&mut tx, &OneFacility, text).await.unwrap_err();
        assert!(
            !matches!(error, ImportError::Database(_)) && error.to_string().contains(expected),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_form_that_nobody_ought_to_send_gets_an_answer() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let (anna, siv) = (hall.person("Anna").await, hall.administrator("Siv").await);
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let huge = "x".repeat(100_000);
    let fields =
        [("about", huge.as_str()), ("first", "2026-13-99"), ("last", "\u{0}"), ("parameters", huge.as_str())];
    let answer = hall.post(Some(&siv), "/rules", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(hall.get(Some(&siv), "/rules/not-an-id").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        hall.get(Some(&siv), "/rules/00000000-0000-0000-0000-000000000001").await.status,
        StatusCode::NOT_FOUND
    );
    assert!(last_of(&page).len() == 36);
}
