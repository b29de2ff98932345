//! `/book`: for whom and what, at a time that was chosen. What is sent holds the time and leads to price and terms
//! (`hold`), or is a request that an officer decides.

use axum::Extension;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{
    ACCESSORIES_MAX, Approval, Asked, Nights, Occupancy, Peculiar, Place, PurposeKind, Reason, Rules,
    SPAN_MINUTES_MAX, Span, alternatives, check, package_on, stay,
};
use cloud_contracts::{Customer, CustomerKind, Equipment, Facility, Quote};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{SignedIn, TenantTx};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Facts, Field, LinkCard, Notice, Select, duration, t};
use http::StatusCode;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protocols_ids::{BookingId, CustomerId, ResourceId};
use serde::Deserialize;
use uuid::Uuid;

use super::fields::{About, Asks, accessory_field};
use super::prices::price;
use super::words::{purpose_kind_name, reason_text, stay_text};
use super::{alternative_links, book_href, booking_href, enquiry, place_name, when_at};
use crate::Ports;
use crate::book::{Outcome, Wish, book, kind_of};
use crate::extras;
use crate::hold::HOLDS_MAX;
use crate::place::{place_of, place_over};
use crate::store::{self, Booking, hold};

/// Lengths to choose from at most: beyond that a list is no choice.
const LENGTHS_MAX: usize = 48;

/// A link to the form.
#[derive(Deserialize)]
pub struct Link {
    resource: ResourceId,
    start: Timestamp,
    minutes: Option<u32>,
    #[serde(default)]
    purpose: String,
}

/// The form as it was sent.
struct Sent {
    resource: ResourceId,
    start: Timestamp,
    minutes: String,
    /// The days of arrival and departure, where it is booked by night.
    nights: Option<(String, String)>,
    about: About,
    customer: CustomerId,
    /// For whom the person acted when they were asked whether they meant another one.
    certain: Option<CustomerId>,
    request_key: Uuid,
    /// Whether only the price of another length is asked for.
    change: bool,
}

impl Sent {
    /// From the fields; `None` where no page of ours has such a form.
    fn read(fields: Vec<(String, String)>) -> Option<Self> {
        let (mut resource, mut start, mut customer, mut request_key) = (None, None, None, None);
        let (mut minutes, mut arrive, mut leave, mut change) = (String::new(), None, None, false);
        let (mut about, mut certain) = (About::default(), None);
        for (name, value) in fields {
            let Some(value) = about.take(&name, value) else { continue };
            match name.as_str() {
                "resource" => resource = value.parse().ok(),
                "start" => start = value.parse().ok(),
                "customer" => customer = value.parse().ok(),
                "certain" => certain = value.parse().ok(),
                "request_key" => request_key = value.parse().ok(),
                "minutes" => minutes = value,
                "arrive" => arrive = Some(value),
                "leave" => leave = Some(value),
                "change" => change = true,
                _ => {}
            }
        }
        Some(Self {
            resource: resource?,
            start: start?,
            minutes,
            nights: arrive.zip(leave),
            about,
            customer: customer?,
            certain,
            request_key: request_key?,
            change,
        })
    }
}

/// What stands in the form.
struct Draft {
    resource: ResourceId,
    starts_at: Timestamp,
    minutes: Option<u32>,
    /// The days of arrival and departure as they were typed, where they are no stay.
    nights: Option<(String, String)>,
    about: About,
    request_key: Uuid,
}

