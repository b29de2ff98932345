//! `/book`: one screen with what, when, for whom, what for and at what price; and the answer to it.

use axum::Extension;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{
    AgeGroup, Approval, Asked, Gender, Occupancy, PERSONS_MAX, Participants, Place, Purpose, PurposeKind,
    Reason, Rules, SPAN_MINUTES_MAX, Span, alternatives, check, package_on, stay,
};
use cloud_contracts::{Customer, CustomerKind, Facility, Quote};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{SignedIn, TenantTx};
use cloud_ui::{
    Button, Card, EmptyState, ErrorSummary, Facts, Field, LinkCard, Notice, Select, amount, duration, t,
};
use http::StatusCode;
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protocols_ids::{CustomerId, ResourceId};
use serde::Deserialize;
use uuid::Uuid;

use super::words::{age_group_name, gender_name, purpose_error, purpose_kind_name, reason_text};
use super::{alternative_links, book_href, booking_href, place_name, rule_words, when_at};
use crate::Ports;
use crate::book::{Outcome, Wish, book, kind_of};
use crate::place::place_over;
use crate::store;

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
#[derive(Deserialize)]
pub struct Sent {
    resource: ResourceId,
    start: Timestamp,
    #[serde(default)]
    minutes: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    purpose_kind: String,
    #[serde(default)]
    persons: String,
    #[serde(default)]
    age_group: String,
    #[serde(default)]
    gender: String,
    customer: CustomerId,
    request_key: Uuid,
    /// There when only the price of another length is asked for.
    change: Option<String>,
}

/// What is said of the activity and of those who come, as it was typed.
#[derive(Default)]
struct About {
    kind: String,
    persons: String,
    age_group: String,
    gender: String,
}

impl About {
    /// Who takes part; `None` where the number is none.
    fn participants(&self) -> Option<Participants> {
        let typed = self.persons.trim();
        let persons = if typed.is_empty() {
            None
        } else {
            Some(typed.parse().ok().filter(|persons| (1..=PERSONS_MAX).contains(persons))?)
        };
        let (age_group, gender) = (AgeGroup::parse(&self.age_group), Gender::parse(&self.gender));
        Some(Participants { persons, age_group, gender })
    }
}

/// What stands in the form.
struct Draft {
    resource: ResourceId,
    starts_at: Timestamp,
    minutes: Option<u32>,
    purpose: String,
    about: About,
    request_key: Uuid,
}

/// The form.
pub async fn form(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    link: Result<Query<Link>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failure> {
    let Query(link) = link.map_err(|_| Failure::BadRequest("a link to /book without resource and start"))?;
    let person = visit.signed_in()?;
    let draft = Draft {
        resource: link.resource,
        starts_at: link.start,
        minutes: link.minutes,
        purpose: link.purpose,
        about: About::default(),
        request_key: visit.kernel.new_id(),
    };
    let acts_for = person.acts_for.as_ref().map(|(customer, _)| *customer);
    let screen = Screen::read(&visit, &ports, person, acts_for, draft).await?;
    Ok(screen.answer(StatusCode::OK, &ErrorSummary::new(visit.lang)))
}

/// Books, or says beside the field what is wrong and keeps what was typed.
pub async fn send(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Result<Form<Sent>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(sent) = sent.map_err(|_| Failure::BadRequest("a form to /book that no page of ours has"))?;
    let minutes = sent.minutes.parse().ok();
    let draft = Draft {
        resource: sent.resource,
        starts_at: sent.start,
        minutes,
        purpose: sent.purpose,
        about: About {
            kind: sent.purpose_kind,
            persons: sent.persons,
            age_group: sent.age_group,
            gender: sent.gender,
        },
        request_key: sent.request_key,
    };
    let Ok(person) = visit.signed_in() else {
        let return_to = book_href(draft.resource, draft.starts_at, minutes.unwrap_or(0), &draft.purpose);
        return Err(Failure::SignIn { return_to });
    };
    let lang = visit.lang;
    let mut errors = ErrorSummary::new(lang);
    if sent.change.is_some() {
        let screen = Screen::read(&visit, &ports, person, Some(sent.customer), draft).await?;
        return Ok(screen.answer(StatusCode::OK, &errors));
    }
    if minutes.is_none() {
        errors = errors.error("minutes", &t(lang, "booking-error-minutes", &[]));
    }
    let participants = draft.about.participants();
    if participants.is_none() {
        errors = errors.error("persons", &t(lang, "booking-error-persons", &[("most", &PERSONS_MAX)]));
    }
    let (minutes, purpose, participants) = match (minutes, Purpose::parse(&draft.purpose), participants) {
        (Some(minutes), Ok(purpose), Some(participants)) => (minutes, purpose, participants),
        (_, purpose, _) => {
            if let Err(error) = purpose {
                errors = errors.error("purpose", &purpose_error(lang, error));
            }
            let screen = Screen::read(&visit, &ports, person, Some(sent.customer), draft).await?;
            return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors));
        }
    };
    let asked = Asked { resource: draft.resource, starts_at: draft.starts_at, minutes };
    let wish = Wish {
        booker: person.person,
        customer: sent.customer,
        purpose,
        purpose_kind: PurposeKind::parse(&draft.about.kind).unwrap_or(PurposeKind::Other),
        participants,
        officer: false,
        request_key: draft.request_key,
        asked: vec![asked],
    };
    let outcome = book(&visit.kernel, visit.tenant.id, &ports, &wish).await?;
    if let Outcome::Booked { booking, .. } | Outcome::Requested { booking, .. } = outcome {
        return Ok(Redirect::to(&booking_href(booking)).into_response());
    }
    let screen = Screen::read(&visit, &ports, person, Some(sent.customer), draft).await?;
    Ok(match outcome {
        Outcome::Clash { .. } => screen.taken(StatusCode::CONFLICT, &t(lang, "booking-taken", &[])),
        Outcome::Refused(refusals) => {
            let when = when_at(&visit, Some(&screen.facility));
            let errors = refusals.iter().fold(errors, |errors, refusal| {
                errors.error(field_name(&refusal.reason), &reason_text(lang, &when, &refusal.reason))
            });
            screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors)
        }
        Outcome::NotForCustomer | Outcome::Booked { .. } | Outcome::Requested { .. } => {
            let errors = errors.error("customer", &t(lang, "booking-error-customer", &[]));
            screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors)
        }
    })
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
    lengths: Result<Vec<u32>, Obstacle>,
    /// The length that the price is for: the draft's where it can be had.
    minutes: u32,
    quote: Option<Quote>,
}

