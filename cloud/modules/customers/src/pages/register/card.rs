//! `/customers/{customer}`: what is known of a customer.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Response};
use cloud_contracts::CustomerKind;
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, ErrorSummary, Facts as Rows, Field as Input, Notice, date_words, t};
use customers_domain::{Field, Reason};
use http::StatusCode;
use maud::{Markup, html};
use serde_json::json;

use super::{For, Work};
use crate::pages::words::{Sent, field_words, kind_words, wrong_words};
use crate::store::register;

/// The card.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &id, For::Reading).await?;
    let hidden = work.hidden();
    page(work, hidden, ErrorSummary::new(visit.lang)).await
}

/// What is known of somebody whose identity is protected, for whoever says why they must know; it is written down.
pub(crate) async fn reveal(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Staff).await?;
    match Reason::parse(sent.text("reason")) {
        Err(wrong) => {
            let errors = ErrorSummary::new(lang).error("reason", &wrong_words(lang, wrong));
            let page = page(work, true, errors).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Ok(reason) => {
            let detail = json!({ "why": reason.as_str() });
            let (actor, whom) = (Actor::Person(work.person.person), Some(work.card.id.uuid()));
            work.tx.audit(actor, "customers.protected_read", whom, &detail).await?;
            Ok(page(work, false, ErrorSummary::new(lang)).await?.into_response())
        }
    }
}

async fn page(mut work: Work<'_>, hidden: bool, errors: ErrorSummary) -> Result<Markup, Failure> {
    let (visit, lang) = (work.visit, work.visit.lang);
    let mut notices = Vec::new();
    if let Some(into) = work.card.merged_into {
        let name = register::card(&mut work.tx, into).await?.map(|card| card.facts.name).unwrap_or_default();
        let text = t(lang, "people-is-now", &[("name", &name)]);
        let button = Button::quiet(&t(lang, "people-is-now-go", &[])).href(&format!("/customers/{into}"));
        notices.push(Notice::info(&text).action(button));
    } else if let Some((on, reason)) = &work.card.ended {
        let day = date_words(lang, *on, visit.when().today());
        notices.push(Notice::warning(&t(lang, "people-ended-on", &[("day", &day)])).more(reason));
    }
    let facts = &work.card.facts;
    let mut rows = Rows::new().row(&t(lang, "people-kind", &[]), kind_words(lang, work.card.kind));
    if !hidden {
        for field in Field::ALL.into_iter().filter(|field| *field != Field::Name) {
            let text = facts.get(field);
            if !text.is_empty() {
                // The long word does not fit beside its value on a phone.
                let name = match field {
                    Field::Number => t(lang, "people-number-short", &[]),
                    _ => field_words(lang, field),
                };
                rows = rows.row(&name, value(field, text));
            }
        }
    }
    let open = work.card.merged_into.is_none();
    let keeps = (work.staff || work.leads) && open && !hidden;
    let body = html! {
        (rows)
        @if hidden {
            section.card aria-labelledby="hidden-title" {
                h2 id="hidden-title" { (t(lang, "people-hidden", &[])) }
                p { (t(lang, "people-hidden-why", &[])) }
                form method="post" action=(work.href("/reveal")) {
                    (Input::long_text("reason", &t(lang, "people-hidden-reason", &[])).error(errors.of("reason")).required())
                    (Button::quiet(&t(lang, "people-hidden-show", &[])))
                }
            }
        }
        @if keeps {
            p.actions {
                (Button::primary(&t(lang, "people-edit", &[])).href(&work.href("/edit")))
                @if work.staff {
                    @if work.card.ended.is_none() && visit.tenant.uses("booking") {
                        (Button::quiet(&t(lang, "people-book-for", &[])).href(&format!("/book/several?customer={}", work.card.id)))
                    }
                    @if work.card.ended.is_none() {
                        (Button::quiet(&t(lang, "people-end", &[])).href(&work.href("/end")))
                    } @else {
                        (Button::quiet(&t(lang, "people-again", &[])).href(&work.href("/end")))
                    }
                    @if work.card.kind != CustomerKind::Person || !work.card.signs_in {
                        (Button::quiet(&t(lang, "people-merge", &[])).href(&format!("/customers/merge?gone={}", work.card.id)))
                    }
                }
            }
        }
        @if work.staff && work.card.kind == CustomerKind::Person && open {
            p { a href=(work.href("/protect")) {
                @if work.card.protected { (t(lang, "people-protect-end", &[])) } @else { (t(lang, "people-protect-title", &[])) }
            } }
        }
        @if work.staff && work.card.kind == CustomerKind::Person && !work.card.signs_in {
            p.quiet { (t(lang, "people-never-signed-in", &[])) }
        }
    };
    let title = if hidden { work.name() } else { work.card.facts.name.clone() };
    work.finish(&title, errors, notices, body).await
}

/// A value as it is read; what can be followed is a link.
fn value(field: Field, text: &str) -> Markup {
    match field {
        Field::Email => html! { a href={ "mailto:" (text) } { (text) } },
        Field::Telephone => {
            let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
            html! { a href={ "tel:" (digits) } { (text) } }
        }
        Field::Web => html! { a href=(text) rel="noopener noreferrer nofollow" { (text) } },
        Field::Name | Field::Number | Field::Address | Field::Town | Field::Sports | Field::Ages => {
            html! { (text) }
        }
    }
}
