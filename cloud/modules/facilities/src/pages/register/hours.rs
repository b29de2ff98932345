//! `/register/{slug}/hours`: regular hours and what holds otherwise.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, Checkbox, ErrorSummary, Field, Lang, Select, date_words, t};
use facilities_domain::{
    DayHours, DayKind, LINE_CHARS_MAX, RegularHours, Wrong, check_text, clock_span, day_runs, overlap,
};
use http::StatusCode;
use jiff::civil::Date;
use maud::{Markup, html};
use protocols_ids::ExceptionId;

use super::affected::Before;
use super::history::written_meanwhile;
use super::{Sent, Work, obstacle, saved, seen_field, wrong_text};
use crate::Ports;
use crate::pages::{capital, day_kind_name, hours_text, run_name};
use crate::store::{KnownException, Version};

/// Dates that one exception covers at most: two years. More is a change of the regular hours.
const EXCEPTION_DAYS_MAX: i32 = 731;

/// The page.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &ports, &slug).await?;
    page(work, &Sent::default(), ErrorSummary::new(visit.lang), &[]).await
}

fn weekday(lang: Lang, number: i8) -> String {
    t(lang, "time-weekday", &[("number", &number)])
}

async fn page(
    mut work: Work<'_>,
    sent: &Sent,
    errors: ErrorSummary,
    since: &[Version],
) -> Result<Markup, Failure> {
    let (lang, when) = (work.visit.lang, work.visit.when());
    let seen = work.seen((work.known.id.uuid(), "hours")).await?;
    let action = format!("/register/{}", work.slug);
    let today = work.visit.when().today();
    let regular = html! {
        @for kind in DayKind::ALL {
            @let runs = day_runs(&work.known.hours, kind);
            @if work.known.hours.iter().any(|regular| regular.on == kind) {
                h3 { (day_kind_name(lang, kind)) }
                ul.list {
                    @for run in &runs {
                        @let said = work.known.hours.iter().any(|regular| regular.on == kind && regular.hours.weekday == run.first);
                        li.register-row {
                            span { (run_name(lang, run)) " " strong { (hours_text(lang, &run.hours)) } }
                            @if said {
                                form.inline method="post" action={ (action) "/hours/remove" } {
                                    input type="hidden" name="kind" value=(kind.key());
                                    input type="hidden" name="first" value=(run.first);
                                    input type="hidden" name="last" value=(run.last);
                                    (seen_field(seen))
                                    (Button::quiet(&t(lang, "facilities-remove", &[]))
                                        .about(&format!("{}, {}", day_kind_name(lang, kind), run_name(lang, run))))
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    let days = |name: &str, label: &str, chosen: &str| {
        (1..=7).fold(Select::new(name, label).chosen(chosen), |select, number: i8| {
            select.option(&number.to_string(), &weekday(lang, number))
        })
    };
    let kinds = DayKind::ALL.into_iter().fold(
        Select::new("kind", &t(lang, "facilities-hours-on", &[])).chosen(sent.text("kind")),
        |select, kind| select.option(kind.key(), &day_kind_name(lang, kind)),
    );
    let last = if sent.text("last").is_empty() { "5" } else { sent.text("last") };
    let add = html! {
        form method="post" action={ (action) "/hours" } {
            (seen_field(seen))
            (kinds)
            (days("first", &t(lang, "facilities-hours-first", &[]), sent.text("first")))
            (days("last", &t(lang, "facilities-hours-last", &[]), last))
            (Field::time("opens", &t(lang, "facilities-opens", &[])).value(sent.text("opens")).error(errors.of("opens")))
            (Field::time("closes", &t(lang, "facilities-closes", &[])).hint(&t(lang, "facilities-closes-hint", &[]))
                .value(sent.text("closes")))
            (Checkbox::new("closed", &t(lang, "facilities-hours-closed-box", &[])).checked(sent.ticked("closed")))
            (Button::quiet(&t(lang, "facilities-hours-add", &[])))
        }
    };
    let coming: Vec<&KnownException> =
        work.known.exceptions.iter().filter(|exception| exception.last >= today).collect();
    let exceptions = html! {
        @if coming.is_empty() { p { (t(lang, "facilities-exceptions-empty", &[])) } }
        ul.list {
            @for exception in &coming {
                li.register-row {
                    span { (told(lang, &work, exception, today)) }
                    form.inline method="post" action={ (action) "/exceptions/remove" } {
                        input type="hidden" name="exception" value=(exception.id.to_string());
                        (Button::quiet(&t(lang, "facilities-remove", &[])).about(&date_words(lang, exception.first, today)))
                    }
                }
            }
        }
    };
    let add_exception = html! {
        form method="post" action={ (action) "/exceptions" } {
            (work.resource_select("resource", sent.text("resource")))
            (Field::date("from", &t(lang, "facilities-exception-first", &[])).value(sent.text("from")).error(errors.of("from")).required())
            (Field::date("to", &t(lang, "facilities-exception-last", &[])).hint(&t(lang, "facilities-exception-last-hint", &[]))
                .value(sent.text("to")).error(errors.of("to")).optional(lang))
            (Field::time("begins", &t(lang, "facilities-opens", &[])).hint(&t(lang, "facilities-exception-closed-hint", &[]))
                .value(sent.text("begins")).error(errors.of("begins")).optional(lang))
            (Field::time("ends", &t(lang, "facilities-closes", &[])).value(sent.text("ends")).optional(lang))
            (Field::text("reason", &t(lang, "facilities-reason", &[])).hint(&t(lang, "facilities-reason-hint", &[]))
                .value(sent.text("reason")).error(errors.of("reason")).required())
            (Button::quiet(&t(lang, "facilities-exception-add", &[])))
        }
    };
    let body = html! {
        @if !since.is_empty() { (written_meanwhile(lang, &when, since)) }
        (Card::new("regular", &t(lang, "facilities-hours", &[]), regular))
        (Card::new("add-hours", &t(lang, "facilities-hours-add", &[]), add))
        (Card::new("exceptions", &t(lang, "facilities-hours-otherwise", &[]), exceptions))
        (Card::new("add-exception", &t(lang, "facilities-exception-add", &[]), add_exception))
    };
    let title = format!("{}: {}", t(lang, "facilities-hours", &[]), work.known.facts.name);
    work.finish(&title, errors, body).await
}

fn told(lang: Lang, work: &Work<'_>, exception: &KnownException, today: Date) -> String {
    let first = capital(&date_words(lang, exception.first, today));
    let dates = if exception.first == exception.last {
        first
    } else {
        format!("{first} – {}", date_words(lang, exception.last, today))
    };
    let what =
        exception.resource.and_then(|id| work.known.resources.iter().find(|resource| resource.id == id));
    let what = what.map(|resource| format!("{}, ", resource.facts.name)).unwrap_or_default();
    format!("{what}{dates}: {} ({})", hours_text(lang, &exception.hours), exception.reason)
}

/// Ends a change of the hours: asks first where booked times are met, and leads back to the page with the way back.
async fn done(work: Work<'_>, before: Before, sent: &Sent, kept: Option<i64>) -> Result<Response, Failure> {
    let page = format!("/register/{}/hours", work.slug);
    match before.question(work, sent, &page).await? {
        Ok(work) => work.tx.commit().await?,
        Err(asks) => return Ok(asks),
    }
    Ok(Redirect::to(&saved(&page, kept)).into_response())
}

/// The page again, where the hours have changed since the form was made.
async fn since(work: &mut Work<'_>, sent: &Sent) -> Result<Vec<Version>, Failure> {
    let of = (work.known.id.uuid(), "hours");
    work.written_since(sent, of).await
}

/// One more span of regular hours.
pub(crate) async fn add(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin_change(&visit, &ports, &slug).await?;
    let mut errors = ErrorSummary::new(lang);
    let days = weekdays(&sent).zip(DayKind::parse(sent.text("kind")));
    let Some(((first, last), on)) = days else {
        return Err(Failure::BadRequest("no weekday or kind of day"));
    };
    let span = if sent.ticked("closed") {
        Some((0, 0))
    } else {
        clock_span(sent.text("opens"), closes_of(sent.text("closes")))
    };
    let mut hours = work.known.hours.clone();
    match span {
        None => errors = errors.error("opens", &wrong_text(lang, &Wrong::NoTime)),
        Some((opens_minute, closes_minute)) => {
            let run: Vec<i8> =
                if first <= last { (first..=last).collect() } else { (first..=7).chain(1..=last).collect() };
            for weekday in run {
                let new = RegularHours { on, hours: DayHours { weekday, opens_minute, closes_minute } };
                if hours.iter().any(|old| overlap(old, &new)) {
                    errors = errors.error("opens", &t(lang, "facilities-wrong-overlap", &[]));
                    break;
                }
                hours.push(new);
            }
        }
    }
    let since = since(&mut work, &sent).await?;
    if !errors.is_empty() || !since.is_empty() {
        let status = if since.is_empty() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
        let page = page(work, &sent, errors, &since).await?;
        return Ok((status, page).into_response());
    }
    let before = Before::read(&mut work).await?;
    let (mut register, known) = work.register();
    register.hours(known, &slug, &hours).await.map_err(failed)?;
    let kept = register.kept;
    done(work, before, &sent, kept).await
}

/// Nobody writes 24:00 in a field of times: midnight at the end of a day is 00:00 there.
fn closes_of(text: &str) -> &str {
    if text == "00:00" { "24:00" } else { text }
}

fn weekdays(sent: &Sent) -> Option<(i8, i8)> {
    let day = |name: &str| sent.text(name).parse::<i8>().ok().filter(|day| (1..=7).contains(day));
    day("first").zip(day("last"))
}

fn failed(refused: crate::change::Obstacle) -> Failure {
    Failure::internal(refused)
}

/// A run of weekdays without hours of that kind.
pub(crate) async fn remove(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let mut work = Work::begin_change(&visit, &ports, &slug).await?;
    let days = weekdays(&sent).zip(DayKind::parse(sent.text("kind")));
    let Some(((first, last), on)) = days else {
        return Err(Failure::BadRequest("no weekday or kind of day"));
    };
    let gone = |regular: &RegularHours| regular.on == on && (first..=last).contains(&regular.hours.weekday);
    let hours: Vec<RegularHours> =
        work.known.hours.iter().copied().filter(|regular| !gone(regular)).collect();
    let since = since(&mut work, &sent).await?;
    if !since.is_empty() {
        let page = page(work, &Sent::default(), ErrorSummary::new(visit.lang), &since).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    let before = Before::read(&mut work).await?;
    let (mut register, known) = work.register();
    register.hours(known, &slug, &hours).await.map_err(failed)?;
    let kept = register.kept;
    done(work, before, &sent, kept).await
}

/// What an exception's form says; and what is wrong.
fn read_exception(lang: Lang, sent: &Sent, work: &Work<'_>) -> Result<KnownException, ErrorSummary> {
    let mut errors = ErrorSummary::new(lang);
    let date = |name: &str| sent.text(name).parse::<Date>().map_err(|_| Wrong::NoDate);
    let first = date("from");
    let last = if sent.text("to").is_empty() { first.clone() } else { date("to") };
    if let Err(wrong) = &first {
        errors = errors.error("from", &wrong_text(lang, wrong));
    }
    match (&first, &last) {
        (Ok(first), Ok(last)) if last < first => {
            errors = errors.error("to", &wrong_text(lang, &Wrong::Backwards));
        }
        (Ok(first), Ok(last))
            if last.since(*first).map_or(i32::MAX, |span| span.get_days()) >= EXCEPTION_DAYS_MAX =>
        {
            errors = errors.error("to", &t(lang, "facilities-wrong-exception-long", &[]));
        }
        (Ok(_), Err(wrong)) => errors = errors.error("to", &wrong_text(lang, wrong)),
        _ => {}
    }
    let (begins, ends) = (sent.text("begins"), sent.text("ends"));
    let hours = if begins.is_empty() && ends.is_empty() {
        Some(Vec::new())
    } else {
        clock_span(begins, closes_of(ends)).map(|span| vec![span])
    };
    if hours.is_none() {
        errors = errors.error("begins", &wrong_text(lang, &Wrong::NoTime));
    }
    let reason = sent.text("reason");
    if reason.is_empty() {
        errors = errors.error("reason", &wrong_text(lang, &Wrong::Missing));
    } else if let Err(wrong) = check_text(reason, LINE_CHARS_MAX) {
        errors = errors.error("reason", &wrong_text(lang, &wrong));
    }
    match (first, last, hours) {
        (Ok(first), Ok(last), Some(hours)) if errors.is_empty() => Ok(KnownException {
            id: work.tx.new_id(),
            resource: work.known.resource(sent.text("resource")).map(|resource| resource.id),
            first,
            last,
            hours,
            reason: reason.to_owned(),
        }),
        _ => Err(errors),
    }
}

/// Other hours on some dates.
pub(crate) async fn add_exception(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin_change(&visit, &ports, &slug).await?;
    let errors = match read_exception(lang, &sent, &work) {
        Ok(wanted) => {
            let before = Before::read(&mut work).await?;
            let (mut register, known) = work.register();
            match register.exception(known, &slug, &wanted).await {
                Ok(_) => {
                    let kept = register.kept;
                    return done(work, before, &sent, kept).await;
                }
                Err(refused) => {
                    let (_, text) = obstacle(lang, refused)?;
                    ErrorSummary::new(lang).error("from", &text)
                }
            }
        }
        Err(errors) => errors,
    };
    let page = page(work, &sent, errors, &[]).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Takes other hours away.
pub(crate) async fn remove_exception(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let mut work = Work::begin_change(&visit, &ports, &slug).await?;
    let id: ExceptionId =
        sent.text("exception").parse().map_err(|_| Failure::BadRequest("no exception's id"))?;
    let before = Before::read(&mut work).await?;
    let (mut register, known) = work.register();
    register.remove_exception(known, &slug, id).await.map_err(failed)?;
    let kept = register.kept;
    done(work, before, &sent, kept).await
}
