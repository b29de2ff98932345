//! `/accessibility/reports`: what was reported, for staff, with its state and its answer.

use accessibility_domain::TEXT_CHARS_MAX;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::ReportAnswered;
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Badge, Button, Card, EmptyState, ErrorSummary, Facts, Field, LinkCard, Notice, Tone, t};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::Uuid;
use serde::Deserialize;
use serde_json::json;

use super::answers;
use crate::store::{self, Kept};

/// Characters of a report that its line in the list shows.
const GIST_CHARS: usize = 80;

/// All of them.
pub(crate) async fn list(visit: Visit) -> Result<Markup, Failure> {
    answers(&visit)?;
    let mut tx = visit.begin().await?;
    let reports = store::reports(&mut tx).await?;
    tx.commit().await?;
    let (lang, when) = (visit.lang, visit.when());
    let card = |kept: &Kept| {
        let gist: String =
            kept.report.problem.lines().next().unwrap_or_default().chars().take(GIST_CHARS).collect();
        let state = match &kept.answer {
            Some(answer) => t(lang, "accessibility-answered", &[("day", &when.near_day(answer.at))]),
            None => t(lang, "accessibility-waits", &[("day", &when.near_day(kept.made_at))]),
        };
        LinkCard::new(&gist, &format!("/accessibility/reports/{}", kept.id)).line(&state)
    };
    let body = html! {
        @if reports.is_empty() {
            (EmptyState::new(&t(lang, "accessibility-reports-empty", &[]), &t(lang, "accessibility-reports-empty-hint", &[])))
        } @else {
            (LinkCard::list(&reports.iter().map(card).collect::<Vec<_>>()))
        }
        p { a href="/accessibility" { (t(lang, "accessibility-title", &[])) } }
    };
    let page = visit.page(&t(lang, "accessibility-reports-title", &[])).lead(&t(
        lang,
        "accessibility-reports-lead",
        &[],
    ));
    Ok(page.body(body).render())
}

fn one_page(visit: &Visit, status: StatusCode, kept: &Kept, typed: &str, errors: ErrorSummary) -> Response {
    let (lang, when) = (visit.lang, visit.when());
    let said =
        |text: &str| if text.is_empty() { t(lang, "accessibility-not-said", &[]) } else { text.to_owned() };
    let body = html! {
        (Facts::new()
            .row(&t(lang, "accessibility-came", &[]), when.day_and_clock(kept.made_at))
            .row(&t(lang, "accessibility-place", &[]), said(&kept.report.place))
            .row(&t(lang, "accessibility-aids", &[]), said(&kept.report.aids))
            .row(&t(lang, "accessibility-answer-to", &[]), said(kept.report.email.as_deref().unwrap_or_default())))
        (Card::new("problem", &t(lang, "accessibility-problem", &[]), html! {
            @for line in kept.report.problem.lines() { p { (line) } }
        }))
        @match &kept.answer {
            Some(answer) => {
                (Card::new("answer", &t(lang, "accessibility-answer", &[]), html! {
                    p { (t(lang, "accessibility-answered", &[("day", &when.day_and_clock(answer.at))]))
                        @match (kept.report.email.is_some(), answer.sent) {
                            (true, Some(true)) => { " " (Badge::new(Tone::Good, &t(lang, "accessibility-letter-sent", &[]))) }
                            (true, Some(false)) => { " " (Badge::new(Tone::Warning, &t(lang, "accessibility-letter-not-sent", &[]))) }
                            (true, None) => { " " (Badge::new(Tone::Waiting, &t(lang, "accessibility-letter-waits", &[]))) }
                            (false, _) => {}
                        }
                    }
                    @for line in answer.text.lines() { p { (line) } }
                }))
            }
            None => {
                form method="post" action={ "/accessibility/reports/" (kept.id) } {
                    (Field::long_text("answer", &t(lang, "accessibility-answer", &[]))
                        .hint(&if kept.report.email.is_some() {
                            t(lang, "accessibility-answer-hint", &[])
                        } else {
                            t(lang, "accessibility-answer-hint-nobody", &[])
                        })
                        .value(typed).error(errors.of("answer")).required())
                    p.actions { (Button::primary(&t(lang, "accessibility-answer-send", &[]))) }
                }
            }
        }
    };
    let mut page = visit
        .page(&t(lang, "accessibility-one", &[]))
        .crumb(&t(lang, "accessibility-reports-title", &[]), "/accessibility/reports");
    if visit.uri.query() == Some("done=answered") {
        page = page.notice(Notice::success(&t(lang, "accessibility-answer-saved", &[])));
    }
    (status, page.errors(errors).body(body).render()).into_response()
}

/// One of them.
pub(crate) async fn one(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    answers(&visit)?;
    let mut tx = visit.begin().await?;
    let kept = store::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    tx.commit().await?;
    Ok(one_page(&visit, StatusCode::OK, &kept, "", ErrorSummary::new(visit.lang)))
}

/// An answer as it was typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    answer: String,
}

/// Answers one, once.
pub(crate) async fn answer(
    visit: Visit,
    Path(id): Path<Uuid>,
    sent: Result<Form<Typed>, FormRejection>,
) -> Result<Response, Failure> {
    let by = answers(&visit)?.person;
    let Form(typed) = sent.map_err(|_| Failure::BadRequest("an answer that no page of ours sends"))?;
    let mut tx = visit.begin().await?;
    let kept = store::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    let text: String = typed.answer.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        let error = t(visit.lang, "accessibility-error-answer", &[("most", &TEXT_CHARS_MAX)]);
        let errors = ErrorSummary::new(visit.lang).error("answer", &error);
        return Ok(one_page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &kept, &typed.answer, errors));
    }
    // Of two who answer at once the second reads what the first has written.
    if store::answer(&mut tx, id, text, by).await? {
        tx.audit(Actor::Person(by), "accessibility.answered", Some(id), &json!({})).await?;
        if kept.report.email.is_some() {
            tx.emit(&ReportAnswered { report: id }).await?;
        }
        tx.commit().await?;
        return Ok(Redirect::to(&format!("/accessibility/reports/{id}?done=answered")).into_response());
    }
    Ok(Redirect::to(&format!("/accessibility/reports/{id}")).into_response())
}
