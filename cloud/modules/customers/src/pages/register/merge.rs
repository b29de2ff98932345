//! `/customers/duplicates`: customers that could be one; `/customers/merge`: two of them side by side, made one.

use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::{CustomerKind, CustomersMerged};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::{Button, EmptyState, ErrorSummary, Field as Input, LinkCard, Notice, Table, t};
use customers_domain::{Field, alike, pairs_to_compare};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::applications::because_words;
use super::staff;
use crate::pages::words::{Sent, customer_of, field_words, kind_words};
use crate::store::merge::{self, Moving};
use crate::store::register::{self, Card};
use crate::store::{kind_name, persons};

/// Pairs that are shown at most: more than an officer looks through at once.
const PAIRS_MAX: usize = 100;

/// Those that could be one.
pub(crate) async fn duplicates(visit: Visit) -> Result<Markup, Failure> {
    staff(&visit)?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let all = register::comparable(&mut tx).await?;
    tx.commit().await?;
    let compared: Vec<_> = all.iter().map(|(.., alike)| alike.clone()).collect();
    let mut found: Vec<_> = pairs_to_compare(&compared)
        .into_iter()
        .filter_map(|(one, other)| {
            let (one, other) = (all.get(one)?, all.get(other)?);
            Some((alike(&one.2, &other.2)?, one, other))
        })
        .collect();
    found.sort_by_key(|(because, one, _)| (*because, one.2.name.clone()));
    let cards: Vec<LinkCard> = found
        .iter()
        .take(PAIRS_MAX)
        .map(|(because, one, other)| {
            let href = format!("/customers/merge?kept={}&gone={}", one.0, other.0);
            LinkCard::new(&format!("{} – {}", one.2.name, other.2.name), &href)
                .line(&because_words(lang, *because))
        })
        .collect();
    let body = html! {
        @if cards.is_empty() {
            (EmptyState::new(&t(lang, "people-no-duplicates", &[]), &t(lang, "people-no-duplicates-hint", &[])))
        } @else {
            (LinkCard::list(&cards))
        }
    };
    let page = visit.page(&t(lang, "people-duplicates", &[])).lead(&t(lang, "people-duplicates-lead", &[]));
    Ok(page.crumb(&t(lang, "people-register", &[]), "/customers").body(body).render())
}

#[derive(Deserialize)]
pub(crate) struct Pair {
    kept: Option<String>,
    gone: Option<String>,
    #[serde(default)]
    q: String,
}

/// Two side by side, or a search for the other one.
pub(crate) async fn ask(visit: Visit, Query(pair): Query<Pair>) -> Result<Markup, Failure> {
    staff(&visit)?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let gone = customer_of(pair.gone.as_deref().unwrap_or_default())?;
    let gone = register::card(&mut tx, gone).await?.ok_or(Failure::NotFound)?;
    if let Some(kept) = &pair.kept {
        let kept = register::card(&mut tx, customer_of(kept)?).await?.ok_or(Failure::NotFound)?;
        return preview(&visit, tx, &kept, &gone, ErrorSummary::new(lang)).await;
    }
    if gone.protected {
        return Err(Failure::NotFound);
    }
    let text: String = pair.q.trim().chars().take(120).collect();
    let wanted = register::Wanted {
        text: if text.is_empty() { &gone.facts.name } else { &text },
        kind: (gone.kind == CustomerKind::Person).then_some(CustomerKind::Person),
        ended: true,
        skip: 0,
        most: 25,
    };
    let (lines, _) = register::list(&mut tx, &wanted).await?;
    tx.commit().await?;
    let others = lines.iter().filter(|line| {
        line.id != gone.id && (line.kind == CustomerKind::Person) == (gone.kind == CustomerKind::Person)
    });
    let cards: Vec<LinkCard> = others
        .map(|line| {
            let href = format!("/customers/merge?kept={}&gone={}", line.id, gone.id);
            LinkCard::new(&line.name, &href).line(&kind_words(lang, line.kind)).line(&line.number)
        })
        .collect();
    let body = html! {
        form method="get" action="/customers/merge" role="search" {
            input type="hidden" name="gone" value=(gone.id);
            (Input::search("q", &t(lang, "people-merge-search", &[])).value(&text))
            (Button::quiet(&t(lang, "people-search-go", &[])))
        }
        @if cards.is_empty() {
            (EmptyState::new(&t(lang, "people-none-found", &[]), &t(lang, "people-merge-none-hint", &[])))
        } @else {
            (LinkCard::list(&cards))
        }
    };
    let title = t(lang, "people-merge-which", &[("name", &gone.facts.name)]);
    let page = visit.page(&title).crumb(&t(lang, "people-register", &[]), "/customers");
    Ok(page.body(body).render())
}

