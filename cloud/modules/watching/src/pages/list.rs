//! `/watches`: what I follow, until when; paused, followed again or ended by one tap each, and the last undone by another.

use axum::Extension;
use axum::extract::Path;
use axum::response::Redirect;
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Badge, Button, EmptyState, Notice, Tone, post_button, t};
use jiff::SignedDuration;
use maud::{Markup, html};
use protocols_ids::WatchId;
use serde_json::json;
use watching_domain::{State, WATCHES_MAX};

use super::{of_words, when_of, wish_words};
use crate::Ports;
use crate::store::{self, Watch};

/// The list.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let watches = store::of_person(&mut tx, person).await?;
    let facilities = ports.facilities.all(&mut tx).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let row = |watch: &Watch| {
        let when = when_of(&visit, watch, &facilities);
        let what = of_words(lang, &watch.of, &facilities);
        // It is over at midnight, or when the time itself begins: the last day is the one before that moment.
        let last = watch.until.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(watch.until);
        let button = |state: State, label: &str| {
            post_button(
                &format!("/watches/{}/{}", watch.id, state.as_str()),
                &Button::quiet(label).about(&what),
            )
        };
        html! {
            li {
                div {
                    p { strong { (what) } " "
                        @if watch.state == State::Paused { (Badge::new(Tone::Waiting, &t(lang, "watching-paused", &[]))) }
                    }
                    p.quiet { (wish_words(&when, watch.wish)) ". " (t(lang, "watching-until", &[("day", &when.day(last))])) }
                }
                div.actions {
                    @if watch.state == State::Followed {
                        (button(State::Paused, &t(lang, "watching-pause", &[])))
                    } @else {
                        (button(State::Followed, &t(lang, "watching-resume", &[])))
                    }
                    (button(State::Stopped, &t(lang, "watching-stop", &[])))
                }
            }
        }
    };
    let body = html! {
        @if watches.is_empty() {
            (EmptyState::new(&t(lang, "watching-empty", &[]), &t(lang, "watching-empty-hint", &[]))
                .action(Button::primary(&t(lang, "watching-find", &[])).href("/facilities")))
        } @else {
            ul.plain-list { @for watch in &watches { (row(watch)) } }
            p.quiet { (t(lang, "watching-most", &[("most", &WATCHES_MAX)])) }
        }
        p { a href="/my/messages/settings" { (t(lang, "watching-how-told", &[])) } }
    };
    let mut page = visit.page(&t(lang, "watching-title", &[])).lead(&t(lang, "watching-lead", &[]));
    page = match visit.uri.query() {
        Some("done=new") => page.notice(Notice::success(&t(lang, "watching-done-new", &[]))),
        Some("done=followed") => page.notice(Notice::success(&t(lang, "watching-done-followed", &[]))),
        Some("done=paused") => page.notice(Notice::success(&t(lang, "watching-done-paused", &[]))),
        Some(_) | None => page,
    };
    let stopped = visit
        .uri
        .query()
        .and_then(|query| query.strip_prefix("stopped="))
        .and_then(|id| id.parse::<WatchId>().ok());
    let undo = stopped.map(|id| {
        html! {
            div.notice.notice-good role="status" {
                p { (t(lang, "watching-done-stopped", &[])) }
                (post_button(&format!("/watches/{id}/followed"), &Button::quiet(&t(lang, "watching-undo", &[]))))
            }
        }
    });
    Ok(page.body(html! { @if let Some(undo) = undo { (undo) } (body) }).render())
}

/// Pauses, follows again or ends one of mine.
pub async fn turn(visit: Visit, Path((id, state)): Path<(WatchId, String)>) -> Result<Redirect, Failure> {
    let person = visit.signed_in()?.person;
    let state = State::parse(&state).ok_or(Failure::NotFound)?;
    let mut tx = visit.begin().await?;
    store::one_at_a_time(&mut tx, person).await?;
    let watch =
        store::find(&mut tx, id).await?.filter(|watch| watch.person == person).ok_or(Failure::NotFound)?;
    let mine = store::of_person(&mut tx, person).await?;
    if watch.state == State::Stopped && state != State::Stopped && mine.len() >= WATCHES_MAX {
        return Ok(Redirect::to("/watches"));
    }
    if watch.state != state {
        store::turn(&mut tx, id, state).await?;
        let detail = json!({ "state": state.as_str() });
        tx.audit(Actor::Person(person), "watching.turned", Some(id.uuid()), &detail).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&match state {
        State::Stopped => format!("/watches?stopped={id}"),
        State::Followed | State::Paused => format!("/watches?done={}", state.as_str()),
    }))
}
