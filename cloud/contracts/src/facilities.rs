//! The register of what can be booked, as other modules see it.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_kernel::{Event, TenantTx};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocols_ids::{AuthorityId, ClosureId, EquipmentId, FacilityId, PartId, PersonId, ResourceId};
use serde::{Deserialize, Serialize};

use crate::PortError;

/// Something in the register changed: what others derived from it is to be made anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RegisterChanged {}

impl Event for RegisterChanged {
    const KIND: &'static str = "facilities.register_changed";
    fn stream(&self) -> String {
        "register".to_owned()
    }
}

/// A place with an address, and all that can be booked there.
#[derive(Clone, Debug)]
pub struct Facility {
    /// Its id.
    pub id: FacilityId,
    /// Whose it is.
    pub authority: AuthorityId,
    /// Its name in paths.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Street and place, where published.
    pub address: Option<String>,
    /// Where its clocks are.
    pub time_zone: TimeZone,
    /// Where it lies.
    pub position: Option<Position>,
    /// What it is, in some sentences; may be empty.
    pub description: String,
    /// What is known of its accessibility, as keys of texts.
    pub accessibility: Vec<String>,
    /// Its regular opening hours on days that are not special; when it is open on a date is what
    /// [`Facilities::open`] says.
    pub opening_hours: Vec<OpeningHours>,
    /// When it is open otherwise.
    pub special_hours: SpecialHours,
    /// What is closed, or cannot be played, now or later, or was until a month ago.
    pub closures: Vec<Closure>,
    /// What can be booked, in the order of the schedule: a whole, then its halves, then the next whole.
    pub resources: Vec<Resource>,
    /// What can be had with it.
    pub equipment: Vec<Equipment>,
}

impl Facility {
    /// One of which nothing more is known.
    pub fn named(
        id: FacilityId,
        authority: AuthorityId,
        slug: &str,
        name: &str,
        time_zone: TimeZone,
    ) -> Self {
        Self {
            id,
            authority,
            slug: slug.to_owned(),
            name: name.to_owned(),
            address: None,
            time_zone,
            position: None,
            description: String::new(),
            accessibility: Vec::new(),
            opening_hours: Vec::new(),
            special_hours: SpecialHours::default(),
            closures: Vec::new(),
            resources: Vec::new(),
            equipment: Vec::new(),
        }
    }

    /// All of these dates, by its clocks: what [`Facilities::open`] says of a place that never closes.
    pub fn round_the_clock(&self, first: Date, last: Date) -> Vec<Open> {
        let midnight = |date: Date| Some(date.to_zoned(self.time_zone.clone()).ok()?.timestamp());
        let span = midnight(first).zip(last.tomorrow().ok().and_then(midnight));
        span.map(|(starts_at, ends_at)| Open { starts_at, ends_at }).into_iter().collect()
    }

    /// The resource with this id, if it is here.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }
}

/// A point on the map, in degrees (WGS 84).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Position {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// From an instant until just before another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Open {
    /// The first instant that is in it.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
}

/// Opening hours other than the regular ones.
#[derive(Clone, Debug, Default)]
pub struct SpecialHours {
    /// Hours of days of a kind. From 0 to 0 says that it is closed then.
    pub by_kind: Vec<(DayKind, OpeningHours)>,
    /// Hours of dates: later than a month ago, in order.
    pub exceptions: Vec<HoursException>,
    /// The terms and breaks of the municipality's schools.
    pub school: Arc<[SchoolPeriod]>,
}

/// A kind of day that has hours of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DayKind {
    /// In a school term, outside its breaks.
    Term,
    /// In a school's break.
    Break,
    /// On the eve of a red day.
    Eve,
    /// On a red day.
    Holiday,
}

/// Other hours on a span of dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoursException {
    /// Of what; `None` is everything at the facility.
    pub resource: Option<ResourceId>,
    /// The first date.
    pub first: Date,
    /// The last date.
    pub last: Date,
    /// From and until, in minutes after midnight; past 1440 is the next day. Empty is closed.
    pub minutes: Vec<(u16, u16)>,
    /// Why, in words for everybody to read.
    pub reason: String,
}

/// A span of the school's year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SchoolPeriod {
    /// Whether it is a break.
    pub kind: SchoolPeriodKind,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
}

/// What a span of the school's year is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SchoolPeriodKind {
    /// There is school.
    Term,
    /// There is none.
    Break,
}

/// Something was closed, or cannot be played.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ResourceClosed {
    /// The closure: reason and span are its row's.
    pub closure: ClosureId,
    /// Where.
    pub facility: FacilityId,
    /// What; `None` is everything there.
    pub resource: Option<ResourceId>,
}

impl Event for ResourceClosed {
    const KIND: &'static str = "facilities.resource_closed";
    fn stream(&self) -> String {
        format!("facility:{}", self.facility)
    }
}

/// What was closed is open again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ResourceOpened {
    /// The closure that ended.
    pub closure: ClosureId,
    /// Where.
    pub facility: FacilityId,
    /// What; `None` is everything there.
    pub resource: Option<ResourceId>,
}

impl Event for ResourceOpened {
    const KIND: &'static str = "facilities.resource_opened";
    fn stream(&self) -> String {
        format!("facility:{}", self.facility)
    }
}

/// Something is closed for a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closure {
    /// Its id.
    pub id: ClosureId,
    /// What; `None` is everything at the facility.
    pub resource: Option<ResourceId>,
    /// Why it cannot be used.
    pub kind: ClosureKind,
    /// In words, for everybody to read.
    pub reason: String,
    /// From.
    pub starts_at: Timestamp,
    /// Until; `None` is until somebody opens it again.
    pub ends_at: Option<Timestamp>,
}

