//! `/bookings/{id}/hold`: price and terms of a time that is held, with one button that books. Of a hold that ran out,
//! whether the time is still free and one tap to hold it again.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{
    Asked, Asker, Occupancy, Particulars, Place, Refusal, Request, State, Status, alternatives, judge_one,
    neighbourhood,
};
use cloud_contracts::Quote;
use cloud_kernel::TenantTx;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Facts, LinkCard, Notice, amount, t};
use http::{StatusCode, header};
use jiff::Timestamp;
use maud::{Markup, html};
use protocols_ids::{BookingId, PersonId};
use serde::Deserialize;

use super::prices::{price, prices};
use super::words::{accessories_text, particulars_facts, purpose_kind_name, reason_text};
use super::{alternative_links, book_href, booking_href, place_name, rule_words, several, when_at};
use crate::Ports;
use crate::book::{Asking, asker, quotes};
use crate::change::asked_of;
use crate::extras;
use crate::hold::{self, HOLDS_MAX, Held};
use crate::place::place_at;
use crate::places::Places;
use crate::store::{self, Booking, Time, extras as rows};

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
        Held::Booked | Held::Requested => return Ok(Redirect::to(&booking_href(id)).into_response()),
        // The page says how it is.
        Held::Over => return Ok(Redirect::to(&href(id)).into_response()),
        Held::Kept { gone } if gone.is_empty() => return Ok(Redirect::to(&href(id)).into_response()),
        Held::Kept { gone } => (StatusCode::OK, Wrong::Gone(gone)),
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
    /// Of these times only: the others are held.
    Gone(Vec<Time>),
}

impl Wrong {
    fn told(&self, visit: &Visit, places: &Places) -> ErrorSummary {
        let (lang, when) = (visit.lang, when_at(visit, places.first()));
        let mut texts = match self {
            Self::Gone(_) => Vec::new(),
            Self::Text(text) => vec![text.clone()],
            Self::Refused(refusals) => {
                refusals.iter().map(|refusal| reason_text(lang, &when, &refusal.reason)).collect()
            }
        };
        texts.dedup();
        texts.iter().fold(ErrorSummary::new(lang), |errors, text| errors.error("held", text))
    }

    /// The times that are not held with the others.
    fn gone(&self) -> &[Time] {
        match self {
            Self::Gone(times) => times,
            Self::Text(_) | Self::Refused(_) => &[],
        }
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
    let (status, errors) = match &wrong {
        Some((status, wrong)) => (*status, wrong.told(visit, &screen.places)),
        None => (StatusCode::OK, ErrorSummary::new(visit.lang)),
    };
    let live = until > visit.kernel.now();
    let (title, body) = if live {
        (t(visit.lang, "booking-hold-title", &[]), screen.held(until))
    } else {
        (t(visit.lang, "booking-hold-over-title", &[("count", &screen.booking.times.len())]), screen.over())
    };
    let page = visit.page(&title).errors(errors);
    let page = match wrong.as_ref().map(|(_, wrong)| wrong.gone()).filter(|gone| !gone.is_empty()) {
        Some(gone) => page.notice(screen.gone(gone)),
        None => page,
    };
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
    /// What others have around the times, where the hold is over.
    taken: Occupancy,
    accessories: String,
    particulars: Particulars,
    /// What each time costs, in their order; nothing where the one who holds may not act for the customer any more.
    quotes: Vec<Option<Quote>>,
    /// Who asks, where the hold is over and can be taken again.
    asker: Option<Asker>,
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
        let over = !booking.status.keeps(tx.now());
        let taken = match &place {
            Some(place) if over => around(tx, place, &booking).await?,
            Some(_) | None => Occupancy::default(),
        };
        let accessories = extras::of_booking(tx, &booking.times).await?;
        let accessories = accessories_text(visit.lang, places.all(), &accessories);
        let particulars = rows::said(tx, booking.id).await?;
        let customer = ports.customers.acted_for(tx, booking.booker, booking.customer).await?;
        let (mut known, mut costs) = (None, Vec::new());
        if let (Some(place), Some(customer)) = (&place, &customer) {
            costs = quotes(tx, ports, place, customer, &booking.times).await?;
            if over {
                let asking = Asking { person: booking.booker, customer, asked: &asked, officer: false };
                known = Some(asker(tx, ports, &asking, place).await?);
            }
        }
        Ok(Self {
            visit,
            booking,
            places,
            place,
            taken,
            accessories,
            particulars,
            quotes: costs,
            asker: known,
        })
    }

    fn count(&self) -> usize {
        self.booking.times.len()
    }

    /// A time in words.
    fn says(&self, time: &Time) -> String {
        let when = when_at(self.visit, self.places.first());
        let place = place_name(self.visit.lang, self.places.at(time.resource), time.resource);
        format!("{}, {place}", when.span(time.span.starts_at(), time.span.ends_at()))
    }

    /// The times that are not held with the others any more.
    fn gone(&self, gone: &[Time]) -> Notice {
        let lang = self.visit.lang;
        let times: Vec<String> = gone.iter().map(|time| self.says(time)).collect();
        Notice::warning(&t(lang, "booking-hold-gone", &[("count", &gone.len())])).more(&times.join("; "))
    }

    /// What the times cost: the only one with why, several with what each does too.
    fn price(&self) -> Markup {
        let lang = self.visit.lang;
        match (self.booking.times.as_slice(), self.quotes.as_slice()) {
            ([_], [Some(quote)]) => price(lang, Some(quote)),
            ([_], _) => html! {
                (Facts::new().row(&t(lang, "booking-price", &[]), match self.booking.price_ore {
                    Some(ore) => amount(lang, ore),
                    None => t(lang, "booking-no-price", &[]),
                }))
            },
            (times, quotes) => {
                let times: Vec<String> = times.iter().map(|time| self.says(time)).collect();
                prices(lang, &times, quotes, self.booking.price_ore)
            }
        }
    }

