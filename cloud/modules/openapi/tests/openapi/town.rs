//! A town with a hall of two halves that is open round the clock, a club, its neighbours, and booking as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_booking::{
    Booking, BookingAnswers, CalendarTimes, Desk, FreeTimes, PartRegister, Ports as BookingPorts, import,
};
use cloud_contracts::{
    Access, AccessState, BookingAccess, BookingToOpen, Closing, Closures, Customer, CustomerBook,
    CustomerKind, Customers, Facilities, Facility, Faults, GuestAccess, HandedOver, Offline, OfflineAccess,
    Open, OpenFault, Passage, PortError, Priced, Prices, PublicNames, QrTime, QrTokens, Quote, Rate,
    Resource, SpaceRegister as _,
};
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{Module as _, Registry, Role, SignInPerson, TenantTx};
use cloud_openapi::{ClientCustomers, OpenApi, Ports, Receivers};
use http::{HeaderMap, Request, StatusCode, header};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocols_ids::{
    AuthorityId, BookingId, ClosureId, CustomerId, FacilityId, PartId, PersonId, ResourceId, Uuid,
};
use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tower::ServiceExt as _;

pub const WHOLE: ResourceId = ResourceId::new(Uuid::from_u128(1));
pub const HALF_1: ResourceId = ResourceId::new(Uuid::from_u128(2));
pub const HALF_2: ResourceId = ResourceId::new(Uuid::from_u128(3));
pub const ROOM: ResourceId = ResourceId::new(Uuid::from_u128(4));
const PARTS: [PartId; 3] =
    [PartId::new(Uuid::from_u128(11)), PartId::new(Uuid::from_u128(12)), PartId::new(Uuid::from_u128(13))];
pub const HALL: FacilityId = FacilityId::new(Uuid::from_u128(50));
/// Its members may book for it.
pub const CLUB: CustomerId = CustomerId::new(Uuid::from_u128(100));
/// Nobody may book for it, but programs that are let.
pub const OTHERS: CustomerId = CustomerId::new(Uuid::from_u128(101));

/// Tuesday at six in the evening.
pub const SIX: &str = "2026-11-24T17:00:00Z";
pub const SEVEN: &str = "2026-11-24T18:00:00Z";

fn facility() -> Facility {
    let [one, two, three] = PARTS;
    let half = |id, slug: &str, name: &str, part| Resource {
        parent: Some(WHOLE),
        ..Resource::named(id, slug, name, &[part])
    };
    // The bench's authority of the tenant `alfa`.
    let authority = AuthorityId::new(Uuid::from_u128(0xA1FA << 16));
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    Facility {
        address: Some("Hallvägen 1, Åkersberga".to_owned()),
        resources: vec![
            Resource::named(WHOLE, "stora", "Stora salen", &[one, two]),
            half(HALF_1, "halva-1", "Halva 1", one),
            half(HALF_2, "halva-2", "Halva 2", two),
            Resource::named(ROOM, "rummet", "Rummet", &[three]),
        ],
        ..Facility::named(HALL, authority, "hallen", "Hallen", zone)
    }
}

struct OneFacility;

#[async_trait]
impl Facilities for OneFacility {
    async fn all(&self, _: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        Ok(vec![facility()])
    }
    async fn by_slug(&self, _: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        Ok(Some(facility()).filter(|facility| facility.slug == slug))
    }
    async fn of_resource(&self, _: &mut TenantTx, id: ResourceId) -> Result<Option<Facility>, PortError> {
        Ok(Some(facility()).filter(|facility| facility.resource(id).is_some()))
    }
    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        facility.round_the_clock(first, last)
    }
}

#[async_trait]
impl Faults for OneFacility {
    async fn open_at(&self, _: &mut TenantTx, _: &[FacilityId]) -> Result<Vec<OpenFault>, PortError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Closures for OneFacility {
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
        Ok(false)
    }
}

