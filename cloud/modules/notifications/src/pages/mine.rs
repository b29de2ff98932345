//! `/my/messages`: what was written to me about what, when, by which channel, and whether it arrived.

use axum::Extension;
use axum::extract::Query;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, EmptyState, LinkCard, t};
use maud::{Markup, html};
use protocols_ids::Uuid;
use serde::Deserialize;

use super::{Asks, about_href, channel_words, heads, kind_words, state_badge};
use crate::store::list::{self, Written};

/// Messages a page: what fits on a few screens of a telephone; the rest is one tap away.
const A_PAGE: usize = 30;

/// Where in the list.
#[derive(Deserialize)]
pub struct Where {
    before: Option<String>,
}

/// The list, newest first.
pub async fn show(
    visit: Visit,
    Extension(asks): Extension<Asks>,
    Query(place): Query<Where>,
) -> Result<Markup, Failure> {
    let person = visit.signed_in()?;
    let before = match place.before.as_deref().map(str::parse::<Uuid>) {
        Some(Ok(before)) => Some(before),
        Some(Err(_)) => return Err(Failure::BadRequest("a place in the list that no page of ours has")),
        None => None,
    };
    let mut tx = visit.begin().await?;
    let one_more = i64::try_from(A_PAGE).unwrap_or(i64::MAX).saturating_add(1);
    let mut written = list::of_person(&mut tx, person.person, before, one_more).await?;
    let more = written.len() > A_PAGE;
    written.truncate(A_PAGE);
    let heads = heads(&mut tx, &asks, &written).await?;
    tx.commit().await?;

    let (lang, when) = (visit.lang, visit.when());
    let card = |one: &Written| {
        let number = heads.get(&one.about.uuid()).map(|head| head.number.to_string()).unwrap_or_default();
        let how = t(
            lang,
            "messages-how",
            &[("time", &when.near_clock(one.at)), ("channel", &channel_words(lang, one.channel))],
        );
        LinkCard::new(&kind_words(lang, one.kind, &number), &about_href(one.about))
            .line(&how)
            .badge(state_badge(lang, &when, one))
    };
    let settings = Button::quiet(&t(lang, "messages-settings-title", &[])).href("/my/messages/settings");
    let body = html! {
        p { (settings) }
        @if written.is_empty() {
            (EmptyState::new(&t(lang, "messages-mine-empty", &[]), &t(lang, "messages-mine-empty-hint", &[])))
        } @else {
            (LinkCard::list(&written.iter().map(card).collect::<Vec<_>>()))
            @if let Some(last) = written.last().filter(|_| more) {
                p { (Button::quiet(&t(lang, "messages-older", &[])).href(&format!("/my/messages?before={}", last.id))) }
            }
        }
    };
    let page = visit.page(&t(lang, "messages-mine-title", &[])).lead(&t(lang, "messages-mine-lead", &[]));
    Ok(page.body(body).render())
}
