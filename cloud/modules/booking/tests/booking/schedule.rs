use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Once;

use axum::body::Body;
use cloud_kernel::web::Personal;
use futures_util::StreamExt as _;
use http::{StatusCode, header};
use sqlx::AssertSqlSafe;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::hall::{ANNEX, CLUB, HALF_1, HALF_2, Hall, ROOM, SEVEN, SIX, WHOLE};

const DAY: &str = "/facilities/hallen?day=2026-11-24";

#[tokio::test]
async fn a_taken_half_is_seen_in_the_whole_and_leaves_the_other_half() {
    let hall = Hall::new().await;
    let anna = hall.private_person("Anna").await;
    hall.booked(&anna, HALF_1, SIX, 60).await;
    let day = hall.get(None, DAY).await;
    assert_eq!(day.status, StatusCode::OK);
    let free = |resource, start: &str| format!("/book?resource={resource}&amp;start={start}&amp;minutes=60");
    assert!(!day.says(&free(HALF_1, SIX)) && !day.says(&free(WHOLE, SIX)));
    assert!(day.says(&free(HALF_2, SIX)) && day.says(&free(WHOLE, SEVEN)));
    assert!(day.says("delvis upptagen (Halva 1)"), "{}", day.text);
    assert!(day.says("120\u{a0}kr"));
}

/// Every public page that shows the evening of the bench's Tuesday.
const PUBLIC: [&str; 9] = [
    DAY,
    "/facilities/hallen?view=week&resource=halva-1&day=2026-11-24",
    "/facilities/hallen?view=week&hall=stora&day=2026-11-24",
    "/facilities/hallen?view=week&day=2026-11-24",
    "/facilities/hallen?view=month&day=2026-11-24",
    "/schedule?facility=hallen&facility=annexet&day=2026-11-24",
    "/embed/schedule/hallen?view=week&resource=halva-1&day=2026-11-24",
    "/embed/schedule/hallen?day=2026-11-24",
    "/facilities/hallen/rules",
];

#[tokio::test]
async fn the_public_reads_the_names_of_clubs_and_never_of_a_person_nor_what_anybody_wrote() {
    let hall = Hall::new().await;
    let (anna, bo, olle) =
        (hall.person("Anna").await, hall.private_person("Bo").await, hall.officer("Olle").await);
    let clubs = hall.booked(&anna, HALF_1, SIX, 60).await;
    let private = hall.booked_privately(&bo, HALF_2, SIX).await;
    // What stands in the rows whatever the register says of it.
    sqlx::query(
        "UPDATE booking.booking SET purpose = 'Kanariekalas',
           customer_name = CASE WHEN customer_id = $1 THEN 'Kanarieklubbens gamla namn' ELSE 'Kanarie Fågelsson' END",
    )
    .bind(CLUB.uuid())
    .execute(&mut hall.superuser().await)
    .await
    .unwrap();
    let passer_by = hall.private_person("Förbipasserande").await;
    let mut named = 0;
    for path in PUBLIC {
        for somebody in [None, Some(&passer_by)] {
            let seen = hall.get(somebody, path).await;
            assert_eq!(seen.status, StatusCode::OK, "{path}");
            for canary in ["Kanarie", "kalas", "Fågelsson", "Sig själv", &clubs, &private] {
                assert!(!seen.says(canary), "{canary} at {path}");
            }
            named += usize::from(seen.says("Hallens IF"));
        }
    }
    // Where times are seen, not where days are counted: a day, a week and a hall's week, two side by side, two embedded.
    assert_eq!(named, 2 * 6);
    let seen = hall.get(Some(&olle), DAY).await;
    assert!(seen.says("Kanarie Fågelsson") && seen.says("Kanarieklubbens") && seen.says(&private));
    let own = hall.get(Some(&anna), DAY).await;
    assert!(own.says("Kanariekalas") && own.says("din bokning"));
}

#[tokio::test]
async fn a_request_is_nobodys_business_until_it_is_agreed() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { approval = \"always\" }\n",
    )
    .await;
    let anna = hall.person("Anna").await;
    hall.booked(&anna, HALF_1, SIX, 60).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'requested'").await, 1);
    for path in PUBLIC {
        assert!(!hall.get(None, path).await.says("Hallens IF"), "{path}");
    }
}