    /// What is held, at what price and on what terms.
    fn held(&self, until: Timestamp) -> Markup {
        let (lang, when) = (self.visit.lang, when_at(self.visit, self.places.first()));
        let booking = &self.booking;
        html! {
            p.quiet #held data-hold-seconds=(until.duration_since(when.now).as_secs()) data-hold-left=(t(lang, "booking-hold-left", &[])) {
                (t(lang, "booking-hold-until", &[("time", &when.near_clock(until)), ("count", &self.count())]))
            }
            (self.facts())
            form method="post" action=(href(booking.id)) {
                (self.price())
                (Card::new("terms", &t(lang, "booking-hold-terms", &[]), html! {
                    ul {
                        li { (t(lang, "booking-terms", &[("count", &self.count())])) }
                        @for term in self.cancel_terms() { li { (term) } }
                    }
                }))
                p { (Button::primary(&t(lang, "booking-confirm", &[("count", &self.count())])).value("action", "book")) }
            }
            p { a href=(self.form_href()) { (t(lang, "booking-hold-change", &[])) } }
            form method="post" action=(href(booking.id)) {
                p { (Button::quiet(&t(lang, "booking-hold-let-go", &[("count", &self.count())])).value("action", "let-go")) }
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

    /// Back to the form, or to the list, which finds what was said there.
    fn form_href(&self) -> String {
        match self.booking.times.as_slice() {
            [time] => book_href(time.resource, time.span.starts_at(), time.span.minutes(), ""),
            _ => several::held_href(self.booking.id),
        }
    }

    fn facts(&self) -> Facts {
        let (lang, when) = (self.visit.lang, when_at(self.visit, self.places.first()));
        let booking = &self.booking;
        let mut facts = match booking.times.as_slice() {
            [time] => {
                let place = place_name(lang, self.places.at(time.resource), time.resource);
                Facts::new().row(&when.span(time.span.starts_at(), time.span.ends_at()), place)
            }
            // Each stands with its price.
            times => {
                let count = t(lang, "booking-times-count", &[("count", &times.len())]);
                Facts::new().row(&t(lang, "booking-times", &[]), count)
            }
        };
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

    /// It ran out: which of the times can still be had, and what can be instead.
    fn over(&self) -> Markup {
        let (lang, count) = (self.visit.lang, self.count());
        let gone: Vec<(&Time, String)> = self
            .booking
            .times
            .iter()
            .filter_map(|time| Some((time, self.stands_in_the_way(time)?)))
            .collect();
        let left = count - gone.len();
        let over = t(lang, "booking-hold-over", &[("count", &count)]);
        let notice = match (count, gone.as_slice()) {
            (_, []) => Notice::info(&over).more(&t(lang, "booking-hold-free", &[("count", &count)])),
            (1, [(_, why), ..]) => Notice::warning(&over).more(why),
            _ => Notice::warning(&over).more(&t(
                lang,
                "booking-hold-left-of",
                &[("left", &left), ("count", &count)],
            )),
        };
        html! {
            (notice)
            @if count > 1 && !gone.is_empty() {
                (Card::new("gone", &t(lang, "booking-hold-gone", &[("count", &gone.len())]), html! {
                    ul { @for (time, why) in &gone { li { (self.says(time)) ": " (why) } } }
                }))
            }
            (self.facts())
            @if left > 0 {
                form method="post" action=(href(self.booking.id)) {
                    p { (Button::primary(&self.hold_again(left)).value("action", "again")) }
                }
            }
            @if count > 1 {
                p { a href=(self.form_href()) { (t(lang, "booking-hold-change", &[])) } }
            } @else if left == 0 {
                (self.instead(&hold::asked(&self.booking)))
            }
            p { a href=(schedule_href(&self.places, &self.booking)) { (t(lang, "booking-other-time", &[])) } }
        }
    }

    /// The button that holds what is left again.
    fn hold_again(&self, left: usize) -> String {
        let lang = self.visit.lang;
        if left == self.count() {
            t(lang, "booking-hold-again", &[("count", &left)])
        } else {
            t(lang, "booking-hold-again-left", &[("left", &left)])
        }
    }

    /// Why a time that was held cannot be had again; nothing where it can.
    fn stands_in_the_way(&self, time: &Time) -> Option<String> {
        let (lang, when) = (self.visit.lang, when_at(self.visit, self.places.first()));
        let taken = || t(lang, "booking-taken", &[]);
        let (Some(place), Some(asker)) = (&self.place, &self.asker) else { return Some(taken()) };
        let request = Request {
            asker,
            purpose: self.booking.purpose_kind,
            persons: self.booking.participants.persons,
            asked: &[],
        };
        match judge_one(place, &request, &asked_of(time), self.visit.kernel.now()) {
            Ok(one) => (!self.taken.has_room_for(&one)).then(taken),
            Err(reasons) => reasons.first().map(|reason| reason_text(lang, &when, reason)),
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

/// What others have a day before and after each of the times. What one holds oneself is in nobody's way.
async fn around(tx: &mut TenantTx, place: &Place, booking: &Booking) -> Result<Occupancy, Failure> {
    let days: Vec<_> = booking.times.iter().map(|time| neighbourhood(time.span)).collect();
    let taken = store::occupied(tx, &place.parts(), &days).await?;
    let own = store::hold::of_person(tx, booking.booker).await?;
    let own: Vec<BookingId> = own.iter().map(|hold| hold.id).chain([booking.id]).collect();
    Ok(Occupancy::new(taken.into_iter().filter(|taken| !own.contains(&taken.booking))))
}
