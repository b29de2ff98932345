//! `/faults/{id}`: what people said with their photos, what was done, and what can be done next.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::{Facility, Resource};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{SignedIn, TenantTx};
use cloud_ui::{
    Badge, Button, Card, ErrorSummary, Facts, Field, Icon, Lang, Notice, Select, Tone, When, post_button, t,
};
use faults_domain::{State, Step, text};
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use protocols_ids::{FaultId, ResourceId};
use uuid::Uuid;

use super::{
    Sent, fault_href, field, kind_key, kind_name, looks_after, place_words, state_badge, when_at, wrong_words,
};
use crate::store::{self, Entry, Fault, Said};
use crate::{Ports, handling};

/// A fault in the hands of somebody who looks after its facility.
struct Work<'a> {
    person: &'a SignedIn,
    facility: Facility,
    fault: Fault,
}

impl<'a> Work<'a> {
    async fn read(visit: &'a Visit, tx: &mut TenantTx, ports: &Ports, id: FaultId) -> Result<Self, Failure> {
        let person = visit.signed_in()?;
        let fault = store::find(tx, id).await?.ok_or(Failure::NotFound)?;
        let all = ports.facilities.all(tx).await?;
        let facility =
            all.into_iter().find(|facility| facility.id == fault.facility).ok_or(Failure::NotFound)?;
        // Whoever does not look after it is not told that there is one.
        if !looks_after(person, facility.authority) {
            return Err(Failure::NotFound);
        }
        Ok(Self { person, facility, fault })
    }

    /// The same, and nobody else changes it meanwhile.
    async fn locked(
        visit: &'a Visit,
        tx: &mut TenantTx,
        ports: &Ports,
        id: FaultId,
    ) -> Result<Self, Failure> {
        visit.signed_in()?;
        store::lock(tx, &[id]).await?;
        Self::read(visit, tx, ports, id).await
    }

    /// What is closed because of it, unless somebody has opened it elsewhere.
    fn closed(&self) -> Option<&cloud_contracts::Closure> {
        let closure = self.facility.closures.iter().find(|closure| Some(closure.id) == self.fault.closure)?;
        closure.ends_at.is_none().then_some(closure)
    }

    /// What a resource is called, or the facility where it is that.
    fn name(&self, resource: Option<ResourceId>) -> String {
        let found = resource.and_then(|id| self.facility.resource(id));
        found.map_or(&self.facility.name, |resource: &Resource| &resource.name).clone()
    }
}

/// The page.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<FaultId>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let work = Work::read(&visit, &mut tx, &ports, id).await?;
    let page = page(&visit, &mut tx, &work, ("", ErrorSummary::new(visit.lang))).await?;
    tx.commit().await?;
    Ok(page.into_response())
}