#[tokio::test]
async fn a_week_shows_one_resource_and_counts_what_is_free() {
    let hall = Hall::new().await;
    let week = hall.get(None, "/facilities/hallen?view=week&resource=halva-2&day=2026-11-24").await;
    assert_eq!(week.status, StatusCode::OK);
    assert!(week.says("48 lediga") && week.says(&format!("/book?resource={HALF_2}")));
    assert!(!week.says(&format!("/book?resource={HALF_1}")));
}

#[tokio::test]
async fn a_month_says_how_much_of_each_day_is_free_counting_nothing_twice() {
    let hall = Hall::new().await;
    let anna = hall.private_person("Anna").await;
    hall.booked(&anna, WHOLE, SIX, 120).await;
    let month = hall.get(None, "/facilities/hallen?view=month&day=2026-11-24").await;
    assert_eq!(month.status, StatusCode::OK);
    // Two halves and a room, all day; two hours of both halves are taken.
    assert!(month.says(">Tisdag 24 nov, 68 tim ledigt<"), "{}", month.text);
    assert!(month.says(">Onsdag 25 nov, 72 tim ledigt<") && month.says("november 2026"));
    assert!(month.says("har varit") && !month.says("2 dec"), "what is over, and nothing of the next month");
    assert!(month.says("/facilities/hallen?day=2026-12-01&amp;view=month") && month.says(">Vecka 48<"));
    let part = hall.get(None, "/facilities/hallen?view=month&resource=halva-1&day=2026-11-24").await;
    assert!(part.says(">Tisdag 24 nov, 22 tim ledigt<"));
    assert!(
        part.says("/facilities/hallen?day=2026-11-25&amp;hall=stora"),
        "a day shows the hall that it is in"
    );
}

#[tokio::test]
async fn what_is_closed_stands_with_its_reason_on_its_day_only() {
    let hall = Hall::new().await;
    let why = "Annexsalen går inte att spela på: snö på &lt;taket&gt;";
    let month = hall.get(None, "/facilities/annexet?view=month&day=2026-11-24").await;
    assert!(month.says(&format!("<li>Onsdag 25 nov: {why}</li>")), "{}", month.text);
    assert!(!month.says("Torsdag 26 nov: "));
    assert!(hall.get(None, "/facilities/annexet?day=2026-11-25").await.says(why));
    assert!(!hall.get(None, "/facilities/annexet?day=2026-11-24").await.says("snö"));
    assert!(!hall.get(None, "/facilities/hallen?day=2026-11-25").await.says("snö"));
}

#[tokio::test]
async fn a_week_shows_a_hall_with_its_parts_or_everything_a_cell_a_day() {
    let hall = Hall::new().await;
    let anna = hall.private_person("Anna").await;
    hall.booked(&anna, HALF_1, SIX, 60).await;
    let parts = hall.get(None, "/facilities/hallen?view=week&hall=stora&day=2026-11-24").await;
    assert!(parts.says("Tisdag 18–18.30, Stora salen, Halva 2, ledig, 120\u{a0}kr"), "{}", parts.text);
    assert!(parts.says("delvis upptagen (Halva 1)"));
    assert!(parts.says(&format!("resource={WHOLE}")) && !parts.says(&format!("resource={ROOM}")));
    let all = hall.get(None, "/facilities/hallen?view=week&day=2026-11-24").await;
    assert!(all.says(">Tisdag 24 nov, Stora salen, Halva 1, 23 tim ledigt<"), "{}", all.text);
    assert!(all.says(">Tisdag 24 nov, Rummet, 24 tim ledigt<"));
    // Where there is but one thing, its week is the week.
    let one = hall.get(None, "/facilities/annexet?view=week&day=2026-11-24").await;
    assert!(one.says(&format!("resource={ANNEX}")));
}

