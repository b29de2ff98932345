//! How many bookings the store takes: clients on halls of their own, and clients on the same hours of one.
//!
//! `booking_tx_per_s_8_clients`, `booking_contended_per_s_16_clients`, `booking_http_per_s`, `series_30_ms_p99` and
//! `mass_move_25_ms_p99`, see `docs/benchmarks.md`. Needs the Postgres that `HALLPORT_TEST_DATABASE` names, and
//! pgbench in the search path.

#[path = "../../../../e2e/bench/figure.rs"]
mod figure;
#[path = "parts/mass.rs"]
mod mass;
#[path = "parts/series.rs"]
mod series;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use cloud_booking::{Booking, PartRegister, Ports, import};
use cloud_contracts::{
    Access, AccessState, BookingAccess, BookingConfirmed, BookingToOpen, Closing, Closures, Customer,
    CustomerKind, Customers, Facilities, Facility, Faults, GuestAccess, HandedOver, Offline, OfflineAccess,
    Open, OpenFault, Passage, PortError, Priced, Prices, PublicNames, QrTime, QrTokens, Quote, QuoteLine,
    Rate, Resource, SpaceRegister as _,
};
use cloud_kernel::testing::{Bench, START};
use cloud_kernel::web::know_visitor;
use cloud_kernel::{Event as _, Kernel, Module, Registry, SignInPerson, TenantTx};
use figure::{Figure, quick};
use http::{Request, StatusCode, header};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{
    AuthorityId, BookingId, ClosureId, CustomerId, FacilityId, PartId, PersonId, ResourceId, Uuid,
};
use serde_json::json;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

const CLUB: CustomerId = CustomerId::new(Uuid::from_u128(100));
const FACILITY: FacilityId = FacilityId::new(Uuid::from_u128(50));
/// As far ahead as rules go, so that no run comes to the end.
const RULES: &str = "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\n\
                     parameters = { shortest_minutes = 60, longest_minutes = 240, horizon_days = 1098 }";
/// Hours of one slice that one client asks for at most: far more than it gets through, and all slices end within the rules.
const SLICE_HOURS: u32 = 4_000;
/// Parts of a hall: its two halves.
const PARTS: usize = 2;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/booking.pgbench.sql");

/// How the clients spread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Spread {
    /// Each books the hours of a hall of its own.
    OwnHalls,
    /// All ask for the same hours of the same hall, in the same order.
    SameHours,
}

impl Spread {
    const fn hall(self, client: usize) -> usize {
        match self {
            Self::OwnHalls => client,
            Self::SameHours => 0,
        }
    }
}

/// The id of a hall; its first part's id is the same number.
fn hall_number(hall: usize) -> u128 {
    u128::try_from(1_000 + PARTS * hall).expect("a small number")
}

fn resource(hall: usize) -> ResourceId {
    ResourceId::new(Uuid::from_u128(hall_number(hall)))
}

fn parts(hall: usize) -> Vec<PartId> {
    vec![PartId::new(Uuid::from_u128(hall_number(hall))), PartId::new(Uuid::from_u128(hall_number(hall) + 1))]
}

/// A facility with as many halls as there are clients, in memory: the register is another module's.
struct Halls {
    authority: AuthorityId,
    halls: usize,
}

impl Halls {
    fn facility(&self) -> Facility {
        let hall = |hall: usize| {
            let (slug, name) = (format!("hall-{hall}"), format!("Hall {hall}"));
            Resource::named(resource(hall), &slug, &name, &parts(hall))
        };
        let zone = TimeZone::get("Europe/Stockholm").expect("a zone");
        Facility {
            resources: (0..self.halls).map(hall).collect(),
            ..Facility::named(FACILITY, self.authority, "hallarna", "Hallarna", zone)
        }
    }
}

#[async_trait]
impl Facilities for Halls {
    async fn all(&self, _: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        Ok(vec![self.facility()])
    }
    async fn by_slug(&self, _: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        Ok(Some(self.facility()).filter(|facility| facility.slug == slug))
    }
    async fn of_resource(&self, _: &mut TenantTx, _: ResourceId) -> Result<Option<Facility>, PortError> {
        Ok(Some(self.facility()))
    }

    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        facility.round_the_clock(first, last)
    }
}

/// The customers, prices and doors of other modules, which send no statement.
struct Others;

#[async_trait]
impl Customers for Others {
    async fn acted_for(
        &self,
        _: &mut TenantTx,
        _: PersonId,
        customer: CustomerId,
    ) -> Result<Option<Customer>, PortError> {
        let name = "Hallens IF".to_owned();
        Ok(Some(Customer { id: customer, kind: CustomerKind::Association, name, price_group: None }))
    }

    async fn by_id(&self, _: &mut TenantTx, _: CustomerId) -> Result<Option<Customer>, PortError> {
        Ok(None)
    }

