//! A municipality with a hall of two halves, a pitch under snow and a room without position, free on whole hours.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_contracts::{
    Availability, Closure, ClosureKind, Customer, CustomerKind, Customers, Equipment, Facilities, Facility,
    FreeDay, FreeTime, FreeWanted, Happening, Open, PortError, Position, Priced, Prices, PublicNames, Quote,
    Rate, Resource, ResourceKind, SizeCm,
};
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{Module as _, SignInPerson, TenantTx};
use cloud_search::{Ports, Search};
use cloud_ui::Tiles;
use http::{HeaderMap, Request, StatusCode, header};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{AuthorityId, CustomerId, EquipmentId, FacilityId, PartId, PersonId, ResourceId, Uuid};
use tower::ServiceExt as _;

pub const HALL: ResourceId = ResourceId::new(Uuid::from_u128(1));
pub const HALF: ResourceId = ResourceId::new(Uuid::from_u128(2));
pub const PITCH: ResourceId = ResourceId::new(Uuid::from_u128(3));
pub const ROOM: ResourceId = ResourceId::new(Uuid::from_u128(4));
pub const CLUB: CustomerId = CustomerId::new(Uuid::from_u128(100));
pub const SOMEBODY: CustomerId = CustomerId::new(Uuid::from_u128(101));
/// Times are free until so long.
const LONGEST: u32 = 240;

fn facility(number: u128, slug: &str, name: &str, resources: Vec<Resource>) -> Facility {
    let authority = AuthorityId::new(Uuid::from_u128(0xA1FA << 16));
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    Facility {
        resources,
        ..Facility::named(FacilityId::new(Uuid::from_u128(number)), authority, slug, name, zone)
    }
}

fn resource(id: ResourceId, slug: &str, name: &str, activities: &[&str]) -> Resource {
    Resource {
        activities: activities.iter().map(|activity| (*activity).to_owned()).collect(),
        ..Resource::named(id, slug, name, &[PartId::new(id.uuid())])
    }
}

pub fn facilities() -> Vec<Facility> {
    let size =
        |width, length| Some(SizeCm { width: (width, width), length: (length, length), ceiling: None });
    let hall = Resource {
        size: size(2000, 4000),
        ..resource(HALL, "stora", "Stora salen", &["floorball", "handball"])
    };
    let badminton = Resource {
        parent: Some(HALL),
        size: size(2000, 2000),
        ..resource(HALF, "halva", "Halva salen", &["badminton", "floorball"])
    };
    let pitch =
        Resource { kind: ResourceKind::Pitch, ..resource(PITCH, "plan", "Konstgräset", &["football"]) };
    let room = Resource {
        kind: ResourceKind::Room,
        persons_max: Some(12),
        ..resource(ROOM, "rum", "Mötesrummet <b>", &[])
    };
    let snow = Closure {
        id: protocols_ids::ClosureId::new(Uuid::from_u128(60)),
        resource: Some(PITCH),
        kind: ClosureKind::Unplayable,
        reason: "Snö & is".to_owned(),
        starts_at: "2026-11-23T05:00:00Z".parse().unwrap(),
        ends_at: None,
    };
    let over = Closure {
        ends_at: Some("2026-11-23T08:00:00Z".parse().unwrap()),
        reason: "Städning".to_owned(),
        ..snow.clone()
    };
    let goals = Equipment {
        id: EquipmentId::new(Uuid::from_u128(70)),
        name: "Innebandymål".to_owned(),
        stock: Some(2),
        resources: vec![HALL],
    };
    vec![
        Facility {
            address: Some("Hallvägen 1, Åkersberga".to_owned()),
            position: Some(Position { latitude: 59.480, longitude: 18.300 }),
            equipment: vec![goals],
            accessibility: vec!["lift".to_owned(), "toilet".to_owned()],
            ..facility(50, "hallen", "Solskiftets sporthall", vec![hall, badminton])
        },
        Facility {
            address: Some("Strandvägen 2, Vaxholm".to_owned()),
            position: Some(Position { latitude: 59.402, longitude: 18.354 }),
            closures: vec![snow, over],
            ..facility(51, "vallen", "Vaxholms idrottsplats", vec![pitch])
        },
        facility(52, "biblioteket", "Biblioteket", vec![room]),
    ]
}

