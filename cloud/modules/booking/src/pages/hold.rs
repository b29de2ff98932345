//! `/bookings/{id}/hold`: price and terms of a time that is held, with one button that books. Of a hold that ran out,
//! whether the time is still free and one tap to hold it again.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{Asked, Occupancy, Particulars, Place, Refusal, State, Status, alternatives, check};
use cloud_contracts::{Customer, Quote};
use cloud_kernel::TenantTx;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Facts, LinkCard, Notice, amount, t};
use http::{StatusCode, header};
use jiff::Timestamp;
use maud::{Markup, html};
use protocols_ids::{BookingId, PersonId};
use serde::Deserialize;

use super::book::price;
use super::words::{accessories_text, particulars_facts, purpose_kind_name, reason_text};
use super::{alternative_links, book_href, booking_href, place_name, rule_words, when_at};
use crate::Ports;
use crate::extras;
use crate::hold::{self, HOLDS_MAX, Held};
use crate::place::place_at;
use crate::places::Places;
use crate::store::{self, Booking, extras as rows};

/// Where a hold is shown.
pub fn href(booking: BookingId) -> String {
    format!("{}/hold", booking_href(booking))
}

/// The page.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    answer(&visit, &ports, person, id, None).await
}

/// What was pressed.
#[derive(Deserialize)]
pub struct Pressed {
    #[serde(default)]
    action: String,
}

/// Books, lets go, or holds again.
pub async fn press(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
    sent: Result<Form<Pressed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    const FOREIGN: &str = "a form of a hold that no page of ours has";
    let Form(sent) = sent.map_err(|_| Failure::BadRequest(FOREIGN))?;
    let person = visit.signed_in()?.person;
    let (kernel, tenant) = (&visit.kernel, visit.tenant.id);
    let held = match sent.action.as_str() {
        "book" => hold::book(kernel, tenant, &ports, person, id).await?,
        "again" => hold::again(kernel, tenant, &ports, person, id).await?,
        "let-go" => {
            let booking = hold::let_go(visit.begin().await?, person, id).await?.ok_or(Failure::NotFound)?;
            return let_go(&visit, &ports, &booking).await;
        }
        _ => return Err(Failure::BadRequest(FOREIGN)),
    };
    let lang = visit.lang;
    let held = held.ok_or(Failure::NotFound)?;
    let (status, wrong) = match held {
        Held::Booked => return Ok(Redirect::to(&booking_href(id)).into_response()),
        // The page says how it is.
        Held::Kept | Held::Over => return Ok(Redirect::to(&href(id)).into_response()),
        Held::Taken => (StatusCode::CONFLICT, Wrong::Text(t(lang, "booking-taken", &[]))),
        Held::Short(_) => (StatusCode::CONFLICT, Wrong::Text(t(lang, "booking-hold-short", &[]))),
        Held::TooMany => {
            (StatusCode::CONFLICT, Wrong::Text(t(lang, "booking-error-holds", &[("most", &HOLDS_MAX)])))
        }
        Held::NotForCustomer => {
            (StatusCode::UNPROCESSABLE_ENTITY, Wrong::Text(t(lang, "booking-error-customer", &[])))
        }
        Held::Refused(refusals) => (StatusCode::UNPROCESSABLE_ENTITY, Wrong::Refused(refusals)),
    };
    answer(&visit, &ports, person, id, Some((status, wrong))).await
}

/// What stood in the way of what was pressed.
enum Wrong {
    Text(String),
    Refused(Vec<Refusal>),
}

impl Wrong {
    fn told(&self, visit: &Visit, places: &Places) -> ErrorSummary {
        let (lang, when) = (visit.lang, when_at(visit, places.first()));
        let mut texts = match self {
            Self::Text(text) => vec![text.clone()],
            Self::Refused(refusals) => {
                refusals.iter().map(|refusal| reason_text(lang, &when, &refusal.reason)).collect()
            }
        };
        texts.dedup();
        texts.iter().fold(ErrorSummary::new(lang), |errors, text| errors.error("held", text))
    }
}

/// Back to where another time is chosen.
async fn let_go(visit: &Visit, ports: &Ports, booking: &Booking) -> Result<Response, Failure> {
    if booking.status.state() != State::Held {
        return Ok(Redirect::to(&booking_href(booking.id)).into_response());
    }
    let mut tx = visit.begin().await?;
    let places = Places::of_booking(&mut tx, ports, booking).await?;
    tx.commit().await?;
    Ok(Redirect::to(&schedule_href(&places, booking)).into_response())
}

/// The schedule of the first time's day.
fn schedule_href(places: &Places, booking: &Booking) -> String {
    match (places.first(), booking.times.first()) {
        (Some(facility), Some(time)) => {
            let day = facility.time_zone.to_datetime(time.span.starts_at()).date();
            format!("/facilities/{}?day={day}", facility.slug)
        }
        _ => "/".to_owned(),
    }
}

