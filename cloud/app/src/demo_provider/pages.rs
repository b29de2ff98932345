//! The page where one chooses whom to be. Everything on it is a link, so that the browser may follow it to the
//! tenant's own host (a form may not: `form-action 'self'`).

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{OriginalUri, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::chosen_language;
use cloud_ui::{Accent, Lang, LinkCard, Notice, Page, TenantLook, t};
use http::{HeaderMap, StatusCode};
use maud::html;
use openidconnect::url::{Url, form_urlencoded};
use serde::Deserialize;

use super::{CLIENT_ID, DemoPerson, DemoProvider, DemoTenant, Grant};

/// An authorization request (OpenID Connect Core §3.1.2.1), and what was chosen on our page.
#[derive(Deserialize)]
pub(super) struct Request {
    client_id: String,
    redirect_uri: String,
    response_type: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    ui_locales: Option<String>,
    /// The chosen person's subject.
    person: Option<String>,
    /// Somebody would rather not.
    cancel: Option<String>,
}

/// Shows the people; or goes back with a code for the chosen one.
pub(super) async fn authorize(
    State(provider): State<Arc<DemoProvider>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    request: Result<Query<Request>, QueryRejection>,
) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = request.ok().map(|Query(request)| request);
    let asked = request.as_ref().and_then(|request| request.ui_locales.as_deref());
    let lang = chosen_language(&headers).or_else(|| Lang::parse(asked?)).unwrap_or_default();
    let known = request.filter(|request| request.client_id == CLIENT_ID).and_then(|request| {
        let tenant = provider.tenants.get(&request.redirect_uri)?;
        Some((request, tenant))
    });
    // Whoever is not known is not sent anywhere (RFC 6749 §4.1.2.1).
    let Some((request, tenant)) = known else { return refused(lang, path) };
    let openid = request.scope.as_deref().is_some_and(|scope| scope.split(' ').any(|word| word == "openid"));
    let pkce =
        request.code_challenge.clone().filter(|_| request.code_challenge_method.as_deref() == Some("S256"));
    let (true, true, Some(pkce_challenge)) = (request.response_type.as_deref() == Some("code"), openid, pkce)
    else {
        return back(&request, &[("error", "invalid_request")]);
    };
    if request.cancel.is_some() {
        return back(&request, &[("error", "access_denied")]);
    }
    let Some(subject) = &request.person else { return people(lang, path, tenant) };
    let Some(person) = tenant.persons.iter().find(|person| person.subject == *subject) else {
        return refused(lang, path);
    };
    let grant = Grant {
        redirect_uri: request.redirect_uri.clone(),
        nonce: request.nonce.clone(),
        pkce_challenge,
        person: person.clone(),
    };
    match provider.give_code(grant) {
        Some(code) => back(&request, &[("code", &code), ("iss", provider.issuer())]),
        None => back(&request, &[("error", "temporarily_unavailable")]),
    }
}

/// Back to the tenant, with the state that it gave.
fn back(request: &Request, answer: &[(&str, &str)]) -> Response {
    let Ok(mut url) = Url::parse(&request.redirect_uri) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    url.query_pairs_mut().extend_pairs(answer);
    if let Some(state) = &request.state {
        url.query_pairs_mut().append_pair("state", state);
    }
    Redirect::to(url.as_str()).into_response()
}

fn people(lang: Lang, path: &str, tenant: &DemoTenant) -> Response {
    let with = |name: &str, value: &str| {
        let chosen = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        format!("{path}&{chosen}")
    };
    let card = |person: &DemoPerson| {
        let card = LinkCard::new(&person.name, &with("person", &person.subject));
        if person.about.is_empty() { card } else { card.line(&person.about) }
    };
    let cards: Vec<LinkCard> = tenant.persons.iter().map(card).collect();
    page(lang, path, &t(lang, "customers-demo-title", &[]))
        .lead(&t(lang, "customers-demo-lead", &[]))
        .body(html! {
            h2 { (t(lang, "customers-demo-people", &[("tenant", &tenant.name)])) }
            (LinkCard::list(&cards))
            p { a href=(with("cancel", "yes")) { (t(lang, "customers-demo-cancel", &[])) } }
        })
        .render()
        .into_response()
}

fn refused(lang: Lang, path: &str) -> Response {
    let page = page(lang, path, &t(lang, "customers-demo-refused", &[]))
        .body(html! { (Notice::warning(&t(lang, "customers-demo-refused-next", &[]))) });
    (StatusCode::BAD_REQUEST, page.render()).into_response()
}

fn page(lang: Lang, path: &str, title: &str) -> Page {
    let look = TenantLook { name: t(lang, "customers-demo-provider", &[]), accent: Accent::default() };
    Page::new(lang, &look, title).path(path).demo(true)
}
