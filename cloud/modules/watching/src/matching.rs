//! Who follows what became free: few statements, however many follow it.

use std::collections::{BTreeMap, BTreeSet};

use cloud_contracts::{
    Availability, Facility, FreeWanted, FreedTime, Open, Resource, ResourceOpened, TimesFreed, WatchesFound,
};
use cloud_kernel::{Actor, Again, HandlerError, TenantTx};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{FacilityId, PartId, ResourceId};
use serde_json::json;
use uuid::Uuid;
use watching_domain::{Span, found};

use crate::store::{self, Hit, Of, Watch};
use crate::{ALL, NAME, Ports, SWEEP};

/// Wishes that are looked at for one event at most, the longest followed first: each is a person who may be told.
const FOLLOWERS_MAX: i64 = 5000;
/// So long before something that was freed may a time begin that needs it: longer than anything is let by the hour.
const BEFORE: SignedDuration = SignedDuration::from_hours(3);
/// How far ahead is looked when something is opened again: what is further off was not closed by what ended today.
const OPENED_AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Times of each resource that are looked at in one go: a week of half hours.
const TIMES_MAX: usize = 336;
/// For so long the same time is not told to the same person again: it may go to and fro while people look at it.
const TOLD_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// For so long what is over is kept, so that whoever asks why they got a letter can be answered.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often it is swept.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(24);

fn outside(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HandlerError {
    HandlerError::Outside { what: "what became free".to_owned(), source: error.into() }
}

/// Something became free.
pub async fn on_freed(tx: &mut TenantTx, ports: &Ports, event: &TimesFreed) -> Result<(), HandlerError> {
    look(tx, ports, event.facility, &event.times).await
}

/// Something is open again: what lies ahead of it became free.
pub async fn on_opened(tx: &mut TenantTx, ports: &Ports, event: &ResourceOpened) -> Result<(), HandlerError> {
    let all = ports.facilities.all(tx).await.map_err(outside)?;
    let Some(facility) = all.iter().find(|facility| facility.id == event.facility) else { return Ok(()) };
    let now = tx.now();
    let ends_at = now.saturating_add(OPENED_AHEAD).unwrap_or(now);
    let opened = facility.resources.iter().filter(|one| event.resource.is_none_or(|id| id == one.id));
    let times: Vec<FreedTime> =
        opened.map(|one| FreedTime { resource: one.id, starts_at: now, ends_at }).collect();
    look_at(tx, ports, facility, &times).await
}

async fn look(
    tx: &mut TenantTx,
    ports: &Ports,
    facility: FacilityId,
    freed: &[FreedTime],
) -> Result<(), HandlerError> {
    let all = ports.facilities.all(tx).await.map_err(outside)?;
    match all.iter().find(|one| one.id == facility) {
        Some(facility) => look_at(tx, ports, facility, freed).await,
        None => Ok(()),
    }
}

/// The spans that were freed of each resource of the facility: of itself, or of something that shares a part with it.
fn touched<'a>(
    facility: &'a Facility,
    freed: &[FreedTime],
    now: Timestamp,
) -> BTreeMap<ResourceId, (&'a Resource, Vec<Span>)> {
    let mut of_parts: Vec<(BTreeSet<PartId>, Span)> = Vec::new();
    for time in freed {
        let resource = facility.resource(time.resource);
        // What has begun is bookable from now on at most.
        let span = Span::new(time.starts_at.max(now), time.ends_at);
        if let (Some(resource), Some(span)) = (resource, span) {
            of_parts.push((resource.parts.iter().copied().collect(), span));
        }
    }
    let mut touched = BTreeMap::new();
    for resource in &facility.resources {
        let shares = |parts: &BTreeSet<PartId>| resource.parts.iter().any(|part| parts.contains(part));
        let spans: Vec<Span> =
            of_parts.iter().filter(|(parts, _)| shares(parts)).map(|(_, span)| *span).collect();
        if !spans.is_empty() {
            touched.insert(resource.id, (resource, spans));
        }
    }
    touched
}