    async fn age(&self, _: &mut TenantTx, _: PersonId, _: Date) -> Result<Option<u8>, PortError> {
        Ok(Some(30))
    }
}

#[async_trait]
impl Faults for Others {
    async fn open_at(&self, _: &mut TenantTx, _: &[FacilityId]) -> Result<Vec<OpenFault>, PortError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Closures for Others {
    async fn close(&self, tx: &mut TenantTx, _: PersonId, _: &Closing) -> Result<ClosureId, PortError> {
        Ok(tx.new_id())
    }
    async fn open_again(
        &self,
        _: &mut TenantTx,
        _: PersonId,
        _: FacilityId,
        _: ClosureId,
    ) -> Result<bool, PortError> {
        Ok(true)
    }
}

#[async_trait]
impl PublicNames for Others {
    async fn public_names(
        &self,
        _: &mut TenantTx,
        customers: &BTreeSet<CustomerId>,
    ) -> Result<BTreeMap<CustomerId, String>, PortError> {
        Ok(customers.iter().map(|id| (*id, "Hallens IF".to_owned())).collect())
    }
}

#[async_trait]
impl Prices for Others {
    async fn rates(
        &self,
        _: &mut TenantTx,
        _: &[ResourceId],
        _: Option<&str>,
        _: Date,
    ) -> Result<Vec<Rate>, PortError> {
        Ok(Vec::new())
    }
    async fn quotes(&self, _: &mut TenantTx, wanted: &[Priced<'_>]) -> Result<Vec<Option<Quote>>, PortError> {
        let quote = |one: &Priced<'_>| {
            let amount_ore = 200 * i64::from(one.minutes);
            let line = QuoteLine {
                tariff_name: "Taxan".to_owned(),
                group_name: "Alla".to_owned(),
                ore_per_hour: 12_000,
                minutes: one.minutes,
                amount_ore,
            };
            Some(Quote { total_ore: amount_ore, lines: vec![line] })
        };
        Ok(wanted.iter().map(quote).collect())
    }
}

#[async_trait]
impl Access for Others {
    async fn issue(&self, _: &mut TenantTx, _: &BookingToOpen) -> Result<(), PortError> {
        Ok(())
    }
    async fn change(&self, _: &mut TenantTx, _: &BookingToOpen) -> Result<(), PortError> {
        Ok(())
    }
    async fn hand_over(&self, _: &mut TenantTx, _: &HandedOver) -> Result<(), PortError> {
        Ok(())
    }
    async fn revoke(&self, _: &mut TenantTx, _: BookingId) -> Result<(), PortError> {
        Ok(())
    }
    async fn of_booking(
        &self,
        _: &mut TenantTx,
        _: BookingId,
        _: bool,
    ) -> Result<Option<BookingAccess>, PortError> {
        Ok(None)
    }
    async fn of_guests(
        &self,
        _: &mut TenantTx,
        _: BookingId,
        _: bool,
    ) -> Result<Vec<GuestAccess>, PortError> {
        Ok(Vec::new())
    }
    async fn states(
        &self,
        _: &mut TenantTx,
        _: &[BookingId],
    ) -> Result<Vec<(BookingId, AccessState)>, PortError> {
        Ok(Vec::new())
    }
    async fn passages(&self, _: &mut TenantTx, _: &[BookingId]) -> Result<Vec<Passage>, PortError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Offline for Others {
    async fn of_booking(&self, _: &mut TenantTx, _: BookingId) -> Result<OfflineAccess, PortError> {
        Ok(OfflineAccess { codes: Vec::new(), qr: QrTime::Never })
    }
    async fn qr_tokens(&self, _: &mut TenantTx, _: BookingId) -> Result<QrTokens, PortError> {
        Ok(QrTokens::Never)
    }
}

/// Somebody who wants to hear of bookings, so that each has a row in the outbox. No worker runs.
struct Listener;

impl Module for Listener {
    fn name(&self) -> &'static str {
        "notifications"
    }
    fn routes(&self) -> Router<Kernel> {
        Router::new()
    }
    fn subscriptions(&self) -> &'static [&'static str] {
        &[BookingConfirmed::KIND]
    }
}

/// A database of its own, with somebody signed in for each client.
struct Place {
    bench: Bench,
    pages: Router,
    cookies: Vec<String>,
}

