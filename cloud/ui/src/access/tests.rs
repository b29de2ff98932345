use maud::Render;

use super::*;

fn panel(state: DoorState, events: Option<&str>) -> String {
    let code = AccessCode {
        lang: Lang::Sv,
        code: "482913".into(),
        valid: "torsdag 26 nov 17.50–20.00".into(),
        door: "Entré söder".into(),
        state,
        events: events.map(str::to_owned),
        offline: OfflineCodes { lang: Lang::Sv, entries: vec![] },
        offline_url: "/bookings/9/offline".into(),
    };
    code.render().into_string()
}

#[test]
fn codes_stand_in_groups() {
    assert_eq!(grouped_code("482913"), "482 913");
    assert_eq!(grouped_code("48291377"), "4829 1377");
    assert_eq!(grouped_code("123456789012"), "1234 5678 9012");
    assert_eq!(grouped_code("1234"), "1234");
    assert_eq!(grouped_code(""), "");
}

#[test]
fn a_code_is_seen_in_groups_and_read_out_digit_by_digit() {
    let page = panel(DoorState::Preparing, None);
    assert!(page.contains("<span aria-hidden=\"true\">482 913</span>"));
    assert!(page.contains("<span class=\"visually-hidden\">4 8 2 9 1 3</span>"));
    assert!(page.contains("data-code=\"482913\""));
}

#[test]
fn the_doors_state_arrives_live_where_there_are_events() {
    let page = panel(DoorState::Preparing, Some("/bookings/9/door"));
    assert!(page.contains(r#"sse-connect="/bookings/9/door""#) && page.contains(r#"sse-swap="door""#));
    assert!(page.contains("Koden är på väg till dörren"));
    assert!(page.contains(r#"hx-get="/bookings/9/offline" hx-trigger="sse:offline""#));
    let settled = panel(DoorState::Known { since: None }, None);
    assert!(settled.contains(r#"role="status" aria-live="polite""#) && !settled.contains("sse-connect"));
}

#[test]
fn the_booker_reads_that_the_door_knows_the_code_and_the_officer_too() {
    let known = DoorState::Known { since: None };
    assert!(known.panel(Lang::Sv).into_string().contains("Dörren känner din kod"));
    assert!(known.badge(Lang::Sv).render().into_string().contains("Dörren känner koden"));
}

#[test]
fn every_state_of_the_door_is_said_differently_in_both_languages() {
    let states = [
        DoorState::Preparing,
        DoorState::Known { since: Some("14.31".into()) },
        DoorState::Later { when: "tisdag".into() },
        DoorState::Silent { since: "14.02".into() },
        DoorState::Refused,
        DoorState::Withdrawn,
    ];
    let said: std::collections::BTreeSet<String> = [Lang::Sv, Lang::En]
        .iter()
        .flat_map(|lang| states.iter().map(|state| state.panel(*lang).into_string()))
        .collect();
    assert_eq!(said.len(), 2 * states.len());
}

#[test]
fn the_officers_day_shows_each_booking_with_presence_and_passages() {
    let entry = DayEntry {
        time: "18.00–20.00".into(),
        place: "A1".into(),
        customer: "Åkersberga innebandy".into(),
        more: vec!["4 mål".into()],
        number: "1042".into(),
        href: Some("/bookings/1042".into()),
        note: None,
        door: Some(DoorState::Known { since: None }),
        presence: Presence::Came { at: "18.04".into() },
        passages: 2,
    };
    let page = DayList { lang: Lang::Sv, title: "torsdag 26 nov".into(), entries: vec![entry] }
        .render()
        .into_string();
    for words in [
        "18.00–20.00",
        "A1",
        "Åkersberga innebandy",
        "4 mål",
        "Kom 18.04",
        "2 passager",
        "href=\"/bookings/1042\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("<li").count(), 1);
}

#[test]
fn a_day_without_bookings_says_so() {
    let page = DayList { lang: Lang::En, title: "Thursday".into(), entries: vec![] }.render().into_string();
    assert!(page.contains("No bookings this day"));
}