async fn page(
    visit: &Visit,
    tx: &mut TenantTx,
    work: &Work<'_>,
    (typed, errors): (&str, ErrorSummary),
) -> Result<Markup, Failure> {
    let (fault, facility, lang) = (&work.fault, &work.facility, visit.lang);
    let said = store::said(tx, fault.id).await?;
    let entries = store::entries(tx, fault.id).await?;
    let mut others = store::open(tx, &[facility.id]).await?;
    others.retain(|other| other.id != fault.id);
    let when = when_at(visit, facility);
    let href = fault_href(fault.id);
    let body = html! {
        p { (state_badge(lang, fault.state))
            @if work.closed().is_some() {
                " " (Badge::new(Tone::Bad, &t(lang, "faults-closed", &[])).icon(Icon::Lock))
            }
        }
        @if let State::Joined(other) = fault.state {
            p { a href=(fault_href(other)) { (t(lang, "faults-joined-into", &[])) } }
        }
        (Facts::new()
            .row(&t(lang, "faults-where", &[]), place_words(Some(facility), fault.place.as_ref()))
            .row(&t(lang, "faults-sent", &[]), when.near_clock(fault.reported_at)))
        @for one in &said { (report(lang, &when, fault, one)) }
        div.thumb { (steps(lang, work)) }
        @if fault.state.is_open() || work.closed().is_some() { (closing(lang, work)) }
        (Card::new("note", &t(lang, "faults-note", &[]), html! {
            form method="post" action={ (href) "/note" } {
                (Field::long_text("text", &t(lang, "faults-note-text", &[])).hint(&t(lang, "faults-note-hint", &[]))
                    .value(typed).error(errors.of("text")))
                (Button::quiet(&t(lang, "faults-note-save", &[])))
            }
        }))
        @if fault.state.is_open() && !others.is_empty() {
            (Card::new("same", &t(lang, "faults-join-title", &[]), html! {
                form method="post" action={ (href) "/join" } {
                    (others.iter().fold(Select::new("into", &t(lang, "faults-join-into", &[])).placeholder(lang).required(), |select, other| {
                        let place = other.place.as_ref().map_or(&facility.name, |place| &place.name);
                        let label = format!("{}, {place}, {}", kind_name(lang, other.kind), when.near_clock(other.reported_at));
                        select.option(&other.id.to_string(), &label)
                    }))
                    (Button::quiet(&t(lang, "faults-join", &[])))
                }
            }))
        }
        (Card::new("history", &t(lang, "faults-history", &[]), history(lang, &when, &entries)))
    };
    let title = kind_name(lang, fault.kind);
    let mut page = visit.page(&title).crumb(&t(lang, "faults-title", &[]), "/faults").errors(errors);
    page = match visit.uri.query() {
        Some("done=taken") => page.notice(Notice::success(&t(lang, "faults-done-taken", &[]))),
        Some("done=mended") => page.notice(Notice::success(&t(lang, "faults-done-mended", &[]))),
        Some("done=no_fault") => page.notice(Notice::success(&t(lang, "faults-done-no-fault", &[]))),
        Some("done=reopened") => page.notice(Notice::success(&t(lang, "faults-done-reopened", &[]))),
        Some("done=closed") => page.notice(Notice::success(&t(lang, "faults-done-closed", &[]))),
        Some("done=opened") => page.notice(Notice::success(&t(lang, "faults-done-opened", &[]))),
        Some("done=received") => page.notice(Notice::success(&t(lang, "faults-done-joined", &[]))),
        Some("late") => page.notice(Notice::warning(&t(lang, "faults-late", &[]))),
        Some(_) | None => page,
    };
    Ok(page.body(body).render())
}

/// What somebody said, with the photo.
fn report(lang: Lang, when: &When, fault: &Fault, said: &Said) -> Markup {
    let path = |width: i32| format!("{}/photos/{}/{width}", fault_href(fault.id), said.id);
    let set: Vec<String> = said.sizes.iter().map(|(width, _)| format!("{} {width}w", path(*width))).collect();
    let alt = t(
        lang,
        "faults-photo-alt",
        &[("kind", &kind_name(lang, fault.kind)), ("time", &when.near_clock(said.sent_at))],
    );
    html! {
        article.said {
            @if let Some((width, height)) = said.sizes.last() {
                img.photo src=(path(*width)) srcset=(set.join(", ")) sizes="(min-width: 46rem) 44rem, 100vw"
                    width=(width) height=(height) alt=(alt) decoding="async";
            }
            @for line in said.words.lines() { p { (line) } }
            @if said.words.is_empty() { p.quiet { (t(lang, "faults-no-words", &[])) } }
            p.quiet {
                (when.near_clock(said.sent_at))
                @if said.wants_answer { " · " (t(lang, "faults-wants-answer", &[])) }
            }
        }
    }
}

