//! `/calendars`: addresses from which one's own calendar reads one's times: made, renewed, taken back. An address is
//! shown once, when it is made.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::{Customer, CustomerKind};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::{
    Button, Card, EmptyState, ErrorSummary, Facts, Field, Lang, Notice, RadioGroup, post_button, t,
};
use http::StatusCode;
use maud::{Markup, html};
use openapi_domain::SecretHash;
use protocols_ids::{CustomerId, PersonId, Uuid};
use serde::Deserialize;
use serde_json::json;

use super::{NAME_CHARS_MAX, NameError, name_of, secret_page};
use crate::Ports;
use crate::store::feeds::{self as rows, FEEDS_MAX, Feed};

/// What the form sends for the person's own bookings.
const MINE: &str = "mine";

/// What was typed.
#[derive(Deserialize, Default)]
pub(crate) struct Typed {
    #[serde(default)]
    whose: String,
    #[serde(default)]
    name: String,
}

/// What the page is made of.
struct Screen<'a> {
    visit: &'a Visit,
    person: PersonId,
    feeds: Vec<Feed>,
    customers: Vec<Customer>,
}

impl<'a> Screen<'a> {
    async fn read(visit: &'a Visit, tx: &mut TenantTx, ports: &Ports) -> Result<Self, Failure> {
        let person = visit.signed_in()?.person;
        let feeds = rows::of_person(tx, person).await?;
        let mut customers = ports.book.of_person(tx, person).await?;
        // What somebody books on their own account is among what they book.
        customers.retain(|customer| customer.kind != CustomerKind::Person);
        Ok(Self { visit, person, feeds, customers })
    }

    fn customer(&self, id: CustomerId) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id == id)
    }

    /// What an address shows, in words.
    fn shows(&self, feed: &Feed) -> String {
        let lang = self.visit.lang;
        match feed.customer {
            None => t(lang, "feeds-shows-mine", &[]),
            Some(id) => match self.customer(id) {
                Some(customer) => t(lang, "feeds-shows-customer", &[("name", &customer.name)]),
                None => t(lang, "feeds-shows-nothing", &[]),
            },
        }
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
            @if let Some(address) = made { (shown(lang, address)) }
            @if self.feeds.is_empty() {
                @if made.is_none() {
                    (EmptyState::new(&t(lang, "feeds-empty", &[]), &t(lang, "feeds-empty-hint", &[])))
                }
            } @else {
                (Card::new("addresses", &t(lang, "feeds-list", &[]), html! {
                    ul.list { @for feed in &self.feeds { li { (self.one(feed)) } } }
                }))
            }
            (Card::new("make", &t(lang, "feeds-make", &[]), self.form(typed, &errors)))
        };
        let mut page = self
            .visit
            .page(&t(lang, "feeds-title", &[]))
            .crumb(&t(lang, "booking-mine-title", &[]), "/bookings")
            .lead(&t(lang, "feeds-lead", &[]));
        if self.visit.uri.query() == Some("done=taken-back") {
            page = page.notice(Notice::success(&t(lang, "feeds-done-taken-back", &[])));
        }
        secret_page((status, page.errors(errors).body(body).render()))
    }

    fn one(&self, feed: &Feed) -> Markup {
        let (lang, when) = (self.visit.lang, self.visit.when());
        let shows = self.shows(feed);
        let title = feed.name.as_ref().unwrap_or(&shows);
        let read = match feed.last_read_at {
            Some(at) => when.near_day(at),
            None => t(lang, "feeds-never-read", &[]),
        };
        let path = format!("/calendars/mine/{}", feed.id);
        html! {
            h3 { (title) }
            (Facts::new()
                .row(&t(lang, "feeds-shows", &[]), &shows)
                .row(&t(lang, "feeds-made", &[]), when.near_day(feed.renewed_at))
                .row(&t(lang, "feeds-read", &[]), read))
            div.actions {
                (post_button(&format!("{path}/renew"), &Button::quiet(&t(lang, "feeds-renew", &[])).about(title)))
                (post_button(&format!("{path}/take-back"), &Button::danger(&t(lang, "feeds-take-back", &[])).about(title)))
            }
        }
    }

    fn form(&self, typed: &Typed, errors: &ErrorSummary) -> Markup {
        let lang = self.visit.lang;
        let chosen = if typed.whose.is_empty() { MINE } else { &typed.whose };
        let mut whose = RadioGroup::new("whose", &t(lang, "feeds-whose", &[]))
            .chosen(chosen)
            .error(errors.of("whose"))
            .required()
            .option_with_hint(
                MINE,
                &t(lang, "feeds-whose-mine", &[]),
                &t(lang, "feeds-whose-mine-hint", &[]),
            );
        for customer in &self.customers {
            let hint = t(lang, "feeds-whose-customer-hint", &[]);
            whose = whose.option_with_hint(&customer.id.to_string(), &customer.name, &hint);
        }
        html! {
            form method="post" action="/calendars" {
                (whose)
                (Field::text("name", &t(lang, "feeds-own-name", &[])).hint(&t(lang, "feeds-own-name-hint", &[]))
                    .autocomplete("off").value(&typed.name).error(errors.of("name")).optional(lang))
                p.actions { (Button::primary(&t(lang, "feeds-make-button", &[]))) }
            }
        }
    }
}