impl Place {
    async fn new(clients: usize) -> Self {
        let bench = Bench::new().await;
        let module = Arc::new(Booking::new(Ports {
            facilities: Arc::new(Halls { authority: bench.alfa_authority, halls: clients }),
            closures: Arc::new(Others),
            customers: Arc::new(Others),
            names: Arc::new(Others),
            prices: Arc::new(Others),
            access: Arc::new(Others),
            offline: Arc::new(Others),
            faults: Arc::new(Others),
        }));
        let routes = module.routes();
        bench.kernel.install(Registry::new(vec![module, Arc::new(Listener)]));
        let pages = routes
            .layer(from_fn_with_state(bench.kernel.clone(), know_visitor))
            .with_state(bench.kernel.clone());
        let mut tx = bench.kernel.begin(bench.alfa).await.expect("a transaction");
        let all: Vec<PartId> = (0..clients).flat_map(parts).collect();
        PartRegister.register(&mut tx, &all).await.expect("parts");
        let halls = Halls { authority: bench.alfa_authority, halls: clients };
        import(&mut tx, &halls, RULES).await.expect("rules");
        let mut cookies = Vec::new();
        for client in 0..clients {
            let person = SignInPerson {
                issuer: "bench".to_owned(),
                subject: format!("person {client}"),
                name: format!("Person {client}"),
                email: None,
                language: "sv",
            };
            let (_, token) = tx.begin_session(&person).await.expect("a session");
            tx.act_for(&token, CLUB, "Hallens IF").await.expect("a customer");
            cookies.push(format!("hallport_session={token}"));
        }
        tx.commit().await.expect("people");
        Self { bench, pages, cookies }
    }

    /// Answered requests a second.
    async fn load(&self, spread: Spread, seconds: Duration) -> f64 {
        let start: Timestamp = START.parse().expect("a time");
        let ends = Instant::now() + seconds;
        let mut clients = JoinSet::new();
        for (client, cookie) in self.cookies.iter().cloned().enumerate() {
            let (pages, kernel) = (self.pages.clone(), self.bench.kernel.clone());
            let resource = resource(spread.hall(client));
            clients.spawn(async move {
                let mut answered: u32 = 0;
                while Instant::now() < ends {
                    answered += 1;
                    let hour = start + SignedDuration::from_hours(answered.into());
                    let key: Uuid = kernel.new_id();
                    let asked = wanted(resource, [hour].into_iter(), key);
                    let request = Request::post("/api/unstable/bookings")
                        .header(header::HOST, "alfa.localhost")
                        .header(header::COOKIE, &cookie)
                        .header(header::CONTENT_TYPE, "application/json")
                        .body(Body::from(asked))
                        .expect("a request");
                    let status = pages.clone().oneshot(request).await.expect("an answer").status();
                    let contended = spread == Spread::SameHours && status == StatusCode::CONFLICT;
                    assert!(status == StatusCode::CREATED || contended, "answered {status}");
                }
                answered
            });
        }
        let began = Instant::now();
        let answered: u32 = clients.join_all().await.into_iter().sum();
        f64::from(answered) / began.elapsed().as_secs_f64()
    }

    /// The same statements by pgbench, from an hour on: transactions a second.
    async fn floor(&self, spread: Spread, from: u32, seconds: Duration) -> f64 {
        let (person, session): (Uuid, String) = sqlx::query_as(
            "SELECT person_id, encode(token_hash, 'hex') FROM kernel.session ORDER BY person_id LIMIT 1",
        )
        .fetch_one(&mut PgConnection::connect_with(&self.bench.superuser).await.expect("a connection"))
        .await
        .expect("somebody is signed in");
        let clients = self.cookies.len();
        let application = &self.bench.application;
        let host = application
            .get_socket()
            .map_or(application.get_host().to_owned(), |path| path.display().to_string());
        let defined = [
            ("tenant", self.bench.alfa.to_string()),
            ("authority", self.bench.alfa_authority.to_string()),
            ("facility", FACILITY.to_string()),
            ("person", person.to_string()),
            ("customer", CLUB.to_string()),
            ("session", session),
            ("now", START.to_owned()),
            ("hall", u8::from(spread == Spread::OwnHalls).to_string()),
            ("n", from.to_string()),
        ];
        let output = Command::new("pgbench")
            .args(["--no-vacuum", "--protocol", "prepared", "--file", SCRIPT, "--jobs", "2"])
            .args(["--client", &clients.to_string(), "--time", &seconds.as_secs().to_string()])
            .args(defined.iter().map(|(name, value)| format!("--define={name}={value}")))
            .args(["--host", &host, "--port", &application.get_port().to_string()])
            .args(["--username", application.get_username()])
            .arg(application.get_database().expect("a database"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .expect("pgbench is in the search path");
        let told = String::from_utf8_lossy(&output.stdout);
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "pgbench: {wrong}");
        let tps = told
            .lines()
            .find_map(|line| line.strip_prefix("tps = "))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        tps.expect("pgbench tells its rate")
    }
}

impl Place {
    /// Answered requests a second over HTTP on loopback, for hours from one on, a connection a client that stays open.
    async fn load_over_http(&self, from: u32, seconds: Duration) -> f64 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let pages = self.pages.clone();
        let server = tokio::spawn(async move { axum::serve(listener, pages).await });
        let start: Timestamp = START.parse().expect("a time");
        let (began, ends) = (Instant::now(), Instant::now() + seconds);
        let mut clients = JoinSet::new();
        for (client, cookie) in self.cookies.iter().cloned().enumerate() {
            let kernel = self.bench.kernel.clone();
            clients.spawn(async move {
                let mut line = BufStream::new(TcpStream::connect(address).await.expect("the server"));
                line.get_ref().set_nodelay(true).expect("a socket");
                let mut answered: u32 = 0;
                while Instant::now() < ends {
                    answered += 1;
                    let hour = start + SignedDuration::from_hours((from + answered).into());
                    let key: Uuid = kernel.new_id();
                    let body = wanted(resource(client), [hour].into_iter(), key);
                    let status = send(&mut line, &cookie, &body).await;
                    assert!(status.contains(" 201 "), "answered {status}");
                }
                answered
            });
        }
        let answered: u32 = clients.join_all().await.into_iter().sum();
        server.abort();
        f64::from(answered) / began.elapsed().as_secs_f64()
    }
}

