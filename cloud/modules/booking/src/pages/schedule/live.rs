//! `/facilities/{slug}/live`: tells an open schedule that something it shows was booked or given back.
//!
//! Server-sent events named `schedule` carry a sentence for those who listen; the page reads its table anew. The page's
//! browser asks again by itself when a stream ends.
//!
//! **Invariant:** nothing of a booking travels by this stream, not even that it is one.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use booking_domain::Span;
use cloud_kernel::Listener;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{When, t};
use futures_util::stream;
use http::{StatusCode, header};
use protocols_ids::{FacilityId, PartId};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::known::{seen, shown_and_around, space_of};
use super::sheet::Sheet;
use super::{Choice, facility, today};
use crate::pages::when_at;
use crate::{Ports, store};

/// Open schedules that are told at once, at most. Each reads what is taken now and then, so that all of them together
/// are some fifty small reads a second; one more is told to come back later, and shows what it knew when it was opened.
const SCHEDULE_PAGES_MAX: usize = 512;
/// How often one reads anew without being told: that is how it hears of what another process wrote, or of a way of
/// writing that tells nobody.
const RECHECK: Duration = Duration::from_secs(10);
/// How long one stream lasts at most: a page that nobody looks at does not hold its place all day.
const STREAM_MAX: Duration = Duration::from_mins(10);
/// When to ask again where too many pages listen already.
const BUSY_SECONDS: &str = "60";

/// Places for open schedules.
#[derive(Clone, Debug)]
pub struct SchedulePages(Arc<Semaphore>);

impl Default for SchedulePages {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SCHEDULE_PAGES_MAX)))
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
}

/// The stream.
pub async fn stream(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(SchedulePages(pages)): Extension<SchedulePages>,
    Path(slug): Path<String>,
    Query(choice): Query<Choice>,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let seen = u64::from_str_radix(&shown.seen, 16).map_err(|_| Failure::BadRequest("seen is no number"))?;
    let Ok(permit) = pages.try_acquire_owned() else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, BUSY_SECONDS)]).into_response());
    };
    let mut tx = visit.begin().await?;
    let facility = facility(&mut tx, &ports, &slug).await?;
    let sheet = Sheet::of(&facility, &choice, today(&facility, &tx));
    let place = sheet.place(&mut tx, &ports, &facility).await?;
    tx.commit().await?;
    let during = sheet.during(&place).ok_or(Failure::NotFound)?;
    let watch = Watch {
        // Listening begins before the first reading, so that nothing falls between.
        listener: visit.kernel.live().listen(visit.tenant.id, topic(facility.id)),
        space: space_of(&sheet.resources),
        during: shown_and_around(during),
        when: when_at(&visit, Some(&facility)),
        ends: Instant::now() + STREAM_MAX,
        seen,
        visit,
        _permit: permit,
    };
    let events = stream::unfold(watch, |watch| async { watch.next().await });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

struct Watch {
    visit: Visit,
    listener: Listener,
    space: Vec<PartId>,
    during: Span,
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
                () = self.listener.changed_within(RECHECK) => {}
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