pub struct Register(pub Vec<Facility>);

#[async_trait]
impl Facilities for Register {
    async fn all(&self, _: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        Ok(self.0.clone())
    }
    async fn by_slug(&self, _: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        Ok(self.0.iter().find(|facility| facility.slug == slug).cloned())
    }
    async fn of_resource(&self, _: &mut TenantTx, id: ResourceId) -> Result<Option<Facility>, PortError> {
        Ok(self.0.iter().find(|facility| facility.resource(id).is_some()).cloned())
    }
    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        facility.round_the_clock(first, last)
    }
}

/// Free on every whole hour but of the pitch, which nobody can play on; counts how often it is asked.
#[derive(Default)]
pub struct WholeHours {
    pub asked: Mutex<Vec<FreeWanted>>,
}

#[async_trait]
impl Availability for WholeHours {
    async fn free(
        &self,
        _: &mut TenantTx,
        _: &[Facility],
        resources: &BTreeSet<ResourceId>,
        wanted: &FreeWanted,
    ) -> Result<Vec<FreeTime>, PortError> {
        self.asked.lock().unwrap().push(wanted.clone());
        let minutes = wanted.minutes.unwrap_or(60);
        let lasts = SignedDuration::from_mins(minutes.into());
        let over = SignedDuration::from_mins(wanted.over_minutes.into());
        let mut free = Vec::new();
        for resource in resources.iter().filter(|id| **id != PITCH && minutes <= LONGEST) {
            let hours = wanted.windows.iter().flat_map(|window| {
                let first = (window.starts_at.as_second() + 3599) / 3600;
                let hours = (first..).map(|hour| Timestamp::from_second(hour * 3600).unwrap());
                hours.take_while(move |at| *at < window.ends_at && *at + lasts <= window.ends_at + over)
            });
            free.extend(hours.take(wanted.each_max).map(|starts_at| FreeTime {
                starts_at,
                ends_at: starts_at + lasts,
                resource: *resource,
            }));
        }
        free.sort_unstable();
        Ok(free)
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
        facilities: &[FacilityId],
        during: Open,
    ) -> Result<Vec<Happening>, PortError> {
        assert_eq!((facilities.len(), during.ends_at.duration_since(during.starts_at).as_hours()), (3, 24));
        let happening = |customer, starts_at: &str, purpose: &str| Happening {
            facility: facilities[0],
            resource: HALF,
            starts_at: starts_at.parse().unwrap(),
            ends_at: starts_at.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(1),
            customer,
            purpose: purpose.to_owned(),
        };
        Ok(vec![
            happening(CLUB, "2026-11-23T06:00:00Z", "Handboll, redan över"),
            happening(CLUB, "2026-11-23T17:00:00Z", "Innebandy P12, Lisas grupp"),
            happening(SOMEBODY, "2026-11-23T18:00:00Z", "Kalle Kanins födelsedag"),
            happening(SOMEBODY, "2026-11-23T19:00:00Z", "Rehab Kalle Kanin"),
        ])
    }
}

/// 100 kronor for the half, 300 for the hall, half of that for associations; the room has no price.
struct PriceList;

