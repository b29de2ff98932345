//! What other modules ask the register.

use async_trait::async_trait;
use cloud_contracts::{
    Closing, Closures, Facilities, Facility, Open, OpeningHours, PortError, SchoolPeriodKind,
};
use cloud_kernel::{Actor, TenantTx};
use facilities_domain::{
    Calendar, Closed, DayHours, DayKind, Exception, PeriodKind, Reach, RegularHours, SchoolPeriod, SpecialDay,
};
use jiff::civil::Date;
use protocols_ids::{ClosureId, FacilityId, PersonId, ResourceId};

use crate::closing;
use crate::store::{self, Which};

/// The register, as other modules see it.
#[derive(Clone, Copy, Debug)]
pub struct FacilityRegister;

#[async_trait]
impl Facilities for FacilityRegister {
    async fn all(&self, tx: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        store::facilities(tx, Which::All).await.map_err(PortError::database)
    }

    async fn by_slug(&self, tx: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        one(tx, Which::Slug(slug)).await
    }

    async fn of_resource(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
    ) -> Result<Option<Facility>, PortError> {
        one(tx, Which::OfResource(resource)).await
    }

    fn open(&self, facility: &Facility, resource: ResourceId, first: Date, last: Date) -> Vec<Open> {
        let spans = calendar(facility, Some(resource)).open(first, last);
        spans.into_iter().map(|span| Open { starts_at: span.starts_at, ends_at: span.ends_at }).collect()
    }

    fn holidays(&self, first: Date, last: Date) -> Vec<Date> {
        let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok());
        let special =
            dates.take_while(|date| *date <= last).filter_map(|date| Some((date, SpecialDay::of(date)?)));
        // The law counts three eves with Sundays (SFS 1930:173, § 2).
        let counted = |day: SpecialDay| {
            !day.is_eve()
                || matches!(
                    day,
                    SpecialDay::MidsummerEve | SpecialDay::ChristmasEve | SpecialDay::NewYearsEve
                )
        };
        special.filter(|(_, day)| counted(*day)).map(|(date, _)| date).collect()
    }
}

#[async_trait]
impl Closures for FacilityRegister {
    async fn close(
        &self,
        tx: &mut TenantTx,
        by: PersonId,
        closing: &Closing,
    ) -> Result<ClosureId, PortError> {
        closing::close(tx, Actor::Person(by), closing.clone()).await.map_err(PortError::database)
    }

    async fn open_again(
        &self,
        tx: &mut TenantTx,
        by: PersonId,
        facility: FacilityId,
        closure: ClosureId,
    ) -> Result<bool, PortError> {
        closing::open(tx, Actor::Person(by), facility, closure).await.map_err(PortError::database)
    }
}

/// When a resource is open, in the words of the domain. What is closed at something that shares its parts is closed
/// here too: a half under repair closes the whole. Of no resource it is the facility itself.
pub(crate) fn calendar(facility: &Facility, resource: Option<ResourceId>) -> Calendar<'_> {
    let own =
        resource.and_then(|id| facility.resource(id)).map_or(&[][..], |resource| resource.parts.as_slice());
    let parts_of =
        |other: ResourceId| facility.resource(other).map_or(&[][..], |resource| resource.parts.as_slice());
    let shares = |other: ResourceId| parts_of(other).iter().any(|part| own.contains(part));
    let holds = |other: ResourceId| !own.is_empty() && own.iter().all(|part| parts_of(other).contains(part));
    let special = &facility.special_hours;
    let hours = |hours: &OpeningHours| DayHours {
        weekday: hours.weekday,
        opens_minute: hours.opens_minute,
        closes_minute: hours.closes_minute,
    };
    let always = facility.opening_hours.iter().map(|day| (DayKind::Always, hours(day)));
    let by_kind = special.by_kind.iter().map(|(kind, day)| (kind_of(*kind), hours(day)));
    let exceptions = special.exceptions.iter().filter_map(|exception| {
        let reach = match exception.resource {
            None => Reach::Facility,
            Some(other) if Some(other) == resource => Reach::Own,
            Some(other) if holds(other) => Reach::Around,
            Some(other) if shares(other) && exception.minutes.is_empty() => Reach::Shared,
            Some(_) => return None,
        };
        let hours = exception.minutes.clone();
        Some(Exception { reach, first: exception.first, last: exception.last, hours })
    });
    let closed = facility.closures.iter().filter(|closure| closure.resource.is_none_or(shares));
    Calendar {
        zone: &facility.time_zone,
        regular: always.chain(by_kind).map(|(on, hours)| RegularHours { on, hours }).collect(),
        periods: special.school.iter().map(period).collect(),
        exceptions: exceptions.collect(),
        closed: closed
            .map(|closure| Closed { starts_at: closure.starts_at, ends_at: closure.ends_at })
            .collect(),
    }
}

fn kind_of(kind: cloud_contracts::DayKind) -> DayKind {
    match kind {
        cloud_contracts::DayKind::Term => DayKind::Term,
        cloud_contracts::DayKind::Break => DayKind::Break,
        cloud_contracts::DayKind::Eve => DayKind::Eve,
        cloud_contracts::DayKind::Holiday => DayKind::Holiday,
    }
}

fn period(period: &cloud_contracts::SchoolPeriod) -> SchoolPeriod {
    let kind = match period.kind {
        SchoolPeriodKind::Term => PeriodKind::Term,
        SchoolPeriodKind::Break => PeriodKind::Break,
    };
    SchoolPeriod { kind, first: period.first, last: period.last }
}

async fn one(tx: &mut TenantTx, which: Which<'_>) -> Result<Option<Facility>, PortError> {
    Ok(store::facilities(tx, which).await.map_err(PortError::database)?.pop())
}
