//! A hall of two halves and a room without price, open round the clock, and somebody to book them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_booking::{Booking, PartRegister, Ports, import};
use cloud_contracts::{
    Access, AccessState, BookingAccess, BookingChanged, BookingMet, BookingRearranged, BookingToOpen,
    Closing, Closure, ClosureKind, Closures, Customer, CustomerKind, Customers, Equipment, Facilities,
    Facility, Faults, GuestAccess, HandedOver, Offline, OfflineAccess, OfflineCode, OfflineGiven, Open,
    OpenFault, Passage, PortError, Priced, Prices, PublicNames, QrTime, QrToken, QrTokens, Quote, QuoteLine,
    Rate, Resource, ResourceClosed, ResourceKind, ResourceOpened, Revealed, SpaceRegister as _,
};
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{
    Actor, Database, Delivery, Event as _, HandlerError, Kernel, Module, Random, Registry, Role,
    SignInPerson, TenantTx, Vault, Worker,
};
use http::{Request, StatusCode, header};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{
    AuthorityId, BookingId, ClosureId, CustomerId, EquipmentId, FacilityId, FaultId, GuestId, PartId,
    PersonId, ResourceId, Uuid,
};
use serde_json::Value;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tower::ServiceExt as _;

pub const WHOLE: ResourceId = ResourceId::new(Uuid::from_u128(1));
pub const HALF_1: ResourceId = ResourceId::new(Uuid::from_u128(2));
pub const HALF_2: ResourceId = ResourceId::new(Uuid::from_u128(3));
pub const ROOM: ResourceId = ResourceId::new(Uuid::from_u128(4));
pub const PART_1: PartId = PartId::new(Uuid::from_u128(11));
pub const PART_2: PartId = PartId::new(Uuid::from_u128(12));
pub const ANNEX: ResourceId = ResourceId::new(Uuid::from_u128(5));
pub const PART_ANNEX: PartId = PartId::new(Uuid::from_u128(31));
pub const PART_ROOM: PartId = PartId::new(Uuid::from_u128(21));
/// At the harbour: for boats of 8 by 3 and of 6 by 2.5 metres, for drivers with class D1 and C1, for six people by night.
pub const BERTH: ResourceId = ResourceId::new(Uuid::from_u128(6));
pub const BUS: ResourceId = ResourceId::new(Uuid::from_u128(7));
pub const CABIN: ResourceId = ResourceId::new(Uuid::from_u128(8));
pub const SMALL_BERTH: ResourceId = ResourceId::new(Uuid::from_u128(13));
pub const LORRY: ResourceId = ResourceId::new(Uuid::from_u128(14));
pub const PARTS_HARBOUR: [PartId; 5] = [
    PartId::new(Uuid::from_u128(41)),
    PartId::new(Uuid::from_u128(42)),
    PartId::new(Uuid::from_u128(43)),
    PartId::new(Uuid::from_u128(44)),
    PartId::new(Uuid::from_u128(45)),
];
/// Four goals, which go with the hall and its halves; coffee, which nobody counts, goes with everything there.
pub const GOALS: EquipmentId = EquipmentId::new(Uuid::from_u128(81));
pub const COFFEE: EquipmentId = EquipmentId::new(Uuid::from_u128(82));
/// Everybody may book for the club.
pub const CLUB: CustomerId = CustomerId::new(Uuid::from_u128(100));
/// Nobody may book for these.
pub const OTHERS: CustomerId = CustomerId::new(Uuid::from_u128(101));
pub const PIN: &str = "482913";
pub const OFFLINE_PIN: &str = "123456789012";
pub const QR_TEXT: &str = "6BFOXN*TS0BI$ZD";

pub const SIX: &str = "2026-11-24T17:00:00Z";
pub const SEVEN: &str = "2026-11-24T18:00:00Z";
/// When the door opens for six to seven.
const OPENS: &str = "2026-11-24T16:50:00Z";
const CLOSES: &str = "2026-11-24T18:10:00Z";

/// What the municipality says of times.
const TIMES: [(&str, i64); 4] =
    [("step_minutes", 30), ("shortest_minutes", 60), ("longest_minutes", 240), ("horizon_days", 60)];

