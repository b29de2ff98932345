//! `/gateways/{id}/journal`: what happened on site, in words; and whether the stored chain holds.

use access_domain::WalkError;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Kernel, Role, SignedIn};
use cloud_ui::{
    Badge, Button, Card, Checkbox, EmptyState, Facts, Field, Lang, Notice, Pagination, Select, Table, Tone,
    When, t,
};
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, Render as _, html};
use protocols_ids::{DoorId, GatewayId};
use protocols_wire::{
    CredentialKind, Damage, DoorEvent, GrantClass, JournalEntry, JournalEvent, PostureMode, RefusalReason,
    decode,
};

use crate::journal::{Verified, verify};
use crate::store::calendar_time;
use crate::store::gateway::{self, Gateway};
use crate::store::journal::{self as rows, EntryRow, Filter, Hole, Missing};
use crate::store::names::{self, SiteNames};

/// Entries on one page: a phone scrolls through them in half a minute.
const ON_A_PAGE: u32 = 50;
/// Pages that can be turned to; beyond, the day narrows the search.
const PAGES_MAX: u32 = 200;

pub(crate) fn routes() -> Router<Kernel> {
    Router::new()
        .route("/gateways/{id}/journal", get(show))
        .route("/gateways/{id}/journal/verify", post(check))
}

/// Whoever may read what happened: technicians, and officers who must answer questions about a visit.
fn reader(visit: &Visit) -> Result<&SignedIn, Failure> {
    let person = visit.signed_in()?;
    let may = [Role::Technician, Role::Officer].into_iter().any(|role| person.has(role));
    if may { Ok(person) } else { Err(Failure::Forbidden { needs: Role::Technician }) }
}

/// Kinds that can be chosen, with the keys of their words.
const KINDS: [(&str, &str); 11] = [
    ("admitted", "access-kind-admitted"),
    ("admitted_offline", "access-kind-admitted-offline"),
    ("refused", "access-kind-refused"),
    ("door", "access-kind-door"),
    ("device", "access-kind-device"),
    ("light", "access-kind-light"),
    ("commanded", "access-kind-commanded"),
    ("posture_changed", "access-kind-posture"),
    ("locked_out", "access-kind-locked-out"),
    ("started", "access-kind-started"),
    ("unknown", "access-kind-unknown"),
];

/// What is asked for, as the form sends it.
#[derive(Clone, Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    door: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    alarms: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    page: String,
}

impl Asked {
    fn page(&self) -> u32 {
        self.page.parse().unwrap_or(1).clamp(1, PAGES_MAX)
    }

    /// What is asked for; what cannot be read narrows nothing.
    fn filter(&self, when: &When) -> Filter<'_> {
        let day = self.day.parse::<Date>().ok();
        let start = |day: Date| day.to_zoned(when.zone.clone()).ok().map(|at| at.timestamp());
        Filter {
            door: self.door.parse::<DoorId>().ok(),
            kind: KINDS.iter().map(|(kind, _)| *kind).find(|kind| *kind == self.kind),
            alarms: self.alarms == "yes",
            from: day.and_then(start),
            to: day.and_then(|day| day.tomorrow().ok()).and_then(start),
        }
    }

    /// The page's address up to its number.
    fn href_before_number(&self, gateway: GatewayId, filter: &Filter<'_>) -> String {
        let door = filter.door.map(|door| door.to_string()).unwrap_or_default();
        let day = self.day.parse::<Date>().map(|day| day.to_string()).unwrap_or_default();
        let alarms = if filter.alarms { "yes" } else { "" };
        let kind = filter.kind.unwrap_or_default();
        format!("/gateways/{gateway}/journal?door={door}&kind={kind}&alarms={alarms}&day={day}&page=")
    }
}

async fn show(visit: Visit, Path(id): Path<GatewayId>, asked: Query<Asked>) -> Result<Response, Failure> {
    reader(&visit)?;
    let Query(asked) = asked;
    let (lang, when) = (visit.lang, visit.when());
    let (filter, number) = (asked.filter(&when), asked.page());
    let mut tx = visit.begin().await?;
    let gateway = gateway::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    let doors = names::doors(&mut tx, id).await?;
    let site = names::of_site(&mut tx, id).await?;
    let holes = rows::holes(&mut tx, id).await?;
    let refused = gateway::refused(&mut tx).await?;
    let offset = i64::from((number - 1) * ON_A_PAGE);
    let (entries, total) = rows::page(&mut tx, id, &filter, offset, i64::from(ON_A_PAGE)).await?;
    tx.commit().await?;
    let pages = u32::try_from(total.div_ceil(u64::from(ON_A_PAGE))).unwrap_or(PAGES_MAX).clamp(1, PAGES_MAX);
    let body = html! {
        (state(lang, &when, &gateway, &holes))
        (form(lang, &asked, &filter, &doors))
        @if entries.is_empty() {
            (EmptyState::new(&t(lang, "access-journal-empty", &[]), &t(lang, "access-journal-empty-hint", &[])))
        } @else {
            (table(lang, &when, &site, &entries))
            (Pagination { lang, page: number, pages, href_before_number: asked.href_before_number(id, &filter) })
        }
        (refused_messages(lang, id, &refused))
        form method="post" action={ "/gateways/" (id) "/journal/verify" } {
            (Button::quiet(&t(lang, "access-journal-verify", &[])))
            p.quiet { (t(lang, "access-journal-verify-hint", &[])) }
        }
    };
    let page = visit
        .page(&t(lang, "access-journal-title", &[("gateway", &gateway.name)]))
        .crumb(&t(lang, "access-gateways-title", &[]), "/gateways");
    Ok(page.body(body).render().into_response())
}

