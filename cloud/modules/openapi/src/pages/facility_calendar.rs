//! `/facilities/{slug}/calendar`: the addresses of a facility's public calendars.

use axum::Extension;
use axum::extract::Path;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, Lang, t};
use maud::{Markup, html};

use crate::Ports;

/// The page.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let facility = ports.facilities.by_slug(&mut tx, &slug).await?.ok_or(Failure::NotFound)?;
    tx.commit().await?;
    let lang = visit.lang;
    let href = format!("/facilities/{}", facility.slug);
    let url = |path: &str| visit.kernel.service().url(&visit.tenant.host, path);
    let body = html! {
        (Card::new("all", &t(lang, "feeds-facility-all", &[]), one(lang, &facility.name, &url(&format!("{href}/calendar.ics")))))
        @if !facility.resources.is_empty() {
            (Card::new("each", &t(lang, "feeds-facility-each", &[]), html! {
                ul.list {
                    @for resource in &facility.resources {
                        li {
                            h3 { (resource.name) }
                            (one(lang, &resource.name, &url(&format!("{href}/{}/calendar.ics", resource.slug))))
                        }
                    }
                }
            }))
        }
        p { (t(lang, "feeds-how", &[])) }
    };
    let page = visit.page(&t(lang, "feeds-facility-title", &[])).crumb(&facility.name, &href).lead(&t(
        lang,
        "feeds-facility-lead",
        &[],
    ));
    Ok(page.body(body).render())
}

fn one(lang: Lang, about: &str, address: &str) -> Markup {
    let subscribe = match address.split_once("://") {
        Some((_, rest)) => format!("webcal://{rest}"),
        None => address.to_owned(),
    };
    html! {
        pre tabindex="0" { code { (address) } }
        p.actions { (Button::quiet(&t(lang, "feeds-subscribe", &[])).href(&subscribe).about(about)) }
    }
}
