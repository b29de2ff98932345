//! `/rules/file`: all rules as a file, to take home and to read in. Tried first; the same button again saves.

use axum::Extension;
use axum::extract::Form;
use axum::response::{IntoResponse, Response};
use cloud_contracts::{ImportError, ImportReport};
use cloud_kernel::Role;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, ErrorSummary, Field, Notice, t};
use http::{HeaderValue, StatusCode, header};
use maud::html;
use serde::Deserialize;

use super::Known;
use crate::Ports;
use crate::import::{By, read_in, written};

/// A file at most, in bytes: more rules than anybody can keep in mind.
const FILE_BYTES_MAX: usize = 512 * 1024;

/// The page, with what holds now.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Response, Failure> {
    let text = all(&visit, &ports).await?;
    Ok(page(&visit, StatusCode::OK, &ErrorSummary::new(visit.lang), &text, None))
}

/// The file itself.
pub async fn download(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Response, Failure> {
    let text = all(&visit, &ports).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"rules.toml\"")),
    ];
    Ok((headers, text).into_response())
}

async fn all(visit: &Visit, ports: &Ports) -> Result<String, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, ports).await?;
    tx.commit().await?;
    let layers =
        known.layers.iter().filter_map(|stored| Some((known.key(stored.layer.scope)?, &stored.layer)));
    written(layers).map_err(Failure::internal)
}

/// The file as it was typed.
#[derive(Deserialize)]
pub struct Sent {
    #[serde(default)]
    text: String,
    #[serde(default)]
    action: String,
}

/// Tries it, or reads it in.
pub async fn send(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Result<Form<Sent>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a file of rules that no page of ours has"))?;
    let person = visit.staff(Role::Administrator)?;
    let lang = visit.lang;
    if sent.text.len() > FILE_BYTES_MAX {
        let text = t(lang, "booking-rules-file-long", &[("most", &(FILE_BYTES_MAX / 1024))]);
        let errors = ErrorSummary::new(lang).error("text", &text);
        return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &errors, "", None));
    }
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    let may = |scope| known.may_change(person, scope);
    let by = By { person: Some(person.person), may: &may };
    let report = match read_in(&mut tx, ports.facilities.as_ref(), &sent.text, &by).await {
        Ok(report) => report,
        Err(error @ ImportError::Database(_)) => return Err(Failure::internal(error)),
        Err(error) => {
            let text = t(lang, "booking-rules-file-wrong", &[("why", &error.to_string())]);
            let errors = ErrorSummary::new(lang).error("text", &text);
            return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &errors, &sent.text, None));
        }
    };
    let saved = sent.action == "save";
    if saved {
        tx.commit().await?;
    }
    let errors = ErrorSummary::new(lang);
    Ok(page(&visit, StatusCode::OK, &errors, &sent.text, Some((&report, saved))))
}

fn page(
    visit: &Visit,
    status: StatusCode,
    errors: &ErrorSummary,
    text: &str,
    done: Option<(&ImportReport, bool)>,
) -> Response {
    let lang = visit.lang;
    let body = html! {
        @if let Some((report, saved)) = done {
            @let (created, updated) = (report.created, report.updated);
            @if saved {
                (Notice::success(&t(lang, "booking-rules-file-saved", &[("created", &created), ("updated", &updated)])))
            } @else {
                (Notice::info(&t(lang, "booking-rules-file-tried", &[("created", &created), ("updated", &updated)])))
            }
        }
        form method="post" action="/rules/file" {
            (Field::long_text("text", &t(lang, "booking-rules-file-text", &[])).hint(&t(lang, "booking-rules-file-hint", &[]))
                .value(text).error(errors.of("text")))
            p.actions {
                @if done.is_some_and(|(_, saved)| !saved) {
                    (Button::primary(&t(lang, "booking-rules-file-save", &[])).value("action", "save")) " "
                }
                (Button::quiet(&t(lang, "booking-rules-file-try", &[])).value("action", "try"))
            }
        }
        p.actions { (Button::quiet(&t(lang, "booking-rules-file-download", &[])).href("/rules/rules.toml")) }
    };
    let page = visit
        .page(&t(lang, "booking-rules-file", &[]))
        .crumb(&t(lang, "booking-rules-list-title", &[]), "/rules");
    (status, page.errors(errors.clone()).body(body).render()).into_response()
}
