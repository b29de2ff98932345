//! `/customers/{customer}/protect`: marks a person's identity as protected, or takes the mark away, for a reason.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::{CustomerHidden, CustomerKind};
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, ErrorSummary, Field as Input, t};
use customers_domain::Reason;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::json;

use super::{For, Work};
use crate::pages::words::{Sent, wrong_words};
use crate::store::persons;

/// The question.
pub(crate) async fn ask(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let work = begin(&visit, &id).await?;
    page(work, ErrorSummary::new(visit.lang)).await
}

async fn begin<'a>(visit: &'a Visit, id: &str) -> Result<Work<'a>, Failure> {
    let work = Work::begin(visit, id, For::Staff).await?;
    if work.card.kind == CustomerKind::Person { Ok(work) } else { Err(Failure::NotFound) }
}

async fn page(work: Work<'_>, errors: ErrorSummary) -> Result<Markup, Failure> {
    let lang = work.visit.lang;
    let (lead, label) = if work.card.protected {
        (t(lang, "people-protect-end-lead", &[]), t(lang, "people-protect-end", &[]))
    } else {
        (t(lang, "people-protect-lead", &[]), t(lang, "people-protect-do", &[]))
    };
    let body = html! {
        p { (lead) }
        form method="post" action=(work.href("/protect")) {
            input type="hidden" name="protected" value=(if work.card.protected { "no" } else { "yes" });
            (Input::long_text("reason", &t(lang, "people-protect-reason", &[])).required()
                .hint(&t(lang, "people-protect-reason-hint", &[])).error(errors.of("reason")))
            (Button::primary(&label))
        }
        p { a href=(work.href("")) { (t(lang, "people-protect-back", &[])) } }
    };
    work.finish(&t(lang, "people-protect-title", &[]), errors, Vec::new(), body).await
}

/// Marks, or takes the mark away. What was booked before forgets the name.
pub(crate) async fn turn(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = begin(&visit, &id).await?;
    let protected = sent.text("protected") == "yes";
    let reason = match Reason::parse(sent.text("reason")) {
        Ok(reason) => reason,
        Err(wrong) => {
            let errors = ErrorSummary::new(lang).error("reason", &wrong_words(lang, wrong));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(work, errors).await?).into_response());
        }
    };
    if !persons::protect(&mut work.tx, work.card.id, protected).await? {
        let errors = ErrorSummary::new(lang).error("reason", &t(lang, "people-protect-nobody", &[]));
        return Ok((StatusCode::CONFLICT, page(work, errors).await?).into_response());
    }
    let detail = json!({ "protected": protected, "why": reason.as_str() });
    let (actor, whom) = (Actor::Person(work.person.person), Some(work.card.id.uuid()));
    work.tx.audit(actor, "customers.protection_turned", whom, &detail).await?;
    if protected {
        work.tx.emit(&CustomerHidden { customer: work.card.id }).await?;
    }
    let to = work.href("?done=protected");
    work.tx.commit().await?;
    Ok(Redirect::to(&to).into_response())
}
