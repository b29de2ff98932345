//! `/doors`: what holds for each hall, ordered from afar, and doors released from afar.
//!
//! For officers, caretakers and technicians alike: whoever is reached first must be able to shut a hall. Each order
//! has a reason and a confirmation, and stands in the audit.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Kernel, Listener, Role, SignedIn};
use cloud_ui::{
    Badge, Button, Card, EmptyState, ErrorSummary, Facts, Field, Lang, LinkCard, Notice, Tone, When,
    sse_region, t,
};
use futures_util::stream;
use http::{StatusCode, header};
use maud::{Markup, Render as _, html};
use protocols_ids::{DoorId, GatewayId};
use protocols_wire::PostureMode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::events::gateway_topic;
use crate::release::Asked;
use crate::store::command::{self, Release};
use crate::store::gateway::{self, Gateway};
use crate::store::names;
use crate::{posture, release};

/// Pages that listen at a time: staff's only, a few a hall.
const LIVE_PAGES_MAX: usize = 256;
/// How long one stream lasts at most; the browser asks again by itself.
const STREAM_MAX: Duration = Duration::from_mins(10);
/// When to ask again where too many pages listen already.
const BUSY_SECONDS: &str = "30";
/// Releases that a page shows.
const RELEASES_SHOWN: i64 = 10;
/// Characters of a reason.
const REASON_MAX: usize = 200;

pub(crate) fn routes() -> Router<Kernel> {
    Router::new()
        .route("/doors", get(list))
        .route("/doors/{gateway}", get(show))
        .route("/doors/{gateway}/live", get(live))
        .route("/doors/{gateway}/posture", get(ask_posture).post(order_posture))
        .route("/doors/{gateway}/release/{door}", get(ask_release).post(order_release))
        .layer(Extension(Arc::new(Semaphore::new(LIVE_PAGES_MAX))))
}

/// Whoever may order.
fn staff(visit: &Visit) -> Result<&SignedIn, Failure> {
    let person = visit.signed_in()?;
    let may = [Role::Officer, Role::Caretaker, Role::Technician].into_iter().any(|role| person.has(role));
    if may { Ok(person) } else { Err(Failure::Forbidden { needs: Role::Caretaker }) }
}

/// The word of a posture in addresses and forms.
const fn word(mode: PostureMode) -> &'static str {
    match mode {
        PostureMode::Normal => "normal",
        PostureMode::Lockdown => "lockdown",
        PostureMode::Emergency => "emergency",
    }
}

fn mode(word: &str) -> Option<PostureMode> {
    match word {
        "normal" => Some(PostureMode::Normal),
        "lockdown" => Some(PostureMode::Lockdown),
        "emergency" => Some(PostureMode::Emergency),
        _ => None,
    }
}

fn name(lang: Lang, mode: PostureMode) -> String {
    match mode {
        PostureMode::Normal => t(lang, "access-posture-normal", &[]),
        PostureMode::Lockdown => t(lang, "access-posture-lockdown", &[]),
        PostureMode::Emergency => t(lang, "access-posture-emergency", &[]),
    }
}

fn effect(lang: Lang, mode: PostureMode) -> String {
    match mode {
        PostureMode::Normal => t(lang, "access-posture-normal-effect", &[]),
        PostureMode::Lockdown => t(lang, "access-posture-lockdown-effect", &[]),
        PostureMode::Emergency => t(lang, "access-posture-emergency-effect", &[]),
    }
}

fn tone(mode: PostureMode) -> Tone {
    match mode {
        PostureMode::Normal => Tone::Good,
        PostureMode::Lockdown => Tone::Bad,
        PostureMode::Emergency => Tone::Warning,
    }
}

fn href(gateway: GatewayId) -> String {
    format!("/doors/{gateway}")
}

async fn list(visit: Visit) -> Result<Response, Failure> {
    staff(&visit)?;
    let mut tx = visit.begin().await?;
    let gateways = gateway::all(&mut tx).await?;
    tx.commit().await?;
    let (lang, when) = (visit.lang, visit.when());
    let cards: Vec<LinkCard> = gateways
        .iter()
        .filter(|gateway| gateway.enrolment.is_some())
        .map(|gateway| {
            let card = LinkCard::new(&gateway.name, &href(gateway.id))
                .badge(Badge::new(tone(gateway.posture), &name(lang, gateway.posture)));
            if gateway.speaks(when.now) { card } else { card.line(&t(lang, "access-doors-silent", &[])) }
        })
        .collect();
    let body = if cards.is_empty() {
        let hint = t(lang, "access-doors-empty-hint", &[]);
        EmptyState::new(&t(lang, "access-doors-empty", &[]), &hint).render()
    } else {
        LinkCard::list(&cards)
    };
    let page = visit.page(&t(lang, "access-doors-title", &[])).lead(&t(lang, "access-doors-lead", &[]));
    Ok(page.body(body).render().into_response())
}

