//! A visit: who looks at which tenant's pages, in which language.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use cloud_ui::{Accent, Identity, Lang, MenuItem, Page, TenantLook, Theme, When, t};
use http::request::Parts;
use http::{HeaderMap, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Failure;
use super::failure::show_failure;
use crate::{Kernel, Role, SESSION_COOKIE, SESSION_HOURS, SignedIn, Tenant, TenantTx, Viewer};

/// The cookie that remembers a chosen language.
const LANGUAGE_COOKIE: &str = "hallport_language";

/// The cookie that remembers light or dark.
const THEME_COOKIE: &str = "hallport_theme";

/// On an answer to somebody who is signed in: it may hold what is theirs alone, such as a code. It is sent as it is,
/// since a compressed one tells by its length how much of it equals what an address made it repeat.
#[derive(Clone, Copy, Debug)]
pub struct Personal;

/// On an answer: it holds no code, whoever it is for, and so it may be compressed. Put there by pages that are large.
#[derive(Clone, Copy, Debug)]
pub struct NothingSecret;

/// Who looks, at whose pages, in which language. An extractor of every page's handler.
#[derive(Clone)]
pub struct Visit {
    /// The kernel.
    pub kernel: Kernel,
    /// Whose pages.
    pub tenant: Arc<Tenant>,
    /// In which language.
    pub lang: Lang,
    /// In light or dark.
    pub theme: Theme,
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

    /// A page in the tenant's look, with the menu and who looks; its `h1` is a finished text.
    pub fn page(&self, title: &str) -> Page {
        let look = TenantLook {
            name: self.tenant.name.clone(),
            accent: Accent::parse(&self.tenant.accent).unwrap_or_default(),
        };
        let mut menu: Vec<_> = self
            .kernel
            .registry()
            .modules()
            .iter()
            .filter(|module| self.tenant.uses(module.name()))
            .flat_map(|module| module.menu())
            .filter(|item| item.role.is_none_or(|role| self.has(role)))
            .map(|item| MenuItem { label: t(self.lang, item.text, &[]), href: item.path.to_owned() })
            .collect();
        // A page that several roles have stands there once for whoever has more than one of them.
        menu.dedup_by(|one, other| one.href == other.href);
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let page = Page::new(self.lang, &look, title)
            .theme(self.theme)
            .path(path)
            .menu(&menu)
            .identity(self.identity(path))
            .demo(self.kernel.service().demo);
        if self.tenant.uses("accessibility") { page.statement("/accessibility") } else { page }
    }

    fn identity(&self, path: &str) -> Identity {
        match &self.viewer {
            Viewer::Anonymous => Identity::Visitor { sign_in: sign_in_path(path) },
            Viewer::SignedIn(person) => Identity::Person {
                name: person.name.clone(),
                acting_for: person
                    .acts_for
                    .as_ref()
                    .map(|(_, name)| name.clone())
                    .filter(|n| *n != person.name),
                // Back to where one was, but from the choice itself.
                change_acting_for: Some(match path.split('?').next() {
                    Some("/act-for") | None => "/act-for".to_owned(),
                    Some(_) => format!("/act-for?next={}", utf8_percent_encode(path, NON_ALPHANUMERIC)),
                }),
                sign_out: "/sign-out".to_owned(),
            },
        }
    }

    fn has(&self, role: Role) -> bool {
        match &self.viewer {
            Viewer::SignedIn(person) => person.has(role),
            Viewer::Anonymous => false,
        }
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
pub async fn know_visitor(
    State(kernel): State<Kernel>,
    mut request: Request,
    next: middleware::Next,
) -> Response {
    let host = host(request.headers());
    let uri = request.uri().clone();
    let jar = CookieJar::from_headers(request.headers());
    let lang = chosen_language(request.headers()).unwrap_or_else(|| {
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
        Lang::negotiate(accepted.and_then(|value| value.to_str().ok()))
    });
    if !is_host_name(&host) {
        return show_failure(&Failure::NotFound, lang, None);
    }
    let tenant = match kernel.directory().tenant(&host, kernel.now()).await {
        Ok(Some(tenant)) => tenant,
        Ok(None) => return show_failure(&Failure::NotFound, lang, None),
        Err(error) => return show_failure(&Failure::from(error), lang, None),
    };
    let token = jar.get(SESSION_COOKIE).map(|cookie| cookie.value().to_owned());
    let theme = jar.get(THEME_COOKIE).and_then(|cookie| Theme::parse(cookie.value())).unwrap_or_default();
    let mut visit = Visit { kernel, tenant, lang, theme, viewer: Viewer::Anonymous, uri, token };
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
    if visit.token.is_some() && response.extensions().get::<NothingSecret>().is_none() {
        response.extensions_mut().insert(Personal);
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
pub async fn only_where_used(
    State(module): State<&'static str>,
    request: Request,
    next: middleware::Next,
) -> Response {
    match request.extensions().get::<Visit>() {
        Some(visit) if !visit.tenant.uses(module) => Failure::NotFound.into_response(),
        Some(_) | None => next.run(request).await,
    }
}

/// The language that the visitor has chosen, if they have.
pub fn chosen_language(headers: &HeaderMap) -> Option<Lang> {
    CookieJar::from_headers(headers).get(LANGUAGE_COOKIE).and_then(|cookie| Lang::parse(cookie.value()))
}

/// Whether anybody could have registered the name (RFC 1035 §2.3.4): others are neither looked up nor remembered.
pub(super) fn is_host_name(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
}

/// The host name without port, lower case.
pub(super) fn host(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    name.to_ascii_lowercase()
}

/// Where to go after a choice.
#[derive(serde::Deserialize)]
pub struct Next {
    next: Option<String>,
}

/// `GET /language/{code}?next=<path>`: remembers the chosen language and goes back.
pub async fn choose_language(
    jar: CookieJar,
    Path(code): Path<String>,
    Query(Next { next }): Query<Next>,
) -> Result<(CookieJar, Redirect), Failure> {
    let lang = Lang::parse(&code).ok_or(Failure::NotFound)?;
    let cookie = Cookie::build((LANGUAGE_COOKIE, lang.code()))
        .path("/")
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::days(365))
        .build();
    Ok((jar.add(cookie), Redirect::to(local_path(next.as_deref()))))
}

/// `GET /theme/{code}?next=<path>`: remembers light or dark, or forgets it, and goes back.
pub async fn choose_theme(
    jar: CookieJar,
    Path(code): Path<String>,
    Query(Next { next }): Query<Next>,
) -> Result<(CookieJar, Redirect), Failure> {
    let theme = Theme::parse(&code).ok_or(Failure::NotFound)?;
    let cookie = Cookie::build((THEME_COOKIE, theme.code()))
        .path("/")
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::days(365))
        .build();
    Ok((jar.add(cookie), Redirect::to(local_path(next.as_deref()))))
}

/// The path, if it is one of ours: a link that leads to another site is not followed.
pub fn local_path(path: Option<&str>) -> &str {
    match path {
        // Browsers read a backslash as a slash, and take tabs and line breaks out before they look.
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains(|c: char| c == '\\' || c.is_control()) =>
        {
            path
        }
        Some(_) | None => "/",
    }
}

/// The path that leads to the sign-in and back to `return_to`.
pub fn sign_in_path(return_to: &str) -> String {
    format!("/sign-in?return_to={}", utf8_percent_encode(return_to, NON_ALPHANUMERIC))
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
        assert!(is_host_name("osteraker.localhost"));
        for foreign in ["", "[::1]", "a b", "å.example", &"a".repeat(254)] {
            assert!(!is_host_name(foreign), "{foreign}");
        }
    }

    #[test]
    fn only_paths_of_our_own_are_followed() {
        assert_eq!(local_path(Some("/bookings?x=1")), "/bookings?x=1");
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", ""] {
            assert_eq!(local_path(Some(foreign)), "/");
        }
        for disguised in ["/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example"] {
            assert_eq!(local_path(Some(disguised)), "/");
        }
    }
}
