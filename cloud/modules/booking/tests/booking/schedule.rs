use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use sqlx::AssertSqlSafe;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::hall::{HALF_1, HALF_2, Hall, SEVEN, SIX, WHOLE};

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

#[tokio::test]
async fn the_public_reads_no_name_and_an_officer_does() {
    let hall = Hall::new().await;
    let (anna, bo, olle) =
        (hall.person("Anna").await, hall.private_person("Bo").await, hall.officer("Olle").await);
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    for somebody in [None, Some(&bo)] {
        for path in [DAY, "/facilities/hallen?view=week&resource=halva-1&day=2026-11-24"] {
            let seen = hall.get(somebody, path).await;
            assert!(!seen.says("Hallens IF") && !seen.says("Innebandy") && !seen.says(&page), "{path}");
        }
    }
    let seen = hall.get(Some(&olle), DAY).await;
    assert!(seen.says("Hallens IF") && seen.says(&page));
    let own = hall.get(Some(&anna), DAY).await;
    assert!(own.says("Innebandy P12") && own.says("din bokning"));
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
async fn what_cannot_be_read_in_the_address_shows_today_and_what_is_not_there_is_not_found() {
    let hall = Hall::new().await;
    let today = hall.get(None, "/facilities/hallen?day=snart&view=moon&hall=nowhere").await;
    assert_eq!(today.status, StatusCode::OK);
    assert!(today.says("Måndag 23 nov"), "{}", today.text);
    assert_eq!(hall.get(None, "/facilities/annan").await.status, StatusCode::NOT_FOUND);
    assert_eq!(hall.get(None, "/facilities/hallen?day=9999-12-31").await.status, StatusCode::NOT_FOUND);
}

/// Collects what sqlx says: its statements, and the notices that the database sends with them.
#[derive(Clone, Default)]
pub struct Listener(pub Arc<Mutex<Vec<String>>>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sqlx")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut text = format!("{}:", event.metadata().target());
        event.record(&mut Words(&mut text));
        self.0.lock().unwrap().push(text);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Words<'a>(&'a mut String);

impl Visit for Words<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

#[tokio::test]
async fn a_schedule_takes_two_statements_of_its_own_and_reads_by_the_index() {
    let mut hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    hall.booked(&anna, HALF_1, SIX, 60).await;
    let mut superuser = hall.superuser().await;
    sqlx::raw_sql(AssertSqlSafe(hall.a_year_that_explains_itself())).execute(&mut superuser).await.unwrap();
    // Connections made before the setting do not explain.
    hall.reconnect();

    let heard = Listener::default();
    let _guard = tracing::subscriber::set_default(heard.clone());
    for path in [DAY, "/facilities/hallen?view=week&resource=stora&day=2026-11-24"] {
        assert_eq!(hall.get(None, path).await.status, StatusCode::OK);
        heard.0.lock().unwrap().clear();
        assert_eq!(hall.get(None, path).await.status, StatusCode::OK);
        let heard = heard.0.lock().unwrap();
        let statements = heard
            .iter()
            .filter(|text| text.starts_with("sqlx::query:") && !text.contains("summary=\"COMMIT\""))
            .count();
        // The tenant and what is taken; the register and the prices take one each, behind their ports.
        assert_eq!(statements, 2, "{heard:#?}");
        let plan = heard.iter().find(|text| text.contains("Query Text: SELECT taken.part_id"));
        let plan = plan.unwrap_or_else(|| panic!("no plan: {heard:#?}"));
        assert!(plan.contains("occupancy_schedule") && !plan.contains("Seq Scan on occupancy"), "{plan}");
    }
}