async fn look_at(
    tx: &mut TenantTx,
    ports: &Ports,
    facility: &Facility,
    freed: &[FreedTime],
) -> Result<(), HandlerError> {
    let now = tx.now();
    let touched = touched(facility, freed, now);
    let resources: Vec<ResourceId> = touched.keys().copied().collect();
    let activities: BTreeSet<String> =
        touched.values().flat_map(|(resource, _)| resource.activities.iter().cloned()).collect();
    let activities: Vec<String> = activities.into_iter().collect();
    if resources.is_empty() {
        return Ok(());
    }
    let followed = store::followed(tx, facility.id, &resources, &activities, FOLLOWERS_MAX).await?;
    let wanted: BTreeMap<ResourceId, &(&Resource, Vec<Span>)> = touched
        .iter()
        .filter(|(_, (resource, _))| followed.iter().any(|watch| is_of(watch, resource)))
        .map(|(id, touched)| (*id, touched))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let bookable = bookable(tx, ports.availability.as_ref(), facility, &wanted).await?;
    let notice: Uuid = tx.new_id();
    let mut hits = Vec::new();
    for watch in &followed {
        let found = wanted.iter().filter(|(_, (resource, _))| is_of(watch, resource)).filter_map(
            |(id, (_, freed))| {
                let free = bookable.get(id)?;
                Some((*id, found(watch.wish, freed, free, now, &facility.time_zone)?))
            },
        );
        // Of an activity the earliest, wherever in the facility: one letter, not one for each half of a hall.
        if let Some((resource, span)) = found.min_by_key(|(id, span)| (*span, *id)) {
            hits.push(Hit { id: tx.new_id(), watch: watch.id, resource, span });
        }
    }
    if hits.is_empty() {
        return Ok(());
    }
    let told_since = now.saturating_sub(TOLD_AGAIN_AFTER).unwrap_or(now);
    let written = store::write_hits(tx, (notice, facility.id), &hits, told_since).await?;
    if written == 0 {
        return Ok(());
    }
    let detail = json!({ "facility": facility.id, "told": written });
    tx.audit(Actor::Service(NAME), "watching.found", Some(notice), &detail).await?;
    tx.emit(&WatchesFound { notice }).await?;
    tx.enqueue_once(NAME, SWEEP, ALL, now.saturating_add(SWEEP_EVERY).unwrap_or(now)).await?;
    Ok(())
}

fn is_of(watch: &Watch, resource: &Resource) -> bool {
    match &watch.of {
        Of::Resource(id) => *id == resource.id,
        Of::Activity(activity, _) => resource.activities.contains(activity),
    }
}

/// Times that can be booked now, around what was freed, of each of these resources.
async fn bookable(
    tx: &mut TenantTx,
    availability: &dyn Availability,
    facility: &Facility,
    wanted: &BTreeMap<ResourceId, &(&Resource, Vec<Span>)>,
) -> Result<BTreeMap<ResourceId, Vec<Span>>, HandlerError> {
    let freed: BTreeSet<Span> = wanted.values().flat_map(|(_, spans)| spans.iter().copied()).collect();
    let window = |span: &Span| {
        let starts_at = span.starts_at().saturating_sub(BEFORE).unwrap_or(span.starts_at());
        Open { starts_at, ends_at: span.ends_at() }
    };
    let asked = FreeWanted {
        windows: apart(freed.iter().map(window)),
        over_minutes: u32::try_from(BEFORE.as_mins()).unwrap_or(0),
        minutes: None,
        each_max: TIMES_MAX,
    };
    let resources: BTreeSet<ResourceId> = wanted.keys().copied().collect();
    let free =
        availability.free(tx, std::slice::from_ref(facility), &resources, &asked).await.map_err(outside)?;
    let mut bookable: BTreeMap<ResourceId, Vec<Span>> = BTreeMap::new();
    for time in free {
        if let Some(span) = Span::new(time.starts_at, time.ends_at) {
            bookable.entry(time.resource).or_default().push(span);
        }
    }
    Ok(bookable)
}

/// These windows put together where they touch, in order.
fn apart(windows: impl Iterator<Item = Open>) -> Vec<Open> {
    let mut sorted: Vec<Open> = windows.collect();
    sorted.sort_by_key(|window| (window.starts_at, window.ends_at));
    let mut apart: Vec<Open> = Vec::new();
    for window in sorted {
        match apart.last_mut() {
            Some(last) if window.starts_at <= last.ends_at => last.ends_at = last.ends_at.max(window.ends_at),
            Some(_) | None => apart.push(window),
        }
    }
    apart
}

/// Whether a time can be booked now.
pub async fn still(
    tx: &mut TenantTx,
    ports: &Ports,
    resource: ResourceId,
    time: Span,
) -> Result<bool, cloud_contracts::PortError> {
    if time.starts_at() <= tx.now() {
        return Ok(false);
    }
    let Some(facility) = ports.facilities.of_resource(tx, resource).await? else { return Ok(false) };
    let asked = FreeWanted {
        windows: vec![Open { starts_at: time.starts_at(), ends_at: time.ends_at() }],
        over_minutes: u32::try_from(BEFORE.as_mins()).unwrap_or(0),
        minutes: None,
        each_max: TIMES_MAX,
    };
    let resources = BTreeSet::from([resource]);
    let free = ports.availability.free(tx, std::slice::from_ref(&facility), &resources, &asked).await?;
    let free: Vec<Span> = free.iter().filter_map(|free| Span::new(free.starts_at, free.ends_at)).collect();
    Ok(found(watching_domain::Wish::This(time), &[time], &free, tx.now(), &facility.time_zone).is_some())
}

/// Erases what has been over for long.
pub async fn sweep(tx: &mut TenantTx) -> Result<Again, HandlerError> {
    let now = tx.now();
    let erased = store::erase(tx, now.saturating_sub(KEPT).unwrap_or(now)).await?;
    if erased > 0 {
        let detail = json!({ "rows": erased });
        tx.audit(Actor::Service(NAME), "watching.erased", None, &detail).await?;
    }
    Ok(now.checked_add(SWEEP_EVERY).map_or(Again::Never, Again::At))
}