/// The address, this once.
fn shown(lang: Lang, address: &str) -> Card {
    let subscribe = match address.split_once("://") {
        Some((_, rest)) => format!("webcal://{rest}"),
        None => address.to_owned(),
    };
    Card::new(
        "address",
        &t(lang, "feeds-address", &[]),
        html! {
            (Notice::success(&t(lang, "feeds-done-made", &[])).more(&t(lang, "feeds-secret", &[])))
            pre tabindex="0" { code #feed-address { (address) } }
            p.actions { (Button::primary(&t(lang, "feeds-subscribe", &[])).href(&subscribe)) }
            p { (t(lang, "feeds-how", &[])) }
        },
    )
}

/// The list, and the form for one more.
pub(crate) async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx, &ports).await?;
    tx.commit().await?;
    Ok(screen.answer(StatusCode::OK, None, &Typed::default(), ErrorSummary::new(visit.lang)))
}

type Sent = Result<Form<Typed>, axum::extract::rejection::FormRejection>;

/// Makes one more, and shows its address.
pub(crate) async fn make(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Sent,
) -> Result<Response, Failure> {
    let Form(typed) =
        sent.map_err(|_| Failure::BadRequest("a form of addresses that no page of ours has"))?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let mut screen = Screen::read(&visit, &mut tx, &ports).await?;
    let mut errors = ErrorSummary::new(lang);
    let customer = match typed.whose.as_str() {
        MINE => Some(None),
        other => other.parse::<CustomerId>().ok().filter(|id| screen.customer(*id).is_some()).map(Some),
    };
    if customer.is_none() {
        errors = errors.error("whose", &t(lang, "feeds-error-whose", &[]));
    }
    let name = name_of(&typed.name);
    if name == Err(NameError::TooLong) {
        errors = errors.error("name", &t(lang, "feeds-error-name", &[("most", &NAME_CHARS_MAX)]));
    }
    let (Some(customer), Ok(name)) = (customer, name) else {
        return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, None, &typed, errors));
    };
    let (id, secret) = (tx.new_id::<Uuid>(), visit.kernel.random().token());
    let hash = SecretHash::of(&secret);
    if !rows::make(&mut tx, screen.person, (id, &hash), customer, name.as_deref()).await? {
        errors = errors.error("whose", &t(lang, "feeds-error-full", &[("most", &FEEDS_MAX)]));
        return Ok(screen.answer(StatusCode::CONFLICT, None, &typed, errors));
    }
    let detail = json!({ "customer": customer });
    tx.audit(Actor::Person(screen.person), "openapi.feed_made", Some(id), &detail).await?;
    screen.feeds = rows::of_person(&mut tx, screen.person).await?;
    tx.commit().await?;
    let address = address(&visit, &secret);
    Ok(screen.answer(StatusCode::CREATED, Some(&address), &Typed::default(), errors))
}

/// Gives an address another secret, and shows it: the one before says nothing any more.
pub(crate) async fn renew(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<Uuid>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let secret = visit.kernel.random().token();
    let renewed = rows::renew(&mut tx, person, id, &SecretHash::of(&secret)).await?;
    let renewed = renewed.ok_or(Failure::NotFound)?;
    let detail = json!({ "customer": renewed.customer });
    tx.audit(Actor::Person(person), "openapi.feed_renewed", Some(id), &detail).await?;
    let screen = Screen::read(&visit, &mut tx, &ports).await?;
    tx.commit().await?;
    let address = address(&visit, &secret);
    Ok(screen.answer(StatusCode::OK, Some(&address), &Typed::default(), ErrorSummary::new(visit.lang)))
}

/// Takes an address back.
pub(crate) async fn take_back(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    if !rows::take_back(&mut tx, person, id).await? {
        return Err(Failure::NotFound);
    }
    tx.audit(Actor::Person(person), "openapi.feed_taken_back", Some(id), &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/calendars?done=taken-back").into_response())
}

fn address(visit: &Visit, secret: &str) -> String {
    visit.kernel.service().url(&visit.tenant.host, &format!("/calendars/{secret}/calendar.ics"))
}
