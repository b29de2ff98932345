//! `/retention/{information}`: what is decided about one type, and what was before.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::{InformationType, KeptBy};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role};
use cloud_ui::{Button, ErrorSummary, Field, Table, date_words, post_button, t};
use http::StatusCode;
use maud::html;
use records_domain::{Decision, DecisionError, MONTHS_MAX, TEXT_MAX};
use serde::Deserialize;
use serde_json::json;

use crate::destroy::wake;
use crate::store::{self, Stored};
use crate::words::type_name;
use crate::{Ports, store::decisions};

/// What was typed.
#[derive(Default, Deserialize)]
pub struct Typed {
    months: String,
    decided_by: String,
    decided_on: String,
    reference: String,
}

fn governed(ports: &Ports, key: &str) -> Result<&'static InformationType, Failure> {
    let mut types = ports.types().map(|(_, kept)| kept);
    types
        .find(|kept| kept.key == key && matches!(kept.kept_by, KeptBy::Plan | KeptBy::Log))
        .ok_or(Failure::NotFound)
}

fn answer(
    visit: &Visit,
    kept: &InformationType,
    before: &[Stored],
    typed: &Typed,
    errors: ErrorSummary,
    status: StatusCode,
) -> Response {
    let (lang, when) = (visit.lang, visit.when());
    let name = type_name(lang, kept.key);
    let action = format!("/retention/{}", kept.key);
    let in_force = before.iter().any(|stored| stored.ended_at.is_none());
    let heads = [
        t(lang, "records-decision-reference", &[]),
        t(lang, "records-decision-months-short", &[]),
        t(lang, "records-decision-by", &[]),
        t(lang, "records-decision-written", &[]),
        t(lang, "records-decision-ended", &[]),
    ];
    let [reference, months, by, written, ended] = &heads;
    let table =
        Table::new(&t(lang, "records-decision-before", &[]), &[reference, months, by, written, ended]);
    let table = before.iter().fold(table, |table, stored| {
        let decided = date_words(lang, stored.decision.decided_on, when.today());
        table.row([
            html! { (stored.decision.reference) },
            html! { (stored.decision.months) },
            html! { (stored.decision.decided_by) ", " (decided) },
            html! { (stored.written_by) ", " (when.day_and_clock(stored.written_at)) },
            html! { @if let Some(at) = stored.ended_at { (when.day_and_clock(at)) } @else { "–" } },
        ])
    });
    let body = html! {
        form method="post" action=(action) novalidate {
            (Field::number("months", &t(lang, "records-decision-months", &[])).value(&typed.months).required()
                .hint(&t(lang, "records-decision-months-hint", &[])).error(errors.of("months")))
            (Field::text("decided_by", &t(lang, "records-decision-by", &[])).value(&typed.decided_by).required()
                .hint(&t(lang, "records-decision-by-hint", &[])).error(errors.of("decided_by")))
            (Field::date("decided_on", &t(lang, "records-decision-on", &[])).value(&typed.decided_on).required()
                .error(errors.of("decided_on")))
            (Field::text("reference", &t(lang, "records-decision-reference", &[])).value(&typed.reference).required()
                .hint(&t(lang, "records-decision-reference-hint", &[])).error(errors.of("reference")))
            (Button::primary(&t(lang, "records-decision-save", &[])))
        }
        @if in_force {
            (post_button(&format!("{action}/end"), &Button::danger(&t(lang, "records-decision-end", &[]))))
        }
        @if !before.is_empty() { (table) }
    };
    let page = visit
        .page(&name)
        .lead(&t(lang, "records-decision-lead", &[]))
        .crumb(&t(lang, "records-plan-title", &[]), "/retention")
        .errors(errors)
        .body(body);
    (status, page.render()).into_response()
}

/// The form.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(key): Path<String>,
) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let kept = governed(&ports, &key)?;
    let mut tx = visit.begin().await?;
    let before = decisions(&mut tx, kept.key).await?;
    tx.commit().await?;
    let typed = before.iter().find(|stored| stored.ended_at.is_none()).map(|stored| Typed {
        months: stored.decision.months.to_string(),
        decided_by: stored.decision.decided_by.clone(),
        decided_on: stored.decision.decided_on.to_string(),
        reference: stored.decision.reference.clone(),
    });
    let errors = ErrorSummary::new(visit.lang);
    Ok(answer(&visit, kept, &before, &typed.unwrap_or_default(), errors, StatusCode::OK))
}

type Sent = Result<Form<Typed>, axum::extract::rejection::FormRejection>;

/// Writes what is decided.
pub async fn send(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(key): Path<String>,
    sent: Sent,
) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let kept = governed(&ports, &key)?;
    let Form(typed) = sent.map_err(|_| Failure::BadRequest("a decision that no page of ours has"))?;
    let (lang, today) = (visit.lang, visit.when().today());
    let read = Decision::read(&typed.months, &typed.decided_by, &typed.decided_on, &typed.reference, today);
    let mut tx = visit.begin().await?;
    let decision = match read {
        Ok(decision) => decision,
        Err(wrong) => {
            let before = decisions(&mut tx, kept.key).await?;
            let errors = wrong.into_iter().fold(ErrorSummary::new(lang), |errors, wrong| match wrong {
                DecisionError::Months => {
                    errors.error("months", &t(lang, "records-error-months", &[("most", &MONTHS_MAX)]))
                }
                DecisionError::DecidedBy => {
                    errors.error("decided_by", &t(lang, "records-error-by", &[("most", &TEXT_MAX)]))
                }
                DecisionError::DecidedOn => errors.error("decided_on", &t(lang, "records-error-on", &[])),
                DecisionError::Reference => {
                    errors.error("reference", &t(lang, "records-error-reference", &[("most", &TEXT_MAX)]))
                }
            });
            return Ok(answer(&visit, kept, &before, &typed, errors, StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let id = store::decide(&mut tx, kept.key, &decision, by).await?;
    wake(&mut tx, &visit.tenant.time_zone).await?;
    let detail = json!({
        "information": kept.key, "months": decision.months, "decided_by": decision.decided_by,
        "decided_on": decision.decided_on, "reference": decision.reference,
    });
    tx.audit(Actor::Person(by), "records.decided", Some(id), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/retention?done=decided").into_response())
}

/// Ends what is decided: from now on the type is kept.
pub async fn end(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(key): Path<String>,
) -> Result<Redirect, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let kept = governed(&ports, &key)?;
    let mut tx = visit.begin().await?;
    if store::end(&mut tx, kept.key).await? {
        let detail = json!({ "information": kept.key });
        tx.audit(Actor::Person(by), "records.decision_ended", None, &detail).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/retention?done=ended"))
}
