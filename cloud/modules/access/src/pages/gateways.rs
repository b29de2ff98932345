//! `/gateways`: how the gateways are, and codes for new boxes.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Kernel, Role};
use cloud_ui::{Badge, Button, Card, EmptyState, Facts, Lang, Notice, Tone, When, t};
use maud::{Markup, html};
use protocols_ids::GatewayId;
use protocols_wire::StateReport;

use crate::enrolment::{ShownCode, make_code};
use crate::store::gateway::{self, Gateway};
use crate::store::site;

/// What the pages show that is the same for all.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub fingerprint: String,
    pub api_port: u16,
}

pub(crate) fn routes(shown: Shown) -> Router<Kernel> {
    Router::new()
        .route("/gateways", get(list))
        .route("/gateways/{id}/code", post(code))
        .layer(Extension(Arc::new(shown)))
}

/// A gateway with everything that its card tells.
#[derive(Clone, Debug)]
struct Entry {
    gateway: Gateway,
    doors: Vec<String>,
    refused: i64,
}

async fn list(visit: Visit) -> Result<Response, Failure> {
    visit.staff(Role::Technician)?;
    let mut tx = visit.begin().await?;
    let gateways = gateway::all(&mut tx).await?;
    let doors = site::door_names(&mut tx).await?;
    let refused = gateway::refused(&mut tx).await?;
    tx.commit().await?;
    let entries: Vec<Entry> = gateways
        .into_iter()
        .map(|gateway| Entry {
            doors: doors.iter().filter(|(id, _)| *id == gateway.id).map(|(_, name)| name.clone()).collect(),
            refused: refused.iter().filter(|(id, ..)| *id == gateway.id).map(|(.., count)| count).sum(),
            gateway,
        })
        .collect();
    let page = visit
        .page(&t(visit.lang, "access-gateways-title", &[]))
        .lead(&t(visit.lang, "access-gateways-lead", &[]))
        .body(show_list(visit.lang, &visit.when(), &entries));
    Ok(page.render().into_response())
}

async fn code(
    visit: Visit,
    Path(id): Path<GatewayId>,
    Extension(shown): Extension<Arc<Shown>>,
) -> Result<Response, Failure> {
    let person = visit.staff(Role::Technician)?.person;
    let mut tx = visit.begin().await?;
    let (gateway, code) = make_code(&mut tx, id, Actor::Person(person)).await?.ok_or(Failure::NotFound)?;
    tx.commit().await?;
    let title = t(visit.lang, "access-code-for", &[("gateway", &gateway.name)]);
    let cloud = format!("https://{}:{}", visit.tenant.host, shown.api_port);
    let page = visit
        .page(&title)
        .crumb(&t(visit.lang, "access-gateways-title", &[]), "/gateways")
        .body(show_code(visit.lang, &visit.when(), &shown.fingerprint, &cloud, &code));
    Ok(page.render().into_response())
}

fn show_list(lang: Lang, when: &When, entries: &[Entry]) -> Markup {
    if entries.is_empty() {
        let empty = EmptyState::new(
            &t(lang, "access-gateways-empty", &[]),
            &t(lang, "access-gateways-empty-hint", &[]),
        );
        return html! { (empty) };
    }
    html! { @for entry in entries { (card(lang, when, entry)) } }
}

fn card(lang: Lang, when: &When, entry: &Entry) -> Markup {
    let gateway = &entry.gateway;
    let id = format!("gateway-{}", gateway.id);
    let mut facts = Facts::new()
        .row(&t(lang, "access-gateway-state", &[]), state(lang, when, gateway))
        .row(&t(lang, "access-gateway-doors", &[]), entry.doors.join(", "));
    if gateway.enrolment.is_some() {
        facts = facts
            .row(&t(lang, "access-gateway-heard", &[]), heard(lang, when, gateway))
            .row(&t(lang, "access-gateway-table", &[]), table(lang, gateway))
            .row(&t(lang, "access-gateway-journal", &[]), journal(lang, when, gateway))
            .row(&t(lang, "access-gateway-refused", &[]), refused(lang, entry));
    }
    let label = if gateway.enrolment.is_some() { "access-code-replace" } else { "access-code-new" };
    let form = html! {
        form method="post" action={ "/gateways/" (gateway.id) "/code" } {
            (Button::quiet(&t(lang, label, &[])).about(&gateway.name))
            @if gateway.enrolment.is_some() { p.quiet { (t(lang, "access-code-replace-hint", &[])) } }
        }
    };
    html! { (Card::new(&id, &gateway.name, html! { (facts) }).foot(form)) }
}