pub fn facility() -> Facility {
    let resource = |id, parent, slug: &str, name: &str, parts: &[PartId]| Resource {
        parent,
        ..Resource::named(id, slug, name, parts)
    };
    // The bench's authority of the tenant `alfa`.
    let authority = AuthorityId::new(Uuid::from_u128(0xA1FA << 16));
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    Facility {
        address: Some("Hallvägen 1".to_owned()),
        resources: vec![
            resource(WHOLE, None, "stora", "Stora salen", &[PART_1, PART_2]),
            resource(HALF_1, Some(WHOLE), "halva-1", "Halva 1", &[PART_1]),
            resource(HALF_2, Some(WHOLE), "halva-2", "Halva 2", &[PART_2]),
            resource(ROOM, None, "rummet", "Rummet", &[PART_ROOM]),
        ],
        equipment: vec![
            Equipment {
                id: GOALS,
                name: "Mål".to_owned(),
                stock: Some(4),
                resources: vec![WHOLE, HALF_1, HALF_2],
            },
            Equipment { id: COFFEE, name: "Kaffe <varmt>".to_owned(), stock: None, resources: Vec::new() },
        ],
        ..Facility::named(FacilityId::new(Uuid::from_u128(50)), authority, "hallen", "Hallen", zone)
    }
}

/// A hall of its own across the yard; on a Wednesday there is snow on its roof.
fn annex() -> Facility {
    let hall = facility();
    let name = |id| FacilityId::new(Uuid::from_u128(id));
    Facility {
        resources: vec![Resource::named(ANNEX, "salen", "Annexsalen", &[PART_ANNEX])],
        closures: vec![Closure {
            id: ClosureId::new(Uuid::from_u128(60)),
            resource: Some(ANNEX),
            kind: ClosureKind::Unplayable,
            reason: "snö på <taket>".to_owned(),
            starts_at: at("2026-11-25T05:00:00Z"),
            ends_at: Some(at("2026-11-25T15:00:00Z")),
        }],
        ..Facility::named(name(51), hall.authority, "annexet", "Annexet", hall.time_zone)
    }
}

/// Where a boat lies, a bus stands and people sleep.
fn harbour() -> Facility {
    let hall = facility();
    let [berth, bus, cabin, small_berth, lorry] = PARTS_HARBOUR;
    let kinds = [
        (
            BERTH,
            "bryggan",
            "Båtplats 7",
            berth,
            ResourceKind::Berth { length_cm: Some(800), beam_cm: Some(300), draught_cm: None },
        ),
        (BUS, "bussen", "Minibussen", bus, ResourceKind::Vehicle { licence: Some("D1".to_owned()) }),
        (CABIN, "stugan", "Stugan", cabin, ResourceKind::Lodging),
        (
            SMALL_BERTH,
            "jolleplatsen",
            "Båtplats 8",
            small_berth,
            ResourceKind::Berth { length_cm: Some(600), beam_cm: Some(250), draught_cm: None },
        ),
        (LORRY, "lastbilen", "Lastbilen", lorry, ResourceKind::Vehicle { licence: Some("C1".to_owned()) }),
    ];
    let resources = kinds.map(|(id, slug, name, part, kind)| Resource {
        persons_max: (id == CABIN).then_some(6),
        kind,
        ..Resource::named(id, slug, name, &[part])
    });
    Facility {
        resources: resources.to_vec(),
        ..Facility::named(
            FacilityId::new(Uuid::from_u128(52)),
            hall.authority,
            "hamnen",
            "Hamnen",
            hall.time_zone,
        )
    }
}

pub struct OneFacility;

#[async_trait]
impl Facilities for OneFacility {
    async fn all(&self, _: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        Ok(vec![annex(), facility(), harbour()])
    }
    async fn by_slug(&self, _: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        Ok([facility(), annex(), harbour()].into_iter().find(|facility| facility.slug == slug))
    }
    async fn of_resource(&self, _: &mut TenantTx, id: ResourceId) -> Result<Option<Facility>, PortError> {
        let has_it = |facility: &Facility| facility.resources.iter().any(|resource| resource.id == id);
        Ok([facility(), annex(), harbour()].into_iter().find(has_it))
    }

    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        facility.round_the_clock(first, last)
    }
}

/// The same where it snows.
struct Snowy;

#[async_trait]
impl Facilities for Snowy {
    /// With the snow that [`Hall::snows`] has written down.
    async fn all(&self, tx: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        let snow: Vec<(Uuid, Value)> = sqlx::query_as(
            "SELECT subject, detail FROM kernel.audit snow
              WHERE action = 'snow.fell' AND NOT EXISTS (
                SELECT FROM kernel.audit WHERE action = 'snow.gone' AND subject = snow.subject)",
        )
        .fetch_all(tx.conn())
        .await
        .map_err(PortError::database)?;
        let mut hall = facility();
        hall.closures = snow
            .into_iter()
            .map(|(id, resource)| Closure {
                id: id.into(),
                resource: serde_json::from_value(resource).unwrap(),
                kind: ClosureKind::Unplayable,
                reason: "snö".to_owned(),
                starts_at: at("2026-11-23T09:00:00Z"),
                ends_at: None,
            })
            .collect();
        Ok(vec![annex(), hall])
    }
    async fn by_slug(&self, tx: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        OneFacility.by_slug(tx, slug).await
    }
    async fn of_resource(&self, tx: &mut TenantTx, id: ResourceId) -> Result<Option<Facility>, PortError> {
        OneFacility.of_resource(tx, id).await
    }

