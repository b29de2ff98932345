//! `/delegations`: by what right officers decide, kept by administrators of their authority; `/decisions`: what was decided
//! in a period, for the board.

use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, TenantTx};
use cloud_ui::{
    Button, EmptyState, ErrorSummary, Field, Notice, Select, Table, date_words, post_button, print_button, t,
};
use http::StatusCode;
use jiff::ToSpan as _;
use jiff::civil::Date;
use maud::{Markup, html};
use protocols_ids::AuthorityId;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{authorities, booking_href};
use crate::store::delegations::{self as rows, Delegation, REPORT_MAX};

/// Characters of a reference at most, as the table has it.
const REFERENCE_MAX: usize = 120;
/// Characters of what it is about at most, as the table has it.
const MATTER_MAX: usize = 200;

/// What was typed of a new one.
#[derive(Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    authority: String,
    reference: String,
    matter: String,
    first_day: String,
}

async fn answer(
    visit: &Visit,
    tx: &mut TenantTx,
    own: &[AuthorityId],
    typed: &Typed,
    errors: ErrorSummary,
    status: StatusCode,
) -> Result<Response, Failure> {
    let names = tx.authority_names(own).await?;
    let all = rows::of_authorities(tx, own).await?;
    let (lang, today) = (visit.lang, visit.when().today());
    let choice = names.iter().fold(
        Select::new("authority", &t(lang, "booking-delegation-authority", &[])).chosen(&typed.authority),
        |select, (id, name)| select.option(&id.to_string(), name),
    );
    let one = |delegation: &Delegation| {
        let of = names.iter().find(|(id, _)| *id == delegation.authority).map(|(_, name)| name.as_str());
        let days = match delegation.last_day {
            Some(last) => t(
                lang,
                "booking-delegation-ended",
                &[
                    ("first", &date_words(lang, delegation.first_day, today)),
                    ("last", &date_words(lang, last, today)),
                ],
            ),
            None => t(
                lang,
                "booking-delegation-since",
                &[("first", &date_words(lang, delegation.first_day, today))],
            ),
        };
        let (way, label) = if delegation.last_day.is_none() {
            ("end", t(lang, "booking-delegation-end", &[]))
        } else {
            ("resume", t(lang, "booking-delegation-resume", &[]))
        };
        html! {
            li {
                div {
                    p { strong { (delegation.matter) } }
                    p.quiet { (delegation.reference) ", " (of.unwrap_or_default()) ". " (days) }
                }
                div.actions {
                    (post_button(&format!("/delegations/{}/{way}", delegation.id),
                        &Button::quiet(&label).about(&delegation.matter)))
                }
            }
        }
    };
    let body = html! {
        @if all.is_empty() {
            (EmptyState::new(&t(lang, "booking-delegation-empty", &[]), &t(lang, "booking-delegation-empty-hint", &[])))
        } @else {
            ul.plain-list { @for delegation in &all { (one(delegation)) } }
        }
        h2 { (t(lang, "booking-delegation-new", &[])) }
        form method="post" action="/delegations" novalidate {
            @if names.len() > 1 { (choice) }
            (Field::text("matter", &t(lang, "booking-delegation-matter", &[])).value(&typed.matter).required()
                .hint(&t(lang, "booking-delegation-matter-hint", &[])).error(errors.of("matter")))
            (Field::text("reference", &t(lang, "booking-delegation-reference", &[])).value(&typed.reference).required()
                .hint(&t(lang, "booking-delegation-reference-hint", &[])).error(errors.of("reference")))
            (Field::date("first_day", &t(lang, "booking-delegation-first", &[])).value(&typed.first_day).required()
                .error(errors.of("first_day")))
            (Button::primary(&t(lang, "booking-delegation-save", &[])))
        }
        p { a href="/decisions" { (t(lang, "booking-decisions-title", &[])) } }
    };
    let page = visit
        .page(&t(lang, "booking-delegation-title", &[]))
        .lead(&t(lang, "booking-delegation-lead", &[]))
        .errors(errors);
    Ok((status, page.body(body).render()).into_response())
}

/// The list, and the form for a new one.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    let own = authorities(&visit, &[Role::Administrator])?;
    let mut tx = visit.begin().await?;
    let typed = Typed { first_day: visit.when().today().to_string(), ..Typed::default() };
    answer(&visit, &mut tx, &own, &typed, ErrorSummary::new(visit.lang), StatusCode::OK).await
}

type Sent = Result<Form<Typed>, axum::extract::rejection::FormRejection>;

