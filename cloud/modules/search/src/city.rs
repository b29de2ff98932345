//! All that can be booked in a municipality, with what it costs whoever looks: what a search is carried out on.
//!
//! **Invariant:** a number of statements that does not grow with the municipality: the register, the index where words
//! were typed, the prices, the free times. Where nothing is found, up to four more say what to loosen.

use std::collections::{BTreeMap, BTreeSet};

use cloud_contracts::{Facility, FreeWanted, Open, PortError, Resource};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{TenantTx, Viewer};
use jiff::civil::Date;
use protocols_ids::ResourceId;
use search_domain::{ACTIVITIES, Facts, Filter, Free, Hit, Known, Near, Point, Query, Window, hits};

use crate::index::{goes_with, kind_of};
use crate::{Ports, store};

/// Free times of each hit that are shown: two rows of buttons on a phone.
const TIMES_SHOWN: usize = 4;
/// Ways to loosen a search that are shown: more are no help.
const LOOSE_SHOWN: usize = 4;

/// What can be booked.
pub(crate) struct City {
    pub(crate) facilities: Vec<Facility>,
    ore_per_hour: BTreeMap<ResourceId, i64>,
}

/// What a search found.
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    /// Where nothing was found: without which filter how many would be.
    pub(crate) looser: Vec<(Filter, usize)>,
    /// The place near which to look is not known.
    pub(crate) unknown_place: bool,
}

impl City {
    /// Reads the register.
    pub(crate) async fn read(tx: &mut TenantTx, ports: &Ports) -> Result<Self, Failure> {
        let facilities = ports.facilities.all(tx).await?;
        Ok(Self { facilities, ore_per_hour: BTreeMap::new() })
    }

    /// Reads what an hour costs whoever looks, on a date.
    pub(crate) async fn read_prices(
        &mut self,
        tx: &mut TenantTx,
        visit: &Visit,
        ports: &Ports,
        on: Date,
    ) -> Result<(), Failure> {
        if !visit.tenant.uses("pricing") {
            return Ok(());
        }
        let group = match &visit.viewer {
            Viewer::SignedIn(person) => match &person.acts_for {
                Some((customer, _)) => {
                    let customer = ports.customers.acted_for(tx, person.person, *customer).await?;
                    customer.and_then(|customer| customer.price_group)
                }
                None => None,
            },
            Viewer::Anonymous => None,
        };
        let ids: Vec<ResourceId> = self.resources().map(|(_, resource)| resource.id).collect();
        let rates = ports.prices.rates(tx, &ids, group.as_deref(), on).await?;
        self.ore_per_hour = rates.into_iter().map(|rate| (rate.resource, rate.ore_per_hour)).collect();
        Ok(())
    }

    pub(crate) fn resources(&self) -> impl Iterator<Item = (&Facility, &Resource)> {
        self.facilities
            .iter()
            .flat_map(|facility| facility.resources.iter().map(move |resource| (facility, resource)))
    }

    pub(crate) fn resource(&self, id: ResourceId) -> Option<(&Facility, &Resource)> {
        self.resources().find(|(_, resource)| resource.id == id)
    }

    pub(crate) fn ore_per_hour(&self, id: ResourceId) -> Option<i64> {
        self.ore_per_hour.get(&id).copied()
    }

    /// The activities that the register names.
    pub(crate) fn activities(&self) -> BTreeSet<String> {
        self.resources().flat_map(|(_, resource)| resource.activities.iter().cloned()).collect()
    }

    /// What one can ask for: also an activity that people have a word for and that is not to be had here.
    pub(crate) fn known(&self) -> Known {
        let worded = ACTIVITIES.iter().map(|words| words.key.to_owned());
        let equipment = self.facilities.iter().flat_map(|facility| &facility.equipment);
        Known {
            activities: self.activities().into_iter().chain(worded).collect(),
            places: self.facilities.iter().map(|facility| facility.slug.clone()).collect(),
            equipment: equipment.map(|one| one.name.clone()).collect(),
            accessible: self.facilities.iter().flat_map(|one| one.accessibility.iter().cloned()).collect(),
        }
    }

