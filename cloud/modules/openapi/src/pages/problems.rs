//! `/api/problems/{key}`: what a sort of problem means, and what to do; the address that each answer names.

use axum::extract::Path;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Facts, Lang, t};
use maud::{Markup, html};

use crate::api::problem::Kind;

/// The page.
pub(crate) async fn show(visit: Visit, Path(key): Path<String>) -> Result<Markup, Failure> {
    let kind = Kind::parse(&key).ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let status = kind.status();
    let body = html! {
        (Facts::new()
            .row(&t(lang, "openapi-problem-status", &[]), status.as_u16().to_string())
            .row(&t(lang, "openapi-problem-type", &[]), html! { code { "/api/problems/" (kind.key()) } }))
        p { (advice(lang, kind)) }
    };
    let page = visit.page(&title(lang, kind)).crumb(&t(lang, "openapi-guide-title", &[]), "/api");
    Ok(page.body(body).render())
}

/// What happened.
pub(crate) fn title(lang: Lang, kind: Kind) -> String {
    match kind {
        Kind::NotAuthenticated => t(lang, "openapi-problem-not-authenticated", &[]),
        Kind::NotAllowed => t(lang, "openapi-problem-not-allowed", &[]),
        Kind::NotFound => t(lang, "openapi-problem-not-found", &[]),
        Kind::MethodNotAllowed => t(lang, "openapi-problem-method", &[]),
        Kind::Taken => t(lang, "openapi-problem-taken", &[]),
        Kind::Standing => t(lang, "openapi-problem-standing", &[]),
        Kind::UnderWay => t(lang, "openapi-problem-under-way", &[]),
        Kind::TooLarge => t(lang, "openapi-problem-too-large", &[]),
        Kind::NotJson => t(lang, "openapi-problem-not-json", &[]),
        Kind::Invalid => t(lang, "openapi-problem-invalid", &[]),
        Kind::KeyUsed => t(lang, "openapi-problem-key-used", &[]),
        Kind::TooOften => t(lang, "openapi-problem-too-often", &[]),
        Kind::Unavailable => t(lang, "openapi-problem-unavailable", &[]),
        Kind::Internal => t(lang, "openapi-problem-internal", &[]),
    }
}

/// What to do.
fn advice(lang: Lang, kind: Kind) -> String {
    match kind {
        Kind::NotAuthenticated => t(lang, "openapi-advice-not-authenticated", &[]),
        Kind::NotAllowed => t(lang, "openapi-advice-not-allowed", &[]),
        Kind::NotFound => t(lang, "openapi-advice-not-found", &[]),
        Kind::MethodNotAllowed => t(lang, "openapi-advice-method", &[]),
        Kind::Taken => t(lang, "openapi-advice-taken", &[]),
        Kind::Standing => t(lang, "openapi-advice-standing", &[]),
        Kind::UnderWay => t(lang, "openapi-advice-under-way", &[]),
        Kind::TooLarge => t(lang, "openapi-advice-too-large", &[]),
        Kind::NotJson => t(lang, "openapi-advice-not-json", &[]),
        Kind::Invalid => t(lang, "openapi-advice-invalid", &[]),
        Kind::KeyUsed => t(lang, "openapi-advice-key-used", &[]),
        Kind::TooOften => t(lang, "openapi-advice-too-often", &[]),
        Kind::Unavailable => t(lang, "openapi-advice-unavailable", &[]),
        Kind::Internal => t(lang, "openapi-advice-internal", &[]),
    }
}
