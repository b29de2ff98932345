//! `/act-for`: for whom the person books.

use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit, local_path};
use cloud_kernel::{Actor, SignedIn};
use cloud_ui::{Button, ErrorSummary, RadioGroup, t};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::CustomerId;
use serde::Deserialize;

use super::words::kind_words;
use crate::roles::end_of;
use crate::store::holds::{self, ActedFor};

#[derive(Deserialize)]
pub(crate) struct Where {
    next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Choice {
    customer: Option<CustomerId>,
    next: Option<String>,
}

/// Everybody whom one may act for, the current one marked.
pub(crate) async fn get(visit: Visit, Query(Where { next }): Query<Where>) -> Result<Markup, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let all = holds::acted_for(&mut tx, person.person).await?;
    tx.commit().await?;
    Ok(page(&visit, person, &all, local_path(next.as_deref()), None))
}

/// Acts for whom was chosen from now on.
pub(crate) async fn post(visit: Visit, Form(choice): Form<Choice>) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let next = local_path(choice.next.as_deref());
    let mut tx = visit.begin().await?;
    let all = holds::acted_for(&mut tx, person.person).await?;
    let chosen = all.iter().find(|acted| Some(acted.id) == choice.customer);
    let (Some(chosen), Some(token)) = (chosen, &visit.token) else {
        let error = t(visit.lang, "customers-act-for-choose", &[]);
        let page = page(&visit, person, &all, next, Some(&error));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let until = chosen.until.and_then(|day| end_of(day, &visit.tenant.time_zone));
    tx.act_for_until(token, chosen.id, &chosen.name, until).await?;
    let nothing = serde_json::json!({});
    tx.audit(Actor::Person(person.person), "customers.acts_for", Some(chosen.id.uuid()), &nothing).await?;
    tx.commit().await?;
    Ok(Redirect::to(next).into_response())
}

fn page(visit: &Visit, person: &SignedIn, all: &[ActedFor], next: &str, error: Option<&str>) -> Markup {
    let lang = visit.lang;
    let title = t(lang, "customers-acting-for-title", &[]);
    let current = person.acts_for.as_ref().map(|(id, _)| id.to_string()).unwrap_or_default();
    let mut group = RadioGroup::new("customer", &t(lang, "customers-act-for-question", &[]))
        .hint(&t(lang, "customers-act-for-hint", &[]))
        .chosen(&current)
        .error(error)
        .required();
    for acted in all {
        let (label, hint) = if acted.own {
            (t(lang, "customers-myself", &[]), acted.name.clone())
        } else if acted.child {
            (acted.name.clone(), t(lang, "people-child-of-yours", &[]))
        } else {
            (acted.name.clone(), kind_words(lang, acted.kind))
        };
        group = group.option_with_hint(&acted.id.to_string(), &label, &hint);
    }
    let errors = ErrorSummary::new(lang);
    let errors = match error {
        Some(text) => errors.error("customer", text),
        None => errors,
    };
    visit
        .page(&title)
        .errors(errors)
        .body(html! {
            form method="post" action="/act-for" {
                input type="hidden" name="next" value=(next);
                (group)
                (Button::primary(&t(lang, "customers-act-for-go", &[])))
            }
            p { a href="/associations" { (t(lang, "people-act-for-more", &[])) } }
        })
        .render()
}