/// What holds for the whole journal: a break, and what is missing.
fn state(lang: Lang, when: &When, gateway: &Gateway, holes: &[Hole]) -> Markup {
    html! {
        @if let Some(at) = gateway.journal_broken_at {
            (Notice::error(&t(lang, "access-gateway-journal-broken", &[("when", &when.day_and_clock(at))]))
                .more(&t(lang, "access-journal-broken-next", &[])))
        }
        @for hole in holes { (Notice::new(hole_tone(hole), &hole_text(lang, when, hole))) }
    }
}

fn hole_tone(hole: &Hole) -> Tone {
    match hole.why {
        Missing::Restored => Tone::Warning,
        Missing::Retention => Tone::Info,
    }
}

fn hole_text(lang: Lang, when: &When, hole: &Hole) -> String {
    let key = match hole.why {
        Missing::Restored => "access-journal-missing-restored",
        Missing::Retention => "access-journal-missing-retention",
    };
    let date = when.day(hole.found_at);
    t(lang, key, &[("first", &hole.first), ("last", &hole.last), ("date", &date)])
}

/// Messages of this gateway that changed nothing, by reason.
fn refused_messages(lang: Lang, id: GatewayId, refused: &[(GatewayId, String, i64)]) -> Markup {
    let mut facts = Facts::new();
    let mut any = false;
    for (_, reason, count) in refused.iter().filter(|(gateway, ..)| *gateway == id) {
        let key = match reason.as_str() {
            "malformed" => "access-message-malformed",
            "oversized" => "access-message-oversized",
            "signature" => "access-message-signature",
            "unknown_gateway" => "access-message-unknown",
            "replayed" => "access-message-replayed",
            "gap" => "access-message-gap",
            "broken" => "access-message-broken",
            "impossible" => "access-message-impossible",
            "revoked" => "access-message-revoked",
            _ => "access-message-other",
        };
        facts = facts.row(&t(lang, key, &[]), count.to_string());
        any = true;
    }
    html! {
        @if any { (Card::new("refused", &t(lang, "access-gateway-refused", &[]), html! { (facts) })) }
    }
}

fn form(lang: Lang, asked: &Asked, filter: &Filter<'_>, doors: &[(DoorId, String)]) -> Markup {
    let all = t(lang, "access-journal-all", &[]);
    let mut door = Select::new("door", &t(lang, "access-door", &[])).option("", &all);
    for (id, name) in doors {
        door = door.option(&id.to_string(), name);
    }
    let mut kind = Select::new("kind", &t(lang, "access-journal-kind", &[])).option("", &all);
    for (value, text) in KINDS {
        kind = kind.option(value, &t(lang, text, &[]));
    }
    let chosen = filter.door.map(|door| door.to_string()).unwrap_or_default();
    html! {
        form method="get" {
            (door.chosen(&chosen))
            (kind.chosen(filter.kind.unwrap_or_default()))
            (Field::date("day", &t(lang, "access-journal-day", &[])).value(&asked.day).optional(lang))
            (Checkbox::new("alarms", &t(lang, "access-journal-alarms", &[])).checked(filter.alarms))
            (Button::primary(&t(lang, "access-journal-show", &[])))
        }
    }
}