/// Who may act for the club; everybody acts for themselves.
#[derive(Clone, Default)]
pub struct Members(Arc<Mutex<BTreeSet<PersonId>>>);

impl Members {
    pub fn join(&self, person: PersonId) {
        self.0.lock().unwrap().insert(person);
    }

    pub fn leave(&self, person: PersonId) {
        self.0.lock().unwrap().remove(&person);
    }

    fn has(&self, person: PersonId) -> bool {
        self.0.lock().unwrap().contains(&person)
    }
}

fn customer(id: CustomerId) -> Customer {
    let (kind, name) = match id {
        CLUB => (CustomerKind::Association, "Hallens IF"),
        OTHERS => (CustomerKind::Association, "Grannens BK"),
        _ => (CustomerKind::Person, "Petra Privat"),
    };
    Customer { id, kind, name: name.to_owned(), price_group: None }
}

#[async_trait]
impl Customers for Members {
    async fn acted_for(
        &self,
        _: &mut TenantTx,
        person: PersonId,
        id: CustomerId,
    ) -> Result<Option<Customer>, PortError> {
        let may = id.uuid() == person.uuid() || (id == CLUB && self.has(person));
        Ok(may.then(|| customer(id)))
    }
    async fn by_id(&self, _: &mut TenantTx, id: CustomerId) -> Result<Option<Customer>, PortError> {
        Ok(Some(customer(id)))
    }
    async fn age(&self, _: &mut TenantTx, _: PersonId, _: Date) -> Result<Option<u8>, PortError> {
        Ok(Some(30))
    }
}

#[async_trait]
impl CustomerBook for Members {
    async fn same_person(&self, _: &mut TenantTx, person: PersonId) -> Result<Vec<PersonId>, PortError> {
        Ok(vec![person])
    }

    async fn of_person(&self, _: &mut TenantTx, person: PersonId) -> Result<Vec<Customer>, PortError> {
        let own = customer(CustomerId::new(person.uuid()));
        Ok([Some(own), self.has(person).then(|| customer(CLUB))].into_iter().flatten().collect())
    }
    async fn organisations(&self, _: &mut TenantTx) -> Result<Vec<Customer>, PortError> {
        Ok(vec![customer(OTHERS), customer(CLUB)])
    }
    async fn with_ids(&self, _: &mut TenantTx, ids: &[CustomerId]) -> Result<Vec<Customer>, PortError> {
        Ok(ids.iter().map(|id| customer(*id)).collect())
    }
}

#[async_trait]
impl PublicNames for Members {
    async fn public_names(
        &self,
        _: &mut TenantTx,
        customers: &BTreeSet<CustomerId>,
    ) -> Result<BTreeMap<CustomerId, String>, PortError> {
        let named = customers.iter().filter(|id| [CLUB, OTHERS].contains(id));
        Ok(named.map(|id| (*id, customer(*id).name)).collect())
    }
}

/// 120 kr an hour.
struct OnePrice;

#[async_trait]
impl Prices for OnePrice {
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
        let quote = |one: &Priced<'_>| Quote { total_ore: 200 * i64::from(one.minutes), lines: Vec::new() };
        Ok(wanted.iter().map(|one| Some(quote(one))).collect())
    }
}

/// No door is connected.
struct NoDoors;