/// The form. Whoever comes back to a time that they hold finds it as they left it.
pub async fn form(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    link: Result<Query<Link>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failure> {
    let Query(link) = link.map_err(|_| Failure::BadRequest("a link to /book without resource and start"))?;
    let person = visit.signed_in()?;
    let mut draft = Draft {
        resource: link.resource,
        starts_at: link.start,
        minutes: link.minutes,
        nights: None,
        about: About { purpose: link.purpose, ..About::default() },
        request_key: visit.kernel.new_id(),
    };
    let mut customer = person.acts_for.as_ref().map(|(customer, _)| *customer);
    let mut tx = visit.begin().await?;
    let holds = hold::of_person(&mut tx, person.person).await?;
    let same = |held: &&Booking| matches!(held.times[..], [time] if time.resource == link.resource && time.span.starts_at() == link.start);
    if let Some(held) = holds.iter().find(same).filter(|held| Some(held.customer) == customer) {
        draft.about = About::of(&mut tx, held).await?;
        draft.minutes = held.times.first().map(|time| time.span.minutes());
        customer = Some(held.customer);
    }
    let screen = Screen::read(&visit, &ports, person, customer, (draft, &holds), tx).await?;
    if screen.rules.by_enquiry {
        let to = enquiry::new_href(screen.draft.resource, Some(screen.draft.starts_at));
        return Ok(Redirect::to(&to).into_response());
    }
    Ok(screen.answer(StatusCode::OK, &ErrorSummary::new(visit.lang)))
}

/// Holds the time and leads to price and terms, or sends a request; or says beside the field what is wrong and keeps
/// what was typed.
pub async fn send(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    const FOREIGN: &str = "a form to /book that no page of ours has";
    let Form(fields) = sent.map_err(|_| Failure::BadRequest(FOREIGN))?;
    let sent = Sent::read(fields).ok_or(Failure::BadRequest(FOREIGN))?;
    let mut draft = Draft {
        resource: sent.resource,
        starts_at: sent.start,
        minutes: sent.minutes.parse().ok(),
        nights: None,
        about: sent.about,
        request_key: sent.request_key,
    };
    let Ok(person) = visit.signed_in() else {
        let minutes = draft.minutes.unwrap_or(0);
        let return_to = book_href(draft.resource, draft.starts_at, minutes, &draft.about.purpose);
        return Err(Failure::SignIn { return_to });
    };
    let lang = visit.lang;
    let mut errors = ErrorSummary::new(lang);
    let mut tx = visit.begin().await?;
    let holds = hold::of_person(&mut tx, person.person).await?;
    if let Some((arrive, leave)) = sent.nights {
        match stay_of(&mut tx, &ports, draft.resource, &arrive, &leave).await? {
            Ok(span) => (draft.starts_at, draft.minutes) = (span.starts_at(), Some(span.minutes())),
            Err(nights) => {
                let text = match nights {
                    Some(nights) => stay_text(lang, nights),
                    None => t(lang, "booking-error-date", &[]),
                };
                errors = errors.error("leave", &text);
                draft.nights = Some((arrive, leave));
            }
        }
    } else if draft.minutes.is_none() {
        errors = errors.error("minutes", &t(lang, "booking-error-minutes", &[]));
    }
    let (minutes, starts_at) = (draft.minutes, draft.starts_at);
    let mut screen = Screen::read(&visit, &ports, person, Some(sent.customer), (draft, &holds), tx).await?;
    screen.certain = sent.certain;
    if sent.change {
        return Ok(screen.answer(StatusCode::OK, &errors));
    }
    if let (Some(other), Some(customer)) =
        (acts_for_another(person, sent.customer, sent.certain), &screen.customer)
    {
        let text = t(lang, "booking-acts-for-another", &[("other", &other.1), ("name", &customer.name)]);
        screen.certain = Some(other.0);
        return Ok(screen.answer(StatusCode::CONFLICT, &errors.error("customer", &text)));
    }
    let (said, minutes) = match (screen.draft.about.read(lang, &screen.asks, errors), minutes) {
        (Ok(said), Some(minutes)) => (said, minutes),
        (Err(errors), _) => return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors)),
        (Ok(_), None) => {
            return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &ErrorSummary::new(lang)));
        }
    };
    let asked = Asked { resource: screen.draft.resource, starts_at, minutes };
    let wish = Wish {
        booker: person.person,
        customer: sent.customer,
        purpose: said.purpose,
        purpose_kind: said.kind,
        participants: said.participants,
        officer: None,
        request_key: screen.draft.request_key,
        asked: vec![asked],
        accessories: said.accessories,
        particulars: said.particulars,
        hold: true,
    };
    let outcome = book(&visit.kernel, visit.tenant.id, &ports, &wish).await?;
    screen.told(&ports, person, &holds, outcome).await
}

