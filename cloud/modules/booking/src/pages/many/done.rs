//! `/desk/many/{id}`: what was done, until when it can be undone, and who has answered.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::Facility;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, SignedIn};
use cloud_ui::{Badge, Button, Facts, Lang, Notice, Table, Tone, post_button, t};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::json;
use uuid::Uuid;

use super::super::{booking_href, when_at};
use super::{of_time, time_words};
use crate::Ports;
use crate::mass::settle::settle;
use crate::mass::undo::{Block, Undone, locked, undo};
use crate::store::mass::{self as rows, Action, Answer, Change, Changed};

/// Where a change is shown.
pub(super) fn href(change: Uuid) -> String {
    format!("/desk/many/{change}")
}

/// `12 tider flyttade i Hallen`.
pub(super) fn change_title(lang: Lang, change: &Change, place: Option<&Facility>) -> String {
    let place = place.map_or_else(|| t(lang, "booking-place-gone", &[]), |facility| facility.name.clone());
    match change.action {
        Action::Move => t(lang, "booking-many-did-move", &[("count", &change.times), ("place", &place)]),
        Action::Cancel => t(lang, "booking-many-did-cancel", &[("count", &change.times), ("place", &place)]),
        Action::Close => t(lang, "booking-many-did-close", &[("count", &change.times), ("place", &place)]),
    }
}

/// How it stands with a change, in a word.
pub(super) fn state_badge(lang: Lang, change: &Change, now: Timestamp) -> Badge {
    if change.undone_at.is_some() {
        Badge::new(Tone::Info, &t(lang, "booking-many-state-undone", &[]))
    } else if change.is_open(now) {
        Badge::new(Tone::Waiting, &t(lang, "booking-many-state-open", &[]))
    } else {
        Badge::new(Tone::Good, &t(lang, "booking-many-state-told", &[]))
    }
}

fn may(officer: &SignedIn, change: &Change) -> bool {
    officer.roles.contains(&(change.authority, Role::Officer))
}

/// The change.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<Uuid>,
) -> Result<Response, Failure> {
    answer(&visit, &ports, id, StatusCode::OK, &html! {}).await
}

async fn answer(
    visit: &Visit,
    ports: &Ports,
    id: Uuid,
    status: StatusCode,
    notice: &Markup,
) -> Result<Response, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    let change =
        rows::find(&mut tx, id).await?.filter(|change| may(officer, change)).ok_or(Failure::NotFound)?;
    let changed = rows::changed(&mut tx, Some(id), None).await?;
    let all = ports.facilities.all(&mut tx).await?;
    tx.commit().await?;
    // The change's own facility first: only others are named.
    let (mut facilities, others): (Vec<Facility>, Vec<Facility>) =
        all.into_iter().partition(|one| one.id == change.facility);
    facilities.extend(others);
    let shown = Done { visit, change: &change, changed: &changed, facilities: &facilities };
    let lang = visit.lang;
    let title = change_title(lang, &change, facilities.first());
    let body = html! {
        (notice)
        (shown.standing())
        (shown.facts())
        (shown.table(true))
        (shown.table(false))
    };
    let page = visit.page(&title).crumb(&t(lang, "booking-many-title", &[]), "/desk/many");
    Ok((status, page.body(body).render()).into_response())
}

/// Undoes it, or says why not.
pub async fn undo_it(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<Uuid>,
) -> Result<Response, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let change = locked(&mut tx, id, |change| may(officer, change)).await?.ok_or(Failure::NotFound)?;
    match undo(tx, &ports, officer.person, &change).await? {
        Undone::Done => Ok(Redirect::to(&href(id)).into_response()),
        Undone::Late if change.undone_at.is_some() => Ok(Redirect::to(&href(id)).into_response()),
        Undone::Late => {
            let notice = html! {
                (Notice::warning(&t(lang, "booking-many-undo-late", &[])).more(&t(lang, "booking-many-undo-late-next", &[])))
            };
            answer(&visit, &ports, id, StatusCode::CONFLICT, &notice).await
        }
        Undone::Blocked(blocks) => {
            let notice = html! {
                (Notice::warning(&t(lang, "booking-many-undo-blocked", &[])).more(&t(lang, "booking-many-undo-blocked-next", &[])))
                ul { @for block in &blocks { li { (block_words(lang, block)) } } }
            };
            answer(&visit, &ports, id, StatusCode::CONFLICT, &notice).await
        }
    }
}

fn block_words(lang: Lang, block: &Block) -> String {
    match block {
        Block::Taken { number, customer } => {
            t(lang, "booking-many-block-taken", &[("number", number), ("customer", customer)])
        }
        Block::Changed { number, customer } => {
            t(lang, "booking-many-block-changed", &[("number", number), ("customer", customer)])
        }
        Block::Lent { number, customer } => {
            t(lang, "booking-many-block-lent", &[("number", number), ("customer", customer)])
        }
        Block::Occupied { number, customer } => {
            t(lang, "booking-many-block-occupied", &[("number", number), ("customer", customer)])
        }
    }
}

