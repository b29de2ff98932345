//! `/customers`: the register, searched and paged; `POST /customers/find`: a person by number.

use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::CustomerKind;
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{
    Badge, Button, Card, Checkbox, EmptyState, ErrorSummary, Field, LinkCard, Pagination, Select, Tone, t,
};
use http::StatusCode;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;

use super::staff;
use crate::pages::words::{Sent, kind_words};
use crate::personal_number::PersonalNumber;
use crate::sign_in::number_hash;
use crate::store::applications::{self, Which};
use crate::store::register::{self, Wanted};
use crate::store::{kind_name, kind_named, persons};

/// Customers on a page: two screens of a phone.
const PER_PAGE: i64 = 25;
/// Characters of a search at most: longer than every name.
const SEARCH_CHARS_MAX: usize = 120;
/// Pages that are counted at most: beyond that one searches.
const PAGES_MAX: u32 = 2_000;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    kind: String,
    ended: Option<String>,
    #[serde(default)]
    page: String,
}

/// The list.
pub(crate) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    page(&visit, &asked, &ErrorSummary::new(visit.lang)).await
}

async fn page(visit: &Visit, asked: &Asked, errors: &ErrorSummary) -> Result<Markup, Failure> {
    staff(visit)?;
    let lang = visit.lang;
    let text: String = asked.q.trim().chars().filter(|c| !c.is_control()).take(SEARCH_CHARS_MAX).collect();
    let kind = kind_named(&asked.kind).ok();
    let at = asked.page.parse::<u32>().unwrap_or(1).clamp(1, PAGES_MAX);
    let ended = asked.ended.is_some();
    let wanted = Wanted { text: &text, kind, ended, skip: i64::from(at - 1) * PER_PAGE, most: PER_PAGE };
    let mut tx = visit.begin().await?;
    let (lines, all) = register::list(&mut tx, &wanted).await?;
    let waiting = applications::read(&mut tx, Which::Waiting).await?.len();
    tx.commit().await?;
    let cards: Vec<LinkCard> = lines
        .iter()
        .map(|line| {
            let mut card = LinkCard::new(&line.name, &format!("/customers/{}", line.id));
            let facts: Vec<&str> = [line.number.as_str(), line.town.as_str()]
                .into_iter()
                .filter(|fact| !fact.is_empty())
                .collect();
            let kind = kind_words(lang, line.kind);
            card = card.line(&facts.iter().fold(kind, |line, fact| format!("{line} · {fact}")));
            if line.ended { card.badge(Badge::new(Tone::Info, &t(lang, "people-ended", &[]))) } else { card }
        })
        .collect();
    let kinds = [CustomerKind::Association, CustomerKind::Company, CustomerKind::Unit, CustomerKind::Person];
    let select = Select::new("kind", &t(lang, "people-kind", &[]))
        .option("", &t(lang, "people-kind-any", &[]))
        .chosen(kind.map(kind_name).unwrap_or_default());
    let select = kinds
        .into_iter()
        .fold(select, |select, kind| select.option(kind_name(kind), &kind_words(lang, kind)));
    let pages = u32::try_from((all + PER_PAGE - 1) / PER_PAGE).unwrap_or(PAGES_MAX).min(PAGES_MAX);
    let href = format!(
        "/customers?q={}&kind={}{}&page=",
        utf8_percent_encode(&text, NON_ALPHANUMERIC),
        kind.map(kind_name).unwrap_or_default(),
        if ended { "&ended=yes" } else { "" }
    );
    let body = html! {
        p.actions {
            (Button::quiet(&t(lang, "people-queue-link", &[("count", &waiting)])).href("/customers/applications"))
        }
        form.filter method="get" action="/customers" role="search" {
            (Field::search("q", &t(lang, "people-search", &[])).hint(&t(lang, "people-search-hint", &[])).value(&text))
            (select)
            (Checkbox::new("ended", &t(lang, "people-with-ended", &[])).checked(ended))
            p.actions { (Button::primary(&t(lang, "people-search-go", &[]))) }
        }
        @if cards.is_empty() {
            (EmptyState::new(&t(lang, "people-none-found", &[]), &t(lang, "people-none-found-hint", &[])))
        } @else {
            p.quiet role="status" { (t(lang, "people-found", &[("count", &all)])) }
            (LinkCard::list(&cards))
            (Pagination { lang, page: at.min(pages.max(1)), pages, href_before_number: href })
        }
        p.actions {
            (Button::quiet(&t(lang, "people-new", &[])).href("/customers/new"))
            (Button::quiet(&t(lang, "people-new-person", &[])).href("/customers/new?kind=person"))
            (Button::quiet(&t(lang, "people-duplicates", &[])).href("/customers/duplicates"))
        }
        (Card::new("by-number", &t(lang, "people-find-person", &[]), html! {
            form method="post" action="/customers/find" {
                (Field::text("personal_number", &t(lang, "people-personal-number", &[]))
                    .hint(&t(lang, "people-personal-number-hint", &[])).error(errors.of("personal_number"))
                    .autocomplete("off").required())
                (Button::quiet(&t(lang, "people-find-go", &[])))
            }
        }))
    };
    Ok(visit.page(&t(lang, "people-register", &[])).errors(errors.clone()).body(body).render())
}

/// Finds a person by number: in the body of a form, so that it stands in no address and no log.
pub(crate) async fn find(visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Failure> {
    let person = staff(&visit)?;
    let lang = visit.lang;
    let errors = ErrorSummary::new(lang);
    let errors = match PersonalNumber::parse(sent.text("personal_number")) {
        None => errors.error("personal_number", &t(lang, "people-wrong-personal-number", &[])),
        Some(number) => {
            let mut tx = visit.begin().await?;
            let hash = number_hash(tx.kernel(), tx.tenant(), &number);
            if let Some(customer) = persons::by_number(&mut tx, &hash).await? {
                let actor = Actor::Person(person.person);
                tx.audit(actor, "customers.found_by_number", Some(customer.uuid()), &json!({})).await?;
                tx.commit().await?;
                return Ok(Redirect::to(&format!("/customers/{customer}")).into_response());
            }
            errors.error("personal_number", &t(lang, "people-nobody-with-number", &[]))
        }
    };
    let page = page(&visit, &Asked::default(), &errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