/// Writes a new one.
pub async fn send(visit: Visit, sent: Sent) -> Result<Response, Failure> {
    let own = authorities(&visit, &[Role::Administrator])?;
    let Form(typed) = sent.map_err(|_| Failure::BadRequest("a delegation that no page of ours has"))?;
    let (lang, person) = (visit.lang, visit.signed_in()?.person);
    let fits = |text: &str, most: usize| {
        let text = text.trim();
        (1..=most).contains(&text.chars().count()).then(|| text.to_owned())
    };
    let authority = match (typed.authority.parse::<AuthorityId>(), own.as_slice()) {
        (Ok(id), _) if own.contains(&id) => id,
        (_, [only]) => *only,
        _ => return Err(Failure::BadRequest("an authority that is not the administrator's")),
    };
    let (reference, matter) = (fits(&typed.reference, REFERENCE_MAX), fits(&typed.matter, MATTER_MAX));
    let first_day = typed.first_day.trim().parse::<Date>().ok();
    let mut errors = ErrorSummary::new(lang);
    if matter.is_none() {
        errors =
            errors.error("matter", &t(lang, "booking-delegation-error-matter", &[("most", &MATTER_MAX)]));
    }
    if reference.is_none() {
        let text = t(lang, "booking-delegation-error-reference", &[("most", &REFERENCE_MAX)]);
        errors = errors.error("reference", &text);
    }
    if first_day.is_none() {
        errors = errors.error("first_day", &t(lang, "booking-delegation-error-first", &[]));
    }
    let mut tx = visit.begin().await?;
    let (Some(reference), Some(matter), Some(first_day)) = (reference, matter, first_day) else {
        return answer(&visit, &mut tx, &own, &typed, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let new = Delegation { id: tx.new_id(), authority, reference, matter, first_day, last_day: None };
    rows::insert(&mut tx, &new, person).await?;
    let detail = json!({ "reference": new.reference, "matter": new.matter, "first_day": new.first_day });
    tx.audit(Actor::Person(person), "booking.delegation_written", Some(new.id), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/delegations").into_response())
}

/// Ends one with today, or lets it go on.
pub async fn turn(visit: Visit, Path((id, way)): Path<(Uuid, String)>) -> Result<Redirect, Failure> {
    let own = authorities(&visit, &[Role::Administrator])?;
    let person = visit.signed_in()?.person;
    let last_day = match way.as_str() {
        "end" => Some(visit.when().today()),
        "resume" => None,
        _ => return Err(Failure::NotFound),
    };
    let mut tx = visit.begin().await?;
    let all = rows::of_authorities(&mut tx, &own).await?;
    if !all.iter().any(|delegation| delegation.id == id) {
        return Err(Failure::NotFound);
    }
    rows::end(&mut tx, id, last_day).await?;
    let detail = json!({ "last_day": last_day });
    tx.audit(Actor::Person(person), "booking.delegation_turned", Some(id), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/delegations"))
}

/// Which period.
#[derive(Deserialize)]
pub struct Period {
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

/// What was decided by delegation in a period: from the first of the last month on, where nobody says otherwise.
pub async fn report(visit: Visit, Query(period): Query<Period>) -> Result<Markup, Failure> {
    let own = authorities(&visit, &[Role::Officer, Role::Administrator])?;
    let (lang, when) = (visit.lang, visit.when());
    let today = when.today();
    let usual = today.first_of_month().checked_sub(1.month()).unwrap_or(today);
    let from = period.from.parse().unwrap_or(usual);
    let until = period.until.parse().unwrap_or(today);
    let midnight = |day: Date| day.to_zoned(when.zone.clone()).ok().map(|at| at.timestamp());
    let after = until.tomorrow().ok().and_then(midnight);
    let within = midnight(from).zip(after).ok_or(Failure::BadRequest("days that no calendar has"))?;
    let mut tx = visit.begin().await?;
    let names = tx.authority_names(&own).await?;
    let decided = rows::decided(&mut tx, &own, Some(within), None).await?;
    tx.commit().await?;
    let heads = [
        t(lang, "booking-decisions-number", &[]),
        t(lang, "booking-decisions-what", &[]),
        t(lang, "booking-decisions-by", &[]),
        t(lang, "booking-decisions-delegation", &[]),
        t(lang, "booking-decisions-reason", &[]),
    ];
    let [number, what, by, delegation, reason] = &heads;
    let caption = t(
        lang,
        "booking-decisions-caption",
        &[("from", &date_words(lang, from, today)), ("until", &date_words(lang, until, today))],
    );
    let table = Table::new(&caption, &[number, what, by, delegation, reason]);
    let table = decided.iter().fold(table, |table, one| {
        let became = if one.granted { "booking-decisions-granted" } else { "booking-decisions-refused" };
        table.row([
            html! { a href=(booking_href(one.booking)) { (one.number) } },
            html! { (t(lang, became, &[])) ", " (one.customer_name) },
            html! { (one.officer) ", " (when.day_and_clock(one.at)) },
            html! {
                @match &one.delegation {
                    Some((reference, matter)) => { (matter) br; span.quiet { (reference) } }
                    None => { (t(lang, "booking-decisions-none", &[])) }
                }
            },
            html! { (one.reason.as_deref().unwrap_or("–")) },
        ])
    });
    let of: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    let body = html! {
        form method="get" action="/decisions" {
            (Field::date("from", &t(lang, "booking-decisions-from", &[])).value(&from.to_string()))
            (Field::date("until", &t(lang, "booking-decisions-until", &[])).value(&until.to_string()))
            (Button::quiet(&t(lang, "booking-decisions-show", &[])))
        }
        @if decided.is_empty() {
            (EmptyState::new(&t(lang, "booking-decisions-empty", &[]), &t(lang, "booking-decisions-empty-hint", &[])))
        } @else {
            (table)
            @if i64::try_from(decided.len()).is_ok_and(|count| count >= REPORT_MAX) {
                (Notice::info(&t(lang, "booking-decisions-more", &[("most", &REPORT_MAX)])))
            }
            (print_button(lang, &visit.tenant.name, &when.day_and_clock(when.now)))
        }
    };
    let page = visit.page(&t(lang, "booking-decisions-title", &[])).lead(&t(
        lang,
        "booking-decisions-lead",
        &[("authorities", &of.join(", "))],
    ));
    Ok(page.body(body).render())
}
