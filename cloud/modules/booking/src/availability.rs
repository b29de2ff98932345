//! What booking answers about free times, and about what happens.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use booking_domain::{Occupancy, Place, Span, Starts, Wish, free_times};
use cloud_contracts::{Availability, Facilities, Facility, FreeTime, FreeWanted, Happening, Open, PortError};
use cloud_kernel::TenantTx;
use protocols_ids::{FacilityId, PartId, ResourceId};

use crate::place::{place_with, rule_books};
use crate::store;

/// Answers from the rules and from what is taken: two statements, whatever is asked about.
#[derive(Clone)]
pub struct FreeTimes {
    facilities: Arc<dyn Facilities>,
}

impl FreeTimes {
    /// By the opening hours of this register.
    pub fn new(facilities: Arc<dyn Facilities>) -> Self {
        Self { facilities }
    }

    /// The places with those of their resources that are asked about: one statement, for the rules.
    async fn places(
        &self,
        tx: &mut TenantTx,
        facilities: &[Facility],
        resources: &BTreeSet<ResourceId>,
        during: Span,
    ) -> Result<Vec<Place>, PortError> {
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
        let places = asked.iter().map(|facility| {
            let date = |at| facility.time_zone.to_datetime(at).date();
            let (first, last) = (date(during.starts_at()), date(during.ends_at()));
            place_with(&books, self.facilities.as_ref(), facility, first, last)
        });
        Ok(places.collect())
    }
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
        let ends = windows.iter().map(|window| window.ends_at()).max();
        let Some(during) = windows
            .iter()
            .map(|window| window.starts_at())
            .min()
            .zip(ends)
            .and_then(|(from, to)| Span::new(from, to))
        else {
            return Ok(Vec::new());
        };
        let places = self.places(tx, facilities, resources, during).await?;
        // What is booked just outside may need its time to clean or to set up in it.
        let buffers = places.iter().flat_map(|place| &place.resources).map(|resource| resource.buffer);
        let (before, after) = buffers.fold((0, 0), |(b, a), (before, after)| (b.max(before), a.max(after)));
        let during = during.widened(before, after);
        let parts: BTreeSet<PartId> = places
            .iter()
            .flat_map(|place| &place.resources)
            .flat_map(|one| one.parts.iter().copied())
            .collect();
        let parts: Vec<PartId> = parts.into_iter().collect();
        let taken = store::occupied(tx, &parts, during).await.map_err(PortError::database)?;
        let (taken, now) = (Occupancy::new(taken), tx.now());
        let wish = Wish { windows: &windows, minutes: wanted.minutes, most: wanted.each_max };
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