    fn open(&self, facility: &Facility, id: ResourceId, first: Date, last: Date) -> Vec<Open> {
        OneFacility.open(facility, id, first, last)
    }
}

/// Remembers what is closed in the audit, which the caller's transaction takes with it.
#[async_trait]
impl Faults for OneFacility {
    async fn open_at(
        &self,
        tx: &mut TenantTx,
        facilities: &[FacilityId],
    ) -> Result<Vec<OpenFault>, PortError> {
        let fault = |facility: &FacilityId| OpenFault {
            id: FaultId::new(Uuid::from_u128(0xFA)),
            facility: *facility,
            place: Some("Omklädningsrum 2".into()),
            kind: "faults-kind-leak",
            reported_at: tx.now(),
            taken: false,
        };
        Ok(facilities.iter().map(fault).collect())
    }
}

#[async_trait]
impl Closures for OneFacility {
    async fn close(
        &self,
        tx: &mut TenantTx,
        by: PersonId,
        closing: &Closing,
    ) -> Result<ClosureId, PortError> {
        let id: ClosureId = tx.new_id();
        let detail = (closing.resource, &closing.reason, closing.starts_at, closing.ends_at);
        tx.audit(Actor::Person(by), "register.closed", Some(id.uuid()), &detail)
            .await
            .map_err(PortError::database)?;
        Ok(id)
    }

    async fn open_again(
        &self,
        tx: &mut TenantTx,
        by: PersonId,
        _: FacilityId,
        closure: ClosureId,
    ) -> Result<bool, PortError> {
        tx.audit(Actor::Person(by), "register.opened", Some(closure.uuid()), &())
            .await
            .map_err(PortError::database)?;
        Ok(true)
    }
}

/// Whoever writes letters: remembers in the audit what about which booking.
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
        &[BookingRearranged::KIND, BookingMet::KIND, BookingChanged::KIND]
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        let (what, booking) = if let Some(event) = delivery.read::<BookingRearranged>() {
            ("letters.rearranged", event?.booking)
        } else if let Some(event) = delivery.read::<BookingMet>() {
            let event = event?;
            (if event.open { "letters.opened" } else { "letters.closed" }, event.booking)
        } else if let Some(event) = delivery.read::<BookingChanged>() {
            ("letters.changed", event?.booking)
        } else {
            return Ok(());
        };
        tx.audit(Actor::Service("letters"), what, Some(booking.uuid()), &()).await?;
        Ok(())
    }
}

struct OneClub;

#[async_trait]
impl Customers for OneClub {
    async fn acted_for(
        &self,
        _: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
    ) -> Result<Option<Customer>, PortError> {
        let new =
            |kind, name: &str| Customer { id: customer, kind, name: name.to_owned(), price_group: None };
        if customer == CLUB {
            Ok(Some(new(CustomerKind::Association, "Hallens IF")))
        } else if customer.uuid() == person.uuid() {
            Ok(Some(new(CustomerKind::Person, "Sig själv")))
        } else {
            Ok(None)
        }
    }

    async fn by_id(&self, _: &mut TenantTx, id: CustomerId) -> Result<Option<Customer>, PortError> {
        let (kind, name) = if id == CLUB || id == OTHERS {
            (CustomerKind::Association, "Hallens IF".to_owned())
        } else {
            (CustomerKind::Person, "Sig själv".to_owned())
        };
        Ok(Some(Customer { id, kind, name, price_group: None }))
    }

    async fn age(&self, _: &mut TenantTx, _: PersonId, _: Date) -> Result<Option<u8>, PortError> {
        Ok(Some(30))
    }
}

#[async_trait]
impl PublicNames for OneClub {
    async fn public_names(
        &self,
        _: &mut TenantTx,
        customers: &BTreeSet<CustomerId>,
    ) -> Result<BTreeMap<CustomerId, String>, PortError> {
        let named = customers.iter().filter(|id| **id == CLUB || **id == OTHERS);
        Ok(named.map(|id| (*id, "Hallens IF".to_owned())).collect())
    }
}

