//! By what right officers decide, and the report to the board.

use http::StatusCode;

use crate::hall::{HALF_1, HALF_2, Hall, Person, SEVEN, SIX};

const BY_REQUEST: &str =
    "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\n[rules.parameters]\napproval = \"always\"";

async fn write(hall: &Hall, by: &Person, matter: &str, reference: &str, first_day: &str) {
    let fields = [("matter", matter), ("reference", reference), ("first_day", first_day)];
    let answer = hall.post(Some(by), "/delegations", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

#[tokio::test]
async fn who_decides_says_by_which_delegation_and_the_board_reads_of_it() {
    let hall = Hall::new().await;
    hall.rules(BY_REQUEST).await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let siv = hall.administrator("Siv").await;
    let first = hall.booked(&anna, HALF_1, SIX, 60).await;
    let second = hall.booked(&anna, HALF_2, SEVEN, 60).await;

    // Without any written, a decision is made all the same, and says that there is none.
    let third = hall.booked(&anna, HALF_1, SEVEN, 60).await;
    assert!(hall.get(Some(&officer), &format!("{third}/decide")).await.says("Ingen delegation är skriven"));
    hall.post(Some(&officer), &format!("{third}/decide"), &[("decision", "approve")]).await;

    write(&hall, &siv, "Upplåtelse av lokaler", "4.3, NN 2025/12", "2026-01-01").await;
    write(&hall, &siv, "Något som börjar sedan", "9.9", "2027-01-01").await;
    let only = hall.get(Some(&officer), &format!("{first}/decide")).await;
    assert!(
        only.says("Upplåtelse av lokaler (4.3, NN 2025/12)") && !only.says("börjar sedan"),
        "{}",
        only.text
    );
    let id = only.text.split("name=\"delegation\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let yes = [("decision", "approve"), ("delegation", id)];
    let unsaid = hall.post(Some(&officer), &format!("{first}/decide"), &yes[..1]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unsaid.text);
    let decided = hall.post(Some(&officer), &format!("{first}/decide"), &yes).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.text);
    let shown = hall.get(Some(&anna), &first).await;
    assert!(shown.says("Beslutat av Olle") && shown.says("4.3, NN 2025/12"), "{}", shown.text);

    write(&hall, &siv, "Avslag", "4.4", "2026-01-01").await;
    let both = hall.get(Some(&officer), &format!("{second}/decide")).await;
    assert!(both.says("<select") && both.says("Avslag (4.4)"), "{}", both.text);
    let no = [("decision", "refuse"), ("reason", "Golvet slipas"), ("delegation", id)];
    hall.post(Some(&officer), &format!("{second}/decide"), &no).await;
    let shown = hall.get(Some(&anna), &second).await;
    assert!(shown.says("Golvet slipas") && shown.says("med stöd av Upplåtelse av lokaler"), "{}", shown.text);

    let report = hall.get(Some(&officer), "/decisions").await;
    for text in ["Bifall", "Avslag, Hallens IF", "Golvet slipas", "Ingen delegation skriven", "Nämnden"] {
        assert!(report.says(text), "{text} is missing: {}", report.text);
    }
    let before = hall.get(Some(&officer), "/decisions?from=2026-01-01&until=2026-10-31").await;
    assert!(before.says("Inget beslutades"), "{}", before.text);
    let other = hall.officer_of_another_authority("Ove").await;
    assert!(hall.get(Some(&other), "/decisions").await.says("Inget beslutades"));
    assert_eq!(hall.get(Some(&anna), "/decisions").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn delegations_are_kept_by_administrators_of_the_board_and_end_and_hold_again() {
    let hall = Hall::new().await;
    hall.rules(BY_REQUEST).await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let siv = hall.administrator("Siv").await;
    assert!(hall.get(Some(&siv), "/delegations").await.says("Ingen delegation är skriven"));
    let wrong = [("matter", " "), ("reference", ""), ("first_day", "i går")];
    let answer = hall.post(Some(&siv), "/delegations", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in ["Skriv vad den gäller", "Skriv var den står", "Skriv från vilken dag"] {
        assert!(answer.says(text), "{text} is missing: {}", answer.text);
    }
    assert_eq!(hall.get(Some(&officer), "/delegations").await.status, StatusCode::FORBIDDEN);
    let hostile = [("matter", "<b>Allt</b>"), ("reference", "1"), ("first_day", "2026-01-01")];
    assert_eq!(hall.post(Some(&officer), "/delegations", &hostile).await.status, StatusCode::FORBIDDEN);

    write(&hall, &siv, "<b>Allt</b>", "1", "2026-01-01").await;
    let listed = hall.get(Some(&siv), "/delegations").await;
    assert!(listed.says("&lt;b&gt;Allt&lt;/b&gt;"), "{}", listed.text);
    let id = listed.text.split("/delegations/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    hall.post(Some(&siv), &format!("/delegations/{id}/end"), &[]).await;
    assert!(hall.get(Some(&siv), "/delegations").await.says("Låt den gälla igen"));
    // It holds still on the day on which it is ended.
    assert!(hall.get(Some(&officer), &format!("{page}/decide")).await.says("&lt;b&gt;Allt"));
    hall.post(Some(&siv), &format!("/delegations/{id}/resume"), &[]).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.delegation WHERE last_day IS NULL").await, 1);
    let odd = hall.post(Some(&siv), &format!("/delegations/{id}/elsewhere"), &[]).await;
    assert_eq!(odd.status, StatusCode::NOT_FOUND);
    assert_eq!(
        hall.post(Some(&officer), &format!("/delegations/{id}/end"), &[]).await.status,
        StatusCode::FORBIDDEN
    );
}
