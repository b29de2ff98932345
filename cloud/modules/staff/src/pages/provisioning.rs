//! `/staff/provisioning`: how the identity system reaches this service, what it did last, and what it was refused.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, TenantTx};
use cloud_ui::{Button, Card, EmptyState, Facts, Notice, Table, post_button, t};
use http::{StatusCode, header};
use maud::{Markup, html};
use protocols_ids::Uuid;
use serde_json::json;
use staff_domain::SecretHash;

use super::page;
use crate::store::tokens::{self, Kept, Refusal, TOKENS_MAX};
use crate::store::{accounts, teams};

/// What our tokens begin with, so that whoever finds one in a repository knows what it is.
const TOKEN_PREFIX: &str = "hpp_";

struct Screen {
    tokens: Vec<Kept>,
    refusals: Vec<Refusal>,
    accounts: i64,
    active: i64,
    groups: i64,
}

impl Screen {
    async fn read(tx: &mut TenantTx) -> Result<Self, Failure> {
        let active = accounts::Sought { active: Some(true), ..accounts::Sought::default() };
        Ok(Self {
            tokens: tokens::all(tx).await?,
            refusals: tokens::refusals(tx).await?,
            accounts: accounts::list(tx, &accounts::Sought::default(), 0, 0).await?.0,
            active: accounts::list(tx, &active, 0, 0).await?.0,
            groups: teams::list(tx, &teams::Sought::default(), 0, 0).await?.0,
        })
    }

    fn token(visit: &Visit, token: &Kept) -> Markup {
        let (lang, when) = (visit.lang, visit.when());
        let made = when.near_day(token.created_at);
        let used =
            token.last_used_at.map_or_else(|| t(lang, "staff-never", &[]), |at| when.day_and_clock(at));
        html! {
            (Facts::new().row(&t(lang, "staff-token-made", &[]), made.as_str()).row(&t(lang, "staff-token-used", &[]), used))
            div.actions {
                (post_button(&format!("/staff/provisioning/{}/take-back", token.id),
                    &Button::danger(&t(lang, "staff-token-take-back", &[])).about(&made)))
            }
        }
    }

    fn answer(&self, visit: &Visit, status: StatusCode, made: Option<&str>, full: bool) -> Response {
        let (lang, when) = (visit.lang, visit.when());
        let address = visit.kernel.service().url(&visit.tenant.host, "/scim/v2");
        let mut refusals = Table::new(
            &t(lang, "staff-refusals", &[]),
            &[&t(lang, "staff-when", &[]), &t(lang, "staff-asked", &[]), &t(lang, "staff-refused-why", &[])],
        );
        for one in &self.refusals {
            refusals = refusals.row([
                html! { (when.day_and_clock(one.at)) },
                html! { code { (one.method) " " (one.path) } },
                html! { (one.status) ": " (one.detail) },
            ]);
        }
        let title = t(lang, "staff-provisioning-title", &[]);
        let (mut page, tabs) =
            page(visit, &title, &t(lang, "staff-provisioning-lead", &[]), "/staff/provisioning");
        if full {
            page = page.notice(Notice::warning(&t(lang, "staff-token-full", &[("most", &TOKENS_MAX)])));
        }
        if visit.uri.query() == Some("done=taken-back") {
            page = page.notice(Notice::success(&t(lang, "staff-token-taken-back", &[])));
        }
        let body = html! {
            (tabs)
            @if let Some(token) = made {
                (Card::new("made", &t(lang, "staff-token-shown", &[]), html! {
                    (Notice::success(&t(lang, "staff-token-new", &[])).more(&t(lang, "staff-token-once", &[])))
                    pre tabindex="0" { code #new-token { (token) } }
                }))
            }
            (Card::new("state", &t(lang, "staff-state", &[]), html! {
                (Facts::new()
                    .row(&t(lang, "staff-address", &[]), html! { code { (address) } })
                    .row(&t(lang, "staff-accounts", &[]),
                        t(lang, "staff-accounts-active", &[("count", &self.accounts), ("active", &self.active)]))
                    .row(&t(lang, "staff-provisioned-groups", &[]), self.groups.to_string()))
            }))
            (Card::new("tokens", &t(lang, "staff-tokens", &[]), html! {
                @if self.tokens.is_empty() {
                    (EmptyState::new(&t(lang, "staff-tokens-empty", &[]), &t(lang, "staff-tokens-empty-hint", &[])))
                } @else {
                    ul.list { @for token in &self.tokens { li { (Self::token(visit, token)) } } }
                }
                (post_button("/staff/provisioning", &Button::primary(&t(lang, "staff-token-make", &[]))))
            }))
            @if self.refusals.is_empty() {
                p { (t(lang, "staff-refusals-none", &[])) }
            } @else {
                (refusals)
            }
        };
        let said = [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
        (status, said, page.body(body).render()).into_response()
    }
}

/// How things stand.
pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&mut tx).await?;
    tx.commit().await?;
    Ok(screen.answer(&visit, StatusCode::OK, None, false))
}

/// Makes a token, and shows it this once.
pub(crate) async fn make(visit: Visit) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let mut tx = visit.begin().await?;
    crate::store::known::one_at_a_time(&mut tx).await?;
    if tokens::all(&mut tx).await?.len() >= TOKENS_MAX {
        let screen = Screen::read(&mut tx).await?;
        return Ok(screen.answer(&visit, StatusCode::CONFLICT, None, true));
    }
    let (id, token) = (tx.new_id::<Uuid>(), format!("{TOKEN_PREFIX}{}", visit.kernel.random().token()));
    tokens::make(&mut tx, id, &SecretHash::of(&token), by).await?;
    tx.audit(Actor::Person(by), "staff.token_made", Some(id), &json!({})).await?;
    let screen = Screen::read(&mut tx).await?;
    tx.commit().await?;
    Ok(screen.answer(&visit, StatusCode::CREATED, Some(&token), false))
}

/// Takes one back: whoever shows it does nothing more.
pub(crate) async fn take_back(visit: Visit, Path(token): Path<Uuid>) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let mut tx = visit.begin().await?;
    if !tokens::erase(&mut tx, token).await? {
        return Err(Failure::NotFound);
    }
    tx.audit(Actor::Person(by), "staff.token_taken_back", Some(token), &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/staff/provisioning?done=taken-back").into_response())
}
