//! `/embed/schedule/{slug}`: the schedule within a page of the municipality's own site.
//!
//! **Invariant:** nobody is signed in here, whatever cookies come along, and none are set. Only the tenant's
//! `embed_origins` may frame it; what they may choose is a colour, light or dark, a language and a view, each read
//! strictly and written anew. Every time opens the real site in the whole window. What others book is followed without
//! the pages' own script.

use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use cloud_kernel::Viewer;
use cloud_kernel::web::{Failure, NothingSecret, Visit};
use cloud_ui::{Accent, EmptyState, FramedPage, Lang, Theme, framed_policy, t};
use http::{HeaderMap, header};
use maud::html;
use serde::Deserialize;

use super::known::Known;
use super::sheet::Sheet;
use super::view::{Address, View};
use super::{Choice, closures, facility, today};
use crate::Ports;

/// How it looks. What cannot be read is as if it were not there.
#[derive(Deserialize, Debug)]
pub struct Look {
    accent: Option<String>,
    theme: Option<String>,
    lang: Option<String>,
}

/// The page for a frame.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Query(choice): Query<Choice>,
    Query(look): Query<Look>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let accent = look.accent.as_deref().and_then(Accent::parse);
    let theme = look.theme.as_deref().and_then(Theme::parse);
    let chosen = look.lang.as_deref().and_then(Lang::parse);
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let lang = chosen.unwrap_or_else(|| Lang::negotiate(accepted));
    let visit = Visit { viewer: Viewer::Anonymous, token: None, lang, ..visit };

    let mut tx = visit.begin().await?;
    let facility = facility(&mut tx, &ports, &slug).await?;
    let sheet = Sheet::of(&facility, &choice, today(&facility, &tx));
    let place = sheet.place(&mut tx, &ports, &facility).await?;
    let known = Known::read(&mut tx, &visit, &ports, &sheet, (&facility, &place)).await?;
    tx.commit().await?;

    let mut fixed = String::new();
    for (name, value) in [
        ("accent", accent.map(Accent::hex)),
        ("theme", theme.map(|theme| theme.code().to_owned())),
        ("lang", chosen.map(|lang| lang.code().to_owned())),
    ] {
        if let Some(value) = value {
            fixed = format!("{fixed}&{name}={value}");
        }
    }
    let view =
        View::new(&visit, &facility, &place, &sheet, &known, Address::framed(&facility, fixed)).framed();
    let real = Address::of_facility(&facility).of(sheet.day, sheet.layout);
    let body = html! {
        @for notice in closures(&view) { (notice) }
        @if facility.resources.is_empty() {
            (EmptyState::new(&t(lang, "booking-nothing-here", &[]), &t(lang, "booking-nothing-here-hint", &[])))
        } @else {
            (cloud_ui::live_framed_schedule(&view.events(known.seen), view.table()))
        }
        p { a href=(real) target="_top" { (t(lang, "booking-embed-open", &[("tenant", &visit.tenant.name)])) } }
    };
    let page = FramedPage {
        lang,
        title: facility.name.clone(),
        tenant: visit.tenant.name.clone(),
        accent: accent.or_else(|| Accent::parse(&visit.tenant.accent)).unwrap_or_default(),
        theme: theme.unwrap_or_default(),
        origins: visit.tenant.embed_origins.clone(),
        body,
    };
    let policy = [(header::CONTENT_SECURITY_POLICY, framed_policy(&visit.tenant.embed_origins))];
    Ok((policy, Extension(NothingSecret), page.render()).into_response())
}
