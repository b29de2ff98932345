//! `/rules`: everything that rules can be about. `/rules/of`: what is said of one of them, set after set.

use axum::Extension;
use axum::extract::{Form, Query};
use axum::response::Redirect;
use booking_domain::{RuleBook, Scope};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role};
use cloud_ui::{Badge, Button, Card, EmptyState, LinkCard, Notice, Tone, t};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{Known, dates, href, says};
use crate::Ports;
use crate::pages::rule_words::{name, value};
use crate::store::rules::{self, StoredLayer};

/// The list.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let outer = std::iter::once(Scope::Tenant)
        .chain(known.authorities.iter().map(|authority| Scope::Authority(authority.id)));
    let outer: Vec<LinkCard> = outer.map(|scope| card(&visit, &known, scope)).collect();
    let facilities: Vec<LinkCard> = known
        .facilities
        .iter()
        .map(|facility| {
            let card = card(&visit, &known, Scope::Facility(facility.id));
            let own = facility.resources.iter().filter(|one| known.own(Scope::Resource(one.id)).count() > 0);
            let own: Vec<&str> = own.map(|resource| resource.name.as_str()).collect();
            if own.is_empty() {
                card
            } else {
                card.line(&t(lang, "booking-rules-of-parts", &[("names", &own.join(", "))]))
            }
        })
        .collect();
    let body = html! {
        @if known.layers.is_empty() {
            (Notice::info(&t(lang, "booking-rules-empty", &[])).more(&t(lang, "booking-rules-empty-hint", &[])))
        }
        (LinkCard::list(&outer))
        h2 { (t(lang, "booking-rules-facilities", &[])) }
        (LinkCard::list(&facilities))
        p.actions { (Button::quiet(&t(lang, "booking-rules-file", &[])).href("/rules/file")) }
    };
    let lead = t(lang, "booking-rules-list-lead", &[]);
    Ok(visit.page(&t(lang, "booking-rules-list-title", &[])).lead(&lead).body(body).render())
}

/// Something that rules can be about, with what is said of it today.
fn card(visit: &Visit, known: &Known, scope: Scope) -> LinkCard {
    let (lang, today) = (visit.lang, visit.when().today());
    let key = known.key(scope).unwrap_or_default();
    let card = LinkCard::new(&known.name(lang, scope), &href("/rules/of", &key));
    let holding = known.own(scope).find(|stored| stored.layer.holds_on(today));
    let names: Vec<String> =
        holding.iter().flat_map(|stored| says(&stored.layer.parameters)).map(|one| name(lang, one)).collect();
    let card = if names.is_empty() { card } else { card.line(&names.join(", ")) };
    match known.own(scope).find(|stored| stored.layer.first > today) {
        Some(coming) => {
            let words = dates(lang, &coming.layer, today);
            card.badge(Badge::new(Tone::Waiting, &t(lang, "booking-rules-coming", &[("dates", &words)])))
        }
        None => card,
    }
}

/// What a page is about, and what was just done.
#[derive(Deserialize)]
pub struct Of {
    #[serde(rename = "for")]
    about: String,
    done: Option<String>,
    /// What was written just now, for taking it back.
    undo: Option<i64>,
}

/// One scope's rules, set after set.
pub async fn of(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Query(query): Query<Of>,
) -> Result<Markup, Failure> {
    let person = visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    tx.commit().await?;
    let scope = known.scope(&query.about).ok_or(Failure::NotFound)?;
    let (lang, key) = (visit.lang, query.about.as_str());
    let may = known.may_change(person, scope);
    let own: Vec<&StoredLayer> = known.own(scope).collect();
    let change = Button::primary(&t(lang, "booking-rules-change", &[])).href(&href("/rules/edit", key));
    let within: Vec<LinkCard> = match scope {
        Scope::Facility(_) => known.facility(scope).map_or_else(Vec::new, |facility| {
            let resources = facility.resources.iter();
            resources.map(|resource| card(&visit, &known, Scope::Resource(resource.id))).collect()
        }),
        Scope::Tenant | Scope::Authority(_) | Scope::Resource(_) => Vec::new(),
    };
    let body = html! {
        @if let Some(done) = &query.done {
            @let said = match done.as_str() {
                "removed" => t(lang, "booking-rules-removed", &[]),
                "restored" => t(lang, "booking-rules-restored", &[]),
                _ => t(lang, "booking-rules-saved", &[]),
            };
            @let notice = Notice::success(&said);
            @match query.undo {
                Some(no) => (notice.action(Button::quiet(&t(lang, "booking-rules-undo", &[]))
                    .href(&format!("{}&before={no}", href("/rules/restore", key))))),
                None => (notice),
            }
        }
        @if own.is_empty() {
            @let empty = EmptyState::new(&t(lang, "booking-rules-none-here", &[]), &t(lang, "booking-rules-none-here-hint", &[]));
            @if may { (empty.action(change)) } @else { (empty) }
        } @else {
            @for stored in &own { (set(&visit, &known, stored, key, may)) }
            @if may { p.actions { (change) } }
        }
        @if !may { p { (t(lang, "booking-rules-not-yours", &[])) } }
        p.actions {
            (Button::quiet(&t(lang, "booking-rules-history", &[])).href(&href("/rules/history", key)))
            @if let Some(public) = public_page(&known, scope) {
                " " (Button::quiet(&t(lang, "booking-rules-in-words", &[])).href(&public))
            }
        }
        @if !within.is_empty() {
            h2 { (t(lang, "booking-rules-parts", &[])) }
            (LinkCard::list(&within))
        }
    };
    let mut page =
        visit.page(&known.name(lang, scope)).crumb(&t(lang, "booking-rules-list-title", &[]), "/rules");
    if let (Scope::Resource(_), Some(facility)) = (scope, known.facility(scope)) {
        page = page.crumb(&facility.name, &href("/rules/of", &format!("facility:{}", facility.slug)));
    }
    Ok(page.body(body).render())
}

