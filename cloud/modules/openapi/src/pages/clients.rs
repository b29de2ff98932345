//! `/api/clients`: the programs that a municipality lets in, kept by its administrators. A secret is shown once.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::Customer;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, SignInPerson, TenantTx};
use cloud_ui::{
    Badge, Button, Card, Checkbox, EmptyState, ErrorSummary, Facts, Field, LinkCard, Notice, Tone,
    post_button, t,
};
use http::StatusCode;
use maud::{Markup, html};
use openapi_domain::{Scope, Scopes, SecretHash};
use protocols_ids::{CustomerId, PersonId, Uuid};
use serde_json::json;

use super::{NAME_CHARS_MAX, name_of, scope_boxes, scopes_words, secret_page};
use crate::Ports;
use crate::store::clients::{self as rows, CLIENTS_MAX, CUSTOMERS_MAX, Client, NewClient};
use crate::store::webhooks::{self, Webhook};

/// As programs are known among people: nobody signs in with it.
const ISSUER: &str = "urn:hallport:program";
/// What a program may ask a minute, where nobody says otherwise.
const RATE_DEFAULT: u32 = 120;
/// The most that it may.
const RATE_MAX: u32 = 6_000;

/// A program as it was typed.
#[derive(Default)]
struct Typed {
    name: String,
    rate: String,
    scopes: Scopes,
    customers: BTreeSet<CustomerId>,
}

impl Typed {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        let mut scopes = Vec::new();
        for (name, value) in fields {
            match name.as_str() {
                "name" => typed.name = value,
                "rate" => typed.rate = value,
                "scope" => scopes.extend(Scope::parse(&value)),
                "customer" => typed.customers.extend(value.parse::<CustomerId>()),
                _ => {}
            }
        }
        typed.scopes = Scopes::of(scopes);
        typed
    }

    fn of(client: &Client, customers: Vec<CustomerId>) -> Self {
        Self {
            name: client.name.clone(),
            rate: client.rate_per_minute.to_string(),
            scopes: client.scopes.clone(),
            customers: customers.into_iter().collect(),
        }
    }

    /// What is to be written, or what is wrong with it.
    fn checked(&self, visit: &Visit, known: &[Customer]) -> Result<Wanted, ErrorSummary> {
        let lang = visit.lang;
        let mut errors = ErrorSummary::new(lang);
        let name = name_of(&self.name).ok().flatten();
        if name.is_none() {
            errors = errors.error("name", &t(lang, "openapi-error-name", &[("most", &NAME_CHARS_MAX)]));
        }
        if self.scopes.is_empty() {
            errors = errors.error("scopes", &t(lang, "openapi-error-scopes", &[]));
        }
        let rate = self.rate.trim().parse::<u32>().ok().filter(|rate| (1..=RATE_MAX).contains(rate));
        if rate.is_none() {
            errors = errors.error("rate", &t(lang, "openapi-error-rate", &[("most", &RATE_MAX)]));
        }
        let customers: Vec<CustomerId> =
            known.iter().map(|one| one.id).filter(|id| self.customers.contains(id)).collect();
        if customers.len() != self.customers.len() || customers.len() > CUSTOMERS_MAX {
            let text = t(lang, "openapi-error-customers", &[("most", &CUSTOMERS_MAX)]);
            errors = errors.error("customers", &text);
        }
        match (name, rate) {
            (Some(name), Some(rate)) if errors.is_empty() => {
                Ok(Wanted { name, rate, scopes: self.scopes.clone(), customers })
            }
            _ => Err(errors),
        }
    }
}

/// A program as it is to be.
struct Wanted {
    name: String,
    rate: u32,
    scopes: Scopes,
    customers: Vec<CustomerId>,
}

