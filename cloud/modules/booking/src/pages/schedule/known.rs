//! What the database says of the times shown.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use booking_domain::{Occupancy, Occupied, Place, Span};
use cloud_contracts::{Facility, Resource};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, TenantTx, Viewer};
use jiff::civil::Date;
use protocols_ids::{AuthorityId, BookingId, CustomerId, PartId, ResourceId};

use super::sheet::{Layout, Sheet};
use crate::Ports;
use crate::store::{self, TakenPart};

/// What the database says.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) taken: Occupancy,
    /// Who has what; names only where the viewer may read them.
    pub(super) bookings: BTreeMap<BookingId, TakenPart>,
    /// Those whose page the viewer reads as an officer.
    pub(super) opens: BTreeSet<BookingId>,
    pub(super) ore_per_hour: BTreeMap<ResourceId, i64>,
    /// What all that is taken comes to: another number when something has changed.
    pub(super) seen: u64,
}

impl Known {
    /// For one facility's sheet; prices where the sheet has cells for them.
    pub(super) async fn read(
        tx: &mut TenantTx,
        visit: &Visit,
        ports: &Ports,
        sheet: &Sheet<'_>,
        (facility, place): (&Facility, &Place),
    ) -> Result<Self, Failure> {
        let during = sheet.during(place).ok_or(Failure::NotFound)?;
        let priced_on = match sheet.layout {
            Layout::Day { .. } | Layout::Week(_) | Layout::HallWeek(_) => Some(sheet.day),
            Layout::Overview | Layout::Month(_) => None,
        };
        let named = is_officer(visit, facility.authority);
        Self::of(tx, visit, ports, &sheet.resources, (during, priced_on), |_| named).await
    }

    /// Of any resources; `named` says for which parts the viewer may read who has them, whoever it is. Of the others those
    /// are named who may be named to everybody.
    pub(super) async fn of(
        tx: &mut TenantTx,
        visit: &Visit,
        ports: &Ports,
        resources: &[&Resource],
        (during, priced_on): (Span, Option<Date>),
        named: impl Fn(PartId) -> bool + Send,
    ) -> Result<Self, Failure> {
        let rows = store::taken(tx, &space_of(resources), shown_and_around(during)).await?;
        let (person, acts_for, price_group) = match &visit.viewer {
            Viewer::Anonymous => (None, None, None),
            Viewer::SignedIn(person) => {
                let acts_for = person.acts_for.as_ref().map(|(customer, _)| *customer);
                let customer = match acts_for {
                    Some(customer) => ports.customers.acted_for(tx, person.person, customer).await?,
                    None => None,
                };
                let group = customer.as_ref().and_then(|customer| customer.price_group.clone());
                (Some(person.person), customer.map(|customer| customer.id), group)
            }
        };
        let seen = seen(&rows);
        let taken = Occupancy::new(rows.iter().map(|row| Occupied {
            part: row.part,
            span: row.span,
            booking: row.booking,
            mine: Some(row.booker) == person || Some(row.customer) == acts_for,
        }));
        let rates = match priced_on {
            Some(day) => {
                let ids: Vec<ResourceId> = resources.iter().map(|resource| resource.id).collect();
                ports.prices.rates(tx, &ids, price_group.as_deref(), day).await?
            }
            None => Vec::new(),
        };
        // A request is nobody's business yet.
        let others: BTreeSet<CustomerId> =
            rows.iter().filter(|row| row.confirmed && !named(row.part)).map(|row| row.customer).collect();
        let public = if others.is_empty() || !visit.tenant.uses("customers") {
            BTreeMap::new()
        } else {
            ports.names.public_names(tx, &others).await?
        };
        let opens = rows.iter().filter(|row| named(row.part)).map(|row| row.booking).collect();
        let bookings = rows.into_iter().map(|row| {
            let customer_name = match public.get(&row.customer).filter(|_| row.confirmed) {
                _ if named(row.part) => row.customer_name.clone(),
                Some(name) => name.clone(),
                None => String::new(),
            };
            (row.booking, TakenPart { customer_name, ..row })
        });
        Ok(Self {
            taken,
            bookings: bookings.collect(),
            opens,
            ore_per_hour: rates.into_iter().map(|rate| (rate.resource, rate.ore_per_hour)).collect(),
            seen,
        })
    }
}

/// Whether the viewer may read who has what at facilities of this authority.
pub(super) fn is_officer(visit: &Visit, authority: AuthorityId) -> bool {
    match &visit.viewer {
        Viewer::SignedIn(person) => person.roles.contains(&(authority, Role::Officer)),
        Viewer::Anonymous => false,
    }
}

/// The parts that these resources take, each once.
pub(super) fn space_of(resources: &[&Resource]) -> Vec<PartId> {
    let mut space: Vec<PartId> = resources.iter().flat_map(|resource| resource.parts.clone()).collect();
    space.sort_unstable();
    space.dedup();
    space
}

/// A booking that covers a row may begin before the first and end after the last: a weekend that is booked whole is
/// the longest that a schedule shows as free.
const AROUND: jiff::SignedDuration = jiff::SignedDuration::from_hours(3 * 24);

/// What is shown, and what a booking of it may take before and after.
pub(super) fn shown_and_around(during: Span) -> Span {
    let margin = AROUND;
    let from = during.starts_at().checked_sub(margin).unwrap_or(during.starts_at());
    let to = during.ends_at().checked_add(margin).unwrap_or(during.ends_at());
    Span::new(from, to).unwrap_or(during)
}

/// A number for what is taken, the same for the same rows in any order.
pub(super) fn seen(rows: &[TakenPart]) -> u64 {
    rows.iter()
        .map(|row| {
            let mut hasher = DefaultHasher::new();
            (row.part, row.span, row.booking).hash(&mut hasher);
            hasher.finish()
        })
        .fold(0, u64::wrapping_add)
}
