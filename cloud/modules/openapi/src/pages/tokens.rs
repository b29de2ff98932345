//! `/api/tokens`: tokens that a person makes for a program of their own. A token is shown once.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Facts, Field, Notice, Select, post_button, t};
use http::StatusCode;
use jiff::SignedDuration;
use maud::{Markup, html};
use openapi_domain::{Scope, Scopes, SecretHash};
use protocols_ids::{PersonId, Uuid};
use serde_json::json;

use super::{NAME_CHARS_MAX, name_of, scope_boxes, scopes_words, secret_page};
use crate::store::tokens::{self as rows, Own, TOKENS_MAX};

/// For how many days a token can hold.
const DAYS: [u16; 3] = [30, 90, 365];
/// What a person's own program can be let do. It is told of nothing: that is for those that a municipality lets in.
const OFFERED: [Scope; 4] =
    [Scope::FacilitiesRead, Scope::BookingsRead, Scope::BookingsWrite, Scope::CustomersRead];

/// A token as it was typed.
struct Typed {
    name: String,
    days: String,
    scopes: Scopes,
}

impl Default for Typed {
    fn default() -> Self {
        let scopes = Scopes::of([Scope::FacilitiesRead, Scope::BookingsRead]);
        Self { name: String::new(), days: "90".to_owned(), scopes }
    }
}

struct Screen<'a> {
    visit: &'a Visit,
    person: PersonId,
    own: Vec<Own>,
}

impl<'a> Screen<'a> {
    async fn read(visit: &'a Visit, tx: &mut TenantTx) -> Result<Self, Failure> {
        let person = visit.signed_in()?.person;
        Ok(Self { visit, person, own: rows::of_person(tx, person).await? })
    }

    fn answer(
        &self,
        status: StatusCode,
        made: Option<&str>,
        typed: &Typed,
        errors: ErrorSummary,
    ) -> Response {
        let lang = self.visit.lang;
        let body = html! {
            @if let Some(token) = made {
                (Card::new("token", &t(lang, "openapi-token-shown", &[]), html! {
                    (Notice::success(&t(lang, "openapi-token-made", &[])).more(&t(lang, "openapi-token-once", &[])))
                    pre tabindex="0" { code #new-token { (token) } }
                }))
            }
            @if self.own.is_empty() {
                (EmptyState::new(&t(lang, "openapi-tokens-empty", &[]), &t(lang, "openapi-tokens-empty-hint", &[])))
            } @else {
                (Card::new("tokens", &t(lang, "openapi-tokens-list", &[]), html! {
                    ul.list { @for one in &self.own { li { (self.one(one)) } } }
                }))
            }
            (Card::new("make", &t(lang, "openapi-token-new", &[]), self.form(typed, &errors)))
            p { a href="/api" { (t(lang, "openapi-guide-link", &[])) } }
        };
        let mut page =
            self.visit.page(&t(lang, "openapi-tokens-title", &[])).lead(&t(lang, "openapi-tokens-lead", &[]));
        if self.visit.uri.query() == Some("done=taken-back") {
            page = page.notice(Notice::success(&t(lang, "openapi-done-token-taken-back", &[])));
        }
        secret_page((status, page.errors(errors).body(body).render()))
    }

    fn one(&self, own: &Own) -> Markup {
        let (lang, when) = (self.visit.lang, self.visit.when());
        let used = own.last_used_at.map_or_else(|| t(lang, "openapi-never", &[]), |at| when.near_day(at));
        let path = format!("/api/tokens/{}/take-back", own.id);
        html! {
            h3 { (own.name) }
            (Facts::new()
                .row(&t(lang, "openapi-token-may", &[]), scopes_words(lang, &own.scopes))
                .row(&t(lang, "openapi-token-until", &[]), when.near_day(own.expires_at))
                .row(&t(lang, "openapi-last-used", &[]), used))
            div.actions {
                (post_button(&path, &Button::danger(&t(lang, "openapi-take-back", &[])).about(&own.name)))
            }
        }
    }

    fn form(&self, typed: &Typed, errors: &ErrorSummary) -> Markup {
        let lang = self.visit.lang;
        let days = DAYS.iter().fold(
            Select::new("days", &t(lang, "openapi-token-days", &[]))
                .chosen(&typed.days)
                .error(errors.of("days")),
            |select, days| select.option(&days.to_string(), &t(lang, "openapi-days", &[("count", days)])),
        );
        html! {
            form method="post" action="/api/tokens" {
                (Field::text("name", &t(lang, "openapi-token-name", &[])).hint(&t(lang, "openapi-token-name-hint", &[]))
                    .autocomplete("off").value(&typed.name).error(errors.of("name")).required())
                (scope_boxes(lang, &OFFERED, &typed.scopes, errors))
                (days)
                p.actions { (Button::primary(&t(lang, "openapi-token-make", &[]))) }
            }
        }
    }
}

/// The list, and the form for one more.
pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx).await?;
    tx.commit().await?;
    Ok(screen.answer(StatusCode::OK, None, &Typed::default(), ErrorSummary::new(visit.lang)))
}