/// What can be done next, the likeliest first.
fn steps(lang: Lang, work: &Work<'_>) -> Markup {
    let mine = work.fault.state == State::Taken(work.person.person);
    html! {
        form.actions method="post" action={ (fault_href(work.fault.id)) "/step" } {
            @if work.fault.state.is_open() {
                @if mine {
                    (Button::primary(&t(lang, "faults-mend", &[])).value("step", "mend"))
                } @else {
                    (Button::primary(&t(lang, "faults-take", &[])).value("step", "take"))
                    (Button::quiet(&t(lang, "faults-mend", &[])).value("step", "mend"))
                }
                (Button::quiet(&t(lang, "faults-dismiss", &[])).value("step", "dismiss"))
            } @else if !matches!(work.fault.state, State::Joined(_)) {
                (Button::quiet(&t(lang, "faults-reopen", &[])).value("step", "reopen"))
            }
        }
    }
}

/// What is closed because of it, or can be.
fn closing(lang: Lang, work: &Work<'_>) -> Markup {
    let href = fault_href(work.fault.id);
    if let Some(closure) = work.closed() {
        let name = work.name(closure.resource);
        return html! {
            (Card::new("closing", &t(lang, "faults-closing", &[]), html! {
                p { (t(lang, "faults-is-closed", &[("what", &name)])) }
                (post_button(&format!("{href}/open"), &Button::primary(&t(lang, "faults-open-again", &[])).about(&name)))
            }))
        };
    }
    let at = work.fault.place.as_ref().and_then(|place| place.resource);
    let select = Select::new("resource", &t(lang, "faults-close-what", &[]))
        .chosen(&at.map(|id| id.to_string()).unwrap_or_default());
    let select = work
        .facility
        .resources
        .iter()
        .fold(select, |select, one| select.option(&one.id.to_string(), &one.name));
    html! {
        (Card::new("closing", &t(lang, "faults-closing", &[]), html! {
            p { (t(lang, "faults-close-lead", &[])) }
            form method="post" action={ (href) "/close" } {
                (select.option("", &t(lang, "faults-close-all", &[])))
                (Button::danger(&t(lang, "faults-close", &[])))
            }
        }))
    }
}

fn history(lang: Lang, when: &When, entries: &[Entry]) -> Markup {
    let words = |entry: &Entry| match entry.step.as_str() {
        "reported" => t(lang, "faults-entry-reported", &[]),
        "seen" => t(lang, "faults-entry-seen", &[]),
        "taken" => t(lang, "faults-entry-taken", &[]),
        "mended" => t(lang, "faults-entry-mended", &[]),
        "no_fault" => t(lang, "faults-entry-no-fault", &[]),
        "reopened" => t(lang, "faults-entry-reopened", &[]),
        "joined" => t(lang, "faults-entry-joined", &[]),
        "received" => t(lang, "faults-entry-received", &[]),
        "closed" => t(lang, "faults-entry-closed", &[("what", &entry.text)]),
        "opened" => t(lang, "faults-entry-opened", &[("what", &entry.text)]),
        _ => t(lang, "faults-entry-noted", &[]),
    };
    html! {
        ol.plain-list {
            @for entry in entries {
                li {
                    p { (words(entry)) }
                    @if entry.step == "noted" { @for line in entry.text.lines() { p { (line) } } }
                    p.quiet { (when.near_clock(entry.at)) @if let Some(by) = &entry.by { ", " (by) } }
                }
            }
        }
    }
}

/// What somebody of the staff does with it.
pub async fn step(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<FaultId>,
    sent: Sent,
) -> Result<Redirect, Failure> {
    let mut tx = visit.begin().await?;
    let work = Work::locked(&visit, &mut tx, &ports, id).await?;
    let step = match field(&sent, "step") {
        "take" => Step::Take(work.person.person),
        "mend" => Step::Mend,
        "dismiss" => Step::Dismiss,
        "reopen" => Step::Reopen,
        _ => return Err(Failure::BadRequest("a step that no page of ours has")),
    };
    let done = handling::carry_out(&mut tx, work.person.person, &work.fault, step).await?;
    tx.commit().await?;
    Ok(Redirect::to(&match (done, step) {
        (Err(_), _) => format!("{}?late", fault_href(id)),
        (Ok(()), Step::Take(_) | Step::Join(_)) => format!("{}?done=taken", fault_href(id)),
        (Ok(()), Step::Mend) => format!("{}?done=mended", fault_href(id)),
        (Ok(()), Step::Dismiss) => format!("{}?done=no_fault", fault_href(id)),
        (Ok(()), Step::Reopen) => format!("{}?done=reopened", fault_href(id)),
    }))
}