/// For whom somebody acts by now, where that is another one than the form is for and they have not said that they know:
/// it was chosen in another window since.
pub(super) fn acts_for_another(
    person: &SignedIn,
    form: CustomerId,
    certain: Option<CustomerId>,
) -> Option<&(CustomerId, String)> {
    person.acts_for.as_ref().filter(|(acts_for, _)| *acts_for != form && certain != Some(*acts_for))
}

/// The stay from one day to another as they were typed; otherwise how stays are booked there, where days were typed.
async fn stay_of(
    tx: &mut TenantTx,
    ports: &Ports,
    resource: ResourceId,
    arrive: &str,
    leave: &str,
) -> Result<Result<Span, Option<Nights>>, Failure> {
    let facility = ports.facilities.of_resource(tx, resource).await?.ok_or(Failure::NotFound)?;
    let day = |text: &str| text.trim().parse::<Date>().ok();
    let Some((arrive, leave)) = day(arrive).zip(day(leave)) else { return Ok(Err(None)) };
    let place = place_of(tx, ports.facilities.as_ref(), &facility, arrive, arrive).await?;
    let known = place.resource(resource).ok_or(Failure::NotFound)?;
    let Some(nights) = known.rules.on(arrive).nights else { return Ok(Err(None)) };
    Ok(stay(&place, nights, arrive, leave).ok_or(Some(nights)))
}

/// Everything that the screen shows.
struct Screen<'a> {
    visit: &'a Visit,
    draft: Draft,
    facility: Facility,
    place: Place,
    rules: Rules,
    taken: Occupancy,
    customer: Option<Customer>,
    /// For whom the person acts, where they have been asked whether they meant that one.
    certain: Option<CustomerId>,
    lengths: Result<Vec<u32>, Obstacle>,
    /// The length that the price is for: the draft's where it can be had.
    minutes: u32,
    quote: Option<Quote>,
    asks: Asks,
}

impl<'a> Screen<'a> {
    async fn read(
        visit: &'a Visit,
        ports: &Ports,
        person: &SignedIn,
        customer: Option<CustomerId>,
        (draft, holds): (Draft, &[Booking]),
        mut tx: TenantTx,
    ) -> Result<Self, Failure> {
        let facility =
            ports.facilities.of_resource(&mut tx, draft.resource).await?.ok_or(Failure::NotFound)?;
        let mut asked = Asked {
            resource: draft.resource,
            starts_at: draft.starts_at,
            minutes: draft.minutes.unwrap_or(SPAN_MINUTES_MAX).max(SPAN_MINUTES_MAX),
        };
        let mut place = place_over(&mut tx, ports.facilities.as_ref(), &facility, &[asked]).await?;
        let rules = place.rules_of(&asked).ok_or(Failure::NotFound)?.clone();
        // A season is longer than what is looked at for hours.
        let longest = lengths_of(&place, &rules, draft.starts_at).last().copied().unwrap_or(0);
        if longest > asked.minutes {
            asked.minutes = longest;
            place = place_over(&mut tx, ports.facilities.as_ref(), &facility, &[asked]).await?;
        }
        let customer = match customer {
            Some(customer) => ports.customers.acted_for(&mut tx, person.person, customer).await?,
            None => None,
        };
        let own: Vec<BookingId> = holds.iter().map(|hold| hold.id).collect();
        let taken = taken_around(&mut tx, &place, draft.starts_at, longest, &own).await?;
        let lengths = lengths(&place, &draft, &rules, &taken, tx.now());
        let can_be_had = |minutes: &u32| lengths.as_ref().is_ok_and(|lengths| lengths.contains(minutes));
        let shortest = lengths.as_ref().ok().and_then(|lengths| lengths.first().copied());
        let minutes = draft.minutes.filter(can_be_had).or(shortest).unwrap_or(rules.shortest());
        let on = place.date_of(draft.starts_at);
        let group = customer.as_ref().and_then(|customer| customer.price_group.as_deref());
        let quote = ports.prices.quote(&mut tx, draft.resource, group, on, minutes).await?;
        let asks = asks_of(&mut tx, &facility, &draft, minutes, &own).await?;
        tx.commit().await?;
        Ok(Self {
            visit,
            draft,
            facility,
            place,
            rules,
            taken,
            customer,
            certain: None,
            lengths,
            minutes,
            quote,
            asks,
        })
    }

