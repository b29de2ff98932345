//! `/api`: how somebody who writes a program begins.

use cloud_kernel::Role;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Card, t};
use maud::{Markup, html};

use super::problems::title;
use super::scope_words;
use crate::api::problem::Kind;
use crate::api::v1::DESCRIPTION_PATH;
use openapi_domain::Scope;

/// The page.
pub(crate) async fn show(visit: Visit) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let url = |path: &str| visit.kernel.service().url(&visit.tenant.host, path);
    let token = format!(
        "curl -u CLIENT_ID:CLIENT_SECRET -d grant_type=client_credentials {}",
        url("/api/oauth/token")
    );
    let call = format!("curl -H 'Authorization: Bearer TOKEN' {}", url("/api/v1/facilities"));
    let is_administrator = visit.staff(Role::Administrator).is_ok();
    let body = html! {
        (Card::new("begin", &t(lang, "openapi-guide-begin", &[]), html! {
            ol {
                li {
                    p { (t(lang, "openapi-guide-client", &[])) }
                    @if is_administrator { p { a href="/api/clients" { (t(lang, "openapi-clients-title", &[])) } } }
                    p { a href="/api/tokens" { (t(lang, "openapi-guide-own", &[])) } }
                }
                li { p { (t(lang, "openapi-guide-token", &[])) } pre tabindex="0" { code { (token) } } }
                li { p { (t(lang, "openapi-guide-call", &[])) } pre tabindex="0" { code { (call) } } }
            }
        }))
        (Card::new("description", &t(lang, "openapi-guide-description", &[]), html! {
            p { (t(lang, "openapi-guide-description-text", &[])) }
            p { a href=(DESCRIPTION_PATH) { (DESCRIPTION_PATH) } }
        }))
        (Card::new("scopes", &t(lang, "openapi-guide-scopes", &[]), html! {
            dl.facts { @for scope in Scope::ALL { div { dt { code { (scope.key()) } } dd { (scope_words(lang, scope)) } } } }
        }))
        (Card::new("rules", &t(lang, "openapi-guide-rules", &[]), html! {
            ul {
                li { (t(lang, "openapi-guide-times", &[])) }
                li { (t(lang, "openapi-guide-pages", &[])) }
                li { (t(lang, "openapi-guide-once", &[])) }
                li { (t(lang, "openapi-guide-often", &[])) }
                li { (t(lang, "openapi-guide-version", &[])) }
            }
        }))
        (Card::new("problems", &t(lang, "openapi-guide-problems", &[]), html! {
            ul { @for kind in Kind::ALL { li { a href={ "/api/problems/" (kind.key()) } { (title(lang, kind)) } } } }
        }))
    };
    let page = visit.page(&t(lang, "openapi-guide-title", &[])).lead(&t(lang, "openapi-guide-lead", &[]));
    Ok(page.body(body).render())
}
