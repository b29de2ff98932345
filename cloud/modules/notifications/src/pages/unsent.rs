//! `/desk/messages`: what did not reach anybody, for officers of the authority that it is about, with why and a button
//! that sends it again. Where it was sent to is nobody's business but the reader's.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::Path;
use axum::response::Redirect;
use cloud_contracts::CaseHead;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, SignedIn};
use cloud_ui::{Button, EmptyState, Notice, post_button, t};
use jiff::SignedDuration;
use maud::{Markup, html};
use notifications_domain::Channel;
use protocols_ids::Uuid;
use serde_json::json;

use super::{Asks, about_href, channel_words, heads, kind_words, state_badge};
use crate::store::list::{self, State, Written};
use crate::store::{self, Reader};
use crate::{NAME, NO_ADDRESS, NO_PROVIDER, NO_RELAY, SEND, job_key};

/// For so long what was not sent stands in the list: later nobody is helped by it.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Rows at most: more have one cause, which the first hundred show.
const ROWS_MAX: i64 = 100;
/// Why something can be in the list; what was overtaken by something else is not.
const REASONS: [&str; 6] = [
    NO_RELAY,
    NO_PROVIDER,
    NO_ADDRESS,
    "the address is none",
    "the relay refused it",
    "the provider refused it",
];

/// Whether the officer decides about what a message is about.
fn may_see(officer: &SignedIn, head: Option<&CaseHead>) -> bool {
    head.is_some_and(|head| officer.roles.contains(&(head.authority, Role::Officer)))
}

/// The list, newest first.
pub async fn show(visit: Visit, Extension(asks): Extension<Asks>) -> Result<Markup, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    let since = tx.now().saturating_sub(KEPT).unwrap_or(tx.now());
    let mut written = list::unsent(&mut tx, since, &REASONS, ROWS_MAX).await?;
    let heads: BTreeMap<Uuid, CaseHead> = heads(&mut tx, &asks, &written).await?;
    tx.commit().await?;
    written.retain(|one| may_see(officer, heads.get(&one.about.uuid())));

    let (lang, when) = (visit.lang, visit.when());
    let row = |one: &Written| {
        let head = heads.get(&one.about.uuid());
        let number = head.map(|head| head.number.to_string()).unwrap_or_default();
        let what = kind_words(lang, one.kind, &number);
        html! {
            li { div {
                p { a href=(about_href(one.about)) { (what) } " " (state_badge(lang, &when, one)) }
                p.quiet {
                    @if let Some(head) = head { (head.customer_name) ", " }
                    (t(lang, "messages-how", &[
                        ("time", &when.near_clock(one.at)), ("channel", &channel_words(lang, one.channel)),
                    ]))
                } }
                (post_button(&format!("/desk/messages/{}/again", one.id),
                    &Button::quiet(&t(lang, "messages-again", &[])).about(&what)))
            }
        }
    };
    let body = html! {
        @if written.is_empty() {
            (EmptyState::new(&t(lang, "messages-unsent-empty", &[]), &t(lang, "messages-unsent-empty-hint", &[])))
        } @else {
            ul.plain-list { @for one in &written { (row(one)) } }
        }
    };
    let mut page =
        visit.page(&t(lang, "messages-unsent-title", &[])).lead(&t(lang, "messages-unsent-lead", &[]));
    page = match visit.uri.query() {
        Some("done=again") => page.notice(Notice::success(&t(lang, "messages-again-done", &[]))),
        Some("done=nowhere") => page.notice(Notice::warning(&t(lang, "messages-again-nowhere", &[]))),
        Some(_) | None => page,
    };
    Ok(page.body(body).render())
}

/// Sends one again, to the address that the reader has now.
pub async fn again(
    visit: Visit,
    Extension(asks): Extension<Asks>,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let id: Uuid = id.parse().map_err(|_| Failure::NotFound)?;
    let mut tx = visit.begin().await?;
    let one = list::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    let heads = heads(&mut tx, &asks, std::slice::from_ref(&one)).await?;
    if !may_see(officer, heads.get(&one.about.uuid())) {
        return Err(Failure::NotFound);
    }
    let unsent = match &one.state {
        State::Unsent(reason) => REASONS.contains(&reason.as_str()),
        State::Sent(arrived) => *arrived == Some(false),
        State::Queued(_) => false,
    };
    if !unsent {
        // Another has sent it again, or it was never in the list.
        return Ok(Redirect::to("/desk/messages?done=again"));
    }
    let recipient = match (one.reader, one.channel) {
        (Reader::Person(person), channel) => {
            let known = store::person::known(&mut tx, &[person]).await?.remove(&person);
            let own = known.and_then(|known| match channel {
                Channel::Email => known.email,
                Channel::Sms => known.sms,
            });
            match (own, channel) {
                (Some(own), _) => Some(own),
                (None, Channel::Email) => tx.contact(person).await?.and_then(|contact| contact.email),
                (None, Channel::Sms) => None,
            }
        }
        (Reader::Guest(_) | Reader::Contact(_) | Reader::Invited, _) => one.recipient.clone(),
    };
    let Some(recipient) = recipient else { return Ok(Redirect::to("/desk/messages?done=nowhere")) };
    list::again(&mut tx, id, &recipient).await?;
    let now = tx.now();
    tx.enqueue(NAME, SEND, &job_key(one.about, one.channel), now).await?;
    let detail = json!({ "message": id, "channel": one.channel.as_str() });
    let actor = Actor::Person(officer.person);
    tx.audit(actor, "notifications.sent_again", Some(one.about.uuid()), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/desk/messages?done=again"))
}