#[async_trait]
impl Prices for PriceList {
    async fn rates(
        &self,
        _: &mut TenantTx,
        resources: &[ResourceId],
        price_group: Option<&str>,
        _: Date,
    ) -> Result<Vec<Rate>, PortError> {
        let share = if price_group == Some("forening") { 2 } else { 1 };
        let ore = BTreeMap::from([(HALL, 30_000), (HALF, 10_000), (PITCH, 20_000)]);
        let rates = resources.iter().filter_map(|resource| {
            Some(Rate {
                resource: *resource,
                ore_per_hour: ore.get(resource)? / share,
                group_name: "Alla".to_owned(),
                tariff_name: "Taxan".to_owned(),
            })
        });
        Ok(rates.collect())
    }
    async fn quotes(&self, _: &mut TenantTx, wanted: &[Priced<'_>]) -> Result<Vec<Option<Quote>>, PortError> {
        Ok(vec![None; wanted.len()])
    }
}

struct Club;

#[async_trait]
impl Customers for Club {
    async fn acted_for(
        &self,
        _: &mut TenantTx,
        _: PersonId,
        customer: CustomerId,
    ) -> Result<Option<Customer>, PortError> {
        let group = Some("forening".to_owned()).filter(|_| customer == CLUB);
        let name = "Klubben".to_owned();
        Ok(Some(Customer { id: customer, kind: CustomerKind::Association, name, price_group: group }))
    }

    async fn by_id(&self, _: &mut TenantTx, _: CustomerId) -> Result<Option<Customer>, PortError> {
        Ok(None)
    }

    async fn age(&self, _: &mut TenantTx, _: PersonId, _: Date) -> Result<Option<u8>, PortError> {
        Ok(None)
    }
}

#[async_trait]
impl PublicNames for Club {
    async fn public_names(
        &self,
        _: &mut TenantTx,
        customers: &BTreeSet<CustomerId>,
    ) -> Result<BTreeMap<CustomerId, String>, PortError> {
        Ok(customers.iter().filter(|id| **id == CLUB).map(|id| (*id, "Klubben".to_owned())).collect())
    }
}

/// The municipality, its index made.
pub struct City {
    pub bench: Bench,
    pub availability: Arc<WholeHours>,
    tiles: Option<Tiles>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn says(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The ids of the resources that are listed, in order: those that the buttons of free times book.
    pub fn bookable(&self) -> Vec<ResourceId> {
        let mut found: Vec<ResourceId> = self
            .text
            .split("/book?resource=")
            .skip(1)
            .map(|rest| rest.split('&').next().unwrap().parse().unwrap())
            .collect();
        found.dedup();
        found
    }
}

impl City {
    pub async fn new() -> Self {
        Self::over(Bench::new().await).await
    }

    /// In a database that was prepared.
    pub async fn over(bench: Bench) -> Self {
        bench.switch_on("search").await;
        let city = Self { bench, availability: Arc::default(), tiles: None };
        let mut tx = city.bench.kernel.begin(city.bench.alfa).await.unwrap();
        cloud_search::rebuild(&mut tx, &Register(facilities())).await.unwrap();
        tx.commit().await.unwrap();
        city
    }

    pub fn with_tiles(self, url: &str, origin: &str) -> Self {
        let tiles =
            Tiles { url: url.to_owned(), origin: origin.to_owned(), attribution: "© Kartan".to_owned() };
        Self { tiles: Some(tiles), ..self }
    }

    pub fn module(&self) -> Search {
        let ports = Ports {
            facilities: Arc::new(Register(facilities())),
            availability: self.availability.clone(),
            prices: Arc::new(PriceList),
            customers: Arc::new(Club),
            names: Arc::new(Club),
        };
        Search::new(ports, self.tiles.clone())
    }

    /// The session's cookie of somebody who acts for a customer.
    pub async fn signed_in(&self, customer: CustomerId) -> String {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let person = SignInPerson {
            issuer: "test".to_owned(),
            subject: "Anna".to_owned(),
            name: "Anna".to_owned(),
            email: None,
            language: "sv",
        };
        let (_, token) = tx.begin_session(&person).await.unwrap();
        tx.act_for(&token, customer, "Klubben").await.unwrap();
        tx.commit().await.unwrap();
        format!("hallport_session={token}")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path)).await
    }

    pub async fn ask(&self, request: http::request::Builder) -> Answer {
        let app = self
            .module()
            .routes()
            .layer(from_fn_with_state(self.bench.kernel.clone(), know_visitor))
            .with_state(self.bench.kernel.clone());
        let request = request.header(header::HOST, "alfa.localhost").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap().replace('\u{a0}', " ").replace("&amp;", "&");
        Answer { status, headers, text }
    }
}