/// Where everybody reads the rules of a scope in words.
fn public_page(known: &Known, scope: Scope) -> Option<String> {
    match scope {
        Scope::Tenant => None,
        Scope::Authority(id) => {
            let authority = known.authorities.iter().find(|authority| authority.id == id)?;
            Some(format!("/authorities/{}/rules", authority.slug))
        }
        Scope::Facility(_) => Some(format!("/facilities/{}/rules", known.facility(scope)?.slug)),
        Scope::Resource(id) => {
            let facility = known.facility(scope)?;
            Some(format!("/facilities/{}/rules?resource={}", facility.slug, facility.resource(id)?.slug))
        }
    }
}

/// A set of rules with what it says.
fn set(visit: &Visit, known: &Known, stored: &StoredLayer, key: &str, may: bool) -> Markup {
    let (lang, today) = (visit.lang, visit.when().today());
    let layer = &stored.layer;
    let rules = RuleBook::new(&known.over(layer.scope).map(|one| one.layer.clone()).collect::<Vec<_>>());
    let rules = rules.on(layer.first);
    let title = dates(lang, layer, today);
    let edit = format!("{}&set={}", href("/rules/edit", key), stored.id);
    let body = html! {
        @if layer.holds_on(today) { p { (Badge::new(Tone::Good, &t(lang, "booking-rules-holds", &[]))) } }
        @if layer.parameters.is_silent() { p { (t(lang, "booking-rules-silent", &[])) } }
        dl.facts {
            @for parameter in says(&layer.parameters) {
                div { dt { (name(lang, parameter)) } dd { (value(lang, parameter, rules, today)) } }
            }
        }
    };
    let card = Card::new(&format!("set-{}", stored.id), &title, body);
    if !may {
        return html! { (card) };
    }
    html! {
        (card.foot(html! {
            (Button::quiet(&t(lang, "booking-rules-correct", &[])).about(&title).href(&edit))
            " "
            form.inline method="post" action="/rules/remove" {
                input type="hidden" name="for" value=(key);
                input type="hidden" name="set" value=(stored.id);
                (Button::danger(&t(lang, "booking-rules-remove", &[])).about(&title))
            }
        }))
    }
}

/// Which set is taken away.
#[derive(Deserialize)]
pub struct Remove {
    #[serde(rename = "for")]
    about: String,
    set: Uuid,
}

/// Takes a set away; the page that follows offers it back.
pub async fn remove(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Result<Form<Remove>, axum::extract::rejection::FormRejection>,
) -> Result<Redirect, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a set of rules that no page of ours has"))?;
    let person = visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    let scope = known.of_administrator(person, &sent.about)?;
    rules::lock(&mut tx, scope).await?;
    let before = rules::of_scope(&mut tx, scope).await?;
    let Some(gone) = before.iter().find(|stored| stored.id == sent.set) else {
        return Ok(Redirect::to(&href("/rules/of", &sent.about)));
    };
    let after: Vec<StoredLayer> = before.iter().filter(|stored| stored.id != sent.set).cloned().collect();
    let undo = rules::replace(&mut tx, &before, &after, person.person).await?;
    let layer = &gone.layer;
    let detail = json!({ "for": sent.about, "first": layer.first, "parameters": layer.parameters });
    tx.audit(Actor::Person(person.person), "booking.rules_removed", Some(sent.set), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&done(&sent.about, "removed", undo)))
}

/// The page of a scope after something was done, with the way back.
pub(super) fn done(key: &str, what: &str, undo: Option<i64>) -> String {
    let undo = undo.map(|no| format!("&undo={no}")).unwrap_or_default();
    format!("{}&done={what}{undo}", href("/rules/of", key))
}
