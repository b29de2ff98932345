//! Wishes over a real Postgres: a hall of two halves, whose free times each test says.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_contracts::{
    Availability, Facilities, Facility, FreeDay, FreeTime, FreeWanted, FreedTime, Happening, Open, PortError,
    Resource, ResourceOpened, TimesFreed, Watches as _, WatchesFound,
};
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{
    Actor, Delivery, Event as _, HandlerError, Kernel, Module, SignInPerson, TenantTx, Worker,
};
use http::{Method, Request, StatusCode, header};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{AuthorityId, ClosureId, FacilityId, PartId, ResourceId};
use sqlx::{Connection as _, PgConnection};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{Ports, WatchAnswers, Watching};

const HALL: FacilityId = FacilityId::new(Uuid::from_u128(1));
const WHOLE: ResourceId = ResourceId::new(Uuid::from_u128(2));
const HALF: ResourceId = ResourceId::new(Uuid::from_u128(3));
const OTHER_HALF: ResourceId = ResourceId::new(Uuid::from_u128(4));
/// Thursday evening at six in Stockholm; a bench begins on the Monday before.
const SIX: &str = "2026-11-26T17:00:00Z";
const SEVEN: &str = "2026-11-26T18:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The register, and what can be booked.
#[derive(Default)]
struct Town(Mutex<Vec<FreeTime>>);

impl Town {
    fn facility() -> Facility {
        let parts = [PartId::new(Uuid::from_u128(11)), PartId::new(Uuid::from_u128(12))];
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        let named = |id, slug: &str, name: &str, parts: &[PartId]| Resource {
            activities: vec!["badminton".to_owned()],
            ..Resource::named(id, slug, name, parts)
        };
        Facility {
            resources: vec![
                named(WHOLE, "hela", "Hela hallen", &parts),
                named(HALF, "a", "Halva A", &parts[..1]),
                named(OTHER_HALF, "b", "Halva B", &parts[1..]),
            ],
            ..Facility::named(HALL, AuthorityId::new(Uuid::from_u128(9)), "hallen", "Hallen", zone)
        }
    }

    /// An hour of it can be booked.
    fn free(&self, resource: ResourceId, start: &str) {
        let starts_at = at(start);
        let ends_at = starts_at + SignedDuration::from_hours(1);
        self.0.lock().unwrap().push(FreeTime { starts_at, ends_at, resource });
    }
}

#[async_trait]
impl Facilities for Town {
    async fn all(&self, _: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        Ok(vec![Self::facility()])
    }
    async fn by_slug(&self, _: &mut TenantTx, _: &str) -> Result<Option<Facility>, PortError> {
        Ok(None)
    }
    async fn of_resource(&self, _: &mut TenantTx, id: ResourceId) -> Result<Option<Facility>, PortError> {
        Ok(Some(Self::facility()).filter(|facility| facility.resource(id).is_some()))
    }
    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        facility.round_the_clock(first, last)
    }
}

#[async_trait]
impl Availability for Town {
    async fn free(
        &self,
        _: &mut TenantTx,
        _: &[Facility],
        resources: &BTreeSet<ResourceId>,
        wanted: &FreeWanted,
    ) -> Result<Vec<FreeTime>, PortError> {
        let begins = |time: &FreeTime| {
            wanted
                .windows
                .iter()
                .any(|open| open.starts_at <= time.starts_at && time.starts_at < open.ends_at)
        };
        let all = self.0.lock().unwrap();
        Ok(all.iter().filter(|time| resources.contains(&time.resource) && begins(time)).copied().collect())
    }
    async fn days(
        &self,
        _: &mut TenantTx,
        _: &Facility,
        _: ResourceId,
        dates: &[Date],
    ) -> Result<Vec<FreeDay>, PortError> {
        Ok(vec![FreeDay::Full; dates.len()])
    }
    async fn happening(
        &self,
        _: &mut TenantTx,
        _: &[FacilityId],
        _: Open,
    ) -> Result<Vec<Happening>, PortError> {
        Ok(Vec::new())
    }
}