type Sent = Result<Form<Vec<(String, String)>>, FormRejection>;

/// Makes one more, and shows it.
pub(crate) async fn make(visit: Visit, sent: Sent) -> Result<Response, Failure> {
    let Form(fields) = sent.map_err(|_| Failure::BadRequest("a form of tokens that no page of ours has"))?;
    let mut typed = Typed { name: String::new(), days: String::new(), scopes: Scopes::default() };
    let mut scopes = Vec::new();
    for (name, value) in fields {
        match name.as_str() {
            "name" => typed.name = value,
            "days" => typed.days = value,
            "scope" => scopes.extend(Scope::parse(&value).filter(|scope| OFFERED.contains(scope))),
            _ => {}
        }
    }
    typed.scopes = Scopes::of(scopes);
    let lang = visit.lang;
    let mut errors = ErrorSummary::new(lang);
    let name = name_of(&typed.name).ok().flatten();
    if name.is_none() {
        errors = errors.error("name", &t(lang, "openapi-error-name", &[("most", &NAME_CHARS_MAX)]));
    }
    if typed.scopes.is_empty() {
        errors = errors.error("scopes", &t(lang, "openapi-error-scopes", &[]));
    }
    let days = typed.days.parse::<u16>().ok().filter(|days| DAYS.contains(days));
    if days.is_none() {
        errors = errors.error("days", &t(lang, "openapi-error-days", &[]));
    }
    let mut tx = visit.begin().await?;
    let mut screen = Screen::read(&visit, &mut tx).await?;
    let (Some(name), Some(days), true) = (name, days, errors.is_empty()) else {
        return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, None, &typed, errors));
    };
    let (id, token) = (tx.new_id::<Uuid>(), crate::new_token(&visit.kernel));
    let (now, held) = (tx.now(), SignedDuration::from_hours(i64::from(days) * 24));
    let until = now.checked_add(held).unwrap_or(now);
    let row = (id, &SecretHash::of(&token));
    if !rows::make(&mut tx, screen.person, row, (&name, &typed.scopes), until).await? {
        errors = errors.error("name", &t(lang, "openapi-error-tokens-full", &[("most", &TOKENS_MAX)]));
        return Ok(screen.answer(StatusCode::CONFLICT, None, &typed, errors));
    }
    let detail = json!({ "scopes": typed.scopes.keys(), "until": until });
    tx.audit(Actor::Person(screen.person), "openapi.token_made", Some(id), &detail).await?;
    screen.own = rows::of_person(&mut tx, screen.person).await?;
    tx.commit().await?;
    Ok(screen.answer(StatusCode::CREATED, Some(&token), &Typed::default(), errors))
}

/// Takes a token back.
pub(crate) async fn take_back(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    if !rows::take_back(&mut tx, person, id).await? {
        return Err(Failure::NotFound);
    }
    tx.audit(Actor::Person(person), "openapi.token_taken_back", Some(id), &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/api/tokens?done=taken-back").into_response())
}
