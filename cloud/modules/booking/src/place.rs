//! The register's facility in the words of the domain, with booking's own rules.

use std::collections::BTreeMap;

use booking_domain::{Asked, Layer, Place, Resource, RuleBook, STAY_MINUTES_MAX, Scope, Span};
use cloud_contracts::{Facilities, Facility};
use cloud_kernel::TenantTx;
use jiff::ToSpan as _;
use jiff::civil::Date;
use protocols_ids::ResourceId;

use crate::store::StoreError;
use crate::store::rules::{StoredLayer, layers};

/// Dates whose opening hours are worked out at most, from the first: three years. Nobody books further ahead than
/// that, and whoever asks for a time in each of two millennia is refused without the days between.
const DAYS_MAX: i64 = 3 * 366;

/// What the domain needs to know of a facility for times that start on these dates: one statement, for the rules. A
/// day more is known on both sides: what covers the first row of a day may begin on the day before.
pub async fn place_of(
    tx: &mut TenantTx,
    register: &dyn Facilities,
    facility: &Facility,
    first: Date,
    last: Date,
) -> Result<Place, StoreError> {
    let books = rule_books(tx, std::slice::from_ref(facility)).await?;
    Ok(place_with(&books, register, facility, first, last))
}

/// The same for times as they are asked for: from the first to the end of the last.
pub async fn place_over(
    tx: &mut TenantTx,
    register: &dyn Facilities,
    facility: &Facility,
    asked: &[Asked],
) -> Result<Place, StoreError> {
    let (first, last) = dates_of(facility, asked);
    place_of(tx, register, facility, first, last).await
}

/// The same for times at several facilities, as one place; `None` where there are none, or where their clocks differ.
/// One statement too.
pub async fn place_at(
    tx: &mut TenantTx,
    register: &dyn Facilities,
    facilities: &[Facility],
    asked: &[Asked],
) -> Result<Option<Place>, StoreError> {
    let books = rule_books(tx, facilities).await?;
    let places = facilities.iter().map(|facility| {
        let (first, last) = dates_of(facility, asked);
        place_with(&books, register, facility, first, last)
    });
    Ok(Place::joined(places))
}

/// The dates from the first of these times to the end of the last, by a facility's clocks.
fn dates_of(facility: &Facility, asked: &[Asked]) -> (Date, Date) {
    let date = |at| facility.time_zone.to_datetime(at).date();
    let first = asked.iter().map(|one| one.starts_at).min().map_or(Date::ZERO, date);
    let ends = asked.iter().filter_map(|one| Span::lasting(one.starts_at, one.minutes.min(STAY_MINUTES_MAX)));
    (first, ends.map(Span::ends_at).max().map_or(first, date))
}

/// Every layer of rules that is about these facilities, what is in them, whose they are, or everything.
pub async fn layers_of(tx: &mut TenantTx, facilities: &[Facility]) -> Result<Vec<StoredLayer>, sqlx::Error> {
    let mut authorities: Vec<_> = facilities.iter().map(|facility| facility.authority).collect();
    authorities.dedup();
    let ids: Vec<_> = facilities.iter().map(|facility| facility.id).collect();
    let resources = facilities.iter().flat_map(|facility| &facility.resources);
    let resources: Vec<_> = resources.map(|resource| resource.id).collect();
    layers(tx, &authorities, &ids, &resources).await
}

/// The rules of every resource of these facilities: one statement, however many there are.
pub async fn rule_books(
    tx: &mut TenantTx,
    facilities: &[Facility],
) -> Result<BTreeMap<ResourceId, RuleBook>, StoreError> {
    let layers = layers_of(tx, facilities).await?;
    let layers: Vec<Layer> = layers.into_iter().map(|stored| stored.layer).collect();
    let books = facilities.iter().flat_map(|facility| {
        let layers = &layers;
        facility.resources.iter().map(move |resource| {
            let own: Vec<Layer> = layers
                .iter()
                .filter(|layer| match layer.scope {
                    Scope::Tenant => true,
                    Scope::Authority(id) => id == facility.authority,
                    Scope::Facility(id) => id == facility.id,
                    Scope::Resource(id) => id == resource.id,
                })
                .cloned()
                .collect();
            (resource.id, RuleBook::new(&own))
        })
    });
    Ok(books.collect())
}

/// A place with rules that have been read.
pub fn place_with(
    books: &BTreeMap<ResourceId, RuleBook>,
    register: &dyn Facilities,
    facility: &Facility,
    first: Date,
    last: Date,
) -> Place {
    let first = first.yesterday().unwrap_or(first);
    let most = first.checked_add(DAYS_MAX.days()).unwrap_or(first);
    let last = last.tomorrow().unwrap_or(last).min(most);
    let resources = facility.resources.iter().map(|resource| {
        let open = register.open(facility, resource.id, first, last);
        Resource {
            id: resource.id,
            facility: facility.id,
            parent: resource.parent,
            parts: resource.parts.clone(),
            open: open.iter().filter_map(|open| Span::new(open.starts_at, open.ends_at)).collect(),
            persons_max: resource.persons_max,
            buffer: (resource.before_minutes, resource.after_minutes),
            rules: books.get(&resource.id).cloned().unwrap_or_else(|| RuleBook::new(&[])),
        }
    });
    Place {
        time_zone: facility.time_zone.clone(),
        holidays: register.holidays(first, last).into_iter().collect(),
        resources: resources.collect(),
    }
}