/// What a program asks for.
fn wanted(resource: ResourceId, hours: impl Iterator<Item = Timestamp>, key: Uuid) -> String {
    let hours: Vec<_> =
        hours.map(|hour| json!({ "resource": resource, "start": hour, "minutes": 60 })).collect();
    json!({ "customer": CLUB, "purpose": "Innebandy P12", "request_key": key, "occurrences": hours })
        .to_string()
}

/// Sends a request over a connection that stays open; the line of the answer's status.
async fn send(line: &mut BufStream<TcpStream>, cookie: &str, body: &str) -> String {
    let head = format!(
        "POST /api/unstable/bookings HTTP/1.1\r\nHost: alfa.localhost\r\nCookie: {cookie}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    line.write_all(head.as_bytes()).await.expect("a request is sent");
    line.flush().await.expect("a request is sent");
    let (mut status, mut length) = (String::new(), 0);
    line.read_line(&mut status).await.expect("an answer");
    loop {
        let mut header = String::new();
        line.read_line(&mut header).await.expect("a header");
        if header.trim_end().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut rest = vec![0; length];
    line.read_exact(&mut rest).await.expect("a body");
    status
}

async fn measure_http() {
    // In turn, so that what the disk does meanwhile falls on both.
    let slices = if quick() { 2 } else { 6 };
    let seconds = Duration::from_secs(if quick() { 1 } else { 3 });
    let (value_at, floor_at) = (Place::new(8).await, Place::new(8).await);
    let (mut value, mut floor) = (0.0, 0.0);
    for slice in 0..slices {
        let from = slice * SLICE_HOURS;
        value += value_at.load_over_http(from, seconds).await / f64::from(slices);
        floor += floor_at.floor(Spread::OwnHalls, from, seconds).await / f64::from(slices);
    }
    let note = "bookings a second through the JSON route over HTTP on loopback, 8 clients with a connection each on \
                halls of their own; otherwise as booking_tx_per_s_8_clients. Goal: 0.6 of the floor. Floor, in turn with \
                it: pgbench with the same statements, role and clients, without HTTP";
    let (name, goal) = ("booking_http_per_s", Some(0.6 * floor));
    Figure { name, value, unit: "1/s", goal, floor: Some(floor), note }.tell();
}

async fn measure(name: &str, clients: usize, spread: Spread, note: &str) {
    let seconds = Duration::from_secs(if quick() { 2 } else { 15 });
    // Each on a fresh database, so that neither finds the other's rows.
    let value = Place::new(clients).await.load(spread, seconds).await;
    let floor = Place::new(clients).await.floor(spread, 0, seconds).await;
    let goal = Some(0.6 * floor);
    Figure { name, value, unit: "1/s", goal, floor: Some(floor), note }.tell();
}

#[tokio::main]
async fn main() {
    let note = "bookings a second through the JSON route, without a network, 8 clients on halls of their \
                own in one municipality; session, booking, audit and outbox under the application's role \
                with row level security; what other modules add is left out on both sides. Goal: 0.6 of \
                the floor. Floor: pgbench with the same statements, role and clients";
    Box::pin(measure("booking_tx_per_s_8_clients", 8, Spread::OwnHalls, note)).await;
    let note = "answered attempts a second, booked or refused, 16 clients that ask for the same hours of \
                one hall; otherwise as booking_tx_per_s_8_clients. Goal: 0.6 of the floor. Floor: pgbench \
                with the same statements, role and clients";
    Box::pin(measure("booking_contended_per_s_16_clients", 16, Spread::SameHours, note)).await;
    Box::pin(mass::measure()).await;
    Box::pin(measure_http()).await;
    Box::pin(series::measure()).await;
}
