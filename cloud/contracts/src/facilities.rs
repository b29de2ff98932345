//! The register of what can be booked, as other modules see it.

use async_trait::async_trait;
use cloud_kernel::{Event, TenantTx};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocols_ids::{AuthorityId, EquipmentId, FacilityId, PartId, ResourceId};
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
    /// What is known of its accessibility, as keys of texts.
    pub accessibility: Vec<String>,
    /// Its regular opening hours; when it is open on a date is what [`Facilities::open`] says.
    pub opening_hours: Vec<OpeningHours>,
    /// What is closed, or cannot be played, now or later.
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
            accessibility: Vec::new(),
            opening_hours: Vec::new(),
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

/// Something is closed for a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closure {
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
    /// First minute that is closed; 1440 is midnight.
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
    /// The cells that it takes. Never empty.
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
    /// What a booking must keep to.
    pub rules: BookingRules,
}

impl Resource {
    /// A hall of which nothing more is known.
    pub fn named(id: ResourceId, slug: &str, name: &str, parts: &[PartId], rules: BookingRules) -> Self {
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
            rules,
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

/// The municipality's parameters for one resource, all in minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookingRules {
    /// Times start and end on multiples of this after midnight.
    pub step: u16,
    /// The shortest span.
    pub shortest: u32,
    /// The longest span.
    pub longest: u32,
    /// How long before its start a time is booked at the latest.
    pub lead: u32,
    /// How long before its start a time is booked at the earliest.
    pub horizon: u32,
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
}
