//! `/customers/{customer}/end`: an association that is dissolved books no more, and stays in the register.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, ErrorSummary, Field as Input, t};
use customers_domain::Reason;
use http::StatusCode;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::json;

use super::{For, Work};
use crate::pages::words::{Sent, wrong_words};
use crate::store::register;

/// Asks from when and why; of one that has ended, whether it goes on.
pub(crate) async fn ask(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &id, For::Staff).await?;
    let today = visit.when().today().to_string();
    page(work, &today, "", ErrorSummary::new(visit.lang)).await
}

async fn page(work: Work<'_>, on: &str, reason: &str, errors: ErrorSummary) -> Result<Markup, Failure> {
    let lang = work.visit.lang;
    if work.card.merged_into.is_some() {
        return Err(Failure::NotFound);
    }
    let body = html! {
        form method="post" action=(work.href("/end")) {
            @if work.card.ended.is_some() {
                input type="hidden" name="again" value="yes";
                p { (t(lang, "people-again-what", &[])) }
                (Button::primary(&t(lang, "people-again", &[])))
            } @else {
                p { (t(lang, "people-end-what", &[])) }
                (Input::date("on", &t(lang, "people-end-on", &[])).value(on).error(errors.of("on")).required())
                (Input::long_text("reason", &t(lang, "people-reason", &[])).value(reason).error(errors.of("reason")).required())
                (Button::danger(&t(lang, "people-end", &[])))
            }
        }
    };
    let title = t(lang, "people-end-title", &[("name", &work.name())]);
    work.finish(&title, errors, Vec::new(), body).await
}

/// Ends it, or lets it go on.
pub(crate) async fn save(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Staff).await?;
    if work.card.merged_into.is_some() {
        return Err(Failure::NotFound);
    }
    let (actor, whom) = (Actor::Person(work.person.person), Some(work.card.id.uuid()));
    if sent.ticked("again") {
        register::end(&mut work.tx, work.card.id, None).await?;
        work.tx.audit(actor, "customers.goes_on", whom, &json!({})).await?;
        let to = format!("{}?done=again", work.href(""));
        work.tx.commit().await?;
        return Ok(Redirect::to(&to).into_response());
    }
    let mut errors = ErrorSummary::new(lang);
    let on = sent.text("on").parse::<Date>().ok().filter(|date| (2000..=2200).contains(&date.year()));
    if on.is_none() {
        errors = errors.error("on", &t(lang, "people-wrong-date", &[]));
    }
    let reason = Reason::parse(sent.text("reason"));
    if let Err(wrong) = &reason {
        errors = errors.error("reason", &wrong_words(lang, *wrong));
    }
    let (Some(on), Ok(reason)) = (on, reason) else {
        let page = page(work, sent.text("on"), sent.text("reason"), errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    register::end(&mut work.tx, work.card.id, Some((on, reason.as_str()))).await?;
    work.tx.audit(actor, "customers.ended", whom, &json!({ "on": on })).await?;
    let to = format!("{}?done=ended", work.href(""));
    work.tx.commit().await?;
    Ok(Redirect::to(&to).into_response())
}
