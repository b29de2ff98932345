//! `/customers/{customer}/history`: what was done to a customer, by whom, in words.

use axum::extract::Path;
use cloud_kernel::Audited;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{EmptyState, ErrorSummary, Lang, Table, t};
use customers_domain::{Field, Hold};
use maud::{Markup, html};
use protocols_ids::PersonId;

use super::{For, Work};
use crate::pages::words::{field_words, hold_words};
use crate::store::register;

/// Rows that are shown at most: the latest.
const ROWS_MAX: i64 = 200;

/// The history.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Staff).await?;
    let rows = work.tx.audited(work.card.id.uuid(), ROWS_MAX).await?;
    let people: Vec<PersonId> =
        rows.iter().filter_map(|row| row.by.as_ref().map(|(person, _)| *person)).collect();
    let protected = register::protected_of(&mut work.tx, &people).await?;
    let heads = [
        t(lang, "people-history-when", &[]),
        t(lang, "people-history-what", &[]),
        t(lang, "people-history-who", &[]),
    ];
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let caption = t(lang, "people-tab-history", &[]);
    let when = visit.when();
    let table = rows.iter().fold(Table::new(&caption, &heads), |table, row| {
        let who = match &row.by {
            None => t(lang, "people-history-service", &[]),
            Some((person, _)) if protected.contains(person) => t(lang, "customers-protected", &[]),
            Some((_, name)) => name.clone(),
        };
        table.row([html! { (when.day_and_clock(row.at)) }, html! { (words(lang, row)) }, html! { (who) }])
    });
    let body = html! {
        @if rows.is_empty() {
            (EmptyState::new(&t(lang, "people-history-none", &[]), &t(lang, "people-history-none-hint", &[])))
        } @else {
            (table)
        }
    };
    let title = t(lang, "people-history-title", &[("name", &work.name())]);
    work.finish(&title, ErrorSummary::new(lang), Vec::new(), body).await
}

/// A row of the audit in words; one that we have no words for by its own name.
fn words(lang: Lang, row: &Audited) -> String {
    let said =
        |key: &str| row.detail.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let role = || Hold::parse(&said("role")).map(|hold| hold_words(lang, hold)).unwrap_or_default();
    match row.action.as_str() {
        "customers.made" | "customers.registered" => t(lang, "people-did-made", &[]),
        "customers.changed" => {
            let fields = row.detail.get("fields").and_then(serde_json::Value::as_array);
            let fields: Vec<String> = fields
                .into_iter()
                .flatten()
                .filter_map(|field| Field::parse(field.as_str()?))
                .map(|field| field_words(lang, field).to_lowercase())
                .collect();
            t(lang, "people-did-changed", &[("fields", &fields.join(", "))])
        }
        "customers.ended" => t(lang, "people-did-ended", &[]),
        "customers.goes_on" => t(lang, "people-did-again", &[]),
        "customers.entitled" => t(lang, "people-did-entitled", &[("group", &said("group"))]),
        "customers.entitlement_ended" => t(lang, "people-did-entitlement-ended", &[]),
        "customers.post_added" => {
            t(lang, "people-did-post-added", &[("post", &super::posts::post_words(lang, &said("post")))])
        }
        "customers.post_removed" => {
            t(lang, "people-did-post-removed", &[("post", &super::posts::post_words(lang, &said("post")))])
        }
        "customers.role_given" => t(lang, "people-did-role-given", &[("role", &role())]),
        "customers.invited" => t(lang, "people-did-invited", &[("role", &role())]),
        "customers.role_changed" => t(lang, "people-did-role-changed", &[("role", &role())]),
        "customers.role_taken_back" => t(lang, "people-did-role-taken-back", &[("role", &role())]),
        "customers.role_left" => t(lang, "people-did-role-left", &[("role", &role())]),
        "customers.invitation_taken" => t(lang, "people-did-invitation-taken", &[("role", &role())]),
        "customers.invitation_withdrawn" => t(lang, "people-did-invitation-withdrawn", &[]),
        "customers.acts_for" => t(lang, "people-did-acts-for", &[]),
        "customers.found_by_number" => t(lang, "people-did-found", &[]),
        "customers.protected_read" => t(lang, "people-did-read", &[("why", &said("why"))]),
        "customers.protection_turned" => t(lang, "people-did-protect", &[("why", &said("why"))]),
        "customers.merged" => t(lang, "people-did-merged", &[]),
        other => other.to_owned(),
    }
}