fn form(visit: &Visit, to: &str, (typed, known): (&Typed, &[Customer]), errors: &ErrorSummary) -> Markup {
    let lang = visit.lang;
    let chosen = typed.customers.len();
    html! {
        form method="post" action=(to) {
            (Field::text("name", &t(lang, "openapi-client-name", &[])).hint(&t(lang, "openapi-client-name-hint", &[]))
                .autocomplete("off").value(&typed.name).error(errors.of("name")).required())
            (scope_boxes(lang, &Scope::ALL, &typed.scopes, errors))
            fieldset.field #customers {
                legend { (t(lang, "openapi-client-customers", &[])) }
                p.hint { (t(lang, "openapi-client-customers-hint", &[])) }
                @if let Some(error) = errors.of("customers") { p.field-error { (error) } }
                @if known.is_empty() {
                    p { (t(lang, "openapi-client-no-customers", &[])) }
                } @else {
                    details open[chosen > 0] {
                        summary { (t(lang, "openapi-client-choose", &[("count", &known.len())])) }
                        @for customer in known {
                            (Checkbox::new("customer", &customer.name).value(&customer.id.to_string())
                                .checked(typed.customers.contains(&customer.id)))
                        }
                    }
                }
            }
            (Field::number("rate", &t(lang, "openapi-client-rate", &[])).hint(&t(lang, "openapi-client-rate-hint", &[]))
                .value(&typed.rate).error(errors.of("rate")).required())
            p.actions { (Button::primary(&t(lang, "openapi-save", &[]))) }
        }
    }
}

/// All of them.
pub(crate) async fn list(visit: Visit) -> Result<Markup, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let clients = rows::all(&mut tx).await?;
    tx.commit().await?;
    let (lang, when) = (visit.lang, visit.when());
    let card = |client: &Client| {
        let used = match (client.taken_back_at, client.last_used_at) {
            (Some(at), _) => t(lang, "openapi-taken-back", &[("day", &when.near_day(at))]),
            (None, Some(at)) => t(lang, "openapi-used", &[("day", &when.near_day(at))]),
            (None, None) => t(lang, "openapi-never-used", &[]),
        };
        LinkCard::new(&client.name, &format!("/api/clients/{}", client.id))
            .line(&scopes_words(lang, &client.scopes))
            .line(&used)
    };
    let new = Button::primary(&t(lang, "openapi-client-new", &[])).href("/api/clients/new");
    let body = html! {
        @if clients.is_empty() {
            (EmptyState::new(&t(lang, "openapi-clients-empty", &[]), &t(lang, "openapi-clients-empty-hint", &[])).action(new))
        } @else {
            (LinkCard::list(&clients.iter().map(card).collect::<Vec<_>>()))
            p.actions { (new) }
        }
        p { a href="/api" { (t(lang, "openapi-guide-link", &[])) } }
    };
    let mut page =
        visit.page(&t(lang, "openapi-clients-title", &[])).lead(&t(lang, "openapi-clients-lead", &[]));
    for (done, text) in [
        ("done=saved", t(lang, "openapi-done-saved", &[])),
        ("done=taken-back", t(lang, "openapi-done-taken-back", &[])),
    ] {
        if visit.uri.query() == Some(done) {
            page = page.notice(Notice::success(&text));
        }
    }
    Ok(page.body(body).render())
}

fn new_page(
    visit: &Visit,
    status: StatusCode,
    filled: (&Typed, &[Customer]),
    errors: ErrorSummary,
) -> Response {
    let lang = visit.lang;
    let page = visit
        .page(&t(lang, "openapi-client-new", &[]))
        .crumb(&t(lang, "openapi-clients-title", &[]), "/api/clients");
    let form = form(visit, "/api/clients", filled, &errors);
    (status, page.errors(errors).body(form).render()).into_response()
}

/// The form for one more.
pub(crate) async fn new(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let known = ports.book.organisations(&mut tx).await?;
    tx.commit().await?;
    let typed = Typed {
        rate: RATE_DEFAULT.to_string(),
        scopes: Scopes::of([Scope::FacilitiesRead]),
        ..Typed::default()
    };
    Ok(new_page(&visit, StatusCode::OK, (&typed, &known), ErrorSummary::new(visit.lang)))
}

type Sent = Result<Form<Vec<(String, String)>>, FormRejection>;

fn typed(sent: Sent) -> Result<Typed, Failure> {
    let Form(fields) =
        sent.map_err(|_| Failure::BadRequest("a form of programs that no page of ours has"))?;
    Ok(Typed::read(fields))
}