#[tokio::test]
async fn several_facilities_stand_side_by_side_and_name_no_person_to_the_public() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.private_person("Anna").await, hall.officer("Olle").await);
    hall.booked_privately(&anna, HALF_1, SIX).await;
    let path = "/schedule?facility=annexet&facility=hallen&facility=finns-inte&day=2026-11-24";
    let beside = hall.get(None, path).await;
    assert_eq!(beside.status, StatusCode::OK);
    for text in
        ["Annexet, Annexsalen, ledig", "Hallen, Stora salen, Halva 2, ledig", "delvis upptagen (Halva 1)"]
    {
        assert!(beside.says(text), "{text}: {}", beside.text);
    }
    assert!(!beside.says("Sig själv"));
    assert!(hall.get(Some(&olle), path).await.says("Sig själv"));
    let none = hall.get(None, "/schedule").await;
    assert!(none.says("Inga anläggningar är valda") && none.says("value=\"annexet\""));
    let never = hall.get(None, "/schedule?facility=hallen&day=9999-12-31").await;
    assert_eq!(never.status, StatusCode::NOT_FOUND);
}

/// Where an open schedule listens.
fn events_of(page: &str) -> String {
    let (_, rest) = page.split_once("sse-connect=\"").expect("a page that listens");
    rest.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn an_open_schedule_hears_of_what_it_shows_and_of_nothing_else() {
    let hall = Hall::new().await;
    let anna = hall.private_person("Anna").await;
    let opened = events_of(&hall.get(None, DAY).await.text);
    hall.booked(&anna, HALF_1, "2026-12-03T17:00:00Z", 60).await;
    assert_eq!(events_of(&hall.get(None, DAY).await.text), opened, "another week is as before");
    let stream = hall.open(None, &opened).await;
    assert_eq!(stream.status(), StatusCode::OK);
    let mut events = Body::into_data_stream(stream.into_body());
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let told = events.next().await.unwrap().unwrap();
    let told = String::from_utf8(told.to_vec()).unwrap();
    assert!(told.contains("event: schedule") && told.contains("data: Schemat ändrades"), "{told}");
    assert!(!told.contains("Innebandy") && !told.contains("Hallens IF"));
    hall.post(Some(&anna), &format!("{page}/cancel"), &[]).await;
    assert!(events.next().await.unwrap().is_ok(), "what is given back is told too");
    // What happened between the page and its stream is told when it begins.
    hall.booked(&anna, HALF_2, SIX, 60).await;
    let late = hall.open(None, &opened).await;
    assert!(Body::into_data_stream(late.into_body()).next().await.unwrap().is_ok());
    for path in ["/facilities/hallen/live", "/schedule/live", "/embed/schedule/hallen/live"] {
        let wrong = hall.get(None, &format!("{path}?seen=x")).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn months_overviews_facilities_side_by_side_and_frames_hear_of_it_too() {
    let hall = Hall::new().await;
    let anna = hall.private_person("Anna").await;
    for path in [
        "/facilities/hallen?view=month&day=2026-11-24",
        "/facilities/hallen?view=month&resource=halva-1&day=2026-11-24",
        "/facilities/hallen?view=week&day=2026-11-24",
        "/schedule?facility=annexet&facility=hallen&day=2026-11-24",
        "/embed/schedule/hallen?day=2026-11-24&accent=b3005e&lang=en",
        "/embed/schedule/hallen?view=month&day=2026-11-24&lang=en",
    ] {
        let page = hall.get(None, path).await.text;
        let events = match page.split_once("data-live=\"") {
            Some((_, rest)) => rest.split('"').next().unwrap().replace("&amp;", "&"),
            None => events_of(&page),
        };
        let stream = hall.open(None, &events).await;
        assert_eq!(stream.status(), StatusCode::OK, "{events}");
        let mut events = Body::into_data_stream(stream.into_body());
        let booking = hall.booked(&anna, HALF_1, SIX, 60).await;
        let told = String::from_utf8(events.next().await.unwrap().unwrap().to_vec()).unwrap();
        let words = if path.contains("lang=en") { "The schedule changed" } else { "Schemat ändrades" };
        assert!(told.contains("event: schedule") && told.contains(words), "{path}: {told}");
        hall.post(Some(&anna), &format!("{booking}/cancel"), &[]).await;
        assert!(events.next().await.unwrap().is_ok(), "what is given back is told too");
    }
    let nowhere = hall.get(None, "/schedule/live?seen=0").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND, "nothing is shown where nothing is chosen");
}

#[tokio::test]
async fn a_time_over_midnight_stands_on_both_its_days() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let free = |start: &str| format!("/book?resource={ROOM}&amp;start={start}&amp;minutes=60");
    let (before, after) = ("2026-11-24T22:00:00Z", "2026-11-24T23:30:00Z");
    let of = async |day: &str| hall.get(None, &format!("/facilities/hallen?day={day}")).await;
    assert!(of("2026-11-24").await.says(&free(before)) && of("2026-11-25").await.says(&free(after)));
    // From 22 to 02 by the hall's clock.
    let booking = hall.booked(&anna, ROOM, "2026-11-24T21:00:00Z", 240).await;
    for (day, start) in [("2026-11-24", before), ("2026-11-25", after)] {
        let own = hall.get(Some(&anna), &format!("/facilities/hallen?day={day}")).await;
        assert!(own.says(&format!("href=\"{booking}\"")), "{day}: {}", own.text);
        assert!(!of(day).await.says(&free(start)), "{day}");
    }
}

#[tokio::test]
async fn a_weekend_is_among_each_of_its_days_bookings_with_what_of_it_is_then() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    hall.rules(
        "[[rules]]\nfor = \"resource:hallen/rummet\"\nfirst = \"2026-01-01\"\n[rules.parameters]\n\
         packages = [{ name = \"Helg\", weekday = 5, starts = \"16:00\", days = 2, ends = \"18:00\" }]",
    )
    .await;
    hall.booked(&anna, ROOM, "2026-11-27T15:00:00Z", 50 * 60).await;
    for (day, says) in [(27, "från 16.00"), (28, "hela dagen"), (29, "till 18.00")] {
        let desk = hall.get(Some(&olle), &format!("/desk?day=2026-11-{day}")).await;
        assert!(desk.says(says), "{says}: {}", desk.text);
    }
    // An evening that goes on after midnight is said with both its clocks where it begins.
    hall.booked(&anna, HALF_1, "2026-11-24T21:00:00Z", 240).await;
    for (day, says) in [(24, "22.00–02.00"), (25, "till 02.00")] {
        let desk = hall.get(Some(&olle), &format!("/desk?day=2026-11-{day}")).await;
        assert!(desk.says(says), "{says}: {}", desk.text);
    }
}