/// 120 kr an hour for everything but the room.
struct OnePrice;

#[async_trait]
impl Prices for OnePrice {
    async fn rates(
        &self,
        _: &mut TenantTx,
        resources: &[ResourceId],
        _: Option<&str>,
        _: Date,
    ) -> Result<Vec<Rate>, PortError> {
        let rate = |resource: &ResourceId| Rate {
            resource: *resource,
            ore_per_hour: 12_000,
            group_name: "Alla".to_owned(),
            tariff_name: "Taxan".to_owned(),
        };
        Ok(resources.iter().filter(|resource| **resource != ROOM).map(rate).collect())
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
            (one.resource != ROOM).then(|| Quote { total_ore: amount_ore, lines: vec![line] })
        };
        Ok(wanted.iter().map(quote).collect())
    }
}

/// The code that a guest has here.
pub fn guest_pin(guest: GuestId) -> String {
    format!("{:06}", guest.uuid().as_u128() % 1_000_000)
}

/// Remembers in the audit, which the caller's transaction takes with it.
struct DoorsByAudit;

impl DoorsByAudit {
    async fn last(tx: &mut TenantTx, booking: BookingId) -> Result<Option<String>, PortError> {
        sqlx::query_scalar(
            "SELECT action FROM kernel.audit WHERE subject = $1 AND actor = 'doors' ORDER BY id DESC LIMIT 1",
        )
        .bind(booking.uuid())
        .fetch_optional(tx.conn())
        .await
        .map_err(PortError::database)
    }

    /// What the doors were last asked to change.
    async fn changed(tx: &mut TenantTx, booking: BookingId) -> Result<Option<Value>, PortError> {
        sqlx::query_scalar(
            "SELECT detail FROM kernel.audit
              WHERE subject = $1 AND action = 'doors.changed' ORDER BY id DESC LIMIT 1",
        )
        .bind(booking.uuid())
        .fetch_optional(tx.conn())
        .await
        .map_err(PortError::database)
    }

    async fn state(tx: &mut TenantTx, booking: BookingId) -> Result<AccessState, PortError> {
        Ok(match Self::last(tx, booking).await?.as_deref() {
            Some("doors.issued" | "doors.changed") => AccessState::Issued,
            Some("doors.silent" | "doors.none_left") => {
                AccessState::SiteSilent { since: Some("2026-11-23T08:55:00Z".parse().unwrap()) }
            }
            Some("doors.delivered" | "doors.often") => AccessState::Delivered,
            Some("doors.revoked") => AccessState::Revoked,
            Some(_) | None => AccessState::NoDoors,
        })
    }
}