fn table(lang: Lang, when: &When, site: &SiteNames, entries: &[EntryRow]) -> Markup {
    let [time, what, door, number] = [
        t(lang, "access-journal-time", &[]),
        t(lang, "access-journal-what", &[]),
        t(lang, "access-door", &[]),
        t(lang, "access-journal-number", &[]),
    ];
    let mut table = Table::new(&t(lang, "access-journal-caption", &[]), &[&time, &what, &door, &number]);
    for entry in entries {
        let text = words(lang, when, site, &entry.entry);
        table = table.row([
            html! { (when.day(entry.at)) " " (clock_with_seconds(when, entry.at)) },
            html! {
                (text)
                @if let Some(booking) = entry.booking_number {
                    " " (t(lang, "access-journal-booking", &[("number", &booking.to_string())]))
                }
                @if entry.alarm { " " (Badge::new(Tone::Bad, &t(lang, "access-journal-alarm", &[]))) }
                @if entry.historical {
                    " " (Badge::new(Tone::Info, &t(lang, "access-journal-historical",
                        &[("time", &when.day_and_clock(entry.received_at))])))
                }
                @if entry.ahead { " " (Badge::new(Tone::Waiting, &t(lang, "access-journal-ahead", &[]))) }
            },
            html! { (entry.door.as_deref().unwrap_or("–")) },
            html! { (entry.generation) "/" (entry.sequence) },
        ]);
    }
    table.render()
}

/// `18.04.09`: two entries of one minute are told apart.
fn clock_with_seconds(when: &When, at: Timestamp) -> String {
    let minutes = when.clock(at);
    let separator = minutes.chars().nth(2).unwrap_or('.');
    format!("{minutes}{separator}{:02}", at.to_zoned(when.zone.clone()).second())
}

/// What happened, in words.
fn words(lang: Lang, when: &When, site: &SiteNames, entry: &[u8]) -> String {
    let Ok(entry) = decode::<JournalEntry>(entry) else { return t(lang, "access-event-unknown", &[]) };
    match entry.event {
        JournalEvent::Admitted { kind, .. } => match kind {
            CredentialKind::Pin => t(lang, "access-event-admitted-pin", &[]),
            CredentialKind::Tag => t(lang, "access-event-admitted-tag", &[]),
            CredentialKind::Qr => t(lang, "access-event-admitted-qr", &[]),
            CredentialKind::Remote => t(lang, "access-event-admitted-remote", &[]),
        },
        JournalEvent::AdmittedOffline { .. } => t(lang, "access-event-admitted-offline", &[]),
        JournalEvent::Refused { reason, .. } => {
            t(lang, "access-event-refused", &[("reason", &refusal(lang, reason))])
        }
        JournalEvent::Door { what, .. } => door_words(lang, what),
        JournalEvent::Device { device, answers } => {
            let name = site.devices.get(&device).cloned().unwrap_or_else(|| device.to_string());
            let key = if answers { "access-event-device-found" } else { "access-event-device-lost" };
            t(lang, key, &[("device", &name)])
        }
        JournalEvent::Light { zone, lit } => {
            let name = site.zones.get(&zone).cloned().unwrap_or_else(|| zone.to_string());
            let key = if lit { "access-event-lit" } else { "access-event-dark" };
            t(lang, key, &[("zone", &name)])
        }
        JournalEvent::Started => t(lang, "access-event-started", &[]),
        JournalEvent::Configured { revision } => {
            t(lang, "access-event-configured", &[("revision", &revision)])
        }
        JournalEvent::GrantsApplied { position } => {
            t(lang, "access-event-grants", &[("revision", &position.revision)])
        }
        JournalEvent::ClockStep { by_ms } => {
            t(lang, "access-event-clock-step", &[("seconds", &(by_ms / 1000))])
        }
        JournalEvent::Commanded { done: true, .. } => t(lang, "access-event-commanded", &[]),
        JournalEvent::Commanded { done: false, .. } => t(lang, "access-event-commanded-not", &[]),
        JournalEvent::Gap { missing } => t(lang, "access-event-gap", &[("count", &missing)]),
        JournalEvent::PostureChanged { mode } => match mode {
            PostureMode::Normal => t(lang, "access-event-posture-normal", &[]),
            PostureMode::Lockdown => t(lang, "access-event-posture-lockdown", &[]),
            PostureMode::Emergency => t(lang, "access-event-posture-emergency", &[]),
        },
        JournalEvent::LeaseEnding { class, at } => {
            let who = match class {
                GrantClass::Visitor => t(lang, "access-class-visitor", &[]),
                GrantClass::Staff => t(lang, "access-class-staff", &[]),
                GrantClass::Technician => t(lang, "access-class-technician", &[]),
            };
            let time = when.day_and_clock(calendar_time(at));
            t(lang, "access-event-lease-ending", &[("who", &who), ("time", &time)])
        }
        JournalEvent::Trusts { serial } => t(lang, "access-event-trusts", &[("serial", &serial)]),
        JournalEvent::Certified { expires_at } => {
            let date = when.day(calendar_time(expires_at));
            t(lang, "access-event-certified", &[("date", &date)])
        }
        JournalEvent::LockedOut { .. } => t(lang, "access-event-locked-out", &[]),
        JournalEvent::Disk { stalled: true } => t(lang, "access-event-disk-stalled", &[]),
        JournalEvent::Disk { stalled: false } => t(lang, "access-event-disk-again", &[]),
        JournalEvent::Damaged { what } => match what {
            Damage::Grants => t(lang, "access-event-damaged-grants", &[]),
            Damage::Journal => t(lang, "access-event-damaged-journal", &[]),
            Damage::Everything => t(lang, "access-event-damaged-everything", &[]),
        },
    }
}