    /// What became of what was sent.
    async fn told(
        self,
        ports: &Ports,
        person: &SignedIn,
        holds: &[Booking],
        outcome: Outcome,
    ) -> Result<Response, Failure> {
        let (visit, lang) = (self.visit, self.visit.lang);
        let errors = ErrorSummary::new(lang);
        Ok(match outcome {
            Outcome::Held { booking } => Redirect::to(&super::hold::href(booking)).into_response(),
            Outcome::Booked { booking, .. } | Outcome::Requested { booking, .. } => {
                Redirect::to(&booking_href(booking)).into_response()
            }
            Outcome::Clash { .. } => {
                // Read anew, so that what is offered instead is free.
                let customer = self.customer.as_ref().map(|customer| customer.id);
                let tx = visit.begin().await?;
                let screen = Self::read(visit, ports, person, customer, (self.draft, holds), tx).await?;
                screen.taken(StatusCode::CONFLICT, &t(lang, "booking-taken", &[]))
            }
            Outcome::Refused(refusals) => {
                let when = when_at(visit, Some(&self.facility));
                let errors = refusals.iter().fold(errors, |errors, refusal| {
                    errors.error(&field_name(&refusal.reason), &reason_text(lang, &when, &refusal.reason))
                });
                self.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors)
            }
            Outcome::Short(short) => {
                let errors = short.iter().fold(errors, |errors, short| {
                    let text = t(lang, "booking-error-short", &[("left", &short.left)]);
                    errors.error(&accessory_field(short.equipment), &text)
                });
                self.answer(StatusCode::CONFLICT, &errors)
            }
            Outcome::TooManyHolds => {
                let text = t(lang, "booking-error-holds", &[("most", &HOLDS_MAX)]);
                self.answer(StatusCode::CONFLICT, &errors.error("minutes", &text))
            }
            Outcome::NotForCustomer => {
                let errors = errors.error("customer", &t(lang, "booking-error-customer", &[]));
                let screen = Self { customer: None, ..self };
                screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors)
            }
        })
    }

    /// The form, or what stands in its way.
    fn answer(&self, status: StatusCode, errors: &ErrorSummary) -> Response {
        let lang = self.visit.lang;
        let lengths = match &self.lengths {
            Ok(lengths) => lengths,
            Err(Obstacle::Taken) => return self.taken(status, &t(lang, "booking-taken-already", &[])),
            Err(Obstacle::Rule(reason)) => {
                let when = when_at(self.visit, Some(&self.facility));
                return self.taken(status, &reason_text(lang, &when, reason));
            }
        };
        let page = self.visit.page(&t(lang, "booking-new-title", &[])).errors(errors.clone());
        let page = self.crumbs(page).body(match &self.customer {
            Some(customer) => self.fields(customer, lengths, errors),
            None => self.choose_customer(),
        });
        (status, page.render()).into_response()
    }

    /// The time cannot be had: what can be instead.
    fn taken(&self, status: StatusCode, text: &str) -> Response {
        let lang = self.visit.lang;
        let when = when_at(self.visit, Some(&self.facility));
        let minutes = self.draft.minutes.unwrap_or(self.minutes);
        let wanted = Asked { resource: self.draft.resource, starts_at: self.draft.starts_at, minutes };
        let free = alternatives(&self.place, &wanted, &self.taken, when.now);
        let links = alternative_links(lang, &when, &self.facility, &free, &self.draft.about.purpose);
        let ends_at = Span::lasting(wanted.starts_at, minutes).map(Span::ends_at);
        let body = html! {
            (Notice::warning(text).more(&match ends_at {
                Some(ends_at) => format!(
                    "{}: {}", place_name(lang, Some(&self.facility), wanted.resource), when.span(wanted.starts_at, ends_at)
                ),
                None => place_name(lang, Some(&self.facility), wanted.resource),
            }))
            @if links.is_empty() {
                (EmptyState::new(&t(lang, "booking-no-alternatives", &[]), &t(lang, "booking-no-alternatives-hint", &[])))
            } @else {
                (Card::new("alternatives", &t(lang, "booking-alternatives", &[]), LinkCard::list(&links)))
            }
            @if let Some(span) = Span::lasting(wanted.starts_at, minutes).filter(|_| self.visit.tenant.uses("watching")) {
                p { (Button::quiet(&t(lang, "booking-watch", &[])).href(&super::watch_href(wanted.resource, span))) }
            }
            p { a href=(self.schedule_href()) { (t(lang, "booking-other-time", &[])) } }
        };
        let page = self.crumbs(self.visit.page(&t(lang, "booking-new-title", &[]))).body(body);
        (status, page.render()).into_response()
    }

    fn fields(&self, customer: &Customer, lengths: &[u32], errors: &ErrorSummary) -> Markup {
        let lang = self.visit.lang;
        let when = when_at(self.visit, Some(&self.facility));
        let draft = &self.draft;
        let act_for = format!(
            "/act-for?next={}",
            utf8_percent_encode(
                &book_href(
                    draft.resource,
                    draft.starts_at,
                    draft.minutes.unwrap_or(self.minutes),
                    &draft.about.purpose
                ),
                NON_ALPHANUMERIC
            )
        );
        html! {
            form method="post" action="/book" {
                input type="hidden" name="resource" value=(draft.resource);
                input type="hidden" name="start" value=(draft.starts_at);
                input type="hidden" name="customer" value=(customer.id);
                @if let Some(certain) = self.certain { input type="hidden" name="certain" value=(certain); }
                input type="hidden" name="request_key" value=(draft.request_key);
                (Facts::new()
                    .row(&t(lang, "booking-place", &[]), place_name(lang, Some(&self.facility), draft.resource))
                    .row(&t(lang, "booking-starts", &[]), html! {
                        (when.day_and_clock(draft.starts_at)) " · "
                        a href=(self.schedule_href()) { (t(lang, "booking-other-time", &[])) }
                    })
                    .row(&t(lang, "booking-customer", &[]), html! {
                        span id="customer" { (customer.name) } " · "
                        a href=(act_for) { (t(lang, "booking-other-customer", &[])) }
                    }))
                // With script the price follows the choice; without, by its button.
                div hx-post="/book" hx-trigger="change" hx-include="closest form" hx-vals=r#"{"change":"length"}"#
                    hx-target="#price" hx-select="#price" hx-swap="outerHTML" {
                    (self.how_long(lengths, errors))
                }
                noscript { (Button::quiet(&t(lang, "booking-show-price", &[])).value("change", "length")) }
                (Field::text("purpose", &t(lang, "booking-purpose", &[]))
                    .hint(&t(lang, "booking-purpose-hint", &[]))
                    .value(&draft.about.purpose)
                    .error(errors.of("purpose"))
                    .required())
                (self.purpose_kinds(customer))
                (draft.about.peculiar(lang, &self.asks, errors))
                (draft.about.participants(lang, &self.asks, errors))
                (draft.about.equipment(lang, &self.asks, errors))
                div #price role="status" { (price(lang, self.quote.as_ref())) }
                @if self.is_decided(customer) {
                    (Notice::info(&t(lang, "booking-request-info", &[("count", &1)])))
                    (Button::primary(&t(lang, "booking-request", &[])))
                } @else {
                    p.quiet { (t(lang, "booking-continue-hint", &[])) }
                    (Button::primary(&t(lang, "booking-continue", &[])))
                }
            }
        }
    }

    /// Whether an officer decides about it, as far as that follows from who asks.
    fn is_decided(&self, customer: &Customer) -> bool {
        match &self.rules.approval {
            Approval::Never => false,
            Approval::Always => true,
            Approval::Unless(who) => {
                let kind = kind_of(customer.kind);
                !who.iter().any(|who| who.includes(kind, customer.price_group.as_deref()))
            }
        }
    }

    /// What sort of thing they come to do; those that the rules allow.
    fn purpose_kinds(&self, customer: &Customer) -> Markup {
        let lang = self.visit.lang;
        let allowed = &self.rules.purposes;
        let kinds = PurposeKind::ALL.into_iter().filter(|kind| allowed.is_empty() || allowed.contains(kind));
        let kinds: Vec<PurposeKind> = kinds.collect();
        let likely = match customer.kind {
            _ if self.asks.peculiar.contains(&Peculiar::Lodging) => PurposeKind::Overnight,
            CustomerKind::Person => PurposeKind::Other,
            CustomerKind::Association => PurposeKind::Training,
            CustomerKind::Company => PurposeKind::Meeting,
            CustomerKind::Unit => PurposeKind::School,
        };
        let chosen = PurposeKind::parse(&self.draft.about.kind).unwrap_or(likely);
        let select = Select::new("purpose_kind", &t(lang, "booking-purpose-kind", &[])).chosen(chosen.key());
        let select = kinds
            .iter()
            .fold(select, |select, kind| select.option(kind.key(), &purpose_kind_name(lang, *kind)));
        html! { (select) }
    }

    /// How long: days of arrival and departure, one of the packages, or one of the lengths.
    fn how_long(&self, lengths: &[u32], errors: &ErrorSummary) -> Markup {
        let (lang, draft) = (self.visit.lang, &self.draft);
        let when = when_at(self.visit, Some(&self.facility));
        if let Some(nights) = self.rules.nights {
            let day = |at| self.place.date_of(at).to_string();
            let leaves = Span::lasting(draft.starts_at, self.minutes).map(Span::ends_at);
            let known = || (day(draft.starts_at), leaves.map(day).unwrap_or_default());
            let (arrive, leave) = draft.nights.clone().unwrap_or_else(known);
            return html! {
                (Field::date("arrive", &t(lang, "booking-arrive", &[("time", &nights.arrive.to_string())])).value(&arrive))
                (Field::date("leave", &t(lang, "booking-leave", &[("time", &nights.leave.to_string())]))
                    .value(&leave)
                    .error(errors.of("leave").or(errors.of("minutes"))))
            };
        }
        let choices = Select::new("minutes", &t(lang, "booking-length", &[]))
            .error(errors.of("minutes"))
            .chosen(&self.minutes.to_string());
        let choices = lengths.iter().fold(choices, |choices, minutes| {
            let span = Span::lasting(draft.starts_at, *minutes);
            let ends = span.map(|span| {
                if self.rules.by_step() {
                    when.clock(span.ends_at())
                } else {
                    when.day_and_clock(span.ends_at())
                }
            });
            let date = self.place.date_of(draft.starts_at);
            let package = self.rules.packages.iter().find(|one| package_on(&self.place, one, date) == span);
            let length = match package.filter(|_| span.is_some()) {
                Some(package) => package.name().to_owned(),
                None => duration(lang, *minutes),
            };
            let label =
                t(lang, "booking-length-until", &[("length", &length), ("time", &ends.unwrap_or_default())]);
            choices.option(&minutes.to_string(), &label)
        });
        html! { (choices) }
    }

    fn choose_customer(&self) -> Markup {
        let lang = self.visit.lang;
        let here = book_href(
            self.draft.resource,
            self.draft.starts_at,
            self.draft.minutes.unwrap_or(self.minutes),
            &self.draft.about.purpose,
        );
        let href = format!("/act-for?next={}", utf8_percent_encode(&here, NON_ALPHANUMERIC));
        let action = Button::primary(&t(lang, "booking-choose-customer", &[])).href(&href);
        html! { div #customer { (Notice::info(&t(lang, "booking-no-customer", &[])).action(action)) } }
    }

    fn schedule_href(&self) -> String {
        format!("/facilities/{}?day={}", self.facility.slug, self.place.date_of(self.draft.starts_at))
    }

    fn crumbs(&self, page: cloud_ui::Page) -> cloud_ui::Page {
        page.crumb(&self.facility.name, &self.schedule_href())
    }
}