/// Hears what was found, as whoever writes letters does.
struct Letters;

#[async_trait]
impl Module for Letters {
    fn name(&self) -> &'static str {
        "notifications"
    }
    fn routes(&self) -> Router<Kernel> {
        Router::new()
    }
    fn subscriptions(&self) -> &'static [&'static str] {
        &[WatchesFound::KIND]
    }
    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if let Some(event) = delivery.read::<WatchesFound>() {
            tx.audit(Actor::Service("letters"), "letters.found", Some(event?.notice), &()).await?;
        }
        Ok(())
    }
}

struct World {
    bench: Bench,
    town: Arc<Town>,
    ports: Ports,
    router: Router,
}

struct Answer {
    status: StatusCode,
    to: String,
    text: String,
}

impl World {
    async fn new() -> Self {
        let bench = Bench::new().await;
        bench.switch_on("watching").await;
        let town = Arc::new(Town::default());
        let ports = Ports { facilities: town.clone(), availability: town.clone() };
        let module = Arc::new(Watching::new(ports.clone()));
        let kernel = bench.kernel.clone();
        let router =
            module.routes().layer(from_fn_with_state(kernel.clone(), know_visitor)).with_state(kernel);
        bench.install(vec![module, Arc::new(Letters)]);
        Self { bench, town, ports, router }
    }