#[async_trait]
impl Access for DoorsByAudit {
    async fn issue(&self, tx: &mut TenantTx, booking: &BookingToOpen) -> Result<(), PortError> {
        let detail = booking.occurrences.len();
        tx.audit(Actor::Service("doors"), "doors.issued", Some(booking.booking.uuid()), &detail)
            .await
            .map_err(PortError::database)
    }
    async fn change(&self, tx: &mut TenantTx, booking: &BookingToOpen) -> Result<(), PortError> {
        let guests: Vec<_> = booking.guests.iter().map(|one| (one.guest, &one.occurrences)).collect();
        let detail = serde_json::json!([booking.occurrences.len(), booking.code_each_time, guests]);
        tx.audit(Actor::Service("doors"), "doors.changed", Some(booking.booking.uuid()), &detail)
            .await
            .map_err(PortError::database)
    }
    async fn hand_over(&self, tx: &mut TenantTx, handed: &HandedOver) -> Result<(), PortError> {
        let detail = serde_json::json!([handed.from, handed.times, handed.guests]);
        tx.audit(Actor::Service("doors"), "doors.handed_over", Some(handed.to.uuid()), &detail)
            .await
            .map_err(PortError::database)
    }
    async fn revoke(&self, tx: &mut TenantTx, booking: BookingId) -> Result<(), PortError> {
        tx.audit(Actor::Service("doors"), "doors.revoked", Some(booking.uuid()), &())
            .await
            .map_err(PortError::database)
    }
    async fn of_booking(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        with_pin: bool,
    ) -> Result<Option<BookingAccess>, PortError> {
        let state = Self::state(tx, booking).await?;
        let each_time =
            Self::changed(tx, booking).await?.is_some_and(|detail| detail[1] == Value::Bool(true));
        let times: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM booking.occurrence WHERE booking_id = $1")
            .bind(booking.uuid())
            .fetch_all(tx.conn())
            .await
            .map_err(PortError::database)?;
        let pins = times.into_iter().map(|time| (time.into(), PIN.to_owned()));
        Ok((state != AccessState::NoDoors).then(|| BookingAccess {
            state,
            pin: (with_pin && !each_time).then(|| PIN.to_owned()),
            pins: pins.filter(|_| with_pin && each_time).collect(),
            doors: vec!["Huvudentrén".to_owned()],
            opens_at: Some(at(OPENS)),
            closes_at: Some(at(CLOSES)),
        }))
    }
    /// Each guest of the last change has six digits that begin as the guest's id does.
    async fn of_guests(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        with_pin: bool,
    ) -> Result<Vec<GuestAccess>, PortError> {
        let guests = Self::changed(tx, booking)
            .await?
            .and_then(|detail| detail[2].as_array().cloned())
            .unwrap_or_default();
        let guest = guests.iter().map(|guest| guest[0].as_str().unwrap().parse().unwrap());
        Ok(guest
            .map(|guest: GuestId| GuestAccess {
                guest,
                state: AccessState::Issued,
                pin: with_pin.then(|| guest_pin(guest)),
                opens_at: Some(at(OPENS)),
                closes_at: Some(at(CLOSES)),
            })
            .collect())
    }
    async fn states(
        &self,
        tx: &mut TenantTx,
        bookings: &[BookingId],
    ) -> Result<Vec<(BookingId, AccessState)>, PortError> {
        let mut states = Vec::new();
        for booking in bookings {
            states.push((*booking, Self::state(tx, *booking).await?));
        }
        Ok(states)
    }
    /// Whoever has a delivered code came four minutes past six.
    async fn passages(&self, tx: &mut TenantTx, bookings: &[BookingId]) -> Result<Vec<Passage>, PortError> {
        let mut passages = Vec::new();
        for booking in bookings {
            if Self::state(tx, *booking).await? == AccessState::Delivered {
                let occurrence: Uuid =
                    sqlx::query_scalar("SELECT id FROM booking.occurrence WHERE booking_id = $1 LIMIT 1")
                        .bind(booking.uuid())
                        .fetch_one(tx.conn())
                        .await
                        .map_err(PortError::database)?;
                passages.push(Passage {
                    booking: *booking,
                    occurrence: occurrence.into(),
                    at: "2026-11-24T17:04:00Z".parse().unwrap(),
                    door: "Huvudentrén".to_owned(),
                    guest: self.of_guests(tx, *booking, false).await?.first().map(|guest| guest.guest),
                });
            }
        }
        Ok(passages)
    }
}

/// Twelve digits while the doors are silent; a QR code from a day before the doors open.
#[async_trait]
impl Offline for DoorsByAudit {
    async fn of_booking(&self, tx: &mut TenantTx, booking: BookingId) -> Result<OfflineAccess, PortError> {
        let given = match Self::last(tx, booking).await?.as_deref() {
            Some("doors.silent") => Some(OfflineGiven::Digits {
                digits: Revealed::new(OFFLINE_PIN.to_owned()),
                taken_from: tx.now() + SignedDuration::from_mins(2),
            }),
            Some("doors.none_left") => Some(OfflineGiven::NoneLeft),
            Some(_) | None => None,
        };
        let code = |given| OfflineCode {
            doors: vec!["Huvudentrén".to_owned()],
            starts_at: at(SIX),
            ends_at: at(SEVEN),
            opens_at: at(OPENS),
            closes_at: at(CLOSES),
            given,
        };
        let qr = match self.qr_tokens(tx, booking).await? {
            QrTokens::Shown(_) | QrTokens::TooOften => QrTime::Now,
            QrTokens::From(from) => QrTime::From(from),
            QrTokens::Never => QrTime::Never,
        };
        Ok(OfflineAccess { codes: given.map(code).into_iter().collect(), qr })
    }
    async fn qr_tokens(&self, tx: &mut TenantTx, booking: BookingId) -> Result<QrTokens, PortError> {
        let from = at(OPENS) - SignedDuration::from_hours(24);
        let last = Self::last(tx, booking).await?;
        Ok(match last.as_deref() {
            None | Some("doors.revoked") => QrTokens::Never,
            Some("doors.often") => QrTokens::TooOften,
            Some(_) if tx.now() < from => QrTokens::From(from),
            Some(_) => QrTokens::Shown(vec![QrToken {
                text: Revealed::new(QR_TEXT.to_owned()),
                doors: vec!["Huvudentrén".to_owned()],
                starts_at: at(SIX),
                ends_at: at(SEVEN),
                expires_at: tx.now() + SignedDuration::from_mins(15),
            }]),
        })
    }
}