#[async_trait]
impl Access for NoDoors {
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
impl Offline for NoDoors {
    async fn of_booking(&self, _: &mut TenantTx, _: BookingId) -> Result<OfflineAccess, PortError> {
        Ok(OfflineAccess { codes: Vec::new(), qr: QrTime::Never })
    }
    async fn qr_tokens(&self, _: &mut TenantTx, _: BookingId) -> Result<QrTokens, PortError> {
        Ok(QrTokens::Never)
    }
}

/// Somebody signed in.
#[derive(Clone)]
pub struct Person {
    pub id: PersonId,
    cookie: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The text of the element with this id.
    pub fn element(&self, id: &str) -> String {
        let (_, rest) = self
            .text
            .split_once(&format!("id=\"{id}\">"))
            .unwrap_or_else(|| panic!("no {id} in {} {}", self.status, self.text));
        rest.split_once('<').unwrap().0.to_owned()
    }
}

pub struct Town {
    pub bench: Bench,
    pub members: Members,
    pub pages: Router,
}

impl Town {
    pub async fn new() -> Self {
        let bench = Bench::new().await;
        bench.switch_on("openapi").await;
        // Only the first time counts.
        drop(rustls::crypto::ring::default_provider().install_default());
        let members = Members::default();
        let (facilities, people) = (Arc::new(OneFacility), Arc::new(members.clone()));
        let booking = BookingPorts {
            facilities: facilities.clone(),
            closures: facilities.clone(),
            customers: people.clone(),
            names: people.clone(),
            prices: Arc::new(OnePrice),
            access: Arc::new(NoDoors),
            offline: Arc::new(NoDoors),
            faults: facilities.clone(),
        };
        let for_programs =
            BookingPorts { customers: Arc::new(ClientCustomers::new(people.clone())), ..booking.clone() };
        let module = OpenApi::new(Ports {
            facilities: facilities.clone(),
            availability: Arc::new(FreeTimes::new(facilities)),
            customers: people.clone(),
            book: people.clone(),
            names: people,
            times: Arc::new(CalendarTimes),
            bookings: Arc::new(BookingAnswers),
            desk: Arc::new(Desk::new(for_programs)),
        });
        let receivers = Receivers { answer_within: Duration::from_millis(500), on_this_machine: true };
        let module = Arc::new(module.with_receivers(receivers));
        let routes = module.routes();
        bench.kernel.install(Registry::new(vec![Arc::new(Booking::new(booking)), module]));
        let pages = routes
            .layer(from_fn_with_state(bench.kernel.clone(), know_visitor))
            .with_state(bench.kernel.clone());
        let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
        PartRegister.register(&mut tx, &PARTS).await.unwrap();
        let town = Self { bench, members, pages };
        import(&mut tx, &OneFacility, &Self::rules("")).await.unwrap();
        tx.commit().await.unwrap();
        town
    }

    fn rules(more: &str) -> String {
        format!(
            "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = {{ step_minutes = 30, \
             shortest_minutes = 60, longest_minutes = 240, horizon_days = 365{more} }}"
        )
    }

