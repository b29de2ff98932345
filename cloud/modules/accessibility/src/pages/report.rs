//! `/accessibility/report`: the form for what is hard to use. Nobody needs to sign in.

use accessibility_domain::{AIDS_CHARS_MAX, PLACE_CHARS_MAX, Report, ReportWrong, TEXT_CHARS_MAX};
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, ErrorSummary, Field, Notice, t};
use http::StatusCode;
use jiff::SignedDuration;
use maud::html;
use protocols_ids::Uuid;
use serde::Deserialize;
use serde_json::json;

use super::DIGG;
use crate::store;

/// Reports of one municipality in an hour at most: more than a bad day brings, and a flood stops here.
const REPORTS_MAX: i64 = 30;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A report as it was typed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Typed {
    place: String,
    problem: String,
    aids: String,
    email: String,
}

fn answer(visit: &Visit, status: StatusCode, typed: &Typed, errors: ErrorSummary, flooded: bool) -> Response {
    let lang = visit.lang;
    let mut page = visit
        .page(&t(lang, "accessibility-report-title", &[]))
        .lead(&t(lang, "accessibility-report-lead", &[("tenant", &visit.tenant.name)]))
        .crumb(&t(lang, "accessibility-title", &[]), "/accessibility");
    if flooded {
        page = page.notice(Notice::warning(&t(lang, "accessibility-flooded", &[])).more(&t(
            lang,
            "accessibility-flooded-next",
            &[],
        )));
    }
    let body = html! {
        form method="post" action="/accessibility/report" {
            (Field::long_text("problem", &t(lang, "accessibility-problem", &[]))
                .hint(&t(lang, "accessibility-problem-hint", &[])).value(&typed.problem).error(errors.of("problem")).required())
            (Field::text("place", &t(lang, "accessibility-place", &[])).hint(&t(lang, "accessibility-place-hint", &[]))
                .optional(lang).autocomplete("off").value(&typed.place).error(errors.of("place")))
            (Field::text("aids", &t(lang, "accessibility-aids", &[])).hint(&t(lang, "accessibility-aids-hint", &[]))
                .optional(lang).autocomplete("off").value(&typed.aids).error(errors.of("aids")))
            (Field::email("email", &t(lang, "accessibility-answer-to", &[])).hint(&t(lang, "accessibility-answer-to-hint", &[]))
                .optional(lang).value(&typed.email).error(errors.of("email")))
            p.actions { (Button::primary(&t(lang, "accessibility-send", &[]))) }
        }
    };
    (status, page.errors(errors).body(body).render()).into_response()
}

/// The form, or that the report has come.
pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    let lang = visit.lang;
    if visit.uri.query() != Some("done=sent") {
        return Ok(answer(&visit, StatusCode::OK, &Typed::default(), ErrorSummary::new(lang), false));
    }
    let page = visit
        .page(&t(lang, "accessibility-sent", &[]))
        .crumb(&t(lang, "accessibility-title", &[]), "/accessibility");
    let body = html! {
        (Notice::success(&t(lang, "accessibility-sent-what", &[("tenant", &visit.tenant.name)])))
        p { (t(lang, "accessibility-sent-next", &[])) }
        p { a href=(DIGG) { (t(lang, "accessibility-digg", &[])) } }
        p { a href="/" { (t(lang, "ui-home", &[])) } }
    };
    Ok(page.body(body).render().into_response())
}

/// Takes a report.
pub(crate) async fn send(
    visit: Visit,
    sent: Result<Form<Typed>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = sent.map_err(|_| Failure::BadRequest("a report that no page of ours sends"))?;
    let lang = visit.lang;
    let report = match Report::read(&typed.place, &typed.problem, &typed.aids, &typed.email) {
        Ok(report) => report,
        Err(wrong) => {
            let errors = wrong.into_iter().fold(ErrorSummary::new(lang), |errors, wrong| match wrong {
                ReportWrong::Place => {
                    errors.error("place", &t(lang, "accessibility-error-long", &[("most", &PLACE_CHARS_MAX)]))
                }
                ReportWrong::Missing => errors.error("problem", &t(lang, "accessibility-error-problem", &[])),
                ReportWrong::Problem => errors
                    .error("problem", &t(lang, "accessibility-error-long", &[("most", &TEXT_CHARS_MAX)])),
                ReportWrong::Aids => {
                    errors.error("aids", &t(lang, "accessibility-error-long", &[("most", &AIDS_CHARS_MAX)]))
                }
                ReportWrong::Email => errors.error("email", &t(lang, "accessibility-error-email", &[])),
            });
            return Ok(answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, &typed, errors, false));
        }
    };
    let mut tx = visit.begin().await?;
    let id: Uuid = tx.new_id();
    let since = tx.now().saturating_sub(HOUR).unwrap_or(tx.now());
    let language = if lang.code() == "sv" { "sv" } else { "en" };
    if !store::report(&mut tx, id, &report, language, (since, REPORTS_MAX)).await? {
        let errors = ErrorSummary::new(lang);
        return Ok(answer(&visit, StatusCode::TOO_MANY_REQUESTS, &typed, errors, true));
    }
    let detail = json!({ "wants_answer": report.email.is_some() });
    tx.audit(Actor::Service("accessibility"), "accessibility.reported", Some(id), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/accessibility/report?done=sent").into_response())
}