/// Why no length can be booked.
enum Obstacle {
    Taken,
    Rule(Reason),
}

/// The lengths that can be booked from the draft's start, shortest first.
fn lengths(
    place: &Place,
    draft: &Draft,
    rules: &Rules,
    taken: &Occupancy,
    now: Timestamp,
) -> Result<Vec<u32>, Obstacle> {
    let mut lengths = Vec::new();
    for minutes in lengths_of(place, rules, draft.starts_at) {
        let asked = Asked { resource: draft.resource, starts_at: draft.starts_at, minutes };
        let obstacle = match check(place, &[asked], now) {
            Ok(times) if times.iter().all(|time| taken.has_room_for(time)) => {
                lengths.push(minutes);
                continue;
            }
            Ok(_) => Obstacle::Taken,
            Err(refusals) => {
                Obstacle::Rule(refusals.into_iter().next().map_or(Reason::Nothing, |refusal| refusal.reason))
            }
        };
        // What does not fit at this length does not at a greater one.
        return if lengths.is_empty() { Err(obstacle) } else { Ok(lengths) };
    }
    Ok(lengths)
}

/// The lengths that the rules know from a start, shortest first.
fn lengths_of(place: &Place, rules: &Rules, starts_at: Timestamp) -> Vec<u32> {
    if rules.by_step() {
        return rules.lengths().take(LENGTHS_MAX).collect();
    }
    let date = place.date_of(starts_at);
    let packages = rules.packages.iter().filter_map(|package| package_on(place, package, date));
    let nights = rules.nights.iter().flat_map(|nights| {
        let leaves = (1..=i64::from(nights.most)).filter_map(|night| date.checked_add(night.days()).ok());
        leaves.filter_map(|leaves| stay(place, *nights, date, leaves))
    });
    let from_here = packages.chain(nights).filter(|span| span.starts_at() == starts_at);
    let mut lengths: Vec<u32> = from_here.map(Span::minutes).take(LENGTHS_MAX).collect();
    lengths.sort_unstable();
    lengths
}