    /// The municipality's rules say this too.
    pub async fn rule(&self, more: &str) {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        import(&mut tx, &OneFacility, &Self::rules(&format!(", {more}"))).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody who acts for themselves.
    pub async fn person(&self, name: &str) -> Person {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let person = SignInPerson {
            issuer: "test".to_owned(),
            subject: name.to_owned(),
            name: name.to_owned(),
            email: None,
            language: "sv",
        };
        let (id, token) = tx.begin_session(&person).await.unwrap();
        tx.commit().await.unwrap();
        Person { id, cookie: format!("hallport_session={token}") }
    }

    /// Somebody who acts for the club too.
    pub async fn member(&self, name: &str) -> Person {
        let person = self.person(name).await;
        self.members.join(person.id);
        person
    }

    pub async fn administrator(&self) -> Person {
        let person = self.person("Admin").await;
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.give_role("test", "Admin", self.bench.alfa_authority, Role::Administrator).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(header::HOST, "alfa.localhost:8080".parse().unwrap());
        let answer = self.pages.clone().oneshot(Request::from_parts(parts, body)).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 8 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub async fn get(&self, person: Option<&Person>, path: &str) -> Answer {
        self.get_with(person, path, &[]).await
    }

    pub async fn get_with(&self, person: Option<&Person>, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        if let Some(person) = person {
            request = request.header(header::COOKIE, &person.cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, person: Option<&Person>, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(person, path, fields, &[]).await
    }

    pub async fn post_with(
        &self,
        person: Option<&Person>,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let form: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(person) = person {
            request = request.header(header::COOKIE, &person.cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(form.join("&"))).unwrap()).await
    }

    /// A program with these scopes, for these customers: its id and its secret.
    pub async fn client(&self, scopes: &[&str], customers: &[CustomerId], rate: u32) -> (String, String) {
        let administrator = self.administrator().await;
        let (rate, customers) =
            (rate.to_string(), customers.iter().map(ToString::to_string).collect::<Vec<_>>());
        let mut fields = vec![("name", "Föreningsregistret"), ("rate", rate.as_str())];
        fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
        fields.extend(customers.iter().map(|id| ("customer", id.as_str())));
        let made = self.post(Some(&administrator), "/api/clients", &fields).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        (made.element("client-id"), made.element("client-secret"))
    }

    /// A token of a program with these scopes, for these customers.
    pub async fn program(&self, scopes: &[&str], customers: &[CustomerId]) -> String {
        let (id, secret) = self.client(scopes, customers, 6_000).await;
        let given = self.ask_token(&id, &secret, &[]).await;
        assert_eq!(given.status, StatusCode::OK, "{}", given.text);
        given.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Asks for a token with the secret in the body.
    pub async fn ask_token(&self, id: &str, secret: &str, more: &[(&str, &str)]) -> Answer {
        let mut fields =
            vec![("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        fields.extend(more);
        self.post(None, "/api/oauth/token", &fields).await
    }

    /// A token that somebody makes for a program of their own, for all that one can.
    pub async fn token_of(&self, person: &Person) -> String {
        let mut fields = vec![("name", "Skriptet"), ("days", "365")];
        fields.extend(
            ["facilities:read", "bookings:read", "bookings:write", "customers:read"]
                .map(|one| ("scope", one)),
        );
        let made = self.post(Some(person), "/api/tokens", &fields).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        made.element("new-token")
    }

    /// Books by a token, and says which booking it is.
    pub async fn booked(
        &self,
        token: &str,
        customer: CustomerId,
        purpose: &str,
        times: &[(ResourceId, &str, u32)],
    ) -> Value {
        let answer = self.write(token, "/api/v1/bookings", &wish(customer, purpose, times), None).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()
    }

    pub async fn read(&self, token: &str, path: &str) -> Answer {
        self.get_with(None, path, &[("authorization", &format!("Bearer {token}"))]).await
    }

    pub async fn write(&self, token: &str, path: &str, body: &Value, key: Option<&str>) -> Answer {
        let mut request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect_with(&self.bench.superuser).await.unwrap()
    }

    /// What the tables of programs, the audit and the outbox say, as text.
    pub async fn everything(&self) -> String {
        sqlx::query_scalar(
            "SELECT concat_ws(' ', (SELECT string_agg(t::text, ' ') FROM openapi.feed t),
               (SELECT string_agg(t::text, ' ') FROM openapi.client t),
               (SELECT string_agg(t::text, ' ') FROM openapi.token t),
               (SELECT string_agg(t::text, ' ') FROM openapi.repeat t),
               (SELECT string_agg(t::text, ' ') FROM openapi.webhook t),
               (SELECT string_agg(t::text, ' ') FROM kernel.audit t),
               (SELECT string_agg(t::text, ' ') FROM kernel.outbox t))",
        )
        .fetch_one(&mut self.superuser().await)
        .await
        .unwrap()
    }

    /// One number, asked past every policy.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.superuser().await).await.unwrap()
    }
}

/// A booking as it is asked for.
pub fn wish(customer: CustomerId, purpose: &str, times: &[(ResourceId, &str, u32)]) -> Value {
    let times: Vec<Value> = times
        .iter()
        .map(|(resource, start, minutes)| json!({ "resource": resource, "start": start, "minutes": minutes }))
        .collect();
    json!({ "customer": customer, "purpose": purpose, "times": times })
}

/// The customer that somebody is themselves.
pub fn own(person: &Person) -> CustomerId {
    CustomerId::new(person.id.uuid())
}
