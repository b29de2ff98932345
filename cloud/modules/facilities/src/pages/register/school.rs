//! `/register/school-year`: terms and breaks of the municipality's schools.

use axum::Extension;
use axum::extract::Form;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Field, Lang, Notice, Select, date_words, t};
use facilities_domain::{PeriodEntry, PeriodKind, Wrong, check_name};
use http::StatusCode;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::json;

use super::{Done, Sent, obstacle, wrong_text};
use crate::change::Register;
use crate::{Ports, store};

fn kind_name(lang: Lang, kind: PeriodKind) -> String {
    match kind {
        PeriodKind::Term => t(lang, "facilities-school-term", &[]),
        PeriodKind::Break => t(lang, "facilities-school-break", &[]),
    }
}

const fn key(kind: PeriodKind) -> &'static str {
    match kind {
        PeriodKind::Term => "term",
        PeriodKind::Break => "break",
    }
}

fn parse(key: &str) -> Option<PeriodKind> {
    match key {
        "term" => Some(PeriodKind::Term),
        "break" => Some(PeriodKind::Break),
        _ => None,
    }
}

/// The page.
pub(crate) async fn show(
    visit: Visit,
    axum::extract::Query(done): axum::extract::Query<Done>,
) -> Result<Markup, Failure> {
    page(&visit, &Sent::default(), ErrorSummary::new(visit.lang), done.done.is_some()).await
}

async fn page(visit: &Visit, sent: &Sent, errors: ErrorSummary, saved: bool) -> Result<Markup, Failure> {
    visit.staff(Role::Administrator)?;
    let (lang, today) = (visit.lang, visit.when().today());
    let mut tx = visit.begin().await?;
    let periods = store::periods(&mut tx).await?;
    tx.commit().await?;
    let body = html! {
        @if periods.is_empty() {
            (EmptyState::new(&t(lang, "facilities-school-empty", &[]), &t(lang, "facilities-school-empty-hint", &[])))
        }
        ul.list {
            @for period in &periods {
                li.register-row {
                    span {
                        strong { (period.name) } " " (kind_name(lang, period.kind)) ", "
                        (date_words(lang, period.first, today)) " – " (date_words(lang, period.last, today))
                    }
                    form.inline method="post" action="/register/school-year/remove" {
                        input type="hidden" name="kind" value=(key(period.kind));
                        input type="hidden" name="first" value=(period.first.to_string());
                        (Button::quiet(&t(lang, "facilities-remove", &[])).about(&period.name))
                    }
                }
            }
        }
        (Card::new("form", &t(lang, "facilities-school-add", &[]), html! {
            form method="post" action="/register/school-year" {
                (Select::new("kind", &t(lang, "facilities-school-kind", &[]))
                    .option("term", &kind_name(lang, PeriodKind::Term)).option("break", &kind_name(lang, PeriodKind::Break))
                    .chosen(sent.text("kind")))
                (Field::text("name", &t(lang, "facilities-name", &[])).value(sent.text("name")).error(errors.of("name")).required())
                (Field::date("first", &t(lang, "facilities-exception-first", &[])).value(sent.text("first")).error(errors.of("first")).required())
                (Field::date("last", &t(lang, "facilities-school-last", &[])).value(sent.text("last")).error(errors.of("last")).required())
                (Button::primary(&t(lang, "facilities-save", &[])))
            }
        }))
    };
    let mut page = visit
        .page(&t(lang, "facilities-school", &[]))
        .crumb(&t(lang, "facilities-register", &[]), "/register")
        .lead(&t(lang, "facilities-school-lead", &[]));
    if saved {
        page = page.notice(Notice::success(&t(lang, "facilities-saved", &[])));
    }
    Ok(page.errors(errors).body(body).render())
}

/// One more, or one changed.
pub(crate) async fn add(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let person = visit.staff(Role::Administrator)?.person;
    let lang = visit.lang;
    let mut errors = ErrorSummary::new(lang);
    let kind = parse(sent.text("kind")).ok_or(Failure::BadRequest("no kind of period"))?;
    if let Err(wrong) = check_name(sent.text("name")) {
        errors = errors.error("name", &wrong_text(lang, &wrong));
    }
    let (first, last) = (sent.text("first").parse::<Date>(), sent.text("last").parse::<Date>());
    for (name, date) in [("first", &first), ("last", &last)] {
        if date.is_err() {
            errors = errors.error(name, &wrong_text(lang, &Wrong::NoDate));
        }
    }
    if let (Ok(first), Ok(last)) = (first, last) {
        if last < first {
            errors = errors.error("last", &wrong_text(lang, &Wrong::Backwards));
        }
        if errors.is_empty() {
            let period = PeriodEntry { line: 0, name: sent.text("name").to_owned(), kind, first, last };
            let mut tx = visit.begin().await?;
            store::lock_register(&mut tx).await?;
            let mut known = store::periods(&mut tx).await?;
            let mut register = Register::new(&mut tx, ports.space.as_ref(), Actor::Person(person));
            match register.period(&mut known, &period).await {
                Ok(_) => {
                    tx.commit().await?;
                    return Ok(Redirect::to("/register/school-year?done=saved").into_response());
                }
                Err(refused) => {
                    let (field, text) = obstacle(lang, refused)?;
                    errors = errors.error(field, &text);
                }
            }
        }
    }
    let page = page(&visit, &sent, errors, false).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// One less.
pub(crate) async fn remove(visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Failure> {
    let person = visit.staff(Role::Administrator)?.person;
    let kind = parse(sent.text("kind")).ok_or(Failure::BadRequest("no kind of period"))?;
    let first: Date = sent.text("first").parse().map_err(|_| Failure::BadRequest("no date"))?;
    let mut tx = visit.begin().await?;
    store::lock_register(&mut tx).await?;
    if store::delete_period(&mut tx, kind, first).await? {
        let detail = json!({ "kind": key(kind), "first": first });
        tx.audit(Actor::Person(person), "facilities.school_period_removed", None, &detail).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/register/school-year?done=saved").into_response())
}
