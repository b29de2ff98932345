//! `/closures`: closed from the bus. A pitch under snow is two taps, and so is opening it again.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::{Closing, ClosureKind, Facilities as _, Facility, Open, Resource, ResourceKind};
use cloud_kernel::web::{Failure, Visit, local_path};
use cloud_kernel::{Actor, Role, SignedIn, TenantTx};
use cloud_ui::{Button, EmptyState, Lang, Notice, t};
use jiff::SignedDuration;
use maud::{Markup, html};
use protocols_ids::{BookingId, ClosureId, PartId};

use super::register::{Done, Sent, maintains};
use super::{closed_now, closure_badge, closure_span, quick_reasons, reason_text, when_at};
use crate::closing::{close as close_it, open as open_it};
use crate::store::{self, KnownFacility};
use crate::{FacilityRegister, Ports};

/// Whether somebody may close and open: who maintains the facility, and the caretakers of its board.
async fn may_close(
    visit: &Visit,
    tx: &mut TenantTx,
    ports: &Ports,
    person: &SignedIn,
    known: &KnownFacility,
) -> Result<bool, Failure> {
    let caretaker = person.roles.contains(&(known.authority, Role::Caretaker));
    Ok(caretaker || maintains(visit, tx, ports, known).await?)
}

/// The list: pitches first, since it snows on them.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    axum::extract::Query(done): axum::extract::Query<Done>,
) -> Result<Markup, Failure> {
    let person = visit.signed_in()?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let known = store::known(&mut tx, None).await?;
    let mut mine = Vec::new();
    for facility in FacilityRegister.all(&mut tx).await? {
        let Some(known) = known.get(&facility.slug) else { continue };
        if may_close(&visit, &mut tx, &ports, person, known).await? {
            mine.push(facility);
        }
    }
    let met = Met::read(&mut tx, &ports, &mine).await?;
    tx.commit().await?;
    if mine.is_empty() {
        let staff =
            [Role::Administrator, Role::Officer, Role::Caretaker].iter().any(|role| person.has(*role));
        if !staff {
            return Err(Failure::Forbidden { needs: Role::Caretaker });
        }
    }
    let is_pitch = |resource: &&Resource| resource.kind == ResourceKind::Pitch;
    let pitches: Vec<(&Facility, &Resource)> = mine
        .iter()
        .flat_map(|facility| {
            facility.resources.iter().filter(is_pitch).map(move |resource| (facility, resource))
        })
        .collect();
    let others: Vec<(&Facility, &Resource)> = mine
        .iter()
        .flat_map(|facility| {
            facility.resources.iter().filter(|one| !is_pitch(one)).map(move |resource| (facility, resource))
        })
        .collect();
    let body = html! {
        @if mine.is_empty() {
            (EmptyState::new(&t(lang, "facilities-closures-none", &[]), &t(lang, "facilities-closures-none-hint", &[])))
        }
        @if !pitches.is_empty() {
            h2 { (t(lang, "facilities-pitches", &[])) }
            ul.closing-list { @for (facility, resource) in &pitches { (row(&visit, facility, resource, &met)) } }
        }
        @if !others.is_empty() {
            h2 { (t(lang, "facilities-all-else", &[])) }
            ul.closing-list { @for (facility, resource) in &others { (row(&visit, facility, resource, &met)) } }
        }
    };
    let mut page = visit.page(&t(lang, "facilities-closures-title", &[])).lead(&t(
        lang,
        "facilities-closures-lead",
        &[],
    ));
    let told = match done.done.as_deref() {
        Some("closed") => {
            let notice = Notice::success(&t(lang, "facilities-closed-done", &[]));
            Some(notice.more(&t(lang, "facilities-closed-told", &[])))
        }
        Some("opened") => {
            let notice = Notice::success(&t(lang, "facilities-opened-done", &[]));
            Some(notice.more(&t(lang, "facilities-opened-told", &[])))
        }
        Some(_) | None => None,
    };
    if let Some(told) = told {
        page = page.notice(told);
    }
    Ok(page.body(body).render())
}

/// How far ahead the list says who is met by a closing: today and tomorrow, of which those are told who have booked.
const MET_HOURS: i64 = 48;

/// Which parts are booked by whom in the coming days.
struct Met(BTreeMap<PartId, BTreeSet<BookingId>>);

impl Met {
    async fn read(tx: &mut TenantTx, ports: &Ports, mine: &[Facility]) -> Result<Self, Failure> {
        let space: BTreeSet<PartId> = mine
            .iter()
            .flat_map(|facility| &facility.resources)
            .flat_map(|resource| resource.parts.iter().copied())
            .collect();
        let space: Vec<PartId> = space.into_iter().collect();
        let starts_at = tx.now();
        let ends_at = starts_at.saturating_add(SignedDuration::from_hours(MET_HOURS)).unwrap_or(starts_at);
        let mut met: BTreeMap<PartId, BTreeSet<BookingId>> = BTreeMap::new();
        for (part, booking) in ports.space.booked(tx, &space, Open { starts_at, ends_at }).await? {
            met.entry(part).or_default().insert(booking);
        }
        Ok(Self(met))
    }