impl<'a> Screen<'a> {
    async fn read(
        visit: &'a Visit,
        ports: &Ports,
        person: &SignedIn,
        customer: Option<CustomerId>,
        draft: Draft,
    ) -> Result<Self, Failure> {
        let mut tx = visit.begin().await?;
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
        let taken = taken_around(&mut tx, &place, draft.starts_at, longest).await?;
        let lengths = lengths(&place, &draft, &rules, &taken, tx.now());
        let can_be_had = |minutes: &u32| lengths.as_ref().is_ok_and(|lengths| lengths.contains(minutes));
        let shortest = lengths.as_ref().ok().and_then(|lengths| lengths.first().copied());
        let minutes = draft.minutes.filter(can_be_had).or(shortest).unwrap_or(rules.shortest());
        let on = place.date_of(draft.starts_at);
        let group = customer.as_ref().and_then(|customer| customer.price_group.as_deref());
        let quote = ports.prices.quote(&mut tx, draft.resource, group, on, minutes).await?;
        tx.commit().await?;
        Ok(Self { visit, draft, facility, place, rules, taken, customer, lengths, minutes, quote })
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
        let links = alternative_links(lang, &when, &self.facility, &free, &self.draft.purpose);
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
            p { a href=(self.schedule_href()) { (t(lang, "booking-other-time", &[])) } }
        };
        let page = self.crumbs(self.visit.page(&t(lang, "booking-new-title", &[]))).body(body);
        (status, page.render()).into_response()
    }

    fn fields(&self, customer: &Customer, lengths: &[u32], errors: &ErrorSummary) -> Markup {
        let lang = self.visit.lang;
        let when = when_at(self.visit, Some(&self.facility));
        let draft = &self.draft;
        let choices = Select::new("minutes", &t(lang, "booking-length", &[]))
            .error(errors.of("minutes"))
            .chosen(&self.minutes.to_string());
        let choices = lengths.iter().fold(choices, |choices, minutes| {
            let ends = Span::lasting(draft.starts_at, *minutes).map(|span| {
                if self.rules.by_step() {
                    when.clock(span.ends_at())
                } else {
                    when.day_and_clock(span.ends_at())
                }
            });
            let label = t(
                lang,
                "booking-length-until",
                &[("length", &duration(lang, *minutes)), ("time", &ends.unwrap_or_default())],
            );
            choices.option(&minutes.to_string(), &label)
        });
        let act_for = format!(
            "/act-for?next={}",
            utf8_percent_encode(
                &book_href(
                    draft.resource,
                    draft.starts_at,
                    draft.minutes.unwrap_or(self.minutes),
                    &draft.purpose
                ),
                NON_ALPHANUMERIC
            )
        );
        html! {
            form method="post" action="/book" {
                input type="hidden" name="resource" value=(draft.resource);
                input type="hidden" name="start" value=(draft.starts_at);
                input type="hidden" name="customer" value=(customer.id);
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
                    (choices)
                }
                noscript { (Button::quiet(&t(lang, "booking-show-price", &[])).value("change", "length")) }
                (Field::text("purpose", &t(lang, "booking-purpose", &[]))
                    .hint(&t(lang, "booking-purpose-hint", &[]))
                    .value(&draft.purpose)
                    .error(errors.of("purpose"))
                    .required())
                (self.purpose_kinds(customer))
                (self.participants(errors))
                (self.price())
                @if self.is_decided(customer) {
                    (Notice::info(&t(lang, "booking-request-info", &[])))
                    (Button::primary(&t(lang, "booking-request", &[])))
                } @else {
                    p.quiet { (t(lang, "booking-terms", &[])) }
                    ul.quiet { @for term in rule_words::terms(lang, &self.rules, None) { li { (term) } } }
                    (Button::primary(&t(lang, "booking-book", &[])))
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

    /// Who takes part; open where something of it was said or is wrong.
    fn participants(&self, errors: &ErrorSummary) -> Markup {
        let (lang, about) = (self.visit.lang, &self.draft.about);
        let said = !about.persons.is_empty() || !about.age_group.is_empty() || !about.gender.is_empty();
        let ages = Select::new("age_group", &t(lang, "booking-age-group", &[]))
            .chosen(&about.age_group)
            .option("", &t(lang, "booking-not-said", &[]));
        let ages = AgeGroup::ALL
            .into_iter()
            .fold(ages, |ages, group| ages.option(group.key(), &age_group_name(lang, group)));
        let genders = Select::new("gender", &t(lang, "booking-gender", &[]))
            .chosen(&about.gender)
            .option("", &t(lang, "booking-not-said", &[]));
        let genders = Gender::ALL
            .into_iter()
            .fold(genders, |genders, gender| genders.option(gender.key(), &gender_name(lang, gender)));
        html! {
            details open[said || errors.of("persons").is_some()] {
                summary { (t(lang, "booking-participants", &[])) }
                (Field::number("persons", &t(lang, "booking-persons", &[]))
                    .value(&about.persons)
                    .error(errors.of("persons")))
                (ages)
                (genders)
            }
        }
    }

    fn price(&self) -> Markup {
        let lang = self.visit.lang;
        html! {
            div #price role="status" {
                @match &self.quote {
                    Some(quote) => {
                        (Facts::new().row(&t(lang, "booking-price", &[]), html! { strong { (amount(lang, quote.total_ore)) } }))
                        details {
                            summary { (t(lang, "booking-why-price", &[])) }
                            ul {
                                @for line in &quote.lines {
                                    li {
                                        (t(lang, "booking-price-line", &[
                                            ("tariff", &line.tariff_name),
                                            ("group", &line.group_name),
                                            ("hour", &amount(lang, line.ore_per_hour)),
                                            ("length", &duration(lang, line.minutes)),
                                            ("amount", &amount(lang, line.amount_ore)),
                                        ]))
                                    }
                                }
                            }
                        }
                    }
                    None => (Facts::new().row(&t(lang, "booking-price", &[]), t(lang, "booking-no-price", &[]))),
                }
            }
        }
    }

    fn choose_customer(&self) -> Markup {
        let lang = self.visit.lang;
        let here = book_href(
            self.draft.resource,
            self.draft.starts_at,
            self.draft.minutes.unwrap_or(self.minutes),
            &self.draft.purpose,
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
) -> Result<Occupancy, Failure> {
    let date = place.date_of(starts_at);
    let dates = date.yesterday().ok().zip(date.tomorrow().ok());
    let days = dates.and_then(|(before, next)| Some((place.day(before)?, place.day(next)?)));
    let (before, next) = days.ok_or(Failure::NotFound)?;
    let ends_at = Span::lasting(starts_at, longest).map_or(next.ends_at(), Span::ends_at);
    let during = Span::new(before.starts_at(), ends_at.max(next.ends_at())).ok_or(Failure::NotFound)?;
    Ok(Occupancy::new(store::occupied(tx, &place.parts(), during).await?))
}

fn field_name(reason: &Reason) -> &'static str {
    match reason.field() {
        booking_domain::Field::Resource => "resource",
        booking_domain::Field::Start => "start",
        booking_domain::Field::Minutes => "minutes",
        booking_domain::Field::Customer => "customer",
        booking_domain::Field::Purpose => "purpose_kind",
        booking_domain::Field::Persons => "persons",
    }
}