    /// Somebody's session.
    async fn person(&self, name: &str) -> String {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let person = SignInPerson {
            issuer: "https://login.example".into(),
            subject: name.into(),
            name: name.into(),
            email: None,
            language: "sv",
        };
        let (_, token) = tx.begin_session(&person).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    async fn ask(&self, token: &str, method: Method, path: &str, form: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "alfa.localhost")
            .header(header::COOKIE, format!("hallport_session={token}; hallport_language=sv"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let to = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        Answer { status, to: to.unwrap_or_default(), text: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&self, token: &str, path: &str) -> String {
        let answer = self.ask(token, Method::GET, path, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    /// Follows any hour of a resource on Thursday evenings.
    async fn follow_evenings(&self, token: &str, resource: ResourceId) {
        let resource = resource.to_string();
        let form = [
            ("resource", resource.as_str()),
            ("day", "4"),
            ("from", "17:00"),
            ("until", "22:00"),
            ("length", "60"),
            ("ends", "2027-02-01"),
        ];
        let answer = self.ask(token, Method::POST, "/watches", &form).await;
        assert_eq!(
            (answer.status, answer.to.as_str()),
            (StatusCode::SEE_OTHER, "/watches?done=new"),
            "{}",
            answer.text
        );
    }

    /// An hour becomes free, and what follows from that is done.
    async fn freed(&self, resource: ResourceId, start: &str) {
        let (starts_at, ends_at) = (at(start), at(start) + SignedDuration::from_hours(1));
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.emit(&TimesFreed { facility: HALL, times: vec![FreedTime { resource, starts_at, ends_at }] })
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.work().await;
    }

    async fn work(&self) {
        let worker = Worker::new(self.bench.kernel.clone());
        while worker.work_once().await.unwrap() > 0 {}
    }

    async fn superuser(&self) -> PgConnection {
        PgConnection::connect_with(&self.bench.superuser).await.unwrap()
    }

    /// How many have been told so far, each time counted.
    async fn told(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM watching.hit")
            .fetch_one(&mut self.superuser().await)
            .await
            .unwrap()
    }

    /// The ids of somebody's wishes on their page.
    async fn ids(&self, token: &str) -> Vec<String> {
        let page = self.get(token, "/watches").await;
        page.split("action=\"/watches/").skip(1).step_by(2).map(|rest| rest[..36].to_owned()).collect()
    }
}

#[tokio::test]
async fn whoever_follows_a_resource_hears_when_a_wanted_time_can_be_booked_once() {
    let world = World::new().await;
    let anna = world.person("Anna").await;
    world.follow_evenings(&anna, HALF).await;
    // Freed, but somebody has it already: nothing can be booked.
    world.freed(HALF, SIX).await;
    assert_eq!(world.told().await, 0);
    world.town.free(HALF, SIX);
    // What is freed beside it has no part of it.
    world.freed(OTHER_HALF, SIX).await;
    assert_eq!(world.told().await, 0);
    // The whole hall does.
    world.freed(WHOLE, SIX).await;
    world.freed(HALF, SIX).await;
    assert_eq!(world.told().await, 1, "the same time is told once");
    // A day later it may be told again: somebody had it meanwhile.
    world.bench.clock.advance(SignedDuration::from_hours(24));
    world.freed(HALF, SIX).await;
    assert_eq!(world.told().await, 2);
    let letters: i64 = sqlx::query_scalar("SELECT count(*) FROM kernel.audit WHERE action = 'letters.found'")
        .fetch_one(&mut world.superuser().await)
        .await
        .unwrap();
    assert_eq!(letters, 2);
}

#[tokio::test]
async fn other_days_and_hours_pauses_ends_and_other_towns_are_told_nothing() {
    let world = World::new().await;
    let anna = world.person("Anna").await;
    world.follow_evenings(&anna, HALF).await;
    for start in ["2026-11-27T17:00:00Z", "2026-11-26T11:00:00Z", "2026-11-26T20:30:00Z"] {
        world.town.free(HALF, start);
        world.freed(HALF, start).await;
        assert_eq!(world.told().await, 0, "{start}");
    }
    world.town.free(HALF, SIX);
    let [id] = world.ids(&anna).await.try_into().unwrap();
    // Nobody else turns it.
    let bo = world.person("Bo").await;
    assert_eq!(
        world.ask(&bo, Method::POST, &format!("/watches/{id}/stopped"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world.ask(&anna, Method::POST, &format!("/watches/{id}/paused"), &[]).await.to,
        "/watches?done=paused"
    );
    assert!(world.get(&anna, "/watches").await.contains("Pausad"));
    world.freed(HALF, SIX).await;
    assert_eq!(world.told().await, 0);
    world.ask(&anna, Method::POST, &format!("/watches/{id}/followed"), &[]).await;
    let stopped = world.ask(&anna, Method::POST, &format!("/watches/{id}/stopped"), &[]).await;
    let page = world.get(&anna, &stopped.to).await;
    assert!(page.contains("Du bevakar ingenting") && page.contains("Ångra"), "{page}");
    world.freed(HALF, SIX).await;
    assert_eq!(world.told().await, 0);
    world.ask(&anna, Method::POST, &format!("/watches/{id}/followed"), &[]).await;
    world.freed(HALF, SIX).await;
    assert_eq!(world.told().await, 1, "an undone end");
}

#[tokio::test]
async fn a_taken_time_is_followed_from_the_schedule_until_it_begins() {
    let world = World::new().await;
    let anna = world.person("Anna").await;
    let path = format!("/watches/new?resource={HALF}&start={SIX}&minutes=120");
    let page = world.get(&anna, &path).await;
    assert!(page.contains("Hallen, Halva A") && page.contains("torsdag 26 nov 18.00–20.00"), "{page}");
    let resource = HALF.to_string();
    let form = [("resource", resource.as_str()), ("start", SIX), ("minutes", "120")];
    for _ in 0..2 {
        assert_eq!(world.ask(&anna, Method::POST, "/watches", &form).await.to, "/watches?done=new");
    }
    assert_eq!(world.ids(&anna).await.len(), 1, "the same twice is one");
    world.town.free(HALF, SIX);
    world.freed(HALF, SIX).await;
    assert_eq!(world.told().await, 0, "half of it is not it");
    world.town.free(HALF, SEVEN);
    world.freed(HALF, SEVEN).await;
    assert_eq!(world.told().await, 1);
    world.bench.clock.advance(SignedDuration::from_hours(81));
    let anna = world.person("Anna").await;
    assert!(world.ids(&anna).await.is_empty(), "what has begun is over");
    let past = world.ask(&anna, Method::POST, "/watches", &form).await;
    assert_eq!(past.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_search_is_followed_by_its_activity_and_one_letter_tells_of_the_earliest_place() {
    let world = World::new().await;
    let anna = world.person("Anna").await;
    assert!(world.get(&anna, "/watches/new?activity=badminton").await.contains("Badminton"));
    let none = world.ask(&anna, Method::GET, "/watches/new?activity=curling", &[]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let mut form = vec![
        ("activity", "badminton"),
        ("from", "07:00"),
        ("until", "00:00"),
        ("length", "60"),
        ("ends", "2027-01-31"),
    ];
    form.extend(["1", "2", "3", "4", "5"].map(|day| ("day", day)));
    assert_eq!(world.ask(&anna, Method::POST, "/watches", &form).await.to, "/watches?done=new");
    for resource in [WHOLE, HALF, OTHER_HALF] {
        world.town.free(resource, SIX);
    }
    world.freed(WHOLE, SIX).await;
    assert_eq!(world.told().await, 1);
    assert!(world.get(&anna, "/watches").await.contains("Badminton, var som helst"));
}

#[tokio::test]
async fn what_is_opened_again_is_free_for_whoever_follows_it() {
    let world = World::new().await;
    let anna = world.person("Anna").await;
    world.follow_evenings(&anna, HALF).await;
    world.town.free(HALF, SIX);
    let mut tx = world.bench.kernel.begin(world.bench.alfa).await.unwrap();
    let closure = ClosureId::new(Uuid::from_u128(5));
    tx.emit(&ResourceOpened { closure, facility: HALL, resource: None }).await.unwrap();
    tx.commit().await.unwrap();
    world.work().await;
    assert_eq!(world.told().await, 1);
}

#[tokio::test]
async fn a_thousand_followers_are_found_together_and_what_is_taken_meanwhile_is_told_to_nobody() {
    let world = World::new().await;
    let mut superuser = world.superuser().await;
    let alfa = world.bench.alfa.uuid();
    sqlx::query(
        "INSERT INTO kernel.person (tenant_id, id, issuer, subject, name, language, created_at, seen_at)
         SELECT $1, gen_random_uuid(), 'test', 'p' || n, 'P', 'sv', now(), now() FROM generate_series(1, 1000) AS n",
    )
    .bind(alfa)
    .execute(&mut superuser)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO watching.watch (tenant_id, id, person_id, resource_id, weekdays, from_minute, until_minute, minutes,
                state, until, created_at)
         SELECT tenant_id, gen_random_uuid(), id, $2, 127, 0, 0, 60, 'followed', '2027-01-01', now()
           FROM kernel.person WHERE tenant_id = $1 AND issuer = 'test'",
    )
    .bind(alfa)
    .bind(HALF.uuid())
    .execute(&mut superuser)
    .await
    .unwrap();
    world.town.free(HALF, SIX);
    world.freed(HALF, SIX).await;
    assert_eq!(world.told().await, 1000);
    let notices: i64 = sqlx::query_scalar("SELECT count(DISTINCT notice_id) FROM watching.hit")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    assert_eq!(notices, 1);

    let answers = WatchAnswers::new(world.ports.clone());
    let notice: Uuid = sqlx::query_scalar("SELECT notice_id FROM watching.hit LIMIT 1")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    let mut tx = world.bench.kernel.begin(world.bench.alfa).await.unwrap();
    let told = answers.to_tell(&mut tx, notice).await.unwrap();
    assert_eq!(told.len(), 1000);
    assert!(answers.found(&mut tx, told[0].hit).await.unwrap().unwrap().still);
    world.town.0.lock().unwrap().clear();
    assert!(!answers.found(&mut tx, told[1].hit).await.unwrap().unwrap().still);
}

#[tokio::test]
async fn a_link_in_a_letter_ends_a_wish_without_signing_in_and_only_that_one() {
    let world = World::new().await;
    let anna = world.person("Anna").await;
    world.follow_evenings(&anna, HALF).await;
    world.town.free(HALF, SIX);
    world.freed(HALF, SIX).await;
    let hit: Uuid = sqlx::query_scalar("SELECT id FROM watching.hit")
        .fetch_one(&mut world.superuser().await)
        .await
        .unwrap();
    let answers = WatchAnswers::new(world.ports.clone());
    let mut tx = world.bench.kernel.begin(world.bench.alfa).await.unwrap();
    let path = answers.found(&mut tx, hit).await.unwrap().unwrap().stop_path;
    drop(tx);
    let forged = format!("{}beef", &path[..path.len() - 4]);
    assert_eq!(world.ask("", Method::POST, &forged, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.ask("", Method::GET, &path, &[]).await.status, StatusCode::OK);
    assert_eq!(world.ids(&anna).await.len(), 1, "looking ends nothing");
    assert_eq!(world.ask("", Method::POST, &path, &[]).await.status, StatusCode::OK);
    assert!(world.ids(&anna).await.is_empty());
}

#[tokio::test]
async fn wishes_are_bounded_and_odd_forms_are_answered_beside_the_field() {
    let world = World::new().await;
    let anna = world.person("Anna").await;
    let resource = HALF.to_string();
    let whole = [
        ("resource", resource.as_str()),
        ("day", "4"),
        ("from", "17:00"),
        ("until", "22:00"),
        ("length", "60"),
        ("ends", "2027-02-01"),
    ];
    for (wrong, value, said) in [
        ("day", "9", "Välj minst en dag"),
        ("from", "kväll", "Skriv ett klockslag"),
        ("until", "16:00", "måste komma efter"),
        ("length", "7", "Välj hur länge"),
        ("ends", "2026-11-22", "Välj en dag från i dag"),
        ("ends", "2030-01-01", "Välj en dag från i dag"),
        ("ends", "<script>", "Välj en dag från i dag"),
    ] {
        let form: Vec<(&str, &str)> =
            whole.iter().map(|(name, kept)| (*name, if *name == wrong { value } else { *kept })).collect();
        let answer = world.ask(&anna, Method::POST, "/watches", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong} {value}");
        assert!(answer.text.contains(said) && !answer.text.contains("<script>"), "{said}: {}", answer.text);
    }
    assert_eq!(
        world.ask(&anna, Method::POST, "/watches", &[("resource", "x")]).await.status,
        StatusCode::NOT_FOUND
    );
    for day in 1..=20 {
        let ends = format!("2027-01-{day:02}");
        let from = format!("{:02}:{:02}", 6 + day % 10, (day % 2) * 30);
        let form = [
            ("resource", resource.as_str()),
            ("day", "4"),
            ("from", &from),
            ("until", "22:00"),
            ("length", if day > 10 { "30" } else { "60" }),
            ("ends", &ends),
        ];
        assert_eq!(world.ask(&anna, Method::POST, "/watches", &form).await.to, "/watches?done=new", "{day}");
    }
    let one_more = world.ask(&anna, Method::POST, "/watches", &whole).await;
    assert_eq!(one_more.status, StatusCode::CONFLICT);
    assert!(one_more.text.contains("Du bevakar redan 20 saker"), "{}", one_more.text);
    assert_eq!(world.ask("", Method::GET, "/watches", &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_has_been_over_for_a_month_is_erased() {
    let world = World::new().await;
    let anna = world.person("Anna").await;
    world.follow_evenings(&anna, HALF).await;
    world.town.free(HALF, SIX);
    world.freed(HALF, SIX).await;
    world.bench.clock.advance(SignedDuration::from_hours(24 * 34));
    world.work().await;
    assert_eq!(world.told().await, 0);
    world.bench.clock.advance(SignedDuration::from_hours(24 * 70));
    world.work().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM watching.watch")
        .fetch_one(&mut world.superuser().await)
        .await
        .unwrap();
    assert_eq!(left, 0);
}