/// Whether the two can be one: of one sort, each still itself, and of two people with two numbers none.
async fn can_be_one(tx: &mut TenantTx, kept: &Card, gone: &Card) -> Result<bool, Failure> {
    let sort = |card: &Card| card.kind == CustomerKind::Person;
    let whole = |card: &Card| card.merged_into.is_none() && !card.protected;
    if kept.id == gone.id || sort(kept) != sort(gone) || !whole(kept) || !whole(gone) {
        return Ok(false);
    }
    Ok(!sort(kept) || !persons::two_numbers(tx, kept.id, gone.id).await?)
}

async fn preview(
    visit: &Visit,
    mut tx: TenantTx,
    kept: &Card,
    gone: &Card,
    errors: ErrorSummary,
) -> Result<Markup, Failure> {
    let lang = visit.lang;
    if !can_be_one(&mut tx, kept, gone).await? {
        let body = html! {
            (Notice::warning(&t(lang, "people-merge-not", &[])).more(&t(lang, "people-merge-not-why", &[])))
            p { a href={ "/customers/" (gone.id) } { (t(lang, "ui-back", &[])) } }
        };
        let page =
            visit.page(&t(lang, "people-merge", &[])).crumb(&t(lang, "people-register", &[]), "/customers");
        return Ok(page.body(body).render());
    }
    let Moving { mandates, waiting, posts, entitlements } = merge::moving(&mut tx, gone.id).await?;
    tx.commit().await?;
    let heads = [
        t(lang, "people-merge-field", &[]),
        t(lang, "people-merge-kept", &[]),
        t(lang, "people-merge-gone", &[]),
    ];
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let table = Table::new(&t(lang, "people-merge-side", &[]), &heads).row([
        html! { (t(lang, "people-kind", &[])) },
        html! { (kind_words(lang, kept.kind)) },
        html! { (kind_words(lang, gone.kind)) },
    ]);
    let table = Field::ALL.into_iter().fold(table, |table, field| {
        let text = |card: &Card| {
            let text = card.facts.get(field);
            if text.is_empty() { "–".to_owned() } else { text.to_owned() }
        };
        table.row([html! { (field_words(lang, field)) }, html! { (text(kept)) }, html! { (text(gone)) }])
    });
    let acting = mandates + waiting;
    let body = html! {
        (table)
        h2 { (t(lang, "people-merge-moves", &[])) }
        ul {
            li { (t(lang, "people-merge-acting", &[("count", &acting)])) }
            li { (t(lang, "people-merge-posts", &[("count", &posts)])) }
            li { (t(lang, "people-merge-entitlements", &[("count", &entitlements)])) }
            li { (t(lang, "people-merge-bookings", &[])) }
        }
        p { (t(lang, "people-merge-what", &[("kept", &kept.facts.name), ("gone", &gone.facts.name)])) }
        form method="post" action="/customers/merge" {
            input type="hidden" name="kept" value=(kept.id);
            input type="hidden" name="gone" value=(gone.id);
            input type="hidden" name="kept_revision" value=(kept.revision);
            input type="hidden" name="gone_revision" value=(gone.revision);
            p.actions { (Button::danger(&t(lang, "people-merge-go", &[]))) }
        }
        p { a href={ "/customers/merge?kept=" (gone.id) "&gone=" (kept.id) } { (t(lang, "people-merge-other-way", &[])) } }
    };
    let page =
        visit.page(&t(lang, "people-merge", &[])).crumb(&t(lang, "people-register", &[]), "/customers");
    Ok(page.errors(errors).body(body).render())
}

/// Makes the two one, if they are as they were seen.
pub(crate) async fn save(visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Failure> {
    let officer = staff(&visit)?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let (kept, gone) = (customer_of(sent.text("kept"))?, customer_of(sent.text("gone"))?);
    merge::lock(&mut tx, kept, gone).await?;
    let kept = register::card(&mut tx, kept).await?.ok_or(Failure::NotFound)?;
    let gone = register::card(&mut tx, gone).await?.ok_or(Failure::NotFound)?;
    let seen = |name: &str, card: &Card| sent.text(name) == card.revision.to_string();
    if !seen("kept_revision", &kept)
        || !seen("gone_revision", &gone)
        || !can_be_one(&mut tx, &kept, &gone).await?
    {
        let errors = ErrorSummary::new(lang).error("main", &t(lang, "people-merge-changed", &[]));
        let page = preview(&visit, tx, &kept, &gone, errors).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    merge::merge(&mut tx, kept.id, gone.id).await?;
    tx.acts_for_instead(gone.id, kept.id, &kept.facts.name).await?;
    let actor = Actor::Person(officer.person);
    let detail = json!({ "kept": kept.id, "gone": gone.id, "kind": kind_name(kept.kind) });
    for subject in [kept.id, gone.id] {
        tx.audit(actor, "customers.merged", Some(subject.uuid()), &detail).await?;
    }
    tx.emit(&CustomersMerged { kept: kept.id, gone: gone.id }).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/customers/{}?done=merged", kept.id)).into_response())
}