/// Lets one more in, and shows its secret.
pub(crate) async fn make(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Sent,
) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let typed = typed(sent)?;
    let mut tx = visit.begin().await?;
    let known = ports.book.organisations(&mut tx).await?;
    let wanted = match typed.checked(&visit, &known) {
        Ok(wanted) => wanted,
        Err(errors) => {
            return Ok(new_page(&visit, StatusCode::UNPROCESSABLE_ENTITY, (&typed, &known), errors));
        }
    };
    if rows::count(&mut tx).await? >= CLIENTS_MAX {
        let text = t(visit.lang, "openapi-error-full", &[("most", &CLIENTS_MAX)]);
        let errors = ErrorSummary::new(visit.lang).error("name", &text);
        return Ok(new_page(&visit, StatusCode::CONFLICT, (&typed, &known), errors));
    }
    let (id, secret) = (tx.new_id::<Uuid>(), crate::new_secret(&visit.kernel));
    let person = as_person(&mut tx, id, &wanted.name).await?;
    let new = NewClient {
        id,
        person,
        by,
        name: &wanted.name,
        scopes: &wanted.scopes,
        rate_per_minute: wanted.rate,
        secret: &SecretHash::of(&secret),
    };
    rows::make(&mut tx, &new).await?;
    rows::let_act(&mut tx, id, &wanted.customers).await?;
    let detail =
        json!({ "scopes": wanted.scopes.keys(), "customers": wanted.customers, "rate": wanted.rate });
    tx.audit(Actor::Person(by), "openapi.client_made", Some(id), &detail).await?;
    tx.commit().await?;
    Ok(shown(&visit, StatusCode::CREATED, &wanted.name, id, &secret))
}

/// The person as whom a program books: its bookings and what it did are known by it.
async fn as_person(tx: &mut TenantTx, client: Uuid, name: &str) -> Result<PersonId, sqlx::Error> {
    let person = SignInPerson {
        issuer: ISSUER.to_owned(),
        subject: client.to_string(),
        name: name.to_owned(),
        email: None,
        language: "sv",
    };
    tx.remember(&person).await
}

