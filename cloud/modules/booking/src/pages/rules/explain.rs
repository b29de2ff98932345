//! `/facilities/{slug}/rules`: a resource's rules in words, and what would happen if. `/authorities/{slug}/rules`: what an
//! authority's facilities have in common.

use axum::Extension;
use axum::extract::{Path, Query};
use booking_domain::{
    Asked, Asker, CustomerKind, Layer, Place, PurposeKind, Request, RuleBook, Rules, SPAN_MINUTES_MAX, Scope,
    WhyApproval, judge,
};
use cloud_contracts::{Facility, Resource};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, EmptyState, Field, Lang, LinkCard, Notice, Select, Tabs, date_words, t};
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use maud::{Markup, html};
use serde::Deserialize;

use super::Known;
use crate::Ports;
use crate::pages::rule_words::{name, sentences};
use crate::pages::when_at;
use crate::pages::words::{purpose_kind_name, reason_text};
use crate::place::place_of;

/// What is asked on the public page; what cannot be read is as if it were not there.
#[derive(Deserialize)]
pub struct Try {
    resource: Option<String>,
    kind: Option<String>,
    group: Option<String>,
    age: Option<String>,
    purpose: Option<String>,
    date: Option<String>,
    time: Option<String>,
    minutes: Option<String>,
    persons: Option<String>,
}

/// The rules of one facility, in words.
pub async fn explain(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Query(query): Query<Try>,
) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let facility = ports.facilities.by_slug(&mut tx, &slug).await?.ok_or(Failure::NotFound)?;
    let chosen = facility
        .resources
        .iter()
        .find(|resource| Some(resource.slug.as_str()) == query.resource.as_deref())
        .or(facility.resources.first());
    let today = facility.time_zone.to_datetime(tx.now()).date();
    let date: Date = query.date.as_deref().and_then(|date| date.parse().ok()).unwrap_or(today);
    let last = date.checked_add(7.days()).unwrap_or(date);
    let place = place_of(&mut tx, ports.facilities.as_ref(), &facility, today.min(date), last).await?;
    let authority = tx.authorities().await?.into_iter().find(|one| one.id == facility.authority);
    tx.commit().await?;
    let lang = visit.lang;
    let page = visit.page(&t(lang, "booking-rules-title", &[])).lead(&facility.name);
    let page = page.crumb(&facility.name, &format!("/facilities/{slug}"));
    let Some(resource) = chosen else {
        let empty = EmptyState::new(
            &t(lang, "booking-nothing-here", &[]),
            &t(lang, "booking-nothing-here-hint", &[]),
        );
        return Ok(page.body(html! { (empty) }).render());
    };
    let path = format!("/facilities/{slug}/rules");
    let tabs = facility.resources.iter().fold(Tabs::new(&t(lang, "booking-resources", &[])), |tabs, one| {
        tabs.tab(&one.name, &format!("{path}?resource={}", one.slug), one.id == resource.id)
    });
    let known = place.resource(resource.id).ok_or(Failure::NotFound)?;
    let rules = known.rules.on(today);
    let changes: Vec<(Date, &Rules)> = known
        .rules
        .changes()
        .filter(|change| *change > today)
        .map(|change| (change, known.rules.on(change)))
        .collect();
    let body = html! {
        @if facility.resources.len() > 1 { (tabs) }
        (Card::new("rules", &resource.name, listed(lang, rules, resource, today)))
        @for (change, rules) in &changes {
            (Card::new(&format!("from-{change}"), &t(lang, "booking-rules-from", &[("day", &date_words(lang, *change, today))]),
                listed(lang, rules, resource, today)))
        }
        (Card::new("try", &t(lang, "booking-try-title", &[]), tried(&visit, &facility, resource, &place, &query, date)))
        @if let Some(authority) = &authority {
            p {
                a href={ "/authorities/" (authority.slug) "/rules" } {
                    (t(lang, "booking-rules-of-authority", &[("name", &authority.name)]))
                }
            }
        }
    };
    Ok(page.body(body).render())
}

/// Rules as a list of sentences.
fn listed(lang: Lang, rules: &Rules, resource: &Resource, today: Date) -> Markup {
    html! { ul { @for sentence in sentences(lang, rules, Some(resource), today) { li { (sentence) } } } }
}

/// What holds for all of an authority's facilities that say nothing else themselves.
pub async fn explain_authority(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    tx.commit().await?;
    let authority = known.authorities.iter().find(|one| one.slug == slug).ok_or(Failure::NotFound)?;
    let (lang, today) = (visit.lang, visit.when().today());
    let layers: Vec<Layer> =
        known.over(Scope::Authority(authority.id)).map(|stored| stored.layer.clone()).collect();
    let book = RuleBook::new(&layers);
    let said = |rules: &Rules| html! { ul { @for sentence in sentences(lang, rules, None, today) { li { (sentence) } } } };
    let own = known.facilities.iter().filter(|facility| facility.authority == authority.id);
    let cards: Vec<LinkCard> = own
        .map(|facility| {
            let card = LinkCard::new(&facility.name, &format!("/facilities/{}/rules", facility.slug));
            let about = |scope| match scope {
                Scope::Facility(id) => id == facility.id,
                Scope::Resource(id) => facility.resource(id).is_some(),
                Scope::Tenant | Scope::Authority(_) => false,
            };
            let mut differs: Vec<_> = known
                .layers
                .iter()
                .filter(|stored| {
                    about(stored.layer.scope) && stored.layer.last.is_none_or(|last| last >= today)
                })
                .flat_map(|stored| super::says(&stored.layer.parameters))
                .collect();
            differs.sort_unstable();
            differs.dedup();
            if differs.is_empty() {
                return card;
            }
            let names: Vec<String> = differs.into_iter().map(|parameter| name(lang, parameter)).collect();
            card.line(&t(lang, "booking-rules-own", &[("names", &names.join(", "))]))
        })
        .collect();
    let body = html! {
        (Card::new("rules", &t(lang, "booking-rules-common", &[]), said(book.on(today))))
        @for change in book.changes().filter(|change| *change > today) {
            (Card::new(&format!("from-{change}"), &t(lang, "booking-rules-from", &[("day", &date_words(lang, change, today))]),
                said(book.on(change))))
        }
        @if !cards.is_empty() {
            (Card::new("facilities", &t(lang, "booking-rules-facilities", &[]), LinkCard::list(&cards)))
        }
    };
    Ok(visit.page(&t(lang, "booking-rules-title", &[])).lead(&authority.name).body(body).render())
}

