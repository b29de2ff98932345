//! What booking answers about free times, and about what happens.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use booking_domain::{
    DayState, Occupancy, Place, Span, Starts, Wish, day_state, free_times, stays_and_packages_within,
};
use cloud_contracts::{
    Availability, Facilities, Facility, FreeDay, FreeTime, FreeWanted, Happening, Open, PortError,
};
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use protocols_ids::{FacilityId, PartId, ResourceId};

use crate::place::{place_with, rule_books};
use crate::store;

/// Answers from the rules and from what is taken: two statements, and a third where stays or packages are let, whatever
/// is asked about.
#[derive(Clone)]
pub struct FreeTimes {
    facilities: Arc<dyn Facilities>,
}

impl FreeTimes {
    /// By the opening hours of this register.
    pub fn new(facilities: Arc<dyn Facilities>) -> Self {
        Self { facilities }
    }

    /// The places with those of their resources that are asked about: one statement, for the rules. With them, when
    /// the stays and packages lie that could answer, which last beyond what is asked about.
    async fn places(
        &self,
        tx: &mut TenantTx,
        facilities: &[Facility],
        resources: &BTreeSet<ResourceId>,
        during: Span,
        wish: Wish<'_>,
    ) -> Result<(Vec<Place>, Longer), PortError> {
        let asked: Vec<Facility> = facilities
            .iter()
            .filter(|facility| facility.resources.iter().any(|one| resources.contains(&one.id)))
            .map(|facility| {
                let mut asked = facility.clone();
                asked.resources.retain(|resource| resources.contains(&resource.id));
                asked
            })
            .collect();
        let books = rule_books(tx, &asked).await.map_err(PortError::database)?;
        let mut longer = Longer::default();
        let places = asked.iter().map(|facility| {
            let over = |during: Span| {
                let date = |at| facility.time_zone.to_datetime(at).date();
                let (first, last) = (date(during.starts_at()), date(during.ends_at()));
                place_with(&books, self.facilities.as_ref(), facility, first, last)
            };
            let place = over(during);
            let found = stays_and_packages_within(&place, wish);
            match hull(found.values().copied().chain([during])) {
                Some(wide) if !found.is_empty() => {
                    let parts =
                        |id| place.resource(id).iter().flat_map(|one| one.parts.clone()).collect::<Vec<_>>();
                    longer.parts.extend(found.keys().flat_map(|id| parts(*id)));
                    longer.during = hull(longer.during.into_iter().chain([wide]));
                    over(wide)
                }
                Some(_) | None => place,
            }
        });
        let places = places.collect();
        Ok((places, longer))
    }
}

/// What is let by stays and packages.
#[derive(Default)]
struct Longer {
    parts: BTreeSet<PartId>,
    during: Option<Span>,
}

/// From the first to the last of these.
fn hull(spans: impl Iterator<Item = Span>) -> Option<Span> {
    spans.fold(None, |hull: Option<Span>, span| match hull {
        Some(hull) => Span::new(hull.starts_at().min(span.starts_at()), hull.ends_at().max(span.ends_at())),
        None => Some(span),
    })
}

#[async_trait]
impl Availability for FreeTimes {
    async fn free(
        &self,
        tx: &mut TenantTx,
        facilities: &[Facility],
        resources: &BTreeSet<ResourceId>,
        wanted: &FreeWanted,
    ) -> Result<Vec<FreeTime>, PortError> {
        let windows: Vec<Span> = wanted.windows.iter().filter_map(span).collect();
        let over_minutes = wanted.over_minutes;
        let Some(during) = hull(windows.iter().map(|window| window.widened(0, over_minutes))) else {
            return Ok(Vec::new());
        };
        let wish = Wish { windows: &windows, over_minutes, minutes: wanted.minutes, most: wanted.each_max };
        let (places, longer) = self.places(tx, facilities, resources, during, wish).await?;
        // What is booked just outside may need its time to clean or to set up in it.
        let buffers = places.iter().flat_map(|place| &place.resources).map(|resource| resource.buffer);
        let (before, after) = buffers.fold((0, 0), |(b, a), (before, after)| (b.max(before), a.max(after)));
        let parts: BTreeSet<PartId> = places
            .iter()
            .flat_map(|place| &place.resources)
            .flat_map(|one| one.parts.iter().copied())
            .collect();
        let mut taken = Vec::new();
        for (parts, during) in [(parts, Some(during)), (longer.parts, longer.during)] {
            let Some(during) = during else { continue };
            let parts: Vec<PartId> = parts.into_iter().collect();
            let during = during.widened(before, after);
            taken.extend(store::occupied(tx, &parts, &[during]).await.map_err(PortError::database)?);
        }
        let (taken, now) = (Occupancy::new(taken), tx.now());
        let mut starts = Starts::default();
        let found = places.iter().flat_map(|place| free_times(place, wish, &taken, now, &mut starts));
        let mut free: Vec<FreeTime> = found
            .map(|time| FreeTime {
                resource: time.resource(),
                starts_at: time.span().starts_at(),
                ends_at: time.span().ends_at(),
            })
            .collect();
        free.sort_unstable();
        Ok(free)
    }

    async fn days(
        &self,
        tx: &mut TenantTx,
        facility: &Facility,
        resource: ResourceId,
        dates: &[Date],
    ) -> Result<Vec<FreeDay>, PortError> {
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Ok(Vec::new()) };
        let mut alone = facility.clone();
        alone.resources.retain(|one| one.id == resource);
        let books = rule_books(tx, std::slice::from_ref(&alone)).await.map_err(PortError::database)?;
        // A weekend or a season that is let whole begins before these dates, or ends after them.
        let book = books.get(&resource);
        let reaches = dates.iter().filter_map(|date| Some(book?.on(*date).reach(*date)));
        let (from, to) =
            reaches.fold((*first, *last), |(first, last), (from, to)| (first.min(from), last.max(to)));
        let place = place_with(&books, self.facilities.as_ref(), &alone, from, to);
        let Some(known) = place.resource(resource) else { return Ok(vec![FreeDay::Closed; dates.len()]) };
        let Some(during) = hull([from, to].into_iter().filter_map(|date| place.day(date))) else {
            return Ok(vec![FreeDay::Closed; dates.len()]);
        };
        let (before, after) = known.buffer;
        let taken = store::occupied(tx, &known.parts, &[during.widened(before, after)]).await;
        let (taken, now) = (Occupancy::new(taken.map_err(PortError::database)?), tx.now());
        let days = dates.iter().map(|date| match day_state(&place, [known], *date, &taken, now) {
            DayState::Free { minutes } => FreeDay::Free { minutes },
            DayState::Full => FreeDay::Full,
            DayState::Closed => FreeDay::Closed,
            DayState::Past => FreeDay::Past,
            DayState::NotYet => FreeDay::NotYet,
        });
        Ok(days.collect())
    }

    async fn happening(
        &self,
        tx: &mut TenantTx,
        facilities: &[FacilityId],
        during: Open,
    ) -> Result<Vec<Happening>, PortError> {
        let Some(during) = span(&during) else { return Ok(Vec::new()) };
        store::happening(tx, facilities, during).await.map_err(PortError::database)
    }
}

fn span(open: &Open) -> Option<Span> {
    Span::new(open.starts_at, open.ends_at)
}