#[tokio::test]
async fn more_open_schedules_than_are_told_at_once_are_asked_to_come_back() {
    let hall = Hall::new().await;
    let events = events_of(&hall.get(None, DAY).await.text);
    let mut open = Vec::new();
    let busy = loop {
        let answer = hall.open(None, &events).await;
        if answer.status() != StatusCode::OK {
            break answer;
        }
        open.push(answer);
        assert!(open.len() <= 512, "there is no end to it");
    };
    assert_eq!((busy.status(), open.len()), (StatusCode::SERVICE_UNAVAILABLE, 512));
    assert_eq!(busy.headers()[header::RETRY_AFTER], "60");
    open.pop();
    assert_eq!(hall.open(None, &events).await.status(), StatusCode::OK, "who leaves makes room");
}

#[tokio::test]
async fn the_page_for_frames_knows_nobody_and_may_be_shown_by_the_tenants_sites_only() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    let booking = hall.booked(&anna, HALF_1, SIX, 60).await;
    let path = "/embed/schedule/hallen?day=2026-11-24&accent=%23b3005e&theme=dark&lang=en";
    for somebody in [None, Some(&anna), Some(&olle)] {
        let answer = hall.open(somebody, path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.ends_with("frame-ancestors https://www.alfa.example"), "{policy}");
        let page = hall.get(somebody, path).await;
        assert!(page.says("Hallens IF"), "a club is named to everybody");
        for foreign in ["Innebandy", "your booking", &booking, "/sign-in", "/sign-out", "htmx"] {
            assert!(!page.says(foreign), "{foreign}");
        }
        assert!(
            page.says("lang=\"en\"") && page.says("data-theme=\"dark\"") && page.says("tenant-b3005e.css")
        );
        assert!(page.says("day=2026-11-25&amp;accent=b3005e&amp;theme=dark&amp;lang=en"), "{}", page.text);
        assert!(page.says(&format!("/book?resource={HALF_2}")) && page.says("target=\"_top\""));
    }
    let week = hall.get(None, "/embed/schedule/hallen?view=week&hall=stora&day=2026-11-24").await;
    assert!(week.says("/embed/schedule/hallen?day=2026-12-01&amp;view=week&amp;hall=stora"));
    assert_eq!(hall.get(None, "/embed/schedule/annan").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_site_may_choose_is_read_strictly_and_nothing_of_it_comes_back_as_it_was() {
    let hall = Hall::new().await;
    for hostile in ["%22%3E%3Cscript%3Ex1", "b3005e;x1", "javascript:x1", "x1%00", "%0d%0ax1:%20y", "../x1"] {
        for name in ["accent", "theme", "lang", "view", "hall", "resource", "day"] {
            let page = hall.get(None, &format!("/embed/schedule/hallen?{name}={hostile}")).await;
            assert_eq!(page.status, StatusCode::OK, "{name}={hostile}");
            assert!(!page.says("x1"), "{name}={hostile}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn only_pages_without_a_code_may_be_compressed_for_those_who_are_signed_in() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    for (path, personal) in [(page.as_str(), true), ("/bookings", true), (DAY, false), ("/schedule", false)] {
        let answer = hall.open(Some(&anna), path).await;
        assert_eq!(answer.extensions().get::<Personal>().is_some(), personal, "{path}");
    }
    assert!(hall.open(None, DAY).await.extensions().get::<Personal>().is_none());
}

#[tokio::test]
async fn what_cannot_be_read_in_the_address_shows_today_and_what_is_not_there_is_not_found() {
    let hall = Hall::new().await;
    let today = hall.get(None, "/facilities/hallen?day=snart&view=moon&hall=nowhere").await;
    assert_eq!(today.status, StatusCode::OK);
    assert!(today.says("Måndag 23 nov"), "{}", today.text);
    assert_eq!(hall.get(None, "/facilities/annan").await.status, StatusCode::NOT_FOUND);
    assert_eq!(hall.get(None, "/facilities/hallen?day=9999-12-31").await.status, StatusCode::NOT_FOUND);
}

thread_local! {
    /// What sqlx has said in this thread since somebody began to listen: its statements, and the notices that the
    /// database sends with them.
    static HEARD: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Hears sqlx in every thread, and remembers it for those that listen. One for the whole process: whether anybody
/// listens is remembered by tracing for all threads at once, so that listeners of their own would lose each other's.
struct Ears;

impl Subscriber for Ears {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sqlx")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        HEARD.with_borrow_mut(|heard| {
            let Some(heard) = heard else { return };
            let mut text = format!("{}:", event.metadata().target());
            event.record(&mut Words(&mut text));
            heard.push(text);
        });
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Begins to listen in this thread, anew.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Ears).unwrap());
    HEARD.set(Some(Vec::new()));
}