fn door_words(lang: Lang, what: DoorEvent) -> String {
    match what {
        DoorEvent::Opened => t(lang, "access-event-opened", &[]),
        DoorEvent::Closed => t(lang, "access-event-closed", &[]),
        DoorEvent::Relocked => t(lang, "access-event-relocked", &[]),
        DoorEvent::Forced => t(lang, "access-event-forced", &[]),
        DoorEvent::HeldOpen => t(lang, "access-event-held-open", &[]),
        DoorEvent::Exit => t(lang, "access-event-exit", &[]),
        DoorEvent::Tamper => t(lang, "access-event-tamper", &[]),
        DoorEvent::TamperRestored => t(lang, "access-event-tamper-restored", &[]),
    }
}

fn refusal(lang: Lang, reason: RefusalReason) -> String {
    match reason {
        RefusalReason::Unknown => t(lang, "access-refusal-unknown", &[]),
        RefusalReason::TooEarly => t(lang, "access-refusal-too-early", &[]),
        RefusalReason::TooLate => t(lang, "access-refusal-too-late", &[]),
        RefusalReason::WrongDoor => t(lang, "access-refusal-wrong-door", &[]),
        RefusalReason::Revoked => t(lang, "access-refusal-revoked", &[]),
        RefusalReason::LockedOut => t(lang, "access-refusal-locked-out", &[]),
        RefusalReason::Lockdown => t(lang, "access-refusal-lockdown", &[]),
        RefusalReason::ClockUnknown => t(lang, "access-refusal-clock", &[]),
        RefusalReason::Version => t(lang, "access-refusal-version", &[]),
        RefusalReason::LeaseEnded => t(lang, "access-refusal-lease", &[]),
        RefusalReason::Stale => t(lang, "access-refusal-stale", &[]),
        RefusalReason::DoorLost => t(lang, "access-refusal-door-lost", &[]),
        RefusalReason::NotTaken => t(lang, "access-refusal-not-taken", &[]),
    }
}

async fn check(visit: Visit, Path(id): Path<GatewayId>) -> Result<Response, Failure> {
    reader(&visit)?;
    let mut tx = visit.begin().await?;
    let gateway = gateway::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    let verified = verify(&mut tx, &gateway).await.map_err(Failure::internal)?;
    tx.commit().await?;
    let (lang, when) = (visit.lang, visit.when());
    let journal = format!("/gateways/{id}/journal");
    let body = html! {
        (verdict(lang, &verified))
        (Card::new("holes", &t(lang, "access-verify-missing", &[]), html! {
            @if verified.holes.is_empty() { p { (t(lang, "access-verify-nothing-missing", &[])) } }
            @else { ul { @for hole in &verified.holes { li { (hole_text(lang, &when, hole)) } } } }
        }))
        p.actions { (Button::quiet(&t(lang, "access-verify-back", &[])).href(&journal)) }
    };
    let page = visit
        .page(&t(lang, "access-verify-title", &[("gateway", &gateway.name)]))
        .crumb(&t(lang, "access-gateways-title", &[]), "/gateways")
        .crumb(&t(lang, "access-journal-title", &[("gateway", &gateway.name)]), &journal);
    Ok(page.body(body).render().into_response())
}

fn verdict(lang: Lang, verified: &Verified) -> Notice {
    let next = t(lang, "access-journal-broken-next", &[]);
    match verified.broken {
        Some((generation, WalkError::Altered { sequence })) => {
            let place = [("generation", &generation as &dyn cloud_ui::Argument), ("sequence", &sequence)];
            Notice::error(&t(lang, "access-verify-altered", &place)).more(&next)
        }
        Some((generation, WalkError::Lost { sequence, after })) => {
            let place = [
                ("generation", &generation as &dyn cloud_ui::Argument),
                ("sequence", &sequence),
                ("after", &after),
            ];
            Notice::error(&t(lang, "access-verify-lost", &place)).more(&next)
        }
        None if !verified.ends_where_it_should => {
            Notice::error(&t(lang, "access-verify-end", &[])).more(&next)
        }
        None if verified.cut_short => {
            Notice::info(&t(lang, "access-verify-cut-short", &[("count", &verified.entries)]))
        }
        None => Notice::success(&t(lang, "access-verify-holds", &[("count", &verified.entries)])),
    }
}
