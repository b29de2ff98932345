//! `/bookings/{id}`: the confirmation, with the code for those who enter by it.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{Cancellation, Particulars, State, Status};
use cloud_contracts::{BookingAccess, OfflineAccess, QrTime};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role};
use cloud_ui::{AccessCode, Button, Card, Facts, Notice, When, amount, date_words, live_door, t};
use http::header;
use maud::{Markup, html};
use protocols_ids::BookingId;
use serde_json::json;

use super::rule_words::fee_words;
use super::told::Knowing;
use super::words::{accessories_text, particulars_facts, purpose_kind_name};
use super::{
    Right, booking_href, door_state, guests, hold, is_settled, is_silent, offers, offline, place_name, qr,
    requests, seen_booking, several, status_badge, thread, when_at,
};
use crate::Ports;
use crate::extras;
use crate::places::Places;
use crate::store::delegations::{self, Decided};
use crate::store::{self, Booking, decision, extras as rows, fee};

/// The booking's page.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let (booking, right) = seen_booking(&mut tx, &ports, person, id).await?;
    if booking.booker == person.person && booking.status.state() == State::Held {
        return Ok(Redirect::to(&hold::href(id)).into_response());
    }
    let places = Places::of_booking(&mut tx, &ports, &booking).await?;
    let accessories = extras::of_booking(&mut tx, &booking.times).await?;
    let particulars = rows::said(&mut tx, id).await?;
    let with_code = right == Right::Own && booking.status.state() == State::Confirmed;
    let access = ports.access.of_booking(&mut tx, id, with_code).await?;
    if access.as_ref().is_some_and(|access| access.pin.is_some() || !access.pins.is_empty()) {
        let detail = json!({ "number": booking.number });
        tx.audit(Actor::Person(person.person), "access.code_read", Some(id.uuid()), &detail).await?;
    }
    let offline =
        if with_code { Some(offline::read(&mut tx, &ports, person.person, &booking).await?) } else { None };
    let officer = person.roles.contains(&(booking.authority, Role::Officer));
    let notes = if officer { decision::notes(&mut tx, id).await? } else { Vec::new() };
    let knowing = if officer { Some(Knowing::read(&mut tx, &booking).await?) } else { None };
    let guests = store::guests::of_booking(&mut tx, id).await?;
    let passages = ports.access.passages(&mut tx, &[id]).await?;
    let cancelled_at_cost = fee::of(&mut tx, id).await?;
    let decided = if booking.approval_reasons.is_empty() {
        None
    } else {
        delegations::decided(&mut tx, &[booking.authority], None, Some(id)).await?.pop()
    };
    let story = offers::Story::read(&mut tx, &ports, id).await?;
    tx.commit().await?;

    let lang = visit.lang;
    let title = match (booking.status, right) {
        (Status::Cancelled { .. }, Right::Own) if story.waits(&visit) => t(lang, "booking-offer-waits", &[]),
        (Status::Cancelled { .. }, _) => t(lang, "booking-cancelled-title", &[]),
        (Status::Requested, Right::Own) => t(lang, "booking-requested-title", &[]),
        (Status::Refused { .. }, Right::Own) => t(lang, "booking-refused-title", &[]),
        (Status::Held { .. }, _) | (_, Right::Officer) => {
            t(lang, "booking-title", &[("number", &booking.number.to_string())])
        }
        (_, Right::Own) => t(lang, "booking-confirmed-title", &[]),
    };
    let accessories = accessories_text(lang, places.all(), &accessories);
    let resources = booking.times.iter().map(|time| time.resource);
    let can_be_equipped = !extras::equipment_with(places.all(), resources).is_empty();
    let shown = Shown {
        visit: &visit,
        places: &places,
        booking: &booking,
        right,
        officer,
        accessories,
        can_be_equipped,
        particulars,
        cancelled_at_cost,
        decided,
    };
    let page = visit.page(&title);
    let page = match right {
        Right::Own => page.crumb(&t(lang, "booking-mine-title", &[]), "/bookings"),
        Right::Officer => page.crumb(&t(lang, "booking-day-title", &[]), "/desk"),
    };
    let body = html! {
        (shown.decision())
        (story.card(&visit, &booking, right))
        (shown.door(access.as_ref(), offline.as_ref()))
        (shown.facts())
        (shown.times())
        (guests::passages_card(&visit, &when_at(&visit, places.first()), &guests, &passages))
        (guests::card(&visit, &booking, (right, access.is_some()), &guests))
        (shown.actions())
        @if let Some(knowing) = &knowing {
            (knowing.card(&visit, &when_at(&visit, places.first()), &booking))
        }
        @if officer { (requests::notes_card(&visit, id, &notes)) }
    };
    // The next one at this browser does not find the code by going back.
    Ok(([(header::CACHE_CONTROL, "no-store")], page.body(body).render()).into_response())
}