/// What was heard since [`listen`].
pub fn heard() -> Vec<String> {
    HEARD.take().expect("nobody listens")
}

struct Words<'a>(&'a mut String);

impl Visit for Words<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

#[tokio::test]
async fn a_schedule_takes_three_statements_of_its_own_and_reads_by_the_index() {
    let mut hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    hall.booked(&anna, HALF_1, SIX, 60).await;
    let mut superuser = hall.superuser().await;
    sqlx::raw_sql(AssertSqlSafe(hall.a_year_that_explains_itself())).execute(&mut superuser).await.unwrap();
    // Connections made before the setting do not explain.
    hall.reconnect();

    for path in [
        DAY,
        "/facilities/hallen?view=week&resource=stora&day=2026-11-24",
        "/facilities/hallen?view=week&hall=stora&day=2026-11-24",
        "/facilities/hallen?view=month&day=2026-11-24",
        "/schedule?facility=hallen&facility=annexet&day=2026-11-24",
        "/embed/schedule/hallen?view=week&resource=stora&day=2026-11-24",
    ] {
        assert_eq!(hall.get(None, path).await.status, StatusCode::OK);
        listen();
        assert_eq!(hall.get(None, path).await.status, StatusCode::OK);
        let heard = heard();
        let statements = heard
            .iter()
            .filter(|text| text.starts_with("sqlx::query:") && !text.contains("summary=\"COMMIT\""))
            .count();
        // The tenant, the rules and what is taken; the register and the prices take one each, behind their ports.
        assert_eq!(statements, 3, "{heard:#?}");
        let plan = heard.iter().find(|text| text.contains("Query Text: SELECT taken.part_id"));
        let plan = plan.unwrap_or_else(|| panic!("no plan: {heard:#?}"));
        assert!(plan.contains("occupancy_schedule") && !plan.contains("Seq Scan on occupancy"), "{plan}");
    }
}
