//! `/customers/new`: a new customer, made by staff: an organisation, or a person at the desk.

use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::CustomerKind;
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Checkbox, ErrorSummary, Field as Input, LinkCard, Notice, RadioGroup, t};
use customers_domain::{Facts, slug_of};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::edit::{controls, fields_of, typed};
use super::staff;
use crate::applying::{known_person_context, like};
use crate::pages::words::{Sent, kind_words, summary};
use crate::personal_number::PersonalNumber;
use crate::sign_in::{number_hash, seal_number};
use crate::store::{kind_name, kind_named, persons, register};

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    kind: String,
}

/// The form.
pub(crate) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    staff(&visit)?;
    let kind = kind_named(&asked.kind).unwrap_or(CustomerKind::Association);
    let nothing = Facts::default();
    Ok(page(&visit, kind, &nothing, &ErrorSummary::new(visit.lang), &[]))
}

fn page(
    visit: &Visit,
    kind: CustomerKind,
    facts: &Facts,
    errors: &ErrorSummary,
    like: &[LinkCard],
) -> Markup {
    let lang = visit.lang;
    let person = kind == CustomerKind::Person;
    let kinds = [CustomerKind::Association, CustomerKind::Company, CustomerKind::Unit];
    let choice = RadioGroup::new("kind", &t(lang, "people-kind", &[])).chosen(kind_name(kind)).required();
    let choice = kinds
        .into_iter()
        .fold(choice, |choice, kind| choice.option(kind_name(kind), &kind_words(lang, kind)));
    let body = html! {
        @if !like.is_empty() {
            (Notice::warning(&t(lang, "people-like", &[])).more(&t(lang, "people-like-staff", &[])))
            (LinkCard::list(like))
        }
        form method="post" action="/customers/new" {
            @if person { input type="hidden" name="kind" value="person"; } @else { (choice) }
            (controls(lang, fields_of(kind), facts, errors))
            @if person {
                (Input::text("personal_number", &t(lang, "people-personal-number", &[]))
                    .hint(&t(lang, "people-personal-number-desk", &[])).error(errors.of("personal_number"))
                    .autocomplete("off").optional(lang))
            }
            @if !like.is_empty() { (Checkbox::new("another", &t(lang, "people-like-another-staff", &[]))) }
            (Button::primary(&t(lang, "people-make", &[])))
        }
    };
    let (title, lead) = if person {
        (t(lang, "people-new-person", &[]), t(lang, "people-new-person-lead", &[]))
    } else {
        (t(lang, "people-new", &[]), t(lang, "people-new-lead", &[]))
    };
    let page = visit.page(&title).lead(&lead).crumb(&t(lang, "people-register", &[]), "/customers");
    page.errors(errors.clone()).body(body).render()
}

/// Makes it, or says beside the field what is wrong, or which ones it could be already.
pub(crate) async fn make(visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Failure> {
    let officer = staff(&visit)?;
    let lang = visit.lang;
    let kind = kind_named(sent.text("kind")).map_err(|_| Failure::BadRequest("no kind of customer"))?;
    let facts = typed(&sent, fields_of(kind).iter().copied(), &Facts::default());
    let mut errors = summary(lang, facts.problems());
    let person = kind == CustomerKind::Person;
    let number = (person && !sent.text("personal_number").is_empty())
        .then(|| PersonalNumber::parse(sent.text("personal_number")));
    if number.as_ref().is_some_and(Option::is_none) {
        errors = errors.error("personal_number", &t(lang, "people-wrong-personal-number", &[]));
    }
    let number = number.flatten();
    if person && number.is_none() && facts.address.is_empty() && facts.telephone.is_empty() {
        errors = errors.error("address", &t(lang, "people-wrong-nowhere", &[]));
    }
    if !errors.is_empty() {
        let page = page(&visit, kind, &facts, &errors, &[]);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let mut tx = visit.begin().await?;
    if !person && !sent.ticked("another") {
        let alike = like(&mut tx, &facts).await?;
        if !alike.is_empty() {
            tx.commit().await?;
            let cards: Vec<LinkCard> = alike
                .iter()
                .map(|(id, kind, name, _)| {
                    LinkCard::new(name, &format!("/customers/{id}")).line(&kind_words(lang, *kind))
                })
                .collect();
            let page = page(&visit, kind, &facts, &errors, &cards);
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
    }
    let known = match &number {
        Some(number) => {
            let hash = number_hash(tx.kernel(), tx.tenant(), number);
            let known = persons::by_number(&mut tx, &hash).await?;
            if let Some(known) = known {
                return Ok(Redirect::to(&format!("/customers/{known}?done=known")).into_response());
            }
            Some((hash, number))
        }
        None => None,
    };
    let id = register::make(&mut tx, kind, &slug_of(&facts.name), &facts).await?;
    if let Some((hash, number)) = known {
        let sealed = seal_number(&tx, &known_person_context(id), number)?;
        persons::remember(&mut tx, id, &hash, &sealed).await?;
    }
    let detail = json!({ "kind": kind_name(kind) });
    tx.audit(Actor::Person(officer.person), "customers.made", Some(id.uuid()), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/customers/{id}?done=made")).into_response())
}