/// The form of the trial, and its answer where a time was given.
fn tried(
    visit: &Visit,
    facility: &Facility,
    resource: &Resource,
    place: &Place,
    query: &Try,
    date: Date,
) -> Markup {
    let lang = visit.lang;
    let typed = |text: &Option<String>| text.clone().unwrap_or_default();
    let kind = query.kind.as_deref().and_then(kind_named).unwrap_or(CustomerKind::Person);
    let kinds = CustomerKind::ALL
        .into_iter()
        .fold(Select::new("kind", &t(lang, "booking-try-kind", &[])).chosen(kind.key()), |select, kind| {
            select.option(kind.key(), &kind_name(lang, kind))
        });
    let purpose = query.purpose.as_deref().and_then(PurposeKind::parse).unwrap_or(PurposeKind::Training);
    let purposes = PurposeKind::ALL.into_iter().fold(
        Select::new("purpose", &t(lang, "booking-purpose-kind", &[])).chosen(purpose.key()),
        |select, kind| select.option(kind.key(), &purpose_kind_name(lang, kind)),
    );
    let answer = query.time.as_deref().and_then(|time| time.parse::<Time>().ok()).and_then(|time| {
        let starts_at = date.to_datetime(time).to_zoned(facility.time_zone.clone()).ok()?.timestamp();
        let minutes = query.minutes.as_deref().and_then(|minutes| minutes.trim().parse().ok());
        let time =
            Asked { resource: resource.id, starts_at, minutes: minutes.unwrap_or(60).min(SPAN_MINUTES_MAX) };
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().parse::<u32>().ok());
        let asker = Asker {
            kind,
            group: query.group.clone().filter(|group| !group.trim().is_empty()),
            age: number(&query.age).and_then(|age| u8::try_from(age).ok()),
            known: true,
            used: Vec::new(),
            officer: false,
        };
        let times = [time];
        let request = Request { asker: &asker, purpose, persons: number(&query.persons), asked: &times };
        Some(verdict(visit, facility, judge(place, &request, visit.kernel.now())))
    });
    html! {
        form method="get" action={ "/facilities/" (facility.slug) "/rules#try" } {
            input type="hidden" name="resource" value=(resource.slug);
            (kinds)
            (Field::text("group", &t(lang, "booking-try-group", &[])).value(&typed(&query.group)).optional(lang))
            (Field::number("age", &t(lang, "booking-try-age", &[])).value(&typed(&query.age)).optional(lang))
            (purposes)
            (Field::date("date", &t(lang, "booking-try-date", &[])).value(&date.to_string()))
            (Field::time("time", &t(lang, "booking-starts", &[])).value(&query.time.clone().unwrap_or_else(|| "18:00".to_owned())))
            (Field::number("minutes", &t(lang, "booking-try-minutes", &[])).value(&query.minutes.clone().unwrap_or_else(|| "60".to_owned())))
            (Field::number("persons", &t(lang, "booking-persons", &[])).value(&typed(&query.persons)).optional(lang))
            (Button::quiet(&t(lang, "booking-try", &[])))
        }
        @if let Some(answer) = answer { div role="status" { (answer) } }
    }
}

fn verdict(
    visit: &Visit,
    facility: &Facility,
    judged: Result<booking_domain::Judged, Vec<booking_domain::Refusal>>,
) -> Markup {
    let (lang, when) = (visit.lang, when_at(visit, Some(facility)));
    match judged {
        Ok(judged) if judged.approval.is_empty() => {
            html! { (Notice::success(&t(lang, "booking-try-yes", &[]))) }
        }
        Ok(judged) => {
            let why: Vec<String> = judged
                .approval
                .into_iter()
                .filter_map(|why| match why {
                    WhyApproval::Always => None,
                    WhyApproval::Condition(say) => Some(say),
                })
                .collect();
            html! { (Notice::info(&t(lang, "booking-try-decided", &[])).more(&why.join(" · "))) }
        }
        Err(refusals) => {
            let why: Vec<String> =
                refusals.iter().map(|refusal| reason_text(lang, &when, &refusal.reason)).collect();
            html! {
                (Notice::warning(&t(lang, "booking-try-no", &[])))
                ul { @for reason in &why { li { (reason) } } }
            }
        }
    }
}

fn kind_named(key: &str) -> Option<CustomerKind> {
    CustomerKind::ALL.into_iter().find(|kind| kind.key() == key)
}

fn kind_name(lang: Lang, kind: CustomerKind) -> String {
    match kind {
        CustomerKind::Person => t(lang, "booking-try-person", &[]),
        CustomerKind::Association => t(lang, "booking-try-association", &[]),
        CustomerKind::Company => t(lang, "booking-try-company", &[]),
        CustomerKind::Unit => t(lang, "booking-try-unit", &[]),
    }
}
