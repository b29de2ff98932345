//! What a page says when it cannot do what was asked: what happened, what still holds, what to do next.

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use cloud_ui::{Lang, Notice, Page, TenantLook, Tone, t};
use http::{StatusCode, header};
use maud::html;

use super::Visit;
use super::visit::sign_in_path;
use crate::Role;
use crate::error_chain::error_chain;

/// Why a handler has no page to show. Rendered by [`know_visitor`](super::know_visitor), in the visitor's
/// language; logged once, there.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is nothing here.
    #[error("not found")]
    NotFound,
    /// Somebody must sign in first.
    #[error("sign-in needed")]
    SignIn {
        /// The path to come back to.
        return_to: String,
    },
    /// Only for people with this role.
    #[error("needs the role {}", needs.as_str())]
    Forbidden {
        /// Which.
        needs: Role,
    },
    /// The request is not one that our own pages send.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// Something that this needs does not answer now.
    #[error("unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Our own mistake.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Failure {
    /// Our own mistake, with its cause; unavailable if a database that does not answer is the cause of it, a bad
    /// request if a value is that it cannot hold.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let cause = cause.into();
        let first: &(dyn std::error::Error + 'static) = &*cause;
        let mut chain = std::iter::successors(Some(first), |error| error.source());
        match chain.find_map(|error| error.downcast_ref::<sqlx::Error>()) {
            Some(error) if is_away(error) => Self::Unavailable(cause),
            Some(error) if is_unusable(error) => Self::BadRequest("a value that the database cannot hold"),
            Some(_) | None => Self::Internal(cause),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignIn { .. } => StatusCode::SEE_OTHER,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}

/// Whether a value cannot be stored or compared at all: a NUL in a text, a year before the calendar's.
fn is_unusable(error: &sqlx::Error) -> bool {
    let Some(refusal) = error.as_database_error() else { return false };
    refusal.code().is_some_and(|code| ["22021", "22008"].contains(&code.as_ref()))
}

/// Whether the database does not answer, rather than refuse: down, shutting down, or all connections busy.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        sqlx::Error::Database(refusal) => {
            refusal.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
        }
        _ => false,
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The page, or the redirect, for a failure.
pub(super) fn show_failure(failure: &Failure, lang: Lang, visit: Option<&Visit>) -> Response {
    let (title, text) = match failure {
        Failure::SignIn { return_to } => {
            return Redirect::to(&sign_in_path(return_to)).into_response();
        }
        Failure::NotFound => (t(lang, "kernel-not-found", &[]), t(lang, "kernel-not-found-next", &[])),
        Failure::Forbidden { needs } => {
            let role = t(lang, role_text(*needs), &[]);
            (t(lang, "kernel-forbidden", &[]), t(lang, "kernel-forbidden-next", &[("role", &role)]))
        }
        Failure::BadRequest(what) => {
            tracing::info!(what, "bad request");
            (t(lang, "kernel-bad-request", &[]), t(lang, "kernel-bad-request-next", &[]))
        }
        Failure::Unavailable(_) => {
            tracing::warn!(error = error_chain(failure), "page unavailable");
            (t(lang, "kernel-unavailable", &[]), t(lang, "kernel-unavailable-next", &[]))
        }
        Failure::Internal(_) => {
            tracing::error!(error = error_chain(failure), "page failed");
            (t(lang, "kernel-internal", &[]), t(lang, "kernel-internal-next", &[]))
        }
    };
    let body = html! {
        (Notice::new(Tone::Warning, &text))
        p { a href="/" { (t(lang, "kernel-home", &[])) } }
    };
    let page = match visit {
        Some(visit) => visit.page(&title),
        None => Page::new(
            lang,
            &TenantLook { name: "Hallport".into(), accent: cloud_ui::Accent::default() },
            &title,
        ),
    };
    let mut response = (failure.status(), page.body(body).render()).into_response();
    if matches!(failure, Failure::Unavailable(_)) {
        // Busy services are usually back within this time; programs read it, people are told in words.
        response.headers_mut().insert(header::RETRY_AFTER, http::HeaderValue::from_static("10"));
    }
    response
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::Officer => "kernel-role-officer",
        Role::Caretaker => "kernel-role-caretaker",
        Role::Technician => "kernel-role-technician",
        Role::Administrator => "kernel-role-administrator",
    }
}
