//! `/facilities/{slug}/live`, `/schedule/live` and `/embed/schedule/{slug}/live`: tell an open schedule that something it
//! shows was booked or given back.
//!
//! Server-sent events named `schedule` carry a sentence for those who listen; the page reads its table anew. The page's
//! browser asks again by itself when a stream ends.
//!
//! **Invariant:** nothing of a booking travels by this stream, not even that it is one.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, Query, RawQuery};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use booking_domain::Span;
use cloud_contracts::{Facility, Resource};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Listener, Viewer};
use cloud_ui::{Lang, When, t};
use futures_util::stream;
use http::{StatusCode, header};
use protocols_ids::{FacilityId, PartId};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::known::{seen, shown_and_around, space_of};
use super::sheet::{Layout, Sheet};
use super::side_by_side::{Beside, during};
use super::{Choice, facility, today};
use crate::pages::when_at;
use crate::{Ports, store};

/// Open schedules that are told at once, at most. Each reads what is taken now and then, so that all of them together
/// are some fifty small reads a second; one more is told to come back later, and shows what it knew when it was opened.
const SCHEDULE_PAGES_MAX: usize = 512;
/// The same within other sites' pages, which many people have open without looking at a schedule: they have places of
/// their own, so that they take none from those who are about to book.
const FRAMED_PAGES_MAX: usize = 128;
/// How often one reads anew without being told: that is how it hears of what another process wrote, or of a way of
/// writing that tells nobody.
const RECHECK: Duration = Duration::from_secs(10);
/// The same for what shows many days or many places: a hundred times as many rows, looked at by fewer, in less haste.
const RECHECK_WIDE: Duration = Duration::from_mins(1);
/// How long one stream lasts at most: a page that nobody looks at does not hold its place all day.
const STREAM_MAX: Duration = Duration::from_mins(10);
/// When to ask again where too many pages listen already.
const BUSY_SECONDS: &str = "60";

/// Places for open schedules.
#[derive(Clone, Debug)]
pub struct SchedulePages {
    own: Arc<Semaphore>,
    framed: Arc<Semaphore>,
}

impl Default for SchedulePages {
    fn default() -> Self {
        Self {
            own: Arc::new(Semaphore::new(SCHEDULE_PAGES_MAX)),
            framed: Arc::new(Semaphore::new(FRAMED_PAGES_MAX)),
        }
    }
}

/// What is signalled when space at a facility is taken or given back.
pub fn topic(facility: FacilityId) -> String {
    format!("schedule:{facility}")
}

/// What the page shows already.
#[derive(Debug, Deserialize)]
pub struct Shown {
    seen: String,
    /// The language that a site which frames it has chosen.
    lang: Option<String>,
}

impl Shown {
    fn number(&self) -> Result<u64, Failure> {
        u64::from_str_radix(&self.seen, 16).map_err(|_| Failure::BadRequest("seen is no number"))
    }
}

/// The stream of a facility's own page.
pub async fn stream(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(pages): Extension<SchedulePages>,
    Path(slug): Path<String>,
    Query(choice): Query<Choice>,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let seen = shown.number()?;
    let Ok(permit) = pages.own.try_acquire_owned() else { return Ok(busy()) };
    of_facility(visit, &ports, (&slug, &choice), seen, permit).await
}

/// The stream of a facility within another site's page.
pub async fn stream_embedded(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(pages): Extension<SchedulePages>,
    Path(slug): Path<String>,
    Query(choice): Query<Choice>,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let seen = shown.number()?;
    let Ok(permit) = pages.framed.try_acquire_owned() else { return Ok(busy()) };
    let lang = shown.lang.as_deref().and_then(Lang::parse).unwrap_or(visit.lang);
    let visit = Visit { viewer: Viewer::Anonymous, token: None, lang, ..visit };
    of_facility(visit, &ports, (&slug, &choice), seen, permit).await
}