    /// How many bookings have some of a resource.
    fn of(&self, resource: &Resource) -> usize {
        let bookings = resource.parts.iter().filter_map(|part| self.0.get(part)).flatten();
        bookings.collect::<BTreeSet<&BookingId>>().len()
    }
}

fn row(visit: &Visit, facility: &Facility, resource: &Resource, met: &Met) -> Markup {
    let lang = visit.lang;
    let when = when_at(visit, facility);
    let own = |closure: &&&cloud_contracts::Closure| closure.resource.is_none_or(|id| id == resource.id);
    let now = closed_now(facility, Some(resource.id), when.now);
    let about = format!("{}, {}", resource.name, facility.name);
    html! {
        li.closing id={ "r-" (resource.id) } {
            div.closing-what {
                p.closing-name { (resource.name) }
                p.quiet { (facility.name) }
                @let count = met.of(resource);
                @if count > 0 { p { (t(lang, "facilities-closing-meets", &[("count", &count)])) } }
                @for closure in &now {
                    p { (closure_badge(lang, closure.kind)) " " (reason_text(lang, &closure.reason)) ". " (closure_span(lang, &when, closure)) }
                }
            }
            @if let Some(closure) = now.iter().find(own) {
                form method="post" action={ "/closures/" (facility.slug) "/open" } {
                    input type="hidden" name="closure" value=(closure.id.to_string());
                    (Button::primary(&t(lang, "facilities-open-again", &[])).about(&about))
                }
            } @else if now.is_empty() {
                details.closing-choice {
                    summary.button { (t(lang, "facilities-close", &[])) span.visually-hidden { " " (about) } }
                    form method="post" action={ "/closures/" (facility.slug) "/close" } {
                        input type="hidden" name="resource" value=(resource.slug);
                        @for (index, reason) in reasons(lang, resource).iter().enumerate() {
                            (Button::danger(reason).about(&about).value("reason", &index.to_string()))
                        }
                    }
                    p { a href={ "/register/" (facility.slug) "/closures" } { (t(lang, "facilities-close-otherwise", &[])) } }
                }
            }
        }
    }
}

/// What takes one tap: weather for a pitch, and a plain word for all else.
fn reasons(lang: Lang, resource: &Resource) -> Vec<String> {
    if resource.kind == ResourceKind::Pitch {
        quick_reasons(lang).to_vec()
    } else {
        vec![t(lang, "facilities-reason-fault", &[])]
    }
}

/// `POST /closures/{slug}/close`: from now until somebody opens it.
pub(crate) async fn close(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let (facility, actor) = allowed(&visit, &mut tx, &ports, person, &slug).await?;
    let resource = facility.resources.iter().find(|one| one.slug == sent.text("resource"));
    let resource = resource.ok_or(Failure::NotFound)?;
    // Two taps, or two people: closed once.
    if closed_now(&facility, Some(resource.id), tx.now()).is_empty() {
        let index: usize = sent.text("reason").parse().unwrap_or(0);
        // Kept in the language of the municipality, and told in the reader's.
        let reasons = reasons(Lang::Sv, resource);
        let reason = reasons.get(index).or_else(|| reasons.first()).cloned().unwrap_or_default();
        let pitch = resource.kind == ResourceKind::Pitch;
        let closing = Closing {
            facility: facility.id,
            resource: Some(resource.id),
            kind: if pitch { ClosureKind::Unplayable } else { ClosureKind::Closed },
            reason,
            starts_at: tx.now(),
            ends_at: None,
        };
        close_it(&mut tx, actor, closing).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/closures?done=closed#r-{}", resource.id)).into_response())
}

/// `POST /closures/{slug}/open`.
pub(crate) async fn open(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let closure: ClosureId =
        sent.text("closure").parse().map_err(|_| Failure::BadRequest("no closure's id"))?;
    let mut tx = visit.begin().await?;
    let (facility, actor) = allowed(&visit, &mut tx, &ports, person, &slug).await?;
    open_it(&mut tx, actor, facility.id, closure).await?;
    tx.commit().await?;
    let to = match sent.text("next") {
        "" => "/closures?done=opened",
        next => local_path(Some(next)),
    };
    Ok(Redirect::to(to).into_response())
}

async fn allowed(
    visit: &Visit,
    tx: &mut TenantTx,
    ports: &Ports,
    person: &SignedIn,
    slug: &str,
) -> Result<(Facility, Actor), Failure> {
    let known = store::known(tx, Some(slug)).await?.remove(slug).ok_or(Failure::NotFound)?;
    if !may_close(visit, tx, ports, person, &known).await? {
        return Err(Failure::Forbidden { needs: Role::Caretaker });
    }
    let facility = FacilityRegister.by_slug(tx, slug).await?.ok_or(Failure::NotFound)?;
    Ok((facility, Actor::Person(person.person)))
}