/// What the page shows: the hold, or that it ran out; what is a booking has a page of its own.
async fn answer(
    visit: &Visit,
    ports: &Ports,
    person: PersonId,
    id: BookingId,
    wrong: Option<(StatusCode, Wrong)>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let booking = store::find(&mut tx, id).await?.filter(|booking| booking.booker == person);
    let booking = booking.ok_or(Failure::NotFound)?;
    let Status::Held { until } = booking.status else {
        return Ok(Redirect::to(&booking_href(id)).into_response());
    };
    let screen = Screen::read(visit, ports, &mut tx, booking).await?;
    tx.commit().await?;
    let (status, errors) = match wrong {
        Some((status, wrong)) => (status, wrong.told(visit, &screen.places)),
        None => (StatusCode::OK, ErrorSummary::new(visit.lang)),
    };
    let live = until > visit.kernel.now();
    let (title, body) = if live {
        (t(visit.lang, "booking-hold-title", &[]), screen.held(until))
    } else {
        (t(visit.lang, "booking-hold-over-title", &[]), screen.over())
    };
    let page = visit.page(&title).errors(errors);
    let page = match screen.places.first() {
        Some(facility) => page.crumb(&facility.name, &schedule_href(&screen.places, &screen.booking)),
        None => page,
    };
    // Whoever goes back to it later asks how it is then.
    Ok((status, [(header::CACHE_CONTROL, "no-store")], page.body(body).render()).into_response())
}

/// Everything that the page shows.
struct Screen<'a> {
    visit: &'a Visit,
    booking: Booking,
    places: Places,
    place: Option<Place>,
    taken: Occupancy,
    accessories: String,
    particulars: Particulars,
    quote: Option<Quote>,
}

impl<'a> Screen<'a> {
    async fn read(
        visit: &'a Visit,
        ports: &Ports,
        tx: &mut TenantTx,
        booking: Booking,
    ) -> Result<Self, Failure> {
        let places = Places::of_booking(tx, ports, &booking).await?;
        let asked = hold::asked(&booking);
        let place = place_at(tx, ports.facilities.as_ref(), places.all(), &asked).await?;
        let taken = match &place {
            Some(place) => around(tx, place, &booking).await?,
            None => Occupancy::default(),
        };
        let accessories = extras::of_booking(tx, &booking.times).await?;
        let accessories = accessories_text(visit.lang, places.all(), &accessories);
        let particulars = rows::said(tx, booking.id).await?;
        let customer = ports.customers.acted_for(tx, booking.booker, booking.customer).await?;
        let quote = match (&place, customer) {
            (Some(place), Some(customer)) => quote_of(tx, ports, place, &customer, &booking).await?,
            _ => None,
        };
        Ok(Self { visit, booking, places, place, taken, accessories, particulars, quote })
    }