/// A hall as this page shows it.
struct View {
    gateway: Gateway,
    releases: Vec<Release>,
}

impl View {
    async fn read(visit: &Visit, id: GatewayId) -> Result<Self, Failure> {
        let mut tx = visit.begin().await?;
        let gateway = gateway::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
        let releases = command::latest(&mut tx, id, RELEASES_SHOWN).await?;
        tx.commit().await?;
        Ok(Self { gateway, releases })
    }

    /// What changes while one looks.
    fn standing(&self, lang: Lang, when: &When) -> Markup {
        let gateway = &self.gateway;
        let mut facts = Facts::new()
            .row(
                &t(lang, "access-posture", &[]),
                Badge::new(tone(gateway.posture), &name(lang, gateway.posture)),
            )
            .row(&t(lang, "access-posture-heard", &[]), taken(lang, when, gateway));
        if let (Some(at), Some(reason)) = (gateway.posture_at, &gateway.posture_reason) {
            facts = facts
                .row(&t(lang, "access-posture-since", &[]), when.day_and_clock(at))
                .row(&t(lang, "access-posture-reason", &[]), reason.as_str());
        }
        html! {
            (facts)
            p.quiet { (effect(lang, gateway.posture)) }
            @if !self.releases.is_empty() {
                h2 { (t(lang, "access-releases", &[])) }
                ul.list {
                    @for release in &self.releases {
                        li {
                            p { strong { (release.door) } " " (outcome(lang, when, release)) }
                            p.quiet {
                                (when.day_and_clock(release.made_at)) " · " (release.person) " · " (release.reason)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether the hall obeys what was ordered.
fn taken(lang: Lang, when: &When, gateway: &Gateway) -> Badge {
    let has = gateway.report.as_ref().is_some_and(|report| {
        report.posture_counter >= gateway.posture_counter && report.posture == gateway.posture
    });
    match (has, gateway.speaks(when.now)) {
        (true, true) => Badge::new(Tone::Good, &t(lang, "access-posture-taken", &[])),
        (true, false) => Badge::new(Tone::Warning, &t(lang, "access-posture-taken-silent", &[])),
        (false, true) => Badge::new(Tone::Waiting, &t(lang, "access-posture-on-its-way", &[])),
        (false, false) => Badge::new(Tone::Warning, &t(lang, "access-posture-silent", &[])),
    }
}

/// What came of a release.
fn outcome(lang: Lang, when: &When, release: &Release) -> Badge {
    match release.answer {
        Some((at, true)) => {
            Badge::new(Tone::Good, &t(lang, "access-release-done", &[("time", &when.clock(at))]))
        }
        Some((_, false)) => Badge::new(Tone::Bad, &t(lang, "access-release-refused", &[])),
        None if when.now < release.expires_at => {
            Badge::new(Tone::Waiting, &t(lang, "access-release-on-its-way", &[]))
        }
        None if release.sent => Badge::new(Tone::Warning, &t(lang, "access-release-unanswered", &[])),
        None => Badge::new(Tone::Bad, &t(lang, "access-release-never-sent", &[])),
    }
}

async fn show(visit: Visit, Path(id): Path<GatewayId>) -> Result<Response, Failure> {
    staff(&visit)?;
    let view = View::read(&visit, id).await?;
    let mut tx = visit.begin().await?;
    let doors = names::doors(&mut tx, id).await?;
    tx.commit().await?;
    let (lang, when) = (visit.lang, visit.when());
    let order = |mode: PostureMode| format!("{}/posture?mode={}", href(id), word(mode));
    let body = html! {
        (sse_region("hall-state", &format!("{}/live", href(id)), "hall", view.standing(lang, &when)))
        (Card::new("posture", &t(lang, "access-posture-change", &[]), html! {
            div.actions {
                @if view.gateway.posture != PostureMode::Lockdown {
                    (Button::danger(&t(lang, "access-posture-order-lockdown", &[])).href(&order(PostureMode::Lockdown)))
                }
                @if view.gateway.posture != PostureMode::Emergency {
                    (Button::danger(&t(lang, "access-posture-order-emergency", &[])).href(&order(PostureMode::Emergency)))
                }
                @if view.gateway.posture != PostureMode::Normal {
                    (Button::primary(&t(lang, "access-posture-order-normal", &[])).href(&order(PostureMode::Normal)))
                }
            }
        }))
        (Card::new("doors", &t(lang, "access-doors-open", &[]), html! {
            ul.list {
                @for (door, name) in &doors {
                    li {
                        p { strong { (name) } }
                        (Button::quiet(&t(lang, "access-release-order", &[])).about(name)
                            .href(&format!("{}/release/{door}", href(id))))
                    }
                }
            }
        }))
    };
    let page = visit.page(&view.gateway.name).crumb(&t(lang, "access-doors-title", &[]), "/doors");
    Ok(page.body(body).render().into_response())
}

/// The stream of what changes.
async fn live(
    visit: Visit,
    Extension(pages): Extension<Arc<Semaphore>>,
    Path(id): Path<GatewayId>,
) -> Result<Response, Failure> {
    staff(&visit)?;
    let Ok(permit) = pages.try_acquire_owned() else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, BUSY_SECONDS)]).into_response());
    };
    // Listening begins before the first reading, so that nothing falls between.
    let listener = visit.kernel.live().listen(visit.tenant.id, gateway_topic(id));
    View::read(&visit, id).await?;
    let watch = Watch { listener, ends: Instant::now() + STREAM_MAX, told: None, visit, id, _permit: permit };
    let events = stream::unfold(Some(watch), |watch| async { watch?.next().await });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

struct Watch {
    visit: Visit,
    id: GatewayId,
    listener: Listener,
    ends: Instant,
    told: Option<String>,
    _permit: OwnedSemaphorePermit,
}

impl Watch {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Option<Self>)> {
        loop {
            let view = match View::read(&self.visit, self.id).await {
                Ok(view) => view,
                Err(failure) => {
                    tracing::warn!(%failure, gateway = %self.id, "live page cannot be told");
                    return None;
                }
            };
            // Time alone changes what is said too: a release runs out.
            let said = view.standing(self.visit.lang, &self.visit.when()).into_string();
            if self.told.as_ref() != Some(&said) {
                self.told = Some(said.clone());
                return Some((Ok(Event::default().event("hall").data(said)), Some(self)));
            }
            tokio::select! {
                () = self.listener.changed() => {}
                () = tokio::time::sleep_until(self.ends) => return None,
            }
        }
    }
}

#[derive(serde::Deserialize)]
struct WhichPosture {
    mode: String,
}

async fn ask_posture(
    visit: Visit,
    Path(id): Path<GatewayId>,
    Query(which): Query<WhichPosture>,
) -> Result<Response, Failure> {
    staff(&visit)?;
    let mode = mode(&which.mode).ok_or(Failure::BadRequest("a posture that there is not"))?;
    posture_form(&visit, id, mode, "", StatusCode::OK, &ErrorSummary::new(visit.lang)).await
}

async fn posture_form(
    visit: &Visit,
    id: GatewayId,
    mode: PostureMode,
    reason: &str,
    status: StatusCode,
    errors: &ErrorSummary,
) -> Result<Response, Failure> {
    let gateway = View::read(visit, id).await?.gateway;
    let lang = visit.lang;
    let (title, label) = match mode {
        PostureMode::Lockdown => ("access-posture-ask-lockdown", "access-posture-order-lockdown"),
        PostureMode::Emergency => ("access-posture-ask-emergency", "access-posture-order-emergency"),
        PostureMode::Normal => ("access-posture-ask-normal", "access-posture-order-normal"),
    };
    let button = match mode {
        PostureMode::Normal => Button::primary(&t(lang, label, &[])),
        PostureMode::Lockdown | PostureMode::Emergency => Button::danger(&t(lang, label, &[])),
    };
    let body = html! {
        (errors)
        (Notice::warning(&effect(lang, mode)).more(&t(lang, "access-posture-until", &[])))
        form method="post" action={ (href(id)) "/posture" } {
            input type="hidden" name="mode" value=(word(mode));
            (reason_field(lang, reason, errors))
            (button)
        }
        p.actions { (Button::quiet(&t(lang, "access-order-leave", &[])).href(&href(id))) }
    };
    let page = visit
        .page(&t(lang, title, &[("hall", &gateway.name)]))
        .crumb(&t(lang, "access-doors-title", &[]), "/doors")
        .crumb(&gateway.name, &href(id));
    Ok((status, page.body(body).render()).into_response())
}

fn reason_field(lang: Lang, reason: &str, errors: &ErrorSummary) -> Field {
    Field::text("reason", &t(lang, "access-order-reason", &[]))
        .hint(&t(lang, "access-order-reason-hint", &[]))
        .value(reason)
        .error(errors.of("reason"))
        .required()
}

/// The reason, if it is one.
fn reason(lang: Lang, sent: &str) -> Result<&str, ErrorSummary> {
    let reason = sent.trim();
    let fits = (1..=REASON_MAX).contains(&reason.chars().count()) && !reason.contains(char::is_control);
    if fits {
        return Ok(reason);
    }
    let text = t(lang, "access-order-reason-missing", &[("most", &REASON_MAX)]);
    Err(ErrorSummary::new(lang).error("reason", &text))
}

#[derive(serde::Deserialize)]
struct OrderedPosture {
    mode: String,
    reason: String,
}

async fn order_posture(
    visit: Visit,
    Path(id): Path<GatewayId>,
    sent: Result<Form<OrderedPosture>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let person = staff(&visit)?.person;
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("an order that no page of ours sends"))?;
    let mode = mode(&sent.mode).ok_or(Failure::BadRequest("a posture that there is not"))?;
    let reason = match reason(visit.lang, &sent.reason) {
        Ok(reason) => reason,
        Err(errors) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return posture_form(&visit, id, mode, &sent.reason, status, &errors).await;
        }
    };
    let mut tx = visit.begin().await?;
    if !posture::order(&mut tx, id, mode, reason, person).await? {
        return Err(Failure::NotFound);
    }
    tx.commit().await?;
    Ok(Redirect::to(&href(id)).into_response())
}

async fn ask_release(visit: Visit, Path((id, door)): Path<(GatewayId, DoorId)>) -> Result<Response, Failure> {
    staff(&visit)?;
    release_form(&visit, (id, door), "", StatusCode::OK, &ErrorSummary::new(visit.lang), None).await
}

async fn release_form(
    visit: &Visit,
    (id, door): (GatewayId, DoorId),
    reason: &str,
    status: StatusCode,
    errors: &ErrorSummary,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let gateway = View::read(visit, id).await?.gateway;
    let mut tx = visit.begin().await?;
    let doors = names::doors(&mut tx, id).await?;
    tx.commit().await?;
    let name = doors.into_iter().find(|(known, _)| *known == door).ok_or(Failure::NotFound)?.1;
    let lang = visit.lang;
    let body = html! {
        (errors)
        @if let Some(notice) = notice { (notice) }
        (Notice::info(&t(lang, "access-release-effect", &[])))
        form method="post" action={ (href(id)) "/release/" (door) } {
            (reason_field(lang, reason, errors))
            (Button::primary(&t(lang, "access-release-order", &[])))
        }
        p.actions { (Button::quiet(&t(lang, "access-order-leave", &[])).href(&href(id))) }
    };
    let page = visit
        .page(&t(lang, "access-release-ask", &[("door", &name)]))
        .crumb(&t(lang, "access-doors-title", &[]), "/doors")
        .crumb(&gateway.name, &href(id));
    Ok((status, page.body(body).render()).into_response())
}

#[derive(serde::Deserialize)]
struct OrderedRelease {
    reason: String,
}

async fn order_release(
    visit: Visit,
    Path((id, door)): Path<(GatewayId, DoorId)>,
    sent: Result<Form<OrderedRelease>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let person = staff(&visit)?.person;
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("an order that no page of ours sends"))?;
    let lang = visit.lang;
    let reason = match reason(lang, &sent.reason) {
        Ok(reason) => reason,
        Err(errors) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return release_form(&visit, (id, door), &sent.reason, status, &errors, None).await;
        }
    };
    let mut tx = visit.begin().await?;
    let asked = release::ask(&mut tx, id, door, reason, person).await?;
    tx.commit().await?;
    let (status, notice) = match asked {
        Asked::OnItsWay { .. } => return Ok(Redirect::to(&href(id)).into_response()),
        Asked::NoDoor => return Err(Failure::NotFound),
        Asked::Silent => {
            let notice = Notice::error(&t(lang, "access-release-silent", &[]));
            (StatusCode::CONFLICT, notice.more(&t(lang, "access-release-silent-next", &[])))
        }
        Asked::TooMany => {
            (StatusCode::TOO_MANY_REQUESTS, Notice::error(&t(lang, "access-release-too-many", &[])))
        }
    };
    let errors = ErrorSummary::new(lang);
    release_form(&visit, (id, door), reason, status, &errors, Some(notice)).await
}