/// Makes it the same as another one, which is where one goes on.
pub async fn join(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<FaultId>,
    sent: Sent,
) -> Result<Redirect, Failure> {
    let wrong = Failure::BadRequest("no fault to join with");
    let into: FaultId = match field(&sent, "into").parse() {
        Ok(into) if into != id => into,
        Ok(_) | Err(_) => return Err(wrong),
    };
    visit.signed_in()?;
    let mut tx = visit.begin().await?;
    store::lock(&mut tx, &[id, into]).await?;
    let work = Work::read(&visit, &mut tx, &ports, id).await?;
    let other = Work::read(&visit, &mut tx, &ports, into).await?;
    if work.facility.id != other.facility.id {
        return Err(wrong);
    }
    if !other.fault.state.is_open() {
        return Ok(Redirect::to(&format!("{}?late", fault_href(id))));
    }
    let done = handling::carry_out(&mut tx, work.person.person, &work.fault, Step::Join(into)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&match done {
        Ok(()) => format!("{}?done=received", fault_href(into)),
        Err(_) => format!("{}?late", fault_href(id)),
    }))
}

/// Writes what there is to remember.
pub async fn note(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<FaultId>,
    sent: Sent,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let work = Work::locked(&visit, &mut tx, &ports, id).await?;
    let typed = field(&sent, "text");
    match text(typed) {
        Ok(words) => {
            handling::note(&mut tx, work.person.person, &work.fault, &words).await?;
            tx.commit().await?;
            Ok(Redirect::to(&format!("{}#history", fault_href(id))).into_response())
        }
        Err(wrong) => {
            let errors = ErrorSummary::new(visit.lang).error("text", &wrong_words(visit.lang, wrong));
            let page = page(&visit, &mut tx, &work, (typed, errors)).await?;
            tx.commit().await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// Closes something because of it. Two taps, or two people: closed once.
pub async fn close(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<FaultId>,
    sent: Sent,
) -> Result<Redirect, Failure> {
    let mut tx = visit.begin().await?;
    let work = Work::locked(&visit, &mut tx, &ports, id).await?;
    let resource = match field(&sent, "resource") {
        "" => None,
        chosen => {
            let resource: Option<ResourceId> =
                chosen.parse().ok().filter(|id| work.facility.resource(*id).is_some());
            Some(resource.ok_or(Failure::BadRequest("nothing of this facility"))?)
        }
    };
    if work.closed().is_none() {
        // Everybody reads the reason: of what sort it is, in the language of the municipality.
        let reason = t(Lang::Sv, kind_key(work.fault.kind), &[]);
        let what = (resource, work.name(resource));
        handling::close(&mut tx, &ports, work.person.person, &work.fault, (what.0, &what.1, reason)).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("{}?done=closed", fault_href(id))))
}

/// Opens what was closed because of it.
pub async fn open(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<FaultId>,
) -> Result<Redirect, Failure> {
    let mut tx = visit.begin().await?;
    let work = Work::locked(&visit, &mut tx, &ports, id).await?;
    if let Some(closure) = work.closed() {
        let name = work.name(closure.resource);
        handling::open(&mut tx, &ports, work.person.person, &work.fault, &name).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("{}?done=opened", fault_href(id))))
}

/// A photo that somebody sent: for those who look after the facility.
pub async fn photo(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((id, report, width)): Path<(FaultId, Uuid, i32)>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let work = Work::read(&visit, &mut tx, &ports, id).await?;
    let jpeg = store::print(&mut tx, (work.fault.id, report), width).await?.ok_or(Failure::NotFound)?;
    tx.commit().await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Opened on its own it is a picture and nothing else.
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, jpeg).into_response())
}
