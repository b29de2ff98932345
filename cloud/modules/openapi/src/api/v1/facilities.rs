//! Facilities, resources and what is free.
#![expect(unused_qualifications, reason = "the macro that describes the routes writes whole paths")]

use std::collections::BTreeSet;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Json, Path, Query};
use cloud_contracts::{Facility as Known, FreeWanted, Open};
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use openapi_domain::{Cursor, Scope};
use protocols_ids::{FacilityId, ResourceId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Ports;
use super::shapes::{self, Facility, FacilityList, FreeTime, FreeTimes, Page, Resource};
use crate::api::caller::Caller;
use crate::api::problem::{Kind, Problem, Problems};

/// Dates that are asked about at once, at most: a month's page.
const DAYS_MAX: i64 = 31;
/// Free times of one answer at most.
const FREE_MAX: usize = 500;
/// The longest that somebody can ask for: a leap year, which a stay can have.
const MINUTES_MAX: u32 = 366 * 24 * 60;
/// What begins on the last date may be over the day after.
const OVER_MINUTES: u32 = 24 * 60;

/// The facilities, by name.
#[utoipa::path(
    get,
    path = "/api/v1/facilities",
    tag = "facilities",
    params(Page),
    responses((status = 200, description = "The facilities", body = FacilityList), Problems),
)]
pub(crate) async fn list(
    caller: Caller,
    ports: Ports,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<FacilityList>, Problem> {
    caller.may(Scope::FacilitiesRead)?;
    let (cursor, limit) = shapes::query(page)?.read()?;
    let mut tx = caller.begin().await?;
    let all = ports.facilities.all(&mut tx).await?;
    tx.commit().await?;
    // So many were shown: the register is short, and its order is by name.
    let shown = usize::try_from(cursor.map_or(0, |cursor| cursor.after)).unwrap_or(usize::MAX);
    let facilities: Vec<Facility> = all.iter().skip(shown).take(limit).map(Facility::of).collect();
    let after = shown.saturating_add(facilities.len());
    let next = (after < all.len()).then(|| Cursor { after: u64::try_from(after).unwrap_or(u64::MAX) });
    Ok(Json(FacilityList { facilities, next: next.map(|cursor| cursor.to_string()) }))
}

/// One facility.
#[utoipa::path(
    get,
    path = "/api/v1/facilities/{facility}",
    tag = "facilities",
    params(("facility" = uuid::Uuid, Path, description = "Which")),
    responses((status = 200, description = "The facility", body = Facility), Problems),
)]
pub(crate) async fn one(
    caller: Caller,
    ports: Ports,
    facility: Result<Path<FacilityId>, PathRejection>,
) -> Result<Json<Facility>, Problem> {
    caller.may(Scope::FacilitiesRead)?;
    let id = shapes::id(facility)?;
    let mut tx = caller.begin().await?;
    let all = ports.facilities.all(&mut tx).await?;
    tx.commit().await?;
    let found = all.iter().find(|one| one.id == id).ok_or(Problem::new(Kind::NotFound))?;
    Ok(Json(Facility::of(found)))
}

/// One resource.
#[utoipa::path(
    get,
    path = "/api/v1/resources/{resource}",
    tag = "facilities",
    params(("resource" = uuid::Uuid, Path, description = "Which")),
    responses((status = 200, description = "The resource", body = Resource), Problems),
)]
pub(crate) async fn resource(
    caller: Caller,
    ports: Ports,
    resource: Result<Path<ResourceId>, PathRejection>,
) -> Result<Json<Resource>, Problem> {
    caller.may(Scope::FacilitiesRead)?;
    let id = shapes::id(resource)?;
    let mut tx = caller.begin().await?;
    let facility = place(&mut tx, &ports, id).await?;
    tx.commit().await?;
    let found = facility.resource(id).ok_or(Problem::new(Kind::NotFound))?;
    Ok(Json(Resource::of(&facility, found)))
}

async fn place(tx: &mut TenantTx, ports: &Ports, resource: ResourceId) -> Result<Known, Problem> {
    ports.facilities.of_resource(tx, resource).await?.ok_or(Problem::new(Kind::NotFound))
}

/// Which free times.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// They begin on this date or later, by the facility's clocks.
    #[param(value_type = String, format = Date)]
    from: Date,
    /// They begin on this date or earlier; at most a month after the other. Without it, on that date.
    #[param(value_type = Option<String>, format = Date, nullable = false)]
    to: Option<Date>,
    /// How long; without it the shortest that can be booked.
    #[param(minimum = 1, maximum = 527_040, nullable = false)]
    minutes: Option<u32>,
}

impl Wanted {
    /// The first and the last date.
    fn dates(&self) -> Result<(Date, Date), Problem> {
        let (first, last) = (self.from, self.to.unwrap_or(self.from));
        let days = first.until(last).map_or(-1, |span| i64::from(span.get_days()));
        if !(0..DAYS_MAX).contains(&days) {
            let message = format!("must be from the other date to {DAYS_MAX} days after it");
            return Err(Problem::field("to", "out-of-range", message));
        }
        if self.minutes.is_some_and(|minutes| !(1..=MINUTES_MAX).contains(&minutes)) {
            let message = format!("must be from 1 to {MINUTES_MAX}");
            return Err(Problem::field("minutes", "out-of-range", message));
        }
        Ok((first, last))
    }
}

/// When a resource is free.
#[utoipa::path(
    get,
    path = "/api/v1/resources/{resource}/availability",
    tag = "facilities",
    params(("resource" = uuid::Uuid, Path, description = "Which"), Wanted),
    responses((status = 200, description = "The free times", body = FreeTimes), Problems),
)]
pub(crate) async fn availability(
    caller: Caller,
    ports: Ports,
    resource: Result<Path<ResourceId>, PathRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<FreeTimes>, Problem> {
    caller.may(Scope::FacilitiesRead)?;
    let (id, wanted) = (shapes::id(resource)?, shapes::query(wanted)?);
    let (first, last) = wanted.dates()?;
    let mut tx = caller.begin().await?;
    let facility = place(&mut tx, &ports, id).await?;
    let windows: Vec<Open> = facility.round_the_clock(first, last);
    let asked = FreeWanted {
        windows,
        over_minutes: OVER_MINUTES,
        minutes: wanted.minutes,
        // One more says whether there are more.
        each_max: FREE_MAX + 1,
    };
    let resources = BTreeSet::from([id]);
    let free = ports.availability.free(&mut tx, std::slice::from_ref(&facility), &resources, &asked).await?;
    tx.commit().await?;
    let times = free.iter().take(FREE_MAX);
    let times = times.map(|time| FreeTime { starts_at: time.starts_at, ends_at: time.ends_at }).collect();
    Ok(Json(FreeTimes { times, complete: free.len() <= FREE_MAX }))
}
