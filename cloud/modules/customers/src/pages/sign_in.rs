//! `/sign-in` and `/sign-in/callback`: to the OpenID provider and back.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use cloud_kernel::web::{Failure, Visit, local_path, sign_in_path};
use cloud_ui::{Button, Notice, t};
use http::StatusCode;
use maud::html;
use serde::Deserialize;

use crate::Staff;
use crate::provider::{Provider, ProviderError};
use crate::sign_in::{self, SIGN_IN_MINUTES};

/// The cookie that ties a sign-in to the browser where it began, so that nobody can be signed in as somebody
/// else by a link. One secret for all sign-ins of a browser, so that two tabs do not undo each other.
const BROWSER_COOKIE: &str = "hallport_sign_in";
/// The path that the provider sends browsers back to.
const CALLBACK: &str = "/sign-in/callback";
/// Octets of a path that is worth going back to.
const RETURN_TO_MAX: usize = 2000;

#[derive(Deserialize)]
pub(crate) struct Ask {
    return_to: Option<String>,
}

/// What the provider sends the browser back with (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Deserialize)]
pub(crate) struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Why a sign-in ends without a session.
enum Refusal {
    /// Nothing is waiting for the answer: too old, used before, or begun elsewhere.
    NotWaiting,
    /// The person changed their mind.
    Cancelled,
    /// The provider's fault, or ours towards it.
    Provider(ProviderError),
}

/// Sends the browser to the provider.
pub(crate) async fn begin(
    visit: Visit,
    jar: CookieJar,
    Extension(provider): Extension<Arc<Provider>>,
    Query(ask): Query<Ask>,
) -> Result<Response, Failure> {
    let return_to = ask.return_to.filter(|path| path.len() <= RETURN_TO_MAX);
    let return_to = local_path(return_to.as_deref());
    let browser = jar.get(BROWSER_COOKIE).map(|cookie| cookie.value().to_owned());
    let browser = browser.unwrap_or_else(|| visit.kernel.random().token());
    let (state, secrets) = sign_in::begin(&visit, &browser, return_to).await?;
    let now = visit.kernel.now();
    match provider.authorize_url(&redirect_uri(&visit), state, &secrets, visit.lang, now).await {
        Ok(url) => Ok((jar.add(browser_cookie(&visit, browser)), Redirect::to(&url)).into_response()),
        Err(error) => Ok(refuse(&visit, &Refusal::Provider(error), return_to)),
    }
}

/// Takes the provider's answer and lets the person in.
pub(crate) async fn callback(
    visit: Visit,
    jar: CookieJar,
    Extension(provider): Extension<Arc<Provider>>,
    Extension(Staff(staff)): Extension<Staff>,
    Query(answer): Query<Answer>,
) -> Result<Response, Failure> {
    let browser = jar.get(BROWSER_COOKIE).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    let begun = sign_in::take(&visit, answer.state.as_deref().unwrap_or_default(), &browser).await?;
    let Some(begun) = begun else { return Ok(refuse(&visit, &Refusal::NotWaiting, "/")) };
    let who = match (answer.code, answer.error, answer.iss) {
        (_, _, Some(iss)) if iss != provider.issuer() => {
            Err(Refusal::Provider(ProviderError::Unusable("another issuer answered".to_owned())))
        }
        (_, Some(error), _) if error == "access_denied" => Err(Refusal::Cancelled),
        (_, Some(error), _) => Err(Refusal::Provider(ProviderError::Refused(error))),
        (Some(code), None, _) => provider
            .person(&redirect_uri(&visit), code, begun.secrets, visit.kernel.now())
            .await
            .map_err(Refusal::Provider),
        (None, None, _) => {
            Err(Refusal::Provider(ProviderError::Unusable("neither code nor error".to_owned())))
        }
    };
    match who {
        Ok(who) => {
            let token = sign_in::admit(&visit, provider.issuer(), &who, staff.as_deref()).await?;
            let jar = jar.add(visit.session_cookie(token));
            Ok((jar, Redirect::to(&begun.return_to)).into_response())
        }
        Err(refusal) => Ok(refuse(&visit, &refusal, &begun.return_to)),
    }
}

fn redirect_uri(visit: &Visit) -> String {
    visit.kernel.service().url(&visit.tenant.host, CALLBACK)
}

fn browser_cookie(visit: &Visit, secret: String) -> Cookie<'static> {
    Cookie::build((BROWSER_COOKIE, secret))
        .path("/sign-in")
        .http_only(true)
        // Lax, not strict: the provider's redirect comes from another site.
        .same_site(SameSite::Lax)
        .secure(visit.kernel.service().scheme == "https")
        .max_age(cookie::time::Duration::seconds(SIGN_IN_MINUTES.as_secs()))
        .build()
}

fn refuse(visit: &Visit, refusal: &Refusal, return_to: &str) -> Response {
    let lang = visit.lang;
    let (status, what, next) = match refusal {
        Refusal::NotWaiting => (
            StatusCode::BAD_REQUEST,
            t(lang, "customers-sign-in-over", &[]),
            t(lang, "customers-sign-in-over-next", &[]),
        ),
        Refusal::Cancelled => (
            StatusCode::OK,
            t(lang, "customers-sign-in-cancelled", &[]),
            t(lang, "customers-sign-in-cancelled-next", &[]),
        ),
        Refusal::Provider(error @ ProviderError::Silent(_)) => {
            tracing::warn!(error = error as &dyn std::error::Error, "nobody can sign in");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                t(lang, "customers-sign-in-silent", &[]),
                t(lang, "customers-sign-in-silent-next", &[]),
            )
        }
        Refusal::Provider(error) => {
            tracing::warn!(error = error as &dyn std::error::Error, "sign-in failed");
            (
                StatusCode::BAD_GATEWAY,
                t(lang, "customers-sign-in-failed", &[]),
                t(lang, "customers-sign-in-failed-next", &[]),
            )
        }
    };
    let page = visit.page(&t(lang, "customers-sign-in-title", &[])).body(html! {
        (Notice::warning(&what).more(&next))
        // A link, since a form's answer may not lead to the provider's origin.
        p { (Button::primary(&t(lang, "customers-sign-in-again", &[])).href(&sign_in_path(return_to))) }
        p { a href="/" { (t(lang, "ui-home", &[])) } }
    });
    (status, page.render()).into_response()
}