/// A secret, this once.
fn shown(visit: &Visit, status: StatusCode, name: &str, id: Uuid, secret: &str) -> Response {
    let lang = visit.lang;
    let token_url = visit.kernel.service().url(&visit.tenant.host, "/api/oauth/token");
    let body = html! {
        (Notice::success(&t(lang, "openapi-secret-made", &[])).more(&t(lang, "openapi-secret-once", &[])))
        (Facts::new()
            .row(&t(lang, "openapi-client-id", &[]), html! { code #client-id { (id) } })
            .row(&t(lang, "openapi-client-secret", &[]), html! { code #client-secret { (secret) } })
            .row(&t(lang, "openapi-token-url", &[]), html! { code { (token_url) } }))
        p.actions { (Button::primary(&t(lang, "openapi-secret-saved", &[])).href("/api/clients")) }
        p { a href="/api" { (t(lang, "openapi-guide-link", &[])) } }
    };
    let page = visit.page(name).crumb(&t(lang, "openapi-clients-title", &[]), "/api/clients");
    secret_page((status, page.body(body).render()))
}

/// Where a program is told of what happens, and how that goes.
fn receivers(visit: &Visit, webhooks: &[Webhook]) -> Markup {
    let (lang, when) = (visit.lang, visit.when());
    let one = |webhook: &Webhook| {
        let told = webhook.last_told_at.map_or_else(|| t(lang, "openapi-never", &[]), |at| when.near_day(at));
        let state = match webhook.parked_at {
            Some(at) => {
                Badge::new(Tone::Warning, &t(lang, "openapi-webhook-parked", &[("day", &when.near_day(at))]))
            }
            None => Badge::new(Tone::Good, &t(lang, "openapi-webhook-active", &[])),
        };
        html! {
            h3 { (webhook.url) }
            (state)
            (Facts::new().row(&t(lang, "openapi-webhook-told", &[]), told))
            @if let Some(error) = &webhook.last_error {
                p { (t(lang, "openapi-webhook-error", &[])) " " code { (error) } }
            }
        }
    };
    html! {
        (Card::new("webhooks", &t(lang, "openapi-webhooks", &[]), html! {
            p { (t(lang, "openapi-webhooks-hint", &[])) }
            ul.list { @for webhook in webhooks { li { (one(webhook)) } } }
        }))
    }
}

fn one_page(
    visit: &Visit,
    status: StatusCode,
    (client, webhooks): (&Client, &[Webhook]),
    filled: (&Typed, &[Customer]),
    errors: ErrorSummary,
) -> Response {
    let (lang, when) = (visit.lang, visit.when());
    let path = format!("/api/clients/{}", client.id);
    let used = client.last_used_at.map_or_else(|| t(lang, "openapi-never", &[]), |at| when.near_day(at));
    let facts = Facts::new()
        .row(&t(lang, "openapi-client-id", &[]), html! { code { (client.id) } })
        .row(&t(lang, "openapi-made", &[]), when.near_day(client.created_at))
        .row(&t(lang, "openapi-secret-since", &[]), when.near_day(client.renewed_at))
        .row(&t(lang, "openapi-last-used", &[]), used);
    let body = html! {
        (facts)
        @if let Some(at) = client.taken_back_at {
            (Notice::warning(&t(lang, "openapi-taken-back", &[("day", &when.near_day(at))])))
        } @else {
            (Card::new("settings", &t(lang, "openapi-client-settings", &[]), form(visit, &path, filled, &errors)))
            @if !webhooks.is_empty() { (receivers(visit, webhooks)) }
            (Card::new("secret", &t(lang, "openapi-client-secret", &[]), html! {
                p { (t(lang, "openapi-renew-hint", &[])) }
                div.actions {
                    (post_button(&format!("{path}/renew"), &Button::quiet(&t(lang, "openapi-renew", &[]))))
                    (post_button(&format!("{path}/take-back"), &Button::danger(&t(lang, "openapi-take-back", &[]))))
                }
            }))
        }
    };
    let page = visit.page(&client.name).crumb(&t(lang, "openapi-clients-title", &[]), "/api/clients");
    (status, page.errors(errors).body(body).render()).into_response()
}

/// One of them.
pub(crate) async fn one(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<Uuid>,
) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let client = rows::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    let customers = rows::customers(&mut tx, id).await?;
    let webhooks = webhooks::of_client(&mut tx, id).await?;
    let known = ports.book.organisations(&mut tx).await?;
    tx.commit().await?;
    let typed = Typed::of(&client, customers);
    Ok(one_page(
        &visit,
        StatusCode::OK,
        (&client, &webhooks),
        (&typed, &known),
        ErrorSummary::new(visit.lang),
    ))
}

/// Writes what it may do anew.
pub(crate) async fn save(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<Uuid>,
    sent: Sent,
) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let typed = typed(sent)?;
    let mut tx = visit.begin().await?;
    let client = rows::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    let known = ports.book.organisations(&mut tx).await?;
    let wanted = match typed.checked(&visit, &known) {
        Ok(wanted) => wanted,
        Err(errors) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let webhooks = webhooks::of_client(&mut tx, id).await?;
            return Ok(one_page(&visit, status, (&client, &webhooks), (&typed, &known), errors));
        }
    };
    if !rows::change(&mut tx, id, (&wanted.name, &wanted.scopes), wanted.rate).await? {
        return Err(Failure::NotFound);
    }
    as_person(&mut tx, id, &wanted.name).await?;
    rows::let_act(&mut tx, id, &wanted.customers).await?;
    let detail =
        json!({ "scopes": wanted.scopes.keys(), "customers": wanted.customers, "rate": wanted.rate });
    tx.audit(Actor::Person(by), "openapi.client_changed", Some(id), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/api/clients?done=saved").into_response())
}

/// Gives it another secret, and shows it: the one before, and all tokens that it got, say nothing any more.
pub(crate) async fn renew(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let mut tx = visit.begin().await?;
    let client = rows::find(&mut tx, id).await?.ok_or(Failure::NotFound)?;
    let secret = crate::new_secret(&visit.kernel);
    if !rows::renew(&mut tx, id, &SecretHash::of(&secret)).await? {
        return Err(Failure::NotFound);
    }
    tx.audit(Actor::Person(by), "openapi.client_renewed", Some(id), &json!({})).await?;
    tx.commit().await?;
    Ok(shown(&visit, StatusCode::OK, &client.name, id, &secret))
}

/// Lets it in no more.
pub(crate) async fn take_back(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let mut tx = visit.begin().await?;
    if !rows::take_back(&mut tx, id).await? {
        return Err(Failure::NotFound);
    }
    tx.audit(Actor::Person(by), "openapi.client_taken_back", Some(id), &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/api/clients?done=taken-back").into_response())
}