    /// Carries a search out.
    pub(crate) async fn search(
        &self,
        tx: &mut TenantTx,
        visit: &Visit,
        ports: &Ports,
        query: &Query,
    ) -> Result<Found, Failure> {
        let words = query.words();
        let ranked = if words.is_empty() { Vec::new() } else { store::found(tx, &words).await? };
        let facts = self.facts(&ranked);
        let origin = query.near.as_ref().and_then(|near| self.origin(near));
        let unknown_place = query.near.is_some() && origin.is_none();
        let wanted = admitted(query, &facts);
        let free = self.free(tx, visit, ports, &wanted, query, TIMES_SHOWN).await?;
        let found = hits(query, &facts, &free, origin);
        let mut looser = Vec::new();
        if found.is_empty() {
            let filters: Vec<Filter> = Filter::ALL.into_iter().filter(|filter| query.has(*filter)).collect();
            let lost: BTreeSet<ResourceId> = filters
                .iter()
                .filter(|filter| !filter.is_of_time())
                .flat_map(|filter| admitted(&query.without(*filter), &facts))
                .collect();
            let same_time = self.free(tx, visit, ports, &lost, query, 1).await?;
            for filter in filters {
                let loose = query.without(filter);
                let count = if filter.is_of_time() {
                    let free = self.free(tx, visit, ports, &wanted, &loose, 1).await?;
                    hits(&loose, &facts, &free, origin).len()
                } else {
                    hits(&loose, &facts, &same_time, origin).len()
                };
                looser.extend((count > 0).then_some((filter, count)));
            }
            looser.truncate(LOOSE_SHOWN);
        }
        Ok(Found { hits: found, looser, unknown_place })
    }

    /// The free times that a query asks about, by resource.
    async fn free(
        &self,
        tx: &mut TenantTx,
        visit: &Visit,
        ports: &Ports,
        resources: &BTreeSet<ResourceId>,
        query: &Query,
        each_max: usize,
    ) -> Result<BTreeMap<ResourceId, Vec<Free>>, Failure> {
        let windows = query.windows(&visit.tenant.time_zone, tx.now());
        self.free_in(
            tx,
            visit,
            ports,
            resources,
            &FreeWanted {
                windows: windows.iter().map(open).collect(),
                over_minutes: query.over_minutes(),
                minutes: query.minutes,
                each_max,
            },
        )
        .await
    }

    /// Free times by resource, earliest first.
    pub(crate) async fn free_in(
        &self,
        tx: &mut TenantTx,
        visit: &Visit,
        ports: &Ports,
        resources: &BTreeSet<ResourceId>,
        wanted: &FreeWanted,
    ) -> Result<BTreeMap<ResourceId, Vec<Free>>, Failure> {
        let mut free: BTreeMap<ResourceId, Vec<Free>> = BTreeMap::new();
        if resources.is_empty() || !visit.tenant.uses("booking") {
            return Ok(free);
        }
        let times: Result<_, PortError> =
            ports.availability.free(tx, &self.facilities, resources, wanted).await;
        for time in times? {
            free.entry(time.resource)
                .or_default()
                .push(Free { starts_at: time.starts_at, ends_at: time.ends_at });
        }
        Ok(free)
    }

    pub(crate) fn facts(&self, ranked: &[ResourceId]) -> Vec<Facts> {
        let rank: BTreeMap<ResourceId, usize> =
            ranked.iter().enumerate().map(|(rank, id)| (*id, rank)).collect();
        let facts = self.resources().map(|(facility, resource)| Facts {
            resource: resource.id,
            place: facility.slug.clone(),
            kind: kind_of(&resource.kind),
            activities: resource.activities.clone(),
            square_metres: resource.size.map(|size| size.width.0.saturating_mul(size.length.0) / 10_000),
            persons_max: resource.persons_max,
            equipment: facility
                .equipment
                .iter()
                .filter(|one| goes_with(&one.resources, resource))
                .map(|one| one.name.clone())
                .collect(),
            accessible: facility.accessibility.iter().cloned().collect(),
            ore_per_hour: self.ore_per_hour(resource.id),
            position: position(facility),
            rank: rank.get(&resource.id).copied(),
        });
        facts.collect()
    }

    /// Where to measure from. A place that is named is in the middle of the facilities that bear its name or stand
    /// there.
    fn origin(&self, near: &Near) -> Option<Point> {
        let name = match near {
            Near::Point(point) => return Some(*point),
            Near::Named(name) => name.to_lowercase(),
        };
        let is_there = |facility: &&Facility| {
            let address = facility.address.as_deref().unwrap_or_default();
            facility.name.to_lowercase().contains(&name) || address.to_lowercase().contains(&name)
        };
        let points: Vec<Point> = self.facilities.iter().filter(is_there).filter_map(position).collect();
        Point::middle(&points)
    }
}

fn admitted(query: &Query, facts: &[Facts]) -> BTreeSet<ResourceId> {
    facts.iter().filter(|facts| query.admits(facts)).map(|facts| facts.resource).collect()
}

/// Where a facility lies, if that is known.
pub(crate) fn position(facility: &Facility) -> Option<Point> {
    facility.position.map(|position| Point { latitude: position.latitude, longitude: position.longitude })
}

pub(crate) fn open(window: &Window) -> Open {
    Open { starts_at: window.starts_at, ends_at: window.ends_at }
}