/// Why something cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClosureKind {
    /// It is locked.
    Closed,
    /// It cannot be played: snow, water, frost.
    Unplayable,
}

/// What can be had with a resource: goals, a projector, a caretaker's hour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Equipment {
    /// Its id.
    pub id: EquipmentId,
    /// What people call it.
    pub name: String,
    /// How many there are; `None` where that is not counted, as of most services.
    pub stock: Option<u32>,
    /// With what it can be had; empty is with everything here.
    pub resources: Vec<ResourceId>,
}

/// A span of a weekday, in minutes after midnight in the facility's zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpeningHours {
    /// 1 is Monday, 7 is Sunday.
    pub weekday: i8,
    /// First minute that is open.
    pub opens_minute: u16,
    /// First minute that is closed; 1440 is midnight, more is the next day.
    pub closes_minute: u16,
}

/// What can be booked: a set of parts.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// The whole that it is a part of.
    pub parent: Option<ResourceId>,
    /// Its name in paths.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// What sort of thing it is.
    pub kind: ResourceKind,
    /// The cells that it takes, by their codes: as they lie. Never empty.
    pub parts: Vec<PartId>,
    /// How many people it is for, at most; for lodging, how many may sleep there.
    pub persons_max: Option<u32>,
    /// Minutes that setting up takes before a booking: nobody else has it then.
    pub before_minutes: u32,
    /// Minutes that cleaning takes after a booking.
    pub after_minutes: u32,
    /// Its size, where published.
    pub size: Option<SizeCm>,
    /// What it is good for, as keys of texts: `floorball`, `badminton`.
    pub activities: Vec<String>,
    /// What it is, in some sentences; may be empty.
    pub description: String,
}

impl Resource {
    /// A hall of which nothing more is known.
    pub fn named(id: ResourceId, slug: &str, name: &str, parts: &[PartId]) -> Self {
        Self {
            id,
            parent: None,
            slug: slug.to_owned(),
            name: name.to_owned(),
            kind: ResourceKind::Hall,
            parts: parts.to_vec(),
            persons_max: None,
            before_minutes: 0,
            after_minutes: 0,
            size: None,
            activities: Vec::new(),
            description: String::new(),
        }
    }
}

/// What sort of thing a resource is, with what is peculiar to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ResourceKind {
    /// A sports hall, a gymnasium.
    Hall,
    /// A pitch, a rink, a track.
    Pitch,
    /// A meeting room, a classroom, an aula.
    Room,
    /// Premises for parties and conferences.
    Premises,
    /// Rooms to sleep in, booked by night and person.
    Lodging,
    /// A car, a bus, a trailer.
    Vehicle {
        /// The driving licence that it takes: `B`, `BE`.
        licence: Option<String>,
    },
    /// A place for a boat. The largest boat that it takes, where that is measured.
    Berth {
        /// From stem to stern.
        length_cm: Option<u32>,
        /// Across.
        beam_cm: Option<u32>,
        /// Below the water line.
        draught_cm: Option<u32>,
    },
    /// Anything else that is lent.
    Other,
}

/// Width × length in centimetres; smallest and largest differ where only a range is published for a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SizeCm {
    /// From, to.
    pub width: (u32, u32),
    /// From, to.
    pub length: (u32, u32),
    /// Height to the ceiling.
    pub ceiling: Option<u32>,
}

/// Answers about the register.
#[async_trait]
pub trait Facilities: Send + Sync {
    /// Every facility of the tenant, by name.
    async fn all(&self, tx: &mut TenantTx) -> Result<Vec<Facility>, PortError>;
    /// The facility with this name in paths.
    async fn by_slug(&self, tx: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError>;
    /// The facility of a resource.
    async fn of_resource(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
    ) -> Result<Option<Facility>, PortError>;

    /// When a resource of the facility is open on these dates, by the facility's clocks: opening hours, exceptions
    /// and closures counted in. In order, apart from each other. Reads nothing: the facility as it was answered says
    /// it all.
    fn open(&self, facility: &Facility, resource: ResourceId, first: Date, last: Date) -> Vec<Open>;

    /// The public holidays among these dates, on which offices do not work. None in a register that knows none.
    fn holidays(&self, _first: Date, _last: Date) -> Vec<Date> {
        Vec::new()
    }
}

/// What shall be closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closing {
    /// Where.
    pub facility: FacilityId,
    /// What; `None` is everything there.
    pub resource: Option<ResourceId>,
    /// Why it cannot be used.
    pub kind: ClosureKind,
    /// In words, for everybody to read.
    pub reason: String,
    /// From.
    pub starts_at: Timestamp,
    /// Until; `None` is until somebody opens it again.
    pub ends_at: Option<Timestamp>,
}

/// Closes and opens what stands in the register, for another module that has asked whoever does it for their right.
#[async_trait]
pub trait Closures: Send + Sync {
    /// Closes: rows in this transaction, told after it.
    async fn close(&self, tx: &mut TenantTx, by: PersonId, closing: &Closing)
    -> Result<ClosureId, PortError>;

    /// Opens again; whether it was closed.
    async fn open_again(
        &self,
        tx: &mut TenantTx,
        by: PersonId,
        facility: FacilityId,
        closure: ClosureId,
    ) -> Result<bool, PortError>;
}