/// The stream of several facilities beside each other.
pub async fn stream_side_by_side(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(pages): Extension<SchedulePages>,
    RawQuery(query): RawQuery,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let seen = shown.number()?;
    let Ok(permit) = pages.own.try_acquire_owned() else { return Ok(busy()) };
    let mut tx = visit.begin().await?;
    let beside = Beside::read(&mut tx, &ports, query.as_deref().unwrap_or_default()).await?;
    let sheets = beside.sheets(&tx);
    let places = beside.places(&mut tx, &ports, &sheets).await?;
    tx.commit().await?;
    let during = during(&sheets, &places).ok_or(Failure::NotFound)?;
    let resources: Vec<&Resource> = sheets.iter().flat_map(|sheet| sheet.resources.clone()).collect();
    let watched = Watched { resources: &resources, during, recheck: RECHECK_WIDE };
    let facilities: Vec<&Facility> = beside.chosen.iter().collect();
    Ok(told(visit, &facilities, &watched, seen, permit))
}

async fn of_facility(
    visit: Visit,
    ports: &Ports,
    (slug, choice): (&str, &Choice),
    seen: u64,
    permit: OwnedSemaphorePermit,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let facility = facility(&mut tx, ports, slug).await?;
    let sheet = Sheet::of(&facility, choice, today(&facility, &tx));
    let place = sheet.place(&mut tx, ports, &facility).await?;
    tx.commit().await?;
    let during = sheet.during(&place).ok_or(Failure::NotFound)?;
    let recheck = match sheet.layout {
        Layout::Day { .. } | Layout::Week(_) | Layout::HallWeek(_) => RECHECK,
        Layout::Overview | Layout::Month(_) => RECHECK_WIDE,
    };
    let watched = Watched { resources: &sheet.resources, during, recheck };
    Ok(told(visit, &[&facility], &watched, seen, permit))
}

fn busy() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, BUSY_SECONDS)]).into_response()
}

/// What is shown.
struct Watched<'a> {
    resources: &'a [&'a Resource],
    during: Span,
    recheck: Duration,
}

fn told(
    visit: Visit,
    facilities: &[&Facility],
    watched: &Watched<'_>,
    seen: u64,
    permit: OwnedSemaphorePermit,
) -> Response {
    let topics = facilities.iter().map(|facility| topic(facility.id)).collect();
    let watch = Watch {
        // Listening begins before the first reading, so that nothing falls between.
        listener: visit.kernel.live().listen_to_any(visit.tenant.id, topics),
        space: space_of(watched.resources),
        during: shown_and_around(watched.during),
        recheck: watched.recheck,
        when: when_at(&visit, facilities.first().copied()),
        ends: Instant::now() + STREAM_MAX,
        seen,
        visit,
        _permit: permit,
    };
    let events = stream::unfold(watch, |watch| async { watch.next().await });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

struct Watch {
    visit: Visit,
    listener: Listener,
    space: Vec<PartId>,
    during: Span,
    recheck: Duration,
    when: When,
    ends: Instant,
    seen: u64,
    _permit: OwnedSemaphorePermit,
}

impl Watch {
    /// The next event, and the watch. A database that does not answer ends the stream.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            let now = match self.read().await {
                Ok(now) => now,
                Err(failure) => {
                    tracing::warn!(%failure, "open schedule cannot be told");
                    return None;
                }
            };
            if now != self.seen {
                self.seen = now;
                let time = self.when.clock(self.visit.kernel.now());
                let told = t(self.visit.lang, "booking-schedule-changed", &[("time", &time)]);
                return Some((Ok(Event::default().event("schedule").data(told)), self));
            }
            tokio::select! {
                () = self.listener.changed_within(self.recheck) => {}
                () = tokio::time::sleep_until(self.ends) => return None,
            }
        }
    }

    async fn read(&self) -> Result<u64, Failure> {
        let mut tx = self.visit.begin().await?;
        let rows = store::taken(&mut tx, &self.space, self.during).await?;
        tx.commit().await?;
        Ok(seen(&rows))
    }
}