    /// What is held, at what price and on what terms.
    fn held(&self, until: Timestamp) -> Markup {
        let (lang, when) = (self.visit.lang, when_at(self.visit, self.places.first()));
        let booking = &self.booking;
        html! {
            p.quiet #held data-hold-seconds=(until.duration_since(when.now).as_secs()) data-hold-left=(t(lang, "booking-hold-left", &[])) {
                (t(lang, "booking-hold-until", &[("time", &when.near_clock(until))]))
            }
            (self.facts())
            form method="post" action=(href(booking.id)) {
                @match &self.quote {
                    Some(quote) => (price(lang, Some(quote))),
                    None => (Facts::new().row(&t(lang, "booking-price", &[]), match booking.price_ore {
                        Some(ore) => amount(lang, ore),
                        None => t(lang, "booking-no-price", &[]),
                    })),
                }
                (Card::new("terms", &t(lang, "booking-hold-terms", &[]), html! {
                    ul {
                        li { (t(lang, "booking-terms", &[])) }
                        @for term in self.cancel_terms() { li { (term) } }
                    }
                }))
                p { (Button::primary(&t(lang, "booking-confirm", &[])).value("action", "book")) }
            }
            @if let Some(back) = self.form_href() {
                p { a href=(back) { (t(lang, "booking-hold-change", &[])) } }
            }
            form method="post" action=(href(booking.id)) {
                p { (Button::quiet(&t(lang, "booking-hold-let-go", &[])).value("action", "let-go")) }
            }
        }
    }

    /// What the rules say of changing and cancelling; of several times what each of them says.
    fn cancel_terms(&self) -> Vec<String> {
        let Some(place) = &self.place else { return Vec::new() };
        let asked = hold::asked(&self.booking);
        let (lang, purpose) = (self.visit.lang, Some(self.booking.purpose_kind));
        let rules = asked.iter().filter_map(|one| place.rules_of(one));
        let mut said: Vec<String> = Vec::new();
        for term in rules.flat_map(|rules| rule_words::terms(lang, rules, purpose)) {
            if !said.contains(&term) {
                said.push(term);
            }
        }
        said
    }

    /// Back to the form, which finds what was said there; a list of times has no form to go back to.
    fn form_href(&self) -> Option<String> {
        let [time] = self.booking.times.as_slice() else { return None };
        Some(book_href(time.resource, time.span.starts_at(), time.span.minutes(), ""))
    }

    fn facts(&self) -> Facts {
        let (lang, when) = (self.visit.lang, when_at(self.visit, self.places.first()));
        let booking = &self.booking;
        let mut facts = Facts::new();
        for time in &booking.times {
            let place = place_name(lang, self.places.at(time.resource), time.resource);
            facts = facts.row(&when.span(time.span.starts_at(), time.span.ends_at()), place);
        }
        facts = facts
            .row(&t(lang, "booking-customer", &[]), booking.customer_name.clone())
            .row(&t(lang, "booking-purpose-short", &[]), booking.purpose.clone())
            .row(&t(lang, "booking-purpose-kind", &[]), purpose_kind_name(lang, booking.purpose_kind));
        if let Some(persons) = booking.participants.persons {
            facts = facts.row(&t(lang, "booking-persons", &[]), persons.to_string());
        }
        facts = particulars_facts(lang, facts, &self.particulars);
        if self.accessories.is_empty() {
            facts
        } else {
            facts.row(&t(lang, "booking-accessories", &[]), self.accessories.clone())
        }
    }

    /// It ran out: whether the times can still be had, and what can be instead.
    fn over(&self) -> Markup {
        let (lang, when) = (self.visit.lang, when_at(self.visit, self.places.first()));
        let asked = hold::asked(&self.booking);
        let now = self.visit.kernel.now();
        let checked = self.place.as_ref().map(|place| check(place, &asked, now));
        let (free, why) = match &checked {
            Some(Ok(times)) => (times.iter().all(|time| self.taken.has_room_for(time)), None),
            Some(Err(refusals)) => {
                (false, refusals.first().map(|refusal| reason_text(lang, &when, &refusal.reason)))
            }
            None => (false, None),
        };
        if free {
            return html! {
                (Notice::info(&t(lang, "booking-hold-over", &[])).more(&t(lang, "booking-hold-free", &[])))
                (self.facts())
                form method="post" action=(href(self.booking.id)) {
                    p { (Button::primary(&t(lang, "booking-hold-again", &[])).value("action", "again")) }
                }
                p { a href=(schedule_href(&self.places, &self.booking)) { (t(lang, "booking-other-time", &[])) } }
            };
        }
        let why = why.unwrap_or_else(|| t(lang, "booking-taken", &[]));
        html! {
            (Notice::warning(&t(lang, "booking-hold-over", &[])).more(&why))
            (self.facts())
            (self.instead(&asked))
            p { a href=(schedule_href(&self.places, &self.booking)) { (t(lang, "booking-other-time", &[])) } }
        }
    }

    /// What is free instead of the one time that was held.
    fn instead(&self, asked: &[Asked]) -> Markup {
        let (lang, when) = (self.visit.lang, when_at(self.visit, self.places.first()));
        let ([wanted], Some(place), Some(facility)) = (asked, &self.place, self.places.first()) else {
            return html! {};
        };
        let free = alternatives(place, wanted, &self.taken, when.now);
        let links = alternative_links(lang, &when, facility, &free, &self.booking.purpose);
        html! {
            @if links.is_empty() {
                (EmptyState::new(&t(lang, "booking-no-alternatives", &[]), &t(lang, "booking-no-alternatives-hint", &[])))
            } @else {
                (Card::new("alternatives", &t(lang, "booking-alternatives", &[]), LinkCard::list(&links)))
            }
        }
    }
}

/// What others have a day before and after the times.
async fn around(tx: &mut TenantTx, place: &Place, booking: &Booking) -> Result<Occupancy, Failure> {
    let day = jiff::SignedDuration::from_hours(24);
    let starts = booking.times.iter().map(|time| time.span.starts_at()).min();
    let during = starts.and_then(|starts| {
        let (from, to) = (starts.checked_sub(day).ok()?, booking.ends_at().checked_add(day).ok()?);
        booking_domain::Span::new(from, to)
    });
    let Some(during) = during else { return Ok(Occupancy::default()) };
    let taken = store::occupied(tx, &place.parts(), during).await?;
    Ok(Occupancy::new(taken.into_iter().filter(|taken| taken.booking != booking.id)))
}

/// The price of the only time with why; several have their sum.
async fn quote_of(
    tx: &mut TenantTx,
    ports: &Ports,
    place: &Place,
    customer: &Customer,
    booking: &Booking,
) -> Result<Option<Quote>, Failure> {
    let [time] = booking.times.as_slice() else { return Ok(None) };
    let on = place.date_of(time.span.starts_at());
    let group = customer.price_group.as_deref();
    Ok(ports.prices.quote(tx, time.resource, group, on, time.span.minutes()).await?)
}
