//! `/register/{slug}/closures`: what is closed, for how long and why.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::{Closing, ClosureKind, Facilities as _};
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Field, Lang, RadioGroup, t};
use facilities_domain::{LINE_CHARS_MAX, Wrong, check_text};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::{Sent, Work, wrong_text};
use crate::closing::close;
use crate::pages::{closure_badge, closure_kind, closure_span, reason_text, when_at};
use crate::{FacilityRegister, Ports};

/// The page.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &ports, &slug).await?;
    page(work, &Sent::default(), ErrorSummary::new(visit.lang)).await
}

async fn page(mut work: Work<'_>, sent: &Sent, errors: ErrorSummary) -> Result<Markup, Failure> {
    let lang = work.visit.lang;
    let facility = FacilityRegister.by_slug(&mut work.tx, work.slug).await?.ok_or(Failure::NotFound)?;
    let when = when_at(work.visit, &facility);
    let holding: Vec<_> =
        facility.closures.iter().filter(|closure| closure.ends_at.is_none_or(|end| end > when.now)).collect();
    let chosen = if sent.text("kind").is_empty() { "closed" } else { sent.text("kind") };
    let body = html! {
        @if holding.is_empty() {
            (EmptyState::new(&t(lang, "facilities-closures-empty", &[]), &t(lang, "facilities-closures-empty-hint", &[])))
        } @else {
            ul.list {
                @for closure in &holding {
                    @let what = closure.resource.and_then(|id| facility.resource(id)).map_or(&facility.name, |resource| &resource.name);
                    li.register-row {
                        div {
                            p { strong { (what) } " " (closure_badge(lang, closure.kind)) }
                            p { (reason_text(lang, &closure.reason)) ". " (closure_span(lang, &when, closure)) }
                        }
                        form.inline method="post" action={ "/closures/" (work.slug) "/open" } {
                            input type="hidden" name="closure" value=(closure.id.to_string());
                            input type="hidden" name="next" value={ "/register/" (work.slug) "/closures" };
                            (Button::quiet(&t(lang, "facilities-open-again", &[])).about(what))
                        }
                    }
                }
            }
        }
        (Card::new("form", &t(lang, "facilities-close-something", &[]), html! {
            form method="post" action={ "/register/" (work.slug) "/closures" } {
                (work.resource_select("resource", sent.text("resource")))
                (RadioGroup::new("kind", &t(lang, "facilities-closure-kind", &[]))
                    .option("closed", &closure_kind(lang, ClosureKind::Closed))
                    .option("unplayable", &closure_kind(lang, ClosureKind::Unplayable))
                    .chosen(chosen))
                (Field::text("reason", &t(lang, "facilities-reason", &[])).hint(&t(lang, "facilities-reason-hint", &[]))
                    .value(sent.text("reason")).error(errors.of("reason")).required())
                (Field::date("from", &t(lang, "facilities-closure-from", &[])).hint(&t(lang, "facilities-closure-from-hint", &[]))
                    .value(sent.text("from")).error(errors.of("from")).optional(lang))
                (Field::time("from_time", &t(lang, "facilities-closure-clock", &[])).value(sent.text("from_time")).optional(lang))
                (Field::date("to", &t(lang, "facilities-closure-to", &[])).hint(&t(lang, "facilities-closure-to-hint", &[]))
                    .value(sent.text("to")).error(errors.of("to")).optional(lang))
                (Field::time("to_time", &t(lang, "facilities-closure-clock-to", &[])).value(sent.text("to_time")).optional(lang))
                (Button::danger(&t(lang, "facilities-close", &[])))
            }
        }))
    };
    let title = format!("{}: {}", t(lang, "facilities-tab-closures", &[]), work.known.facts.name);
    work.finish(&title, errors, body).await
}

/// A date and a clock by the facility's own; the clock may be left out.
fn instant(zone: &TimeZone, date: &str, clock: &str) -> Result<Option<Timestamp>, Wrong> {
    if date.is_empty() {
        return if clock.is_empty() { Ok(None) } else { Err(Wrong::NoDate) };
    }
    let date: Date = date.parse().map_err(|_| Wrong::NoDate)?;
    let time: Time =
        if clock.is_empty() { Time::midnight() } else { clock.parse().map_err(|_| Wrong::NoTime)? };
    let at = date.to_datetime(time).to_zoned(zone.clone()).map_err(|_| Wrong::NoDate)?;
    Ok(Some(at.timestamp()))
}

fn read(
    lang: Lang,
    sent: &Sent,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(Timestamp, Option<Timestamp>), ErrorSummary> {
    let mut errors = ErrorSummary::new(lang);
    let from = instant(zone, sent.text("from"), sent.text("from_time")).map(|from| from.unwrap_or(now));
    // A last day without a clock is a whole day.
    let to = instant(zone, sent.text("to"), sent.text("to_time")).map(|to| match to {
        Some(at) if sent.text("to_time").is_empty() => at
            .to_zoned(zone.clone())
            .date()
            .tomorrow()
            .ok()
            .and_then(|next| Some(next.to_zoned(zone.clone()).ok()?.timestamp())),
        to => to,
    });
    match (&from, &to) {
        (Ok(from), Ok(Some(to))) if to <= from => {
            errors = errors.error("to", &wrong_text(lang, &Wrong::Backwards));
        }
        (Ok(_), Ok(Some(to))) if *to <= now => {
            errors = errors.error("to", &t(lang, "facilities-wrong-over", &[]));
        }
        _ => {}
    }
    if let Err(wrong) = &from {
        errors = errors.error("from", &wrong_text(lang, wrong));
    }
    if let Err(wrong) = &to {
        errors = errors.error("to", &wrong_text(lang, wrong));
    }
    let reason = sent.text("reason");
    if reason.is_empty() {
        errors = errors.error("reason", &wrong_text(lang, &Wrong::Missing));
    } else if let Err(wrong) = check_text(reason, LINE_CHARS_MAX) {
        errors = errors.error("reason", &wrong_text(lang, &wrong));
    }
    match (from, to) {
        (Ok(from), Ok(to)) if errors.is_empty() => Ok((from, to)),
        _ => Err(errors),
    }
}

/// The form's answer.
pub(crate) async fn add(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let mut work = Work::begin(&visit, &ports, &slug).await?;
    let zone = TimeZone::get(&work.known.facts.time_zone).map_err(Failure::internal)?;
    let now = work.tx.now();
    let (starts_at, ends_at) = match read(visit.lang, &sent, &zone, now) {
        Ok(span) => span,
        Err(errors) => {
            let page = page(work, &sent, errors).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let closing = Closing {
        facility: work.known.id,
        resource: work.known.resource(sent.text("resource")).map(|resource| resource.id),
        kind: if sent.text("kind") == "unplayable" { ClosureKind::Unplayable } else { ClosureKind::Closed },
        reason: sent.text("reason").to_owned(),
        starts_at,
        ends_at,
    };
    close(&mut work.tx, Actor::Person(work.person), closing).await?;
    work.tx.commit().await?;
    Ok(Redirect::to(&format!("/register/{slug}/closures?done=saved")).into_response())
}