struct Shown<'a> {
    visit: &'a Visit,
    places: &'a Places,
    booking: &'a Booking,
    right: Right,
    /// Whether the reader decides about it.
    officer: bool,
    /// What goes with it, in words; may be empty.
    accessories: String,
    /// Whether equipment or services can be had with its times.
    can_be_equipped: bool,
    particulars: Particulars,
    /// What its times cost that were cancelled late.
    cancelled_at_cost: Option<Cancellation>,
    /// Who decided about it, and by what right.
    decided: Option<Decided>,
}

impl Shown<'_> {
    /// What a request waits for, and what an officer has said.
    fn decision(&self) -> Markup {
        let (lang, booking) = (self.visit.lang, self.booking);
        let reason = booking.decision_reason.as_deref().unwrap_or_default();
        let by = self.decided.as_ref().map(|decided| self.decided_by(decided)).unwrap_or_default();
        match booking.status {
            Status::Requested => {
                let when = when_at(self.visit, self.places.first());
                let by = booking.decide_by.map(|day| {
                    t(lang, "booking-requested-by", &[("day", &date_words(lang, day, when.today()))])
                });
                let notice = Notice::info(&t(lang, "booking-requested-info", &[]));
                let notice = by.iter().fold(notice, |notice, by| notice.more(by));
                if !self.officer {
                    return html! { (notice) };
                }
                let decide = Button::primary(&t(lang, "booking-decide", &[]));
                html! { (notice.action(decide.href(&format!("{}/decide", booking_href(booking.id))))) }
            }
            Status::Refused { .. } => {
                html! { (Notice::warning(&t(lang, "booking-refused-info", &[])).more(reason)) p.quiet { (by) } }
            }
            Status::Confirmed if !reason.is_empty() => {
                html! { (Notice::info(&t(lang, "booking-approved-info", &[])).more(reason)) p.quiet { (by) } }
            }
            Status::Confirmed if self.decided.is_some() => html! { p.quiet { (by) } },
            Status::Confirmed | Status::Held { .. } | Status::Cancelled { .. } => html! {},
        }
    }

    /// Who decided when, and by what right.
    fn decided_by(&self, decided: &Decided) -> String {
        let lang = self.visit.lang;
        let time = self.visit.when().day_and_clock(decided.at);
        let by = t(lang, "booking-decided-by", &[("officer", &decided.officer), ("time", &time)]);
        let right = decided.delegation.as_ref().map(|(reference, matter)| {
            t(lang, "booking-decided-by-delegation", &[("matter", matter), ("reference", reference)])
        });
        right.map_or_else(|| format!("{by}."), |right| format!("{by}, {right}."))
    }

    /// The code, or what there is to know instead of it.
    fn door(&self, access: Option<&BookingAccess>, offline: Option<&OfflineAccess>) -> Markup {
        let (lang, when) = (self.visit.lang, when_at(self.visit, self.places.first()));
        let confirmed = self.booking.status.state() == State::Confirmed;
        let Some(access) = access else {
            return if confirmed {
                self.no_doors()
            } else {
                html! {}
            };
        };
        let Some(state) = door_state(lang, &when, access.state) else {
            return if confirmed {
                self.no_doors()
            } else {
                html! {}
            };
        };
        let href = booking_href(self.booking.id);
        let live = format!("{href}/access/live?silent={}", is_silent(access.state));
        let (events, offline_url) =
            ((!is_settled(access.state)).then_some(live), format!("{href}/access/offline"));
        match (&access.pin, offline, self.right) {
            (Some(pin), Some(offline), Right::Own) => html! {
                (AccessCode {
                    lang,
                    code: pin.clone(),
                    valid: self.valid(access),
                    door: access.doors.join(", "),
                    state,
                    events,
                    offline: offline::shown(lang, &when, self.booking, offline),
                    offline_url,
                })
                (self.qr(&when, offline.qr))
            },
            (None, Some(offline), Right::Own) if !access.pins.is_empty() => html! {
                @let codes = guests::codes_of_times(self.visit, &when, self.places, self.booking, access);
                @let shown = offline::shown(lang, &when, self.booking, offline);
                (Card::new("codes", &t(lang, "guests-codes-each", &[]), html! {
                    p.quiet { (t(lang, "access-code-how", &[])) }
                    (live_door(lang, &state, events.as_deref(), &shown, &offline_url))
                    (codes)
                }))
                (self.qr(&when, offline.qr))
            },
            (_, _, Right::Own | Right::Officer) => html! { p { (state.badge(lang)) } },
        }
    }

    /// The way to the QR code, or when there will be one.
    fn qr(&self, when: &When, time: QrTime) -> Markup {
        let lang = self.visit.lang;
        match time {
            QrTime::Never => html! {},
            QrTime::From(from) => html! {
                p.quiet { (t(lang, "booking-qr-from", &[("time", &when.near_clock(from))])) }
            },
            QrTime::Now => html! {
                p { (Button::quiet(&t(lang, "booking-qr-show", &[])).href(&qr::href(self.booking.id))) }
            },
        }
    }

    fn no_doors(&self) -> Markup {
        html! { (Notice::info(&t(self.visit.lang, "booking-no-doors", &[]))) }
    }

    /// From when until when the code opens; of a series, that it does so each time.
    fn valid(&self, access: &BookingAccess) -> String {
        match (access.opens_at, access.closes_at, self.booking.times.len()) {
            (Some(opens), Some(closes), 1) => when_at(self.visit, self.places.first()).span(opens, closes),
            _ => t(self.visit.lang, "booking-valid-each", &[]),
        }
    }

    fn facts(&self) -> Facts {
        let (lang, booking) = (self.visit.lang, self.booking);
        let when = when_at(self.visit, self.places.first());
        let mut facts = Facts::new();
        if let [only] = booking.times.as_slice() {
            facts = facts
                .row(&t(lang, "booking-time", &[]), when.span(only.span.starts_at(), only.span.ends_at()))
                .row(
                    &t(lang, "booking-place", &[]),
                    place_name(lang, self.places.at(only.resource), only.resource),
                );
        }
        let addresses: Vec<&str> =
            self.places.all().iter().filter_map(|facility| facility.address.as_deref()).collect();
        if !addresses.is_empty() {
            // RFC 5870: the visitor's own map opens, whichever it is.
            let position = self.places.first().and_then(|facility| facility.position);
            facts = facts.row(&t(lang, "facilities-address", &[]), html! {
                div.address { (addresses.join("; ")) }
                @if let Some(position) = position.filter(|_| self.places.all().len() == 1) {
                    a href=(format!("geo:{:.6},{:.6}", position.latitude, position.longitude)) { (t(lang, "facilities-map", &[])) }
                }
            });
        }
        let price = match booking.price_ore {
            Some(ore) => amount(lang, ore),
            None => t(lang, "booking-no-price", &[]),
        };
        if let Some(cost) = &self.cancelled_at_cost {
            let due = match cost.ore {
                Some(ore) => amount(lang, i64::try_from(ore).unwrap_or(i64::MAX)),
                None => t(lang, "booking-cancel-fee-unknown", &[]),
            };
            let why: Vec<String> = cost.steps.iter().map(|step| fee_words(lang, step, true)).collect();
            facts = facts.row(&t(lang, "booking-cancel-fee", &[]), format!("{due} ({})", why.join("; ")));
        }
        facts = facts
            .row(&t(lang, "booking-customer", &[]), booking.customer_name.clone())
            .row(&t(lang, "booking-purpose-short", &[]), booking.purpose.clone())
            .row(&t(lang, "booking-purpose-kind", &[]), purpose_kind_name(lang, booking.purpose_kind));
        if let Some(persons) = booking.participants.persons {
            facts = facts.row(&t(lang, "booking-persons", &[]), persons.to_string());
        }
        facts = particulars_facts(lang, facts, &self.particulars);
        if !self.accessories.is_empty() {
            facts = facts.row(&t(lang, "booking-accessories", &[]), self.accessories.clone());
        }
        facts
            .row(&t(lang, "booking-price", &[]), price)
            .row(&t(lang, "booking-number", &[]), booking.number.to_string())
            .row(&t(lang, "booking-status", &[]), status_badge(lang, booking.status))
    }

    fn times(&self) -> Markup {
        let (lang, when) = (self.visit.lang, when_at(self.visit, self.places.first()));
        if self.booking.times.len() < 2 {
            return html! {};
        }
        let list = html! {
            ol {
                @for time in &self.booking.times {
                    li {
                        (when.span(time.span.starts_at(), time.span.ends_at())) " · "
                        (place_name(lang, self.places.at(time.resource), time.resource))
                    }
                }
            }
        };
        html! { (Card::new("times", &t(lang, "booking-times", &[]), list)) }
    }

    fn actions(&self) -> Markup {
        let (lang, href) = (self.visit.lang, booking_href(self.booking.id));
        let can_cancel = self.booking.status.cancel(self.booking.ends_at(), self.visit.kernel.now()).is_ok();
        html! {
            @if self.booking.status.state() != State::Held && self.booking.status.keeps(self.visit.kernel.now()) {
                div.actions {
                    @if self.booking.status.state() == State::Confirmed {
                        (Button::quiet(&t(lang, "booking-calendar", &[])).href(&format!("{href}/calendar.ics")))
                    }
                    @if can_cancel {
                        (Button::quiet(&t(lang, "booking-change", &[])).href(&format!("{href}/change")))
                    }
                    @if can_cancel && self.can_be_equipped {
                        (Button::quiet(&t(lang, "booking-accessories-change", &[])).href(&format!("{href}/accessories")))
                    }
                    @if can_cancel && self.right == Right::Own {
                        (Button::quiet(&t(lang, "booking-cancel", &[])).href(&format!("{href}/cancel")))
                    }
                    (Button::quiet(&t(lang, "booking-thread-title", &[])).href(&thread::href(self.booking.id)))
                    // An officer copies it for the customer.
                    (Button::quiet(&t(lang, "booking-again", &[])).href(&several::again_href(self.booking.id)))
                }
            }
        }
    }
}