/// What is taken in the whole place from the day before a start to the end of the longest time, or the next day.
async fn taken_around(
    tx: &mut TenantTx,
    place: &Place,
    starts_at: Timestamp,
    longest: u32,
    own: &[BookingId],
) -> Result<Occupancy, Failure> {
    let date = place.date_of(starts_at);
    let dates = date.yesterday().ok().zip(date.tomorrow().ok());
    let days = dates.and_then(|(before, next)| Some((place.day(before)?, place.day(next)?)));
    let (before, next) = days.ok_or(Failure::NotFound)?;
    let ends_at = Span::lasting(starts_at, longest).map_or(next.ends_at(), Span::ends_at);
    let during = Span::new(before.starts_at(), ends_at.max(next.ends_at())).ok_or(Failure::NotFound)?;
    let taken = store::occupied(tx, &place.parts(), &[during]).await?;
    // What one holds oneself is in nobody's way.
    Ok(Occupancy::new(taken.into_iter().filter(|taken| !own.contains(&taken.booking))))
}

/// What the resource asks, what can be had with it, and how much of that is left at the time.
async fn asks_of(
    tx: &mut TenantTx,
    facility: &Facility,
    draft: &Draft,
    minutes: u32,
    own: &[BookingId],
) -> Result<Asks, Failure> {
    let equipment: Vec<Equipment> =
        extras::equipment_of(facility, draft.resource).take(ACCESSORIES_MAX).cloned().collect();
    let counted: Vec<_> = equipment.iter().filter(|one| one.stock.is_some()).map(|one| one.id).collect();
    let span: Vec<Span> = Span::lasting(draft.starts_at, minutes).into_iter().collect();
    let left = extras::left(tx, &counted, &span, own).await?;
    let peculiar = vec![extras::peculiar_of(std::slice::from_ref(facility), draft.resource)];
    Ok(Asks { peculiar, equipment, left })
}

/// The field of a form that a reason stands beside.
pub fn field_name(reason: &Reason) -> String {
    let name = match reason.field() {
        booking_domain::Field::Resource => "resource",
        booking_domain::Field::Start => "start",
        booking_domain::Field::Minutes => "minutes",
        booking_domain::Field::Customer => "customer",
        booking_domain::Field::Purpose => "purpose_kind",
        booking_domain::Field::Persons => "persons",
        booking_domain::Field::Driver => "driver",
        booking_domain::Field::Licence => "licensed",
        booking_domain::Field::Boat => "boat",
        booking_domain::Field::BoatLength => "boat_length",
        booking_domain::Field::BoatBeam => "boat_beam",
        booking_domain::Field::Equipment(equipment) => return accessory_field(equipment),
    };
    name.to_owned()
}