pub struct Hall {
    pub bench: Bench,
    pub pages: Router,
}

/// The module's routes, as the service serves them.
fn pages(kernel: &Kernel, facilities: Arc<dyn Facilities>) -> Router {
    let module = Arc::new(Booking::new(Ports {
        facilities,
        closures: Arc::new(OneFacility),
        customers: Arc::new(OneClub),
        names: Arc::new(OneClub),
        prices: Arc::new(OnePrice),
        access: Arc::new(DoorsByAudit),
        offline: Arc::new(DoorsByAudit),
        faults: Arc::new(OneFacility),
    }));
    let routes = module.routes();
    kernel.install(Registry::new(vec![module, Arc::new(Letters), Arc::new(crate::freed::Listener)]));
    routes.layer(from_fn_with_state(kernel.clone(), know_visitor)).with_state(kernel.clone())
}

/// Somebody signed in.
#[derive(Clone)]
pub struct Person {
    pub id: PersonId,
    cookie: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn says(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

impl Hall {
    pub async fn new() -> Self {
        Self::over(Arc::new(OneFacility)).await
    }

    /// A hall in winter.
    pub async fn in_snow() -> Self {
        Self::over(Arc::new(Snowy)).await
    }

    async fn over(facilities: Arc<dyn Facilities>) -> Self {
        let bench = Bench::new().await;
        let pages = pages(&bench.kernel, facilities);
        let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
        PartRegister.register(&mut tx, &[PART_1, PART_2, PART_ROOM, PART_ANNEX]).await.unwrap();
        PartRegister.register(&mut tx, &PARTS_HARBOUR).await.unwrap();
        PartRegister.register_stock(&mut tx, &[(GOALS, Some(4)), (COFFEE, None)]).await.unwrap();
        tx.commit().await.unwrap();
        let hall = Self { bench, pages };
        hall.rules("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = {}").await;
        hall
    }

    /// The municipality says its rules; of times [`TIMES`], where it says nothing else.
    pub async fn rules(&self, text: &str) {
        let mut file: toml::Table = text.parse().unwrap();
        for layer in file["rules"].as_array_mut().unwrap() {
            if layer["for"].as_str() == Some("tenant") {
                let said = layer["parameters"].as_table_mut().unwrap();
                for (key, value) in TIMES {
                    said.entry(key).or_insert(value.into());
                }
            }
        }
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        import(&mut tx, &OneFacility, &file.to_string()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody who sets the municipality up.
    pub async fn administrator(&self, name: &str) -> Person {
        let person = self.private_person(name).await;
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.give_role("test", name, self.bench.alfa_authority, Role::Administrator).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    /// Serves the pages over connections that are made from now on.
    pub fn reconnect(&mut self) {
        let kernel = Kernel::new(
            Database::connect(self.bench.application.clone(), self.bench.worker.clone()),
            self.bench.clock.clone(),
            Random::from_seed(8),
            Vault::new(1, &[7; 32]).unwrap(),
            self.bench.kernel.service().clone(),
        );
        self.pages = pages(&kernel, Arc::new(OneFacility));
        self.bench.kernel = kernel;
    }

    /// Somebody who acts for the club.
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
        tx.act_for(&token, CLUB, "Hallens IF").await.unwrap();
        tx.commit().await.unwrap();
        Person { id, cookie: format!("hallport_session={token}") }
    }

    /// Somebody who acts for themselves.
    pub async fn private_person(&self, name: &str) -> Person {
        let person = self.person(name).await;
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let token = person.cookie.trim_start_matches("hallport_session=");
        tx.act_for(token, CustomerId::new(person.id.uuid()), name).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    pub async fn officer(&self, name: &str) -> Person {
        let person = self.private_person(name).await;
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.give_role("test", name, self.bench.alfa_authority, Role::Officer).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    /// Somebody who looks after the hall.
    pub async fn caretaker(&self, name: &str) -> Person {
        let person = self.private_person(name).await;
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.give_role("test", name, self.bench.alfa_authority, Role::Caretaker).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    /// The register says that something is closed until somebody opens it.
    pub async fn snows(&self, resource: ResourceId) -> ClosureId {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let closure: ClosureId = tx.new_id();
        tx.audit(Actor::Service("snow"), "snow.fell", Some(closure.uuid()), &resource).await.unwrap();
        tx.emit(&ResourceClosed { closure, facility: facility().id, resource: Some(resource) })
            .await
            .unwrap();
        tx.commit().await.unwrap();
        closure
    }

    /// The register says that it is open again.
    pub async fn thaws(&self, closure: ClosureId) {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.audit(Actor::Service("snow"), "snow.gone", Some(closure.uuid()), &()).await.unwrap();
        tx.emit(&ResourceOpened { closure, facility: facility().id, resource: None }).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Of another board of the same municipality.
    pub async fn officer_of_another_authority(&self, name: &str) -> Person {
        let person = self.private_person(name).await;
        let authority = AuthorityId::new(Uuid::from_u128(0xB0A2D));
        sqlx::query(
            "INSERT INTO kernel.authority (tenant_id, id, slug, name) VALUES ($1, $2, 'andra', 'Andra')",
        )
        .bind(self.bench.alfa.uuid())
        .bind(authority.uuid())
        .execute(&mut self.superuser().await)
        .await
        .unwrap();
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.give_role("test", name, authority, Role::Officer).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    /// Everything that is due is done.
    pub async fn works(&self) {
        let worker = Worker::new(self.bench.kernel.clone());
        while worker.work_once().await.unwrap() > 0 {}
    }

    /// How often the audit has this.
    pub async fn audited(&self, action: &str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM kernel.audit WHERE action = $1")
            .bind(action)
            .fetch_one(&mut self.superuser().await)
            .await
            .unwrap()
    }

    pub async fn get(&self, person: Option<&Person>, path: &str) -> Answer {
        self.send(person, Request::get(path), Body::empty()).await
    }

    pub async fn get_in_english(&self, person: &Person, path: &str) -> Answer {
        let request = Request::get(path).header(header::ACCEPT_LANGUAGE, "en");
        self.send(Some(person), request, Body::empty()).await
    }

    pub async fn post(&self, person: Option<&Person>, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let form: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(person, request, Body::from(form.join("&"))).await
    }

    pub async fn post_json(&self, person: Option<&Person>, body: &Value) -> Answer {
        let request =
            Request::post("/api/unstable/bookings").header(header::CONTENT_TYPE, "application/json");
        self.send(person, request, Body::from(body.to_string())).await
    }

    /// The answer before its body is read.
    pub async fn open(&self, person: Option<&Person>, path: &str) -> http::Response<Body> {
        self.pages.clone().oneshot(asked(person, Request::get(path), Body::empty())).await.unwrap()
    }

    async fn send(&self, person: Option<&Person>, request: http::request::Builder, body: Body) -> Answer {
        let answer = self.pages.clone().oneshot(asked(person, request, body)).await.unwrap();
        let status = answer.status();
        let location = answer.headers().get(header::LOCATION);
        let location = location.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let bytes = to_bytes(answer.into_body(), 4 << 20).await.unwrap();
        Answer { status, location, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// For the club: the form's fields as its page would send them.
    pub async fn book(&self, person: &Person, resource: ResourceId, start: &str, minutes: u32) -> Answer {
        let minutes = minutes.to_string();
        self.fill_in(person, &CLUB.to_string(), "Innebandy P12", resource, (start, &minutes)).await
    }

    /// For themselves, an hour; says where the booking is.
    pub async fn booked_privately(&self, person: &Person, resource: ResourceId, start: &str) -> String {
        let customer = person.id.to_string();
        self.fill_in(person, &customer, "Badminton", resource, (start, "60")).await.location
    }

    async fn fill_in(
        &self,
        person: &Person,
        customer: &str,
        purpose: &str,
        resource: ResourceId,
        (start, minutes): (&str, &str),
    ) -> Answer {
        let held = self.asked(person, (customer, purpose), resource, (start, minutes), &[]).await;
        self.through_the_hold(person, held).await
    }

    /// Books what was held; what was not held is answered as it was.
    pub async fn through_the_hold(&self, person: &Person, answer: Answer) -> Answer {
        if answer.status == StatusCode::SEE_OTHER && answer.location.ends_with("/hold") {
            return self.press(person, &answer.location, "book").await;
        }
        answer
    }

    /// Sends the form for the club, and more fields with it; says what is answered: mostly that the time is held.
    pub async fn hold(
        &self,
        person: &Person,
        resource: ResourceId,
        (start, minutes): (&str, &str),
        more: &[(&str, &str)],
    ) -> Answer {
        let club = CLUB.to_string();
        self.asked(person, (&club, "Innebandy P12"), resource, (start, minutes), more).await
    }

    async fn asked(
        &self,
        person: &Person,
        (customer, purpose): (&str, &str),
        resource: ResourceId,
        (start, minutes): (&str, &str),
        more: &[(&str, &str)],
    ) -> Answer {
        let (resource, key) = (resource.to_string(), self.bench.kernel.new_id::<Uuid>().to_string());
        // Whoever acts for themselves has said that they mean the other one.
        let own = person.id.to_string();
        let mut fields = vec![
            ("resource", resource.as_str()),
            ("start", start),
            ("minutes", minutes),
            ("purpose", purpose),
            ("customer", customer),
            ("certain", own.as_str()),
            ("request_key", &key),
        ];
        fields.extend(more.iter().copied());
        self.post(Some(person), "/book", &fields).await
    }

    /// Presses a button of a hold.
    pub async fn press(&self, person: &Person, held: &str, action: &str) -> Answer {
        self.post(Some(person), held, &[("action", action)]).await
    }

    /// Books an hour of each for the club in one booking, and says where it is.
    pub async fn booked_several(&self, person: &Person, times: &[(ResourceId, &str)]) -> String {
        let times: Vec<String> =
            times.iter().map(|(resource, start)| format!("{resource}|{start}|60")).collect();
        let (customer, key) = (CLUB.to_string(), self.bench.kernel.new_id::<Uuid>().to_string());
        let own = person.id.to_string();
        let mut fields = vec![
            ("facility", "hallen"),
            ("customer", customer.as_str()),
            ("certain", own.as_str()),
            ("request_key", key.as_str()),
            ("purpose", "Innebandy"),
            ("action", "book"),
        ];
        fields.extend(times.iter().map(|time| ("time", time.as_str())));
        let answer = self.post(Some(person), "/book/several", &fields).await;
        let answer = self.through_the_hold(person, answer).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.location
    }

    /// Books, and says where the booking is.
    pub async fn booked(&self, person: &Person, resource: ResourceId, start: &str, minutes: u32) -> String {
        let answer = self.book(person, resource, start, minutes).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.location
    }

    /// The doors' state changes, and whoever listens is told.
    pub async fn doors_say(&self, booking: &str, what: &'static str) {
        let booking: BookingId = booking.parse().unwrap();
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.audit(Actor::Service("doors"), what, Some(booking.uuid()), &()).await.unwrap();
        tx.signal(format!("access:{booking}"));
        tx.commit().await.unwrap();
    }

    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect_with(&self.bench.superuser).await.unwrap()
    }

    /// A year of bookings, so that reading them all would be the wrong plan, and a database that sends its plans with
    /// its answers.
    pub fn a_year_that_explains_itself(&self) -> String {
        format!(
            "SET session_replication_role = replica;
         CREATE TEMP TABLE year AS
           SELECT gen_random_uuid() AS id, part.id AS part, starts_at, starts_at + interval '1 hour' AS ends_at,
                  2000 + row_number() OVER () AS number
             FROM booking.part part,
                  generate_series('2026-02-01'::timestamptz, '2026-11-20', interval '1 hour') AS starts_at;
         INSERT INTO booking.booking
           (tenant_id, id, number, authority_id, facility_id, customer_id, customer_name, booker_id, purpose,
            status, created_at, request_key)
           SELECT '{tenant}', id, number, id, id, id, 'Laget', id, 'Träning', 'confirmed', starts_at, id FROM year;
         INSERT INTO booking.occurrence
           (tenant_id, id, booking_id, resource_id, facility_id, starts_at, ends_at)
           SELECT '{tenant}', id, id, id, id, starts_at, ends_at FROM year;
         INSERT INTO booking.occupancy (tenant_id, part_id, starts_at, ends_at, occurrence_id)
           SELECT '{tenant}', part, starts_at, ends_at, id FROM year;
         SET session_replication_role = origin;
         ANALYZE;
         ALTER DATABASE {database} SET session_preload_libraries = 'auto_explain';
         ALTER DATABASE {database} SET auto_explain.log_min_duration = 0;
         ALTER DATABASE {database} SET auto_explain.log_level = 'notice';",
            tenant = self.bench.alfa,
            database = self.bench.superuser.get_database().unwrap(),
        )
    }

    /// One number, asked past every policy.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.superuser().await).await.unwrap()
    }
}

fn asked(person: Option<&Person>, request: http::request::Builder, body: Body) -> Request<Body> {
    let request = request.header(header::HOST, "alfa.localhost:8080");
    let request = match person {
        Some(person) => request.header(header::COOKIE, &person.cookie),
        None => request,
    };
    request.body(body).unwrap()
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The last room of a path.
pub fn last_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}
