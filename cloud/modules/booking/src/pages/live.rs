//! `/bookings/{id}/access/live`: tells an open confirmation page when the door knows the code.
//!
//! Server-sent events named `door` carry the new content as HTML; `offline` says that the off-line codes are to be
//! asked for anew, since the hall fell silent or speaks again; `end` says that no more will come. The page's browser
//! asks again by itself when a stream ends without it.
//!
//! **Invariant:** no code travels by this stream.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use cloud_contracts::AccessState;
use cloud_kernel::Listener;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::When;
use futures_util::stream;
use http::{StatusCode, header};
use protocols_ids::BookingId;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::{door_state, facility_of, is_settled, is_silent, seen_booking, when_at};
use crate::Ports;

/// How long one stream lasts at most: a phone that is put away does not hold its place all day.
const STREAM_MAX: Duration = Duration::from_mins(10);
/// When to ask again where too many pages listen already.
const BUSY_SECONDS: &str = "30";

/// What the page shows already.
#[derive(Debug, Deserialize)]
pub struct Shown {
    /// Whether it was made while the hall was silent, so that it has the off-line codes.
    #[serde(default)]
    silent: bool,
}

/// The stream.
pub async fn stream(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(pages): Extension<Arc<Semaphore>>,
    Path(id): Path<BookingId>,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let Ok(permit) = pages.try_acquire_owned() else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, BUSY_SECONDS)]).into_response());
    };
    let mut tx = visit.begin().await?;
    let (booking, _) = seen_booking(&mut tx, &ports, person, id).await?;
    let facility = facility_of(&mut tx, &ports, &booking).await?;
    tx.commit().await?;
    let watch = Watch {
        // Listening begins before the first reading, so that nothing falls between.
        listener: visit.kernel.live().listen(visit.tenant.id, ports.access.topic(id)),
        when: when_at(&visit, facility.as_ref()),
        ends: Instant::now() + STREAM_MAX,
        told: None,
        silent: shown.silent,
        visit,
        ports,
        booking: id,
        _permit: permit,
    };
    let events = stream::unfold(Some(watch), |watch| async { watch?.next().await });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

struct Watch {
    visit: Visit,
    ports: Ports,
    booking: BookingId,
    when: When,
    listener: Listener,
    ends: Instant,
    told: Option<AccessState>,
    /// Whether the page has the off-line codes of a silent hall.
    silent: bool,
    _permit: OwnedSemaphorePermit,
}

impl Watch {
    /// The next event, and the watch unless it is over. Browsers pass no event on that has no data. A database that
    /// does not answer ends the stream.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Option<Self>)> {
        if let Some(silent) = self.told.map(is_silent).filter(|silent| *silent != self.silent) {
            self.silent = silent;
            return Some((Ok(Event::default().event("offline").data("changed")), Some(self)));
        }
        if self.told.is_some_and(is_settled) {
            return Some((Ok(Event::default().event("end").data("end")), None));
        }
        loop {
            let state = match self.read().await {
                Ok(state) => state,
                Err(failure) => {
                    tracing::warn!(%failure, booking = %self.booking, "live page cannot be told");
                    return None;
                }
            };
            if self.told != Some(state) {
                self.told = Some(state);
                self.when.now = self.visit.kernel.now();
                let shown = door_state(self.visit.lang, &self.when, state);
                let panel = shown.map(|state| state.panel(self.visit.lang).into_string()).unwrap_or_default();
                return Some((Ok(Event::default().event("door").data(panel)), Some(self)));
            }
            tokio::select! {
                () = self.listener.changed() => {}
                () = tokio::time::sleep_until(self.ends) => return None,
            }
        }
    }

    async fn read(&self) -> Result<AccessState, Failure> {
        let mut tx = self.visit.begin().await?;
        let access = self.ports.access.of_booking(&mut tx, self.booking, false).await?;
        tx.commit().await?;
        Ok(access.map_or(AccessState::NoDoors, |access| access.state))
    }
}
