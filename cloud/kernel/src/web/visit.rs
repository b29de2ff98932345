//! A visit: who looks at which tenant's pages, in which language.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use cloud_ui::{Lang, When};
use http::request::Parts;
use http::{HeaderMap, Uri, header};

use super::Failure;
use super::failure::show_failure;
use crate::{Kernel, Role, SESSION_COOKIE, SESSION_HOURS, SignedIn, Tenant, TenantTx, Viewer};

/// The cookie that remembers a chosen language.
const LANGUAGE_COOKIE: &str = "hallport_language";

/// Who looks, at whose pages, in which language. An extractor of every page's handler.
#[derive(Clone)]
pub struct Visit {
    /// The kernel.
    pub kernel: Kernel,
    /// Whose pages.
    pub tenant: Arc<Tenant>,
    /// In which language.
    pub lang: Lang,
    /// Who looks.
    pub viewer: Viewer,
    /// The path and query that was asked for.
    pub uri: Uri,
    /// The session's token, where there is one.
    pub token: Option<String>,
}

impl Visit {
    /// Begins a transaction in the tenant's rows.
    pub async fn begin(&self) -> Result<TenantTx, Failure> {
        Ok(self.kernel.begin(self.tenant.id).await?)
    }

    /// Who has signed in; otherwise the failure that leads to the sign-in and back.
    pub fn signed_in(&self) -> Result<&SignedIn, Failure> {
        match &self.viewer {
            Viewer::SignedIn(person) => Ok(person),
            Viewer::Anonymous => Err(Failure::SignIn { return_to: self.uri.to_string() }),
        }
    }

    /// Who has signed in and has the role; otherwise the failure that says who may.
    pub fn staff(&self, role: Role) -> Result<&SignedIn, Failure> {
        let person = self.signed_in()?;
        if person.has(role) { Ok(person) } else { Err(Failure::Forbidden { needs: role }) }
    }

    /// Says times as people in the tenant's zone say them.
    pub fn when(&self) -> When {
        When { lang: self.lang, zone: self.tenant.time_zone.clone(), now: self.kernel.now() }
    }

    /// The cookie that carries a session's token.
    pub fn session_cookie(&self, token: String) -> Cookie<'static> {
        Cookie::build((SESSION_COOKIE, token))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.kernel.service().scheme == "https")
            .max_age(cookie::time::Duration::hours(SESSION_HOURS))
            .build()
    }
}

impl FromRequestParts<Kernel> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Kernel) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or(Failure::NotFound)
    }
}

/// Middleware that finds tenant, person and language before any handler runs, and renders failures after.
pub async fn know_visitor(State(kernel): State<Kernel>, mut request: Request, next: Next) -> Response {
    let host = host(request.headers());
    let uri = request.uri().clone();
    let jar = CookieJar::from_headers(request.headers());
    let asked = asked_language(&uri);
    let lang = asked
        .or_else(|| jar.get(LANGUAGE_COOKIE).and_then(|cookie| Lang::parse(cookie.value())))
        .unwrap_or_else(|| {
            let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
            Lang::negotiate(accepted.and_then(|value| value.to_str().ok()))
        });
    let tenant = match kernel.directory().tenant(&host, kernel.now()).await {
        Ok(Some(tenant)) => tenant,
        Ok(None) => return show_failure(&Failure::NotFound, lang, None),
        Err(error) => return show_failure(&Failure::from(error), lang, None),
    };
    let token = jar.get(SESSION_COOKIE).map(|cookie| cookie.value().to_owned());
    let mut visit = Visit { kernel, tenant, lang, viewer: Viewer::Anonymous, uri, token };
    if let Some(token) = visit.token.clone() {
        match viewer(&visit, &token).await {
            Ok(viewer) => visit.viewer = viewer,
            Err(error) => return show_failure(&Failure::from(error), lang, Some(&visit)),
        }
    }
    request.extensions_mut().insert(visit.clone());
    let mut response = next.run(request).await;
    if let Some(failure) = response.extensions_mut().remove::<Arc<Failure>>() {
        response = show_failure(&failure, lang, Some(&visit));
    }
    if asked.is_some() {
        let mut cookie = Cookie::new(LANGUAGE_COOKIE, lang.code());
        cookie.set_path("/");
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(cookie::time::Duration::days(365));
        return (jar.add(cookie), response).into_response();
    }
    response
}

async fn viewer(visit: &Visit, token: &str) -> Result<Viewer, sqlx::Error> {
    let mut tx = visit.kernel.begin(visit.tenant.id).await?;
    let viewer = tx.viewer(token).await?;
    tx.commit().await?;
    Ok(viewer)
}

/// Middleware around one module's routes: a tenant that does not use the module has no such pages.
pub async fn only_where_used(State(module): State<&'static str>, request: Request, next: Next) -> Response {
    match request.extensions().get::<Visit>() {
        Some(visit) if !visit.tenant.uses(module) => Failure::NotFound.into_response(),
        Some(_) | None => next.run(request).await,
    }
}

/// The host name without port, lower case.
fn host(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    name.to_ascii_lowercase()
}

/// The language in `?lang=…`.
fn asked_language(uri: &Uri) -> Option<Lang> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Lang::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_is_read_without_port_in_lower_case() {
        let named = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, text.parse().unwrap());
            host(&headers)
        };
        assert_eq!(named("Osteraker.localhost:8080"), "osteraker.localhost");
        assert_eq!(named("osteraker.localhost"), "osteraker.localhost");
        assert_eq!(host(&HeaderMap::new()), "");
    }
}
