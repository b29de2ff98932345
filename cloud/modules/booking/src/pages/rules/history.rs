//! `/rules/history`: who changed what and when. `/rules/restore`: back to how it was before.

use axum::Extension;
use axum::extract::{Form, Query};
use axum::response::Redirect;
use booking_domain::differences;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role};
use cloud_ui::{Button, Card, EmptyState, t};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::list::done;
use super::preview::{self, told};
use super::{Known, href};
use crate::Ports;
use crate::store::rules::{self, StoredLayer, Version};

/// Of what.
#[derive(Deserialize)]
pub struct Of {
    #[serde(rename = "for")]
    about: String,
}

/// All that was written at once by somebody.
struct Written {
    /// The first of it.
    no: i64,
    change: uuid::Uuid,
    at: jiff::Timestamp,
    author: Option<String>,
    before: Vec<StoredLayer>,
    after: Vec<StoredLayer>,
}

/// The history.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Query(query): Query<Of>,
) -> Result<Markup, Failure> {
    let person = visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    let scope = known.scope(&query.about).ok_or(Failure::NotFound)?;
    let versions = rules::versions(&mut tx, scope).await?;
    let start = match versions.last() {
        Some(oldest) => rules::before(&mut tx, scope, oldest.no).await?,
        None => Vec::new(),
    };
    tx.commit().await?;
    let (lang, key, when) = (visit.lang, query.about.as_str(), visit.when());
    let may = known.may_change(person, scope);
    let entries = written(start, versions);
    let body = html! {
        @if entries.is_empty() {
            (EmptyState::new(&t(lang, "booking-rules-history-empty", &[]), &t(lang, "booking-rules-history-empty-hint", &[])))
        }
        @for entry in entries.iter().rev() {
            @let by = entry.author.clone().unwrap_or_else(|| t(lang, "booking-rules-by-file", &[]));
            @let title = format!("{}, {by}", when.day_and_clock(entry.at));
            @let (old, new) = (known.book(scope, &entry.before), known.book(scope, &entry.after));
            @let found = differences(&old, &new, Date::MIN);
            @let body = html! {
                @if found.is_empty() { p { (t(lang, "booking-rules-no-change", &[])) } }
                @for difference in &found {
                    @let (when, what) = told(lang, difference, visit.when().today());
                    h3 { (when) }
                    ul { @for line in &what { li { (line) } } }
                }
            };
            @let card = Card::new(&format!("change-{}", entry.no), &title, body);
            @if may {
                (card.foot(html! {
                    (Button::quiet(&t(lang, "booking-rules-restore", &[])).about(&title)
                        .href(&format!("{}&before={}", href("/rules/restore", key), entry.no)))
                }))
            } @else { (card) }
        }
    };
    let name = known.name(lang, scope);
    let page = visit
        .page(&t(lang, "booking-rules-history", &[]))
        .lead(&name)
        .crumb(&t(lang, "booking-rules-list-title", &[]), "/rules")
        .crumb(&name, &href("/rules/of", key));
    Ok(page.body(body).render())
}

/// What was written at once, oldest first, with what held before and after it.
fn written(start: Vec<StoredLayer>, newest_first: Vec<Version>) -> Vec<Written> {
    let mut all: Vec<Written> = Vec::new();
    let mut now = start;
    for version in newest_first.into_iter().rev() {
        let same = all.last().is_some_and(|last| last.change == version.change);
        if !same {
            all.push(Written {
                no: version.no,
                change: version.change,
                at: version.written_at,
                author: version.author,
                before: now.clone(),
                after: Vec::new(),
            });
        }
        match version.layer {
            Ok(layer) => {
                now.retain(|stored| stored.id != layer.id);
                now.push(layer);
            }
            Err(gone) => now.retain(|stored| stored.id != gone),
        }
        if let Some(last) = all.last_mut() {
            last.after.clone_from(&now);
        }
    }
    all
}

/// Back to what.
#[derive(Deserialize)]
pub struct Restore {
    #[serde(rename = "for")]
    about: String,
    /// To how it was before this was written.
    before: i64,
}

/// What going back changes, and the button.
pub async fn ask(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Query(query): Query<Restore>,
) -> Result<Markup, Failure> {
    let person = visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    let scope = known.of_administrator(person, &query.about)?;
    let earlier = rules::before(&mut tx, scope, query.before).await?;
    tx.commit().await?;
    let (lang, key, today) = (visit.lang, query.about.as_str(), visit.when().today());
    let now: Vec<StoredLayer> = known.own(scope).cloned().collect();
    let told = preview::changes(lang, &known, scope, (&now, &earlier), (today, today));
    let body = html! {
        (Card::new("changes", &t(lang, "booking-rules-changes", &[]), told))
        form method="post" action="/rules/restore" {
            input type="hidden" name="for" value=(key);
            input type="hidden" name="before" value=(query.before);
            (Button::primary(&t(lang, "booking-rules-restore-now", &[])))
        }
        p.actions { (Button::quiet(&t(lang, "booking-rules-keep", &[])).href(&href("/rules/of", key))) }
    };
    let name = known.name(lang, scope);
    let page = visit
        .page(&t(lang, "booking-rules-restore", &[]))
        .lead(&name)
        .crumb(&t(lang, "booking-rules-list-title", &[]), "/rules")
        .crumb(&name, &href("/rules/of", key));
    Ok(page.body(body).render())
}

/// Goes back.
pub async fn restore(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Result<Form<Restore>, axum::extract::rejection::FormRejection>,
) -> Result<Redirect, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a change that no page of ours has"))?;
    let person = visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    let scope = known.of_administrator(person, &sent.about)?;
    rules::lock(&mut tx, scope).await?;
    let now = rules::of_scope(&mut tx, scope).await?;
    let earlier = rules::before(&mut tx, scope, sent.before).await?;
    let undo = rules::replace(&mut tx, &now, &earlier, person.person).await?;
    let detail = json!({ "for": sent.about, "before": sent.before });
    tx.audit(Actor::Person(person.person), "booking.rules_restored", None, &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&done(&sent.about, "restored", undo)))
}
