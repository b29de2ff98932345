//! `/my/data`: what is kept of me, type by type, and the same as a file to take along.

use std::collections::BTreeMap;

use axum::Extension;
use axum::response::IntoResponse;
use cloud_contracts::Record;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::{Button, Facts, t};
use http::header;
use maud::{Markup, html};
use protocols_ids::PersonId;
use serde_json::{Map, Value, json};

use crate::Ports;
use crate::words::{type_name, value};

/// Records of one type that the page shows; the file has all of them.
const SHOWN: usize = 20;

/// Everything that is kept of somebody, in whatever way they sign in, by type.
pub(super) async fn kept_of(
    tx: &mut TenantTx,
    ports: &Ports,
    person: PersonId,
) -> Result<BTreeMap<&'static str, Vec<Record>>, Failure> {
    let mut all: BTreeMap<&'static str, Vec<Record>> = BTreeMap::new();
    for same in ports.customers.same_person(tx, person).await? {
        for keeper in ports.keepers.iter() {
            for record in keeper.of_person(tx, same).await? {
                all.entry(record.information).or_default().push(record);
            }
        }
    }
    Ok(all)
}

/// The page.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let all = kept_of(&mut tx, &ports, person).await?;
    tx.commit().await?;
    let (lang, when) = (visit.lang, visit.when());
    let one = |record: &Record| {
        let facts = record
            .facts
            .iter()
            .fold(Facts::new(), |facts, fact| facts.row(&t(lang, fact.name, &[]), value(&when, fact)));
        html! {
            li {
                p { strong { (record.name) } " " span.quiet { (when.day_and_clock(record.since)) } }
                @if !record.facts.is_empty() { (facts) }
            }
        }
    };
    let kind = |(key, records): (&&'static str, &Vec<Record>)| {
        let newest = records.iter().rev().take(SHOWN);
        html! {
            details {
                summary { (type_name(lang, key)) " (" (records.len()) ")" }
                ul.plain-list { @for record in newest { (one(record)) } }
                @if records.len() > SHOWN { p.quiet { (t(lang, "records-mine-more", &[("shown", &SHOWN)])) } }
            }
        }
    };
    let body = html! {
        div.actions {
            (Button::primary(&t(lang, "records-mine-file", &[])).href("/my/data/file"))
            (Button::quiet(&t(lang, "records-mine-erase", &[])).href("/my/data/erase"))
        }
        @for entry in &all { (kind(entry)) }
        p.quiet { (t(lang, "records-mine-beside", &[])) }
    };
    let page = visit.page(&t(lang, "records-mine-title", &[])).lead(&t(lang, "records-mine-lead", &[]));
    Ok(page.body(body).render())
}

/// The file: JSON, each type with its records, instants as RFC 3339 writes them.
pub async fn file(visit: Visit, Extension(ports): Extension<Ports>) -> Result<impl IntoResponse, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let all = kept_of(&mut tx, &ports, person).await?;
    tx.audit(Actor::Person(person), "records.taken_along", Some(person.uuid()), &json!({})).await?;
    tx.commit().await?;
    let when = visit.when();
    let record = |record: &Record| {
        let facts = record.facts.iter().map(|fact| {
            let name = fact.name.strip_prefix("records-fact-").unwrap_or(fact.name);
            json!({ "name": name, "value": value(&when, fact) })
        });
        json!({
            "id": record.id, "name": record.name, "since": record.since, "over_at": record.over_at,
            "facts": facts.collect::<Vec<_>>(),
        })
    };
    let information = all.iter().map(|(key, records)| {
        ((*key).to_owned(), Value::from(records.iter().map(record).collect::<Vec<_>>()))
    });
    let file = json!({
        "municipality": visit.tenant.name,
        "made_at": visit.kernel.now(),
        "information": information.collect::<Map<_, _>>(),
    });
    let name = format!("attachment; filename=\"{}-{}.json\"", visit.tenant.slug, when.today());
    let headers =
        [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, format!("{file:#}\n")))
}
