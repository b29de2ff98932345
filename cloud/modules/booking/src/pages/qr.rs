//! `/bookings/{id}/qr`: the QR code for the door, made anew each time that it is looked at.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::State;
use cloud_contracts::{QrToken, QrTokens};
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, EmptyState, Lang, Notice, When, qr_code, t};
use http::{StatusCode, header};
use jiff::Timestamp;
use maud::{Markup, Render, html};
use protocols_ids::BookingId;
use serde_json::json;

use super::{Right, booking_href, facility_of, seen_booking, when_at};
use crate::Ports;

/// The page asks for a new code so long before the old one is over: a scanner may be slow, and so may the network.
const RENEWED_BEFORE_S: i64 = 60;
/// Near the end of a time the page asks at most so often.
const RENEWED_EVERY_S_MIN: i64 = 5;
/// And never waits longer than this.
const RENEWED_EVERY_S_MAX: i64 = 600;

/// The page.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let (booking, right) = seen_booking(&mut tx, &ports, person, id).await?;
    if right != Right::Own {
        return Err(Failure::NotFound);
    }
    if booking.status.state() != State::Confirmed {
        return Ok(Redirect::to(&booking_href(id)).into_response());
    }
    let facility = facility_of(&mut tx, &ports, &booking).await?;
    let tokens = ports.offline.qr_tokens(&mut tx, id).await?;
    if matches!(tokens, QrTokens::Shown(_)) {
        let detail = json!({ "number": booking.number });
        tx.audit(Actor::Person(person.person), "access.qr_shown", Some(id.uuid()), &detail).await?;
    }
    tx.commit().await?;

    let (lang, when) = (visit.lang, when_at(&visit, facility.as_ref()));
    let (status, content) = match &tokens {
        QrTokens::Shown(tokens) => (StatusCode::OK, codes(lang, &when, tokens, &href(id))?),
        QrTokens::From(from) => {
            let text = t(lang, "booking-qr-from", &[("time", &when.near_clock(*from))]);
            (StatusCode::OK, still(Notice::info(&text)))
        }
        QrTokens::Never => {
            let hint = t(lang, "booking-qr-never-hint", &[]);
            (StatusCode::OK, still(EmptyState::new(&t(lang, "booking-qr-never", &[]), &hint)))
        }
        QrTokens::TooOften => {
            let notice = Notice::warning(&t(lang, "booking-qr-often", &[]));
            (StatusCode::TOO_MANY_REQUESTS, still(notice.more(&t(lang, "booking-qr-often-hint", &[]))))
        }
    };
    let body = html! {
        (content)
        p { (t(lang, "booking-qr-keypad", &[])) }
        p.actions { (Button::quiet(&t(lang, "booking-qr-code", &[])).href(&booking_href(id))) }
    };
    let page = visit
        .page(&t(lang, "booking-qr-title", &[]))
        .crumb(&t(lang, "booking-mine-title", &[]), "/bookings")
        .crumb(&t(lang, "booking-title", &[("number", &booking.number.to_string())]), &booking_href(id))
        .body(body);
    // The next one at this browser does not find the code by going back.
    Ok((status, [(header::CACHE_CONTROL, "no-store")], page.render()).into_response())
}

/// Where a booking's QR code is shown.
pub(super) fn href(id: BookingId) -> String {
    format!("{}/qr", booking_href(id))
}

/// What stands on the page instead of codes, and is not asked for again.
fn still(content: impl Render) -> Markup {
    html! { div #qr { (content) } }
}

/// The codes, which the page's script replaces by new ones before they are over.
fn codes(lang: Lang, when: &When, tokens: &[QrToken], href: &str) -> Result<Markup, Failure> {
    let first_over = tokens.iter().map(|token| token.expires_at).min().unwrap_or(when.now);
    let trigger = format!("every {}s, focus from:window", renewed_after_s(when.now, first_over));
    let mut figures = Vec::with_capacity(tokens.len());
    for token in tokens {
        let doors = token.doors.join(", ");
        let label = t(lang, "booking-qr-label", &[("doors", &doors)]);
        let picture = qr_code(token.text.text(), &label).ok_or_else(|| Failure::internal(TooLongForQr))?;
        figures.push(html! {
            figure.qr-code {
                (picture)
                figcaption {
                    (t(lang, "booking-qr-until", &[("time", &when.clock(token.expires_at))]))
                    br;
                    span.quiet { (doors) " · " (when.span(token.starts_at, token.ends_at)) }
                }
            }
        });
    }
    Ok(html! {
        div #qr hx-get=(href) hx-trigger=(trigger) hx-select="#qr" hx-swap="outerHTML" {
            p { (t(lang, "booking-qr-lead", &[])) }
            @for figure in &figures { (figure) }
            p.actions { (Button::quiet(&t(lang, "booking-qr-new", &[])).href(href)) }
            p.quiet { (t(lang, "booking-qr-photo", &[])) }
        }
    })
}

/// A token that no QR code holds.
#[derive(Debug, thiserror::Error)]
#[error("a token is too long for a QR code")]
struct TooLongForQr;

/// In how many seconds the page asks for new codes.
fn renewed_after_s(now: Timestamp, over_at: Timestamp) -> i64 {
    let left_s = over_at.duration_since(now).as_secs();
    let before = if left_s > 2 * RENEWED_BEFORE_S { left_s - RENEWED_BEFORE_S } else { left_s };
    before.clamp(RENEWED_EVERY_S_MIN, RENEWED_EVERY_S_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_code_is_asked_for_before_the_old_one_is_over_and_never_in_a_rush() {
        let now: Timestamp = "2026-11-24T17:00:00Z".parse().unwrap();
        let after =
            |seconds| renewed_after_s(now, Timestamp::from_second(now.as_second() + seconds).unwrap());
        assert_eq!(after(900), 600);
        assert_eq!(after(300), 240);
        assert_eq!(after(90), 90, "the last code of the time: there is no other after it");
        assert_eq!(after(2), 5);
        assert_eq!(after(-10), 5);
    }
}
