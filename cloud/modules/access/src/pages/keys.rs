//! `/keys`: the root, the keys that sign, and every gateway's certificate and sealing secret.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Kernel, Role};
use cloud_ui::{Badge, Button, Card, EmptyState, Facts, Lang, Notice, Tone, When, post_button, t};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use protocols_ids::{GatewayId, PersonId};

use crate::keys::{Rotation, revoke, rotate};
use crate::store::gateway::{self, Gateway};
use crate::store::keys::{self, GatewayKeys, SealState};
use crate::trust::{KeyView, Standing, Trust, TrustView};

/// Certificates renew by themselves with 133 days left; one with less than this has not.
const ENDS_SOON: SignedDuration = SignedDuration::from_hours(100 * 24);

pub(crate) fn routes(trust: Arc<Trust>) -> Router<Kernel> {
    Router::new()
        .route("/keys", get(list))
        .route("/keys/{id}/seal", post(new_seal))
        .route("/keys/{id}/revoke", get(ask).post(take_back))
        .layer(Extension(trust))
}

/// Technicians and administrators.
fn staff(visit: &Visit) -> Result<PersonId, Failure> {
    let person = visit.signed_in()?;
    let role = if person.has(Role::Administrator) { Role::Administrator } else { Role::Technician };
    Ok(visit.staff(role)?.person)
}

/// A gateway with what its card tells.
struct Entry {
    gateway: Gateway,
    keys: GatewayKeys,
}

async fn list(visit: Visit, Extension(trust): Extension<Arc<Trust>>) -> Result<Response, Failure> {
    staff(&visit)?;
    let mut tx = visit.begin().await?;
    let gateways = gateway::all(&mut tx).await?;
    let all = keys::all(&mut tx).await?;
    tx.commit().await?;
    let entries: Vec<Entry> = gateways
        .into_iter()
        .filter_map(|gateway| {
            let keys = all.iter().find(|keys| keys.id == gateway.id)?.clone();
            Some(Entry { gateway, keys })
        })
        .collect();
    let (lang, when) = (visit.lang, visit.when());
    let view = trust.view();
    let page = visit.page(&t(lang, "keys-title", &[])).lead(&t(lang, "keys-lead", &[])).body(html! {
        (root(lang, &when, &view))
        (signing(lang, &when, &view, &entries))
        h2 { (t(lang, "keys-gateways", &[])) }
        @if entries.is_empty() {
            (EmptyState::new(&t(lang, "access-gateways-empty", &[]), &t(lang, "access-gateways-empty-hint", &[])))
        }
        @for entry in &entries { (card(lang, &when, &view, entry)) }
    });
    Ok(page.render().into_response())
}

async fn new_seal(visit: Visit, Path(id): Path<GatewayId>) -> Result<Response, Failure> {
    let person = staff(&visit)?;
    let mut tx = visit.begin().await?;
    let rotated = rotate(&mut tx, id, Actor::Person(person)).await.map_err(Failure::internal)?;
    let (_, rotation) = rotated.ok_or(Failure::NotFound)?;
    match rotation {
        Rotation::Begun(_) => tx.commit().await?,
        // The page that follows says how it stands.
        Rotation::UnderWay | Rotation::NotEnrolled => drop(tx),
    }
    Ok(Redirect::to(&format!("/keys#keys-{id}")).into_response())
}

async fn ask(visit: Visit, Path(id): Path<GatewayId>) -> Result<Response, Failure> {
    staff(&visit)?;
    let mut tx = visit.begin().await?;
    let found = gateway::find(&mut tx, id).await?.filter(|gateway| gateway.enrolment.is_some());
    tx.commit().await?;
    let gateway = found.ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let page = visit
        .page(&t(lang, "keys-revoke-title", &[("gateway", &gateway.name)]))
        .crumb(&t(lang, "keys-title", &[]), "/keys")
        .body(html! {
            (Notice::warning(&t(lang, "keys-revoke-warning", &[])).more(&t(lang, "keys-revoke-more", &[])))
            ul {
                li { (t(lang, "keys-revoke-cloud", &[])) }
                li { (t(lang, "keys-revoke-door", &[])) }
                li { (t(lang, "keys-revoke-undo", &[])) }
            }
            form method="post" action={ "/keys/" (id) "/revoke" } {
                (Button::danger(&t(lang, "keys-revoke-confirm", &[])))
                " "
                (Button::quiet(&t(lang, "keys-revoke-not", &[])).href("/keys"))
            }
        });
    Ok(page.render().into_response())
}