/// Sends the letters now, for whoever is sure.
pub async fn tell(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    let change = locked(&mut tx, id, |change| may(officer, change)).await?.ok_or(Failure::NotFound)?;
    if settle(&mut tx, &change).await? {
        let who = Actor::Person(officer.person);
        tx.audit(who, "booking.mass_told", Some(id), &json!({ "times": change.times })).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&href(id)).into_response())
}

struct Done<'a> {
    visit: &'a Visit,
    change: &'a Change,
    changed: &'a [Changed],
    facilities: &'a [Facility],
}

impl Done<'_> {
    /// Until when it can be undone, or what became of it.
    fn standing(&self) -> Markup {
        let (lang, change) = (self.visit.lang, self.change);
        let when = when_at(self.visit, self.facilities.first());
        if let Some(at) = change.undone_at {
            let text = t(lang, "booking-many-undone", &[("time", &when.near_clock(at))]);
            return html! { (Notice::success(&text).more(&t(lang, "booking-many-undone-next", &[]))) };
        }
        if !change.is_open(when.now) {
            let text = t(lang, "booking-many-told", &[]);
            return html! { (Notice::success(&text).more(&t(lang, "booking-many-told-next", &[]))) };
        }
        let until = when.near_clock(change.undo_until);
        let href = href(change.id);
        html! {
            (Notice::success(&t(lang, "booking-many-done", &[])).more(&t(lang, "booking-many-done-next", &[("time", &until)])))
            div.actions {
                (post_button(&format!("{href}/undo"), &Button::primary(&t(lang, "booking-many-undo", &[("time", &until)]))))
                " "
                (post_button(&format!("{href}/tell"), &Button::quiet(&t(lang, "booking-many-tell", &[]))))
            }
        }
    }

    fn facts(&self) -> Facts {
        let (lang, change) = (self.visit.lang, self.change);
        let when = when_at(self.visit, self.facilities.first());
        let answered = |wanted: fn(Answer) -> bool| {
            let offers = self.changed.iter().filter_map(|one| one.offer);
            offers.filter(|offer| wanted(offer.answer)).count()
        };
        let offers = self.changed.iter().filter(|one| one.offer.is_some()).count();
        let mut facts = Facts::new()
            .row(&t(lang, "booking-many-by", &[]), change.by.clone())
            .row(&t(lang, "booking-many-made", &[]), when.day_and_clock(change.made_at));
        if !change.reason.is_empty() {
            facts = facts.row(&t(lang, "booking-many-reason-short", &[]), change.reason.clone());
        }
        if offers > 0 {
            let taken = answered(|answer| matches!(answer, Answer::Taken(_)));
            let declined = answered(|answer| answer == Answer::Declined);
            let words = t(
                lang,
                "booking-many-answers",
                &[("offers", &offers), ("taken", &taken), ("declined", &declined)],
            );
            facts = facts.row(&t(lang, "booking-many-answered", &[]), words);
        }
        facts
    }

    fn table(&self, displaced: bool) -> Markup {
        let lang = self.visit.lang;
        let own: Vec<&Changed> = self.changed.iter().filter(|one| one.displaced == displaced).collect();
        if own.is_empty() {
            return html! {};
        }
        let when = when_at(self.visit, self.facilities.first());
        let words = |time| time_words(lang, &when, self.facilities, time);
        let caption = if displaced {
            t(lang, "booking-many-displaced", &[])
        } else {
            t(lang, "booking-many-chosen", &[])
        };
        let heads = [
            t(lang, "booking-time", &[]),
            t(lang, "booking-many-booking", &[]),
            t(lang, "booking-many-became", &[]),
        ];
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let table = own.iter().fold(Table::new(&caption, &heads), |table, one| {
            let booking =
                html! { span { a href=(booking_href(one.booking)) { (one.number) } ", " (one.customer_name) } };
            let became = html! {
                @if let Some(to) = &one.moved_to {
                    (t(lang, "booking-many-moved-to", &[("time", &words(of_time(to)))]))
                } @else if let Some(offer) = one.offer {
                    (offer_badge(lang, offer, when.now)) " "
                    (t(lang, "booking-many-offered", &[("time", &words((offer.resource, offer.span)))]))
                } @else {
                    (t(lang, "booking-many-no-offer", &[]))
                }
            };
            table.row([html! { (words(of_time(&one.time))) }, booking, html! { span { (became) } }])
        });
        html! { (table) }
    }
}

/// How it stands with an offer, in a word.
pub(in crate::pages) fn offer_badge(lang: Lang, offer: rows::Offer, now: Timestamp) -> Badge {
    match offer.answer {
        Answer::Taken(_) => Badge::new(Tone::Good, &t(lang, "booking-offer-taken", &[])),
        Answer::Declined => Badge::new(Tone::Info, &t(lang, "booking-offer-declined", &[])),
        Answer::Open if offer.until <= now => Badge::new(Tone::Info, &t(lang, "booking-offer-ran-out", &[])),
        Answer::Open => Badge::new(Tone::Waiting, &t(lang, "booking-offer-open", &[])),
    }
}
