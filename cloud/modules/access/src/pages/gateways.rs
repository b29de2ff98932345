//! `/gateways`: how the gateways are, what somebody must look at, and codes for new boxes.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Kernel, Role};
use cloud_ui::{Badge, Button, Card, EmptyState, Facts, Lang, Notice, Tone, When, post_button, t};
use maud::{Markup, html};
use protocols_ids::GatewayId;
use protocols_wire::StateReport;

use super::health::{Finding, findings};
use crate::enrolment::{ShownCode, make_code};
use crate::store::alarm::{self, Alarm, AlarmKind};
use crate::store::gateway::{self, Gateway};
use crate::store::names::{self, SiteNames};
use crate::store::{calendar_time, site};

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
        .route("/gateways/{id}/alarms/{alarm}/seen", post(seen))
        .layer(Extension(Arc::new(shown)))
}

/// A gateway with everything that its card tells.
#[derive(Clone, Debug)]
struct Entry {
    gateway: Gateway,
    doors: Vec<String>,
    refused: i64,
    alarms: Vec<Alarm>,
    names: SiteNames,
}

async fn list(visit: Visit) -> Result<Response, Failure> {
    visit.staff(Role::Technician)?;
    let mut tx = visit.begin().await?;
    let gateways = gateway::all(&mut tx).await?;
    let doors = site::door_names(&mut tx).await?;
    let refused = gateway::refused(&mut tx).await?;
    let alarms = alarm::open(&mut tx).await?;
    let mut entries: Vec<Entry> = Vec::with_capacity(gateways.len());
    for gateway in gateways {
        let lost = gateway.report.as_ref().is_some_and(|report| !report.devices_lost.is_empty());
        let names = if lost { names::of_site(&mut tx, gateway.id).await? } else { SiteNames::default() };
        entries.push(Entry {
            doors: doors.iter().filter(|(id, _)| *id == gateway.id).map(|(_, name)| name.clone()).collect(),
            refused: refused.iter().filter(|(id, ..)| *id == gateway.id).map(|(.., count)| count).sum(),
            alarms: alarms.iter().filter(|alarm| alarm.gateway == gateway.id).cloned().collect(),
            names,
            gateway,
        });
    }
    tx.commit().await?;
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

/// Somebody has looked at an alarm. Again: it stays seen to.
async fn seen(visit: Visit, Path((id, alarm)): Path<(GatewayId, uuid::Uuid)>) -> Result<Response, Failure> {
    let person = visit.staff(Role::Technician)?.person;
    let mut tx = visit.begin().await?;
    if alarm::seen(&mut tx, id, alarm, person).await? {
        let detail = serde_json::json!({ "alarm": alarm });
        tx.audit(Actor::Person(person), "access.alarm_seen", Some(id.uuid()), &detail).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/gateways#gateway-{id}")).into_response())
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
    if let Some(report) = &gateway.report {
        let program = if report.program.is_empty() { "–" } else { report.program.as_str() };
        let certificate = report.certificate_expires_at.map(calendar_time).map(|at| when.day(at));
        let lease = report.lease_until.map(calendar_time).map(|at| when.day_and_clock(at));
        facts = facts
            .row(&t(lang, "access-gateway-grants", &[]), report.grants.to_string())
            .row(&t(lang, "access-gateway-program", &[]), program)
            .row(&t(lang, "access-gateway-certificate", &[]), certificate.as_deref().unwrap_or("–"))
            .row(&t(lang, "access-gateway-lease", &[]), lease.as_deref().unwrap_or("–"));
    }
    if gateway.hash_mismatches > 0 {
        facts = facts.row(&t(lang, "access-gateway-mismatches", &[]), gateway.hash_mismatches.to_string());
    }
    let wrong = findings(lang, when, gateway, &entry.names);
    let label = if gateway.enrolment.is_some() { "access-code-replace" } else { "access-code-new" };
    let form = html! {
        form method="post" action={ "/gateways/" (gateway.id) "/code" } {
            (Button::quiet(&t(lang, label, &[])).about(&gateway.name))
            @if gateway.enrolment.is_some() { p.quiet { (t(lang, "access-code-replace-hint", &[])) } }
        }
    };
    let body = html! {
        @for alarm in &entry.alarms { (show_alarm(lang, when, alarm)) }
        @for Finding { tone, what, next } in &wrong { (Notice::new(*tone, what).more(next)) }
        (facts)
        @if gateway.enrolment.is_some() {
            p.actions {
                (Button::quiet(&t(lang, "access-gateway-to-journal", &[])).about(&gateway.name)
                    .href(&format!("/gateways/{}/journal", gateway.id)))
                (Button::quiet(&t(lang, "access-gateway-to-doors", &[])).about(&gateway.name)
                    .href(&format!("/doors/{}", gateway.id)))
            }
        }
    };
    html! { (Card::new(&id, &gateway.name, body).foot(form)) }
}

/// An alarm, with what to do and the button that says that somebody has.
fn show_alarm(lang: Lang, when: &When, alarm: &Alarm) -> Markup {
    let number = |key: &str| alarm.detail.get(key).and_then(serde_json::Value::as_u64).unwrap_or(0);
    let (what, next) = match alarm.kind {
        AlarmKind::TableDiffers => {
            (t(lang, "access-alarm-table", &[]), t(lang, "access-alarm-table-next", &[]))
        }
        AlarmKind::JournalBroken => {
            (t(lang, "access-alarm-broken", &[]), t(lang, "access-journal-broken-next", &[]))
        }
        AlarmKind::JournalMissing => (
            t(lang, "access-alarm-missing", &[("first", &number("first")), ("last", &number("last"))]),
            t(lang, "access-alarm-missing-next", &[]),
        ),
        AlarmKind::JournalAnew => (t(lang, "access-alarm-anew", &[]), t(lang, "access-alarm-anew-next", &[])),
        AlarmKind::TwoBoxes => {
            (t(lang, "access-alarm-two-boxes", &[]), t(lang, "access-alarm-two-boxes-next", &[]))
        }
        AlarmKind::CloudRestored => {
            (t(lang, "access-alarm-restored", &[]), t(lang, "access-alarm-restored-next", &[]))
        }
    };
    let since = when.day_and_clock(alarm.first_at);
    let times = if alarm.count == 1 {
        t(lang, "access-alarm-once", &[("time", &since)])
    } else {
        let last = when.day_and_clock(alarm.last_at);
        t(lang, "access-alarm-times", &[("count", &alarm.count), ("first", &since), ("last", &last)])
    };
    let seen = Button::quiet(&t(lang, "access-alarm-seen", &[])).about(&what);
    html! {
        (Notice::new(Tone::Bad, &format!("{what} {times}")).more(&next))
        (post_button(&format!("/gateways/{}/alarms/{}/seen", alarm.gateway, alarm.id), &seen))
    }
}

fn state(lang: Lang, when: &When, gateway: &Gateway) -> Markup {
    let lost = gateway.report.as_ref().map_or(0, |report: &StateReport| report.devices_lost.len());
    let badge = match (&gateway.enrolment, gateway.speaks(when.now)) {
        (None, _) if gateway.revoked_at.is_some() => {
            Badge::new(Tone::Warning, &t(lang, "access-gateway-revoked", &[]))
        }
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