async fn take_back(visit: Visit, Path(id): Path<GatewayId>) -> Result<Response, Failure> {
    let person = staff(&visit)?;
    let mut tx = visit.begin().await?;
    revoke(&mut tx, id, Actor::Person(person)).await?.ok_or(Failure::NotFound)?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/keys#keys-{id}")).into_response())
}

fn ends(lang: Lang, when: &When, at: Option<Timestamp>) -> Markup {
    let Some(at) = at else { return html! { (t(lang, "keys-unknown", &[])) } };
    let left = at.duration_since(when.now);
    let day = when.day(at);
    if left <= SignedDuration::ZERO {
        html! { (Badge::new(Tone::Bad, &t(lang, "keys-ended", &[("day", &day)]))) }
    } else if left < ENDS_SOON {
        html! { (Badge::new(Tone::Warning, &t(lang, "keys-ends-soon", &[("day", &day)]))) }
    } else {
        html! { (t(lang, "keys-until", &[("day", &day)])) }
    }
}

fn root(lang: Lang, when: &When, view: &TrustView) -> Markup {
    let place = if view.root_key_is_here {
        html! { (Badge::new(Tone::Warning, &t(lang, "keys-root-here", &[]))) }
    } else {
        html! { (Badge::new(Tone::Good, &t(lang, "keys-root-away", &[]))) }
    };
    let facts = Facts::new()
        .row(&t(lang, "access-code-root", &[]), html! { code { (view.fingerprint) } })
        .row(&t(lang, "keys-root-key", &[]), place)
        .row(&t(lang, "keys-root-ends", &[]), ends(lang, when, view.root_ends))
        .row(&t(lang, "keys-authority-ends", &[]), ends(lang, when, view.authority_ends));
    let body = html! {
        (facts)
        @if view.root_key_is_here { p.quiet { (t(lang, "keys-root-here-hint", &[])) } }
        @if view.asked { (Notice::info(&t(lang, "keys-asked", &[]))) }
    };
    html! { (Card::new("keys-root", &t(lang, "keys-root", &[]), body)) }
}

fn signing(lang: Lang, when: &When, view: &TrustView, entries: &[Entry]) -> Markup {
    let mut facts = Facts::new().row(&t(lang, "keys-bundle", &[]), html! { (view.serial) });
    for key in &view.keys {
        // One that has been replaced is meant to end.
        let until = match key.standing {
            Standing::Before => html! { (t(lang, "keys-until", &[("day", &when.day(key.not_after))])) },
            Standing::InForce | Standing::Next => ends(lang, when, Some(key.not_after)),
        };
        facts = facts.row(&t(lang, standing(key), &[]), html! { code { (key.id) } " " (until) });
    }
    let waits = view.change_over.map(|change| {
        let enrolled: Vec<_> = entries.iter().filter(|entry| entry.gateway.enrolment.is_some()).collect();
        let ready = enrolled.iter().filter(|entry| serial(&entry.gateway) >= Some(change.serial)).count();
        let of = enrolled.len();
        let day = when.day(change.at_the_latest);
        Notice::info(&t(lang, "keys-change-over", &[("ready", &ready), ("of", &of), ("day", &day)]))
    });
    html! { (Card::new("keys-signing", &t(lang, "keys-signing", &[]), html! { (facts) @if let Some(waits) = waits { (waits) } })) }
}

const fn standing(key: &KeyView) -> &'static str {
    match key.standing {
        Standing::InForce => "keys-in-force",
        Standing::Next => "keys-next",
        Standing::Before => "keys-before",
    }
}

/// The bundle that the gateway has said it has.
fn serial(gateway: &Gateway) -> Option<u64> {
    gateway.report.as_ref().map(|report| report.trust_serial)
}