fn state(lang: Lang, when: &When, gateway: &Gateway) -> Markup {
    let lost = gateway.report.as_ref().map_or(0, |report: &StateReport| report.devices_lost.len());
    let badge = match (&gateway.enrolment, gateway.speaks(when.now)) {
        (None, _) => Badge::new(Tone::Waiting, &t(lang, "access-gateway-waits", &[])),
        (Some(_), false) => Badge::new(Tone::Warning, &t(lang, "access-gateway-silent", &[])),
        (Some(_), true) if lost > 0 => {
            Badge::new(Tone::Warning, &t(lang, "access-gateway-devices-lost", &[("count", &lost)]))
        }
        (Some(_), true) => Badge::new(Tone::Good, &t(lang, "access-gateway-works", &[])),
    };
    html! { (badge) }
}

fn heard(lang: Lang, when: &When, gateway: &Gateway) -> String {
    gateway.last_heard_at.map_or_else(|| t(lang, "access-gateway-never", &[]), |at| when.from_now(at))
}

fn table(lang: Lang, gateway: &Gateway) -> String {
    let ledger = gateway.ledger;
    if ledger.acknowledged == ledger.revision && !gateway.wants_snapshot {
        t(lang, "access-gateway-in-step", &[("revision", &ledger.revision)])
    } else {
        t(lang, "access-gateway-behind", &[("has", &ledger.acknowledged), ("of", &ledger.revision)])
    }
}

fn journal(lang: Lang, when: &When, gateway: &Gateway) -> Markup {
    if let Some(at) = gateway.journal_broken_at {
        return html! { (Badge::new(Tone::Bad, &t(lang, "access-gateway-journal-broken", &[("when", &when.day_and_clock(at))]))) };
    }
    let stored = gateway.journal.sequence;
    let head = gateway
        .report
        .as_ref()
        .filter(|report| report.journal_generation == gateway.journal.generation)
        .map_or(stored, |report| report.journal_head.max(stored));
    html! { (t(lang, "access-gateway-journal-stored", &[("stored", &stored), ("head", &head)])) }
}

fn refused(lang: Lang, entry: &Entry) -> String {
    let there = entry.gateway.report.as_ref().map_or(0, |report| {
        let counts = report.refused;
        [
            counts.malformed,
            counts.signature,
            counts.replayed,
            counts.out_of_order,
            counts.oversized,
            counts.impossible,
        ]
        .into_iter()
        .map(u64::from)
        .sum::<u64>()
    });
    t(lang, "access-gateway-refused-counts", &[("here", &entry.refused), ("there", &there)])
}

fn show_code(lang: Lang, when: &When, fingerprint: &str, cloud: &str, code: &ShownCode) -> Markup {
    let command = format!(
        "hallport-gateway enrol --data /var/lib/hallport --cloud {cloud} --code {} --root {fingerprint}",
        code.text
    );
    html! {
        (Notice::info(&t(lang, "access-code-once", &[("time", &when.clock(code.expires_at))])))
        (Facts::new()
            .row(&t(lang, "access-code-text", &[]), html! { code #enrolment-code { (code.text) } })
            .row(&t(lang, "access-code-root", &[]), html! { code #root-fingerprint { (fingerprint) } }))
        h2 { (t(lang, "access-code-command", &[])) }
        pre tabindex="0" { code #enrolment-command { (command) } }
        p { (t(lang, "access-code-root-hint", &[])) }
    }
}