fn card(lang: Lang, when: &When, view: &TrustView, entry: &Entry) -> Markup {
    let Entry { gateway, keys } = entry;
    let id = format!("keys-{}", gateway.id);
    let enrolled = gateway.enrolment.is_some();
    let mut facts = Facts::new();
    if let Some(at) = gateway.revoked_at {
        let text = t(lang, "keys-revoked", &[("when", &when.day_and_clock(at))]);
        facts = facts.row(&t(lang, "access-gateway-state", &[]), html! { (Badge::new(Tone::Bad, &text)) });
    } else if !enrolled {
        let text = t(lang, "access-gateway-waits", &[]);
        facts =
            facts.row(&t(lang, "access-gateway-state", &[]), html! { (Badge::new(Tone::Waiting, &text)) });
    } else {
        facts = facts
            .row(&t(lang, "keys-certificate", &[]), certificate(lang, when, entry))
            .row(&t(lang, "keys-bundle", &[]), bundle(lang, view, gateway))
            .row(&t(lang, "keys-seal", &[]), seal(lang, when, keys));
    }
    let body = html! {
        (facts)
        @if gateway.journal_broken_at.is_some() && enrolled {
            (Notice::warning(&t(lang, "keys-twins", &[])).more(&t(lang, "keys-twins-more", &[])))
        }
        @if gateway.revoked_at.is_some() { p.quiet { (t(lang, "keys-revoked-hint", &[])) } }
    };
    let foot = html! {
        @if keys.seal == SealState::Steady {
            (post_button(&format!("/keys/{}/seal", gateway.id), &Button::quiet(&t(lang, "keys-seal-new", &[])).about(&gateway.name)))
            " "
        }
        (Button::danger(&t(lang, "keys-revoke", &[])).about(&gateway.name).href(&format!("/keys/{}/revoke", gateway.id)))
    };
    let card = Card::new(&id, &gateway.name, body);
    html! { @if enrolled { (card.foot(foot)) } @else { (card) } }
}

fn certificate(lang: Lang, when: &When, entry: &Entry) -> Markup {
    // What the gateway uses, where it says so; otherwise what it was given last.
    let reported = entry.gateway.report.as_ref().and_then(|report| report.certificate_expires_at);
    let used = reported.map(crate::store::calendar_time).or(entry.keys.certificate_expires_at);
    let given = entry.keys.certificate_expires_at;
    let day = SignedDuration::from_hours(24);
    let waits = used.zip(given).is_some_and(|(used, given)| given.duration_since(used) > day);
    html! {
        (ends(lang, when, used))
        @if let Some(serial) = &entry.keys.certificate_serial { " " code { (serial) } }
        @if waits { " " (t(lang, "keys-certificate-given", &[("day", &given.map(|at| when.day(at)).unwrap_or_default())])) }
    }
}

fn bundle(lang: Lang, view: &TrustView, gateway: &Gateway) -> Markup {
    match serial(gateway) {
        Some(has) if has >= view.serial => html! { (t(lang, "keys-bundle-has", &[("serial", &has)])) },
        Some(has) => {
            let text = t(lang, "keys-bundle-behind", &[("has", &has), ("of", &view.serial)]);
            html! { (Badge::new(Tone::Warning, &text)) }
        }
        None => html! { (t(lang, "keys-unknown", &[])) },
    }
}

fn seal(lang: Lang, when: &When, keys: &GatewayKeys) -> Markup {
    let number = u64::from(keys.seal_id);
    let made = keys.seal_made_at.map(|at| when.day(at)).unwrap_or_default();
    let text = match keys.seal {
        SealState::Steady if made.is_empty() => t(lang, "keys-seal-steady", &[("seal", &number)]),
        SealState::Steady => t(lang, "keys-seal-steady-since", &[("seal", &number), ("day", &made)]),
        SealState::Waits { next } => {
            t(lang, "keys-seal-waits", &[("seal", &number), ("next", &u64::from(next))])
        }
        SealState::TakesOver { old } => {
            t(lang, "keys-seal-takes-over", &[("seal", &number), ("old", &u64::from(old))])
        }
    };
    match keys.seal {
        SealState::Steady => html! { (text) },
        SealState::Waits { .. } | SealState::TakesOver { .. } => html! { (Badge::new(Tone::Waiting, &text)) },
    }
}
