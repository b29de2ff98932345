//! Takes times for somebody, and gives them back: what the pages and the API share.

use std::collections::BTreeSet;

use booking_domain::{
    Accessory, AgeGroup, Asked, Asker, CustomerKind, Judged, Participants, Particulars, Period, Place,
    Purpose, PurposeKind, Reason, Refusal, Request, Rules, Span, State, WhyApproval, judge,
    parts_in_lock_order, priority,
};
use cloud_contracts::{
    BookingCancelled, BookingConfirmed, BookingRefused, BookingRequested, BookingToOpen, Customer,
    OccurrenceToOpen, PortError, Priced, Quote,
};
use cloud_kernel::telemetry::{SpanKind, Story, current_span, figures};
use cloud_kernel::web::Failure;
use cloud_kernel::{Actor, Kernel, TenantTx};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{BookingId, CustomerId, FacilityId, OccurrenceId, PersonId, TenantId};
use serde_json::json;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::Ports;
use crate::extras::{self, Short};
use crate::freed;
use crate::guests::opened;
use crate::hold::{HOLDS_MAX, hold_minutes, minutes_after};
use crate::pages::schedule;
use crate::place::place_at;
use crate::places::Places;
use crate::run_out;
use crate::store::decision::Ruling;
use crate::store::{self, Booking, NewBooking, NewTime, StoreError, Time, decision, extras as rows, hold};
use crate::terms::standing;

/// Bookings that are written at once in this process; the next waits its turn, no longer than its request may
/// take. Writes to the same parts queue in the database anyhow; without this bound a rush at one hall would
/// hold every connection while it queues there, and pages that only read would be refused.
pub static WRITES: Semaphore = Semaphore::const_new(8);

/// What somebody wants to book.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who asks.
    pub booker: PersonId,
    /// On whose account.
    pub customer: CustomerId,
    /// What for.
    pub purpose: Purpose,
    /// The sort of it.
    pub purpose_kind: PurposeKind,
    /// Who takes part.
    pub participants: Participants,
    /// The officer who books for them, at the desk: of the authority whose facility it is, which the caller has looked at.
    pub officer: Option<PersonId>,
    /// The same for a repetition of the request.
    pub request_key: Uuid,
    /// The times, at facilities of one authority.
    pub asked: Vec<Asked>,
    /// What goes with them, each once.
    pub accessories: Vec<Accessory>,
    /// What is peculiar to what is booked.
    pub particulars: Particulars,
    /// Whether the times are held first, for whoever looks at price and terms before they book.
    pub hold: bool,
}

impl Wish {
    /// Who does it.
    pub fn by(&self) -> PersonId {
        self.officer.unwrap_or(self.booker)
    }

    /// The same for the same wish under the same request key. Somebody who goes back in the browser and asks for
    /// something else sends the old key with it, and means something new.
    fn key(&self) -> Uuid {
        let times: Vec<String> = self
            .asked
            .iter()
            .map(|asked| format!("{} {} {}", asked.resource, asked.starts_at, asked.minutes))
            .collect();
        let (purpose, kind) = (self.purpose.as_str(), self.purpose_kind.key());
        let wish = format!(
            "{}\n{purpose}\n{kind}\n{:?}\n{}\n{:?}\n{:?}",
            self.customer,
            self.participants,
            times.join("\n"),
            self.accessories,
            self.particulars
        );
        Uuid::new_v5(&self.request_key, wish.as_bytes())
    }
}

/// What became of a wish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is a booking, now or since an earlier request for the same with the same key.
    Booked {
        /// Which.
        booking: BookingId,
        /// Its number.
        number: u64,
    },
    /// It is a request that an officer decides, now or since an earlier one with the same key; its times are kept.
    Requested {
        /// Which.
        booking: BookingId,
        /// Its number.
        number: u64,
    },
    /// Its times are held for whoever asked, or were since an earlier request with the same key.
    Held {
        /// As which booking.
        booking: BookingId,
    },
    /// There are too few of something that was to go with it; nothing was booked.
    Short(Vec<Short>),
    /// The person holds as many times as one may; nothing was held.
    TooManyHolds,
    /// Some of its times are taken; nothing was booked.
    Clash {
        /// Which times, from 0.
        occurrences: Vec<usize>,
    },
    /// It breaks rules; nothing was booked.
    Refused(Vec<Refusal>),
    /// The person may not act for that customer; nothing was booked.
    NotForCustomer,
}

impl Outcome {
    /// As the figures call it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Booked { .. } => "booked",
            Self::Requested { .. } => "requested",
            Self::Held { .. } => "held",
            Self::Short(_) => "short",
            Self::TooManyHolds => "too_many_holds",
            Self::Clash { .. } => "clash",
            Self::Refused(_) => "refused",
            Self::NotForCustomer => "not_for_customer",
        }
    }
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The store.
    #[error("store of bookings")]
    Store(#[from] StoreError),
    /// Another module.
    #[error("another module")]
    Port(#[from] PortError),
    /// The database.
    #[error("database")]
    Database(#[from] sqlx::Error),
}

impl From<BookError> for Failure {
    fn from(error: BookError) -> Self {
        Self::internal(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

/// Books, in one transaction: the booking, the space, what opens the doors, audit and events; or nothing.
pub async fn book(
    kernel: &Kernel,
    tenant: TenantId,
    ports: &Ports,
    wish: &Wish,
) -> Result<Outcome, BookError> {
    let outcome = take(kernel, tenant, ports, wish).await;
    figures::BOOKINGS.count(&[outcome.as_ref().map_or("failed", Outcome::name)]);
    outcome
}

async fn take(kernel: &Kernel, tenant: TenantId, ports: &Ports, wish: &Wish) -> Result<Outcome, BookError> {
    // Nobody closes it.
    let _turn = WRITES.acquire().await.ok();
    let mut tx = kernel.begin(tenant).await?;
    if wish.hold {
        hold::one_at_a_time(&mut tx, wish.booker).await?;
    }
    if let Some(earlier) = store::by_request_key(&mut tx, wish.booker, wish.key()).await? {
        return Ok(outcome_of(earlier));
    }
    let holds = hold::lock_of(&mut tx, wish.booker).await?;
    // An officer who books in their own name does it for any customer; nobody is made the booker for one whom they may
    // not act for.
    let customer = if wish.officer == Some(wish.booker) {
        ports.customers.by_id(&mut tx, wish.customer).await?
    } else {
        ports.customers.acted_for(&mut tx, wish.booker, wish.customer).await?
    };
    let Some(customer) = customer else { return Ok(Outcome::NotForCustomer) };
    let refused = |reason| Ok(Outcome::Refused(vec![Refusal { occurrence: 0, reason }]));
    let places = Places::of_asked(&mut tx, ports, &wish.asked).await?;
    let Some(home) = places.first() else {
        let first = wish.asked.first();
        return refused(first.map_or(Reason::Nothing, |first| Reason::UnknownResource(first.resource)));
    };
    if !places.go_together() {
        return refused(Reason::Apart);
    }
    let place = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &wish.asked).await?;
    let Some(place) = place else { return refused(Reason::Apart) };
    let asking = Asking {
        person: wish.booker,
        customer: &customer,
        asked: &wish.asked,
        officer: wish.officer.is_some(),
    };
    let asker = asker(&mut tx, ports, &asking, &place).await?;
    let request = Request {
        asker: &asker,
        purpose: wish.purpose_kind,
        persons: wish.participants.persons,
        asked: &wish.asked,
    };
    let judged = judge(&place, &request, tx.now());
    let Judged { occurrences, approval } = match with_peculiar(judged, &places, wish) {
        Ok(judged) => judged,
        Err(refusals) => return Ok(Outcome::Refused(refusals)),
    };
    let times: Vec<NewTime<'_>> = occurrences
        .iter()
        .map(|one| NewTime {
            id: tx.new_id(),
            resource: one.resource(),
            facility: places.at(one.resource()).map_or(home.id, |facility| facility.id),
            span: one.span(),
            occupies: one.occupies(),
            parts: one.parts(),
        })
        .collect();
    let booked: Vec<Time> = times.iter().map(NewTime::time).collect();
    let lendings = match extras::lendings(places.all(), &booked, &wish.accessories) {
        Ok(lendings) => lendings,
        Err(reason) => return refused(reason),
    };
    let approval_reasons: Vec<String> = approval.iter().map(reason_of_approval).collect();
    let price_ore = price(&mut tx, ports, &place, &customer, &booked).await?;
    let new = NewBooking {
        id: tx.new_id(),
        authority: home.authority,
        facility: home.id,
        customer: customer.id,
        customer_name: &customer.name,
        booker: wish.booker,
        purpose: &wish.purpose,
        purpose_kind: wish.purpose_kind,
        participants: wish.participants,
        approval_reasons: &approval_reasons,
        decide_by: decide_by(&place, &wish.asked, asker.known, tx.now()).filter(|_| !approval.is_empty()),
        price_ore,
        request_key: wish.key(),
    };
    let held = wish.hold && approval.is_empty();
    let held = held.then(|| minutes_after(tx.now(), hold_minutes(&place, &wish.asked)));

    let space = parts_in_lock_order(&occurrences);
    store::lock_parts(&mut tx, &space).await?;
    if !holds.is_empty() {
        // What one holds oneself is in nobody's way: somebody who goes back and chooses anew takes it with them.
        let spans: Vec<Span> = times.iter().map(|time| time.occupies).collect();
        let in_the_way = hold::in_the_way(&mut tx, &holds, &space, &spans).await?;
        if held.is_some() && holds.len() - in_the_way.len() >= HOLDS_MAX {
            return Ok(Outcome::TooManyHolds);
        }
        hold::let_go(&mut tx, &in_the_way).await?;
    }
    let without_room = store::occupy(&mut tx, &times, held).await?;
    if !without_room.is_empty() {
        drop(tx);
        return or_earlier(kernel, tenant, wish, clash(&times, &without_room)).await;
    }
    let Some(number) = store::insert(&mut tx, &new, &times).await? else {
        drop(tx);
        return or_earlier(kernel, tenant, wish, clash(&times, &BTreeSet::new())).await;
    };
    let booking = new.id;
    let particulars =
        extras::asked_of(places.all(), booked.iter().map(|time| time.resource), &wish.particulars);
    if !particulars.is_empty() {
        rows::say(&mut tx, booking, &particulars).await?;
    }
    let short = extras::lend(&mut tx, &lendings).await?;
    if !short.is_empty() {
        return Ok(Outcome::Short(short));
    }
    let detail = json!({ "number": number, "customer": new.customer, "times": times.len() });
    let outcome = if let Some(until) = held {
        hold::keep(&mut tx, booking, until).await?;
        run_out::remind(&mut tx, booking, until).await?;
        tx.audit(Actor::Person(wish.by()), "booking.held", Some(booking.uuid()), &detail).await?;
        Outcome::Held { booking }
    } else if approval.is_empty() {
        conclude(&mut tx, ports, wish.by(), (&to_open(booking, number, &booked), true), &detail).await?;
        Outcome::Booked { booking, number }
    } else {
        put_first(&mut tx, booking, &place, &request, wish.participants.age_group).await?;
        conclude(&mut tx, ports, wish.by(), (&to_open(booking, number, &booked), false), &detail).await?;
        Outcome::Requested { booking, number }
    };
    signal(&mut tx, &booked.iter().map(|time| time.facility).collect());
    tx.commit().await?;
    Ok(outcome)
}

/// What the rules say, with what is peculiar to each of the resources and was not answered, or does not fit.
fn with_peculiar(
    judged: Result<Judged, Vec<Refusal>>,
    places: &Places,
    wish: &Wish,
) -> Result<Judged, Vec<Refusal>> {
    let reasons = wish.asked.iter().enumerate().flat_map(|(occurrence, one)| {
        let peculiar = extras::peculiar_of(places.all(), one.resource);
        let (persons, said) = (wish.participants.persons, &wish.particulars);
        let reasons = if wish.officer.is_some() {
            peculiar.misfits(persons, said)
        } else {
            peculiar.reasons(persons, said)
        };
        reasons.into_iter().map(move |reason| Refusal { occurrence, reason })
    });
    let mut peculiar: Vec<Refusal> = reasons.collect();
    match judged {
        Ok(judged) if peculiar.is_empty() => Ok(judged),
        Ok(_) => Err(peculiar),
        Err(mut refusals) => {
            refusals.append(&mut peculiar);
            Err(refusals)
        }
    }
}

/// Says to open schedules of these facilities that something changed.
pub fn signal(tx: &mut TenantTx, facilities: &BTreeSet<FacilityId>) {
    for facility in facilities {
        tx.signal(schedule::topic(*facility));
    }
}

/// Tells doors, audit, the other modules and the booking's story that a booking is agreed; or that it is asked for, where
/// an officer has not approved it. The end of every way in which a booking comes to be.
pub async fn conclude(
    tx: &mut TenantTx,
    ports: &Ports,
    by: PersonId,
    (opened, approved): (&BookingToOpen, bool),
    detail: &serde_json::Value,
) -> Result<(), BookError> {
    let BookingToOpen { booking, number, .. } = *opened;
    let action = if approved { "booking.confirmed" } else { "booking.requested" };
    if approved {
        ports.access.issue(tx, opened).await?;
        tx.emit(&BookingConfirmed { booking }).await?;
    } else {
        tx.emit(&BookingRequested { booking }).await?;
    }
    tx.audit(Actor::Person(by), action, Some(booking.uuid()), detail).await?;
    tell(tx, action, booking, number);
    Ok(())
}

/// Puts a request before others where its customer's group goes first, by the rules of its first time.
pub async fn put_first(
    tx: &mut TenantTx,
    booking: BookingId,
    place: &Place,
    request: &Request<'_>,
    age_group: Option<AgeGroup>,
) -> Result<(), StoreError> {
    let rules = request.asked.first().and_then(|first| place.rules_of(first));
    let first = rules.and_then(|rules| priority(&rules.priority, request.asker, request.purpose, age_group));
    match first {
        Some((first, group)) => decision::goes_first(tx, booking, first, &group.name).await,
        None => Ok(()),
    }
}

/// Who asks for which times.
pub struct Asking<'a> {
    /// Who books.
    pub person: PersonId,
    /// On whose account.
    pub customer: &'a Customer,
    /// The times.
    pub asked: &'a [Asked],
    /// Whether as an officer of the facility's authority.
    pub officer: bool,
}

/// Who asks, as far as the rules of these times ask: what no rule asks for is not read.
pub async fn asker(
    tx: &mut TenantTx,
    ports: &Ports,
    asking: &Asking<'_>,
    place: &Place,
) -> Result<Asker, BookError> {
    let customer = asking.customer;
    let rules: Vec<&Rules> = asking.asked.iter().filter_map(|one| place.rules_of(one)).collect();
    let ask = |name: &str| {
        rules.iter().flat_map(|rules| rules.conditions.iter()).any(|condition| condition.when.contains(name))
    };
    let age = if rules.iter().any(|rules| rules.booker_age_min.is_some()) || ask("age") {
        ports.customers.age_for(tx, asking.person, customer.id, place.date_of(tx.now())).await?
    } else {
        None
    };
    let asks_known = rules.iter().any(|rules| rules.decided_within.is_some()) || ask("new_customer");
    let known = !asks_known || store::has_booked(tx, customer.id).await?;
    let used = match quota_window(&rules, asking.asked, tx.now()) {
        Some(window) => store::used(tx, customer.id, window).await?,
        None => Vec::new(),
    };
    Ok(Asker {
        kind: kind_of(customer.kind),
        group: customer.price_group.clone(),
        age,
        known,
        used,
        officer: asking.officer,
    })
}

/// From when until when quotas look at what the customer has; `None` where there are none.
fn quota_window(rules: &[&Rules], asked: &[Asked], now: Timestamp) -> Option<Span> {
    let mut periods =
        rules.iter().flat_map(|rules| rules.quotas.iter().map(|(_, quota)| quota.per)).peekable();
    periods.peek()?;
    // A year on both sides holds every day, week, month and year that they are in.
    let year = SignedDuration::from_hours(366 * 24);
    let first = asked.iter().map(|one| one.starts_at).min()?.checked_sub(year).ok()?;
    let last = asked.iter().map(|one| one.starts_at).max()?.checked_add(year).ok()?;
    let from = if periods.all(|period| period == Period::Ahead) { now } else { first.min(now) };
    Span::new(from, last)
}

/// A customer's sort in the domain's words.
pub const fn kind_of(kind: cloud_contracts::CustomerKind) -> CustomerKind {
    match kind {
        cloud_contracts::CustomerKind::Person => CustomerKind::Person,
        cloud_contracts::CustomerKind::Association => CustomerKind::Association,
        cloud_contracts::CustomerKind::Company => CustomerKind::Company,
        cloud_contracts::CustomerKind::Unit => CustomerKind::Unit,
    }
}

/// The day on which a request has been decided at the latest, where the rules promise that.
pub fn decide_by(place: &Place, asked: &[Asked], known: bool, now: Timestamp) -> Option<Date> {
    let promised = asked.iter().filter_map(|one| place.rules_of(one)?.decided_within);
    let days = promised.map(|(usual, new)| if known { usual } else { new }).max()?;
    let today = place.date_of(now);
    let after = std::iter::successors(today.tomorrow().ok(), |date| date.tomorrow().ok());
    let working = after.filter(|date| place.is_working_day(*date));
    working.take(usize::try_from(days).unwrap_or(usize::MAX)).last().or(Some(today))
}

/// Why an officer decides, as it is stored: the rule's own words, or nothing but that there is one.
pub fn reason_of_approval(why: &WhyApproval) -> String {
    match why {
        WhyApproval::Always => String::new(),
        WhyApproval::Condition(say) => say.clone(),
    }
}

fn outcome_of(earlier: store::Earlier) -> Outcome {
    let store::Earlier { booking, number, state } = earlier;
    match state {
        State::Held => Outcome::Held { booking },
        State::Requested => Outcome::Requested { booking, number },
        State::Confirmed | State::Refused | State::Cancelled => Outcome::Booked { booking, number },
    }
}

/// The beginning of the booking's story; it points at the request that made it.
pub fn tell(tx: &mut TenantTx, what: &'static str, booking: BookingId, number: u64) {
    let (began, ended) = (tx.now(), tx.kernel().now());
    let span = Story::of(booking.uuid())
        .begins(what, began, ended)
        .of_kind(SpanKind::Producer)
        .with_number("hallport.booking_number", number)
        .linked(current_span());
    tx.span(span);
}

/// Gives a booking back, in one transaction. The booking is as the caller read it in `tx`, locked.
pub async fn cancel(
    mut tx: TenantTx,
    ports: &Ports,
    person: PersonId,
    booking: &Booking,
    at: Timestamp,
) -> Result<(), BookError> {
    let cost = standing(&mut tx, ports, booking, &booking.times).await?.cost;
    let space = store::parts_of(&mut tx, booking.id).await?;
    store::lock_parts(&mut tx, &space).await?;
    store::cancel(&mut tx, booking.id, at).await?;
    store::fee::write(&mut tx, booking.id, &cost).await?;
    ports.access.revoke(&mut tx, booking.id).await?;
    let detail = json!({ "number": booking.number, "fee_ore": cost.ore });
    tx.audit(Actor::Person(person), "booking.cancelled", Some(booking.id.uuid()), &detail).await?;
    tx.emit(&BookingCancelled { booking: booking.id }).await?;
    freed::tell(&mut tx, &booking.times).await?;
    let (story, began, ended) = (Story::of(booking.id.uuid()), tx.now(), tx.kernel().now());
    let step = story.goes_on(("booking.cancelled", ""), story.root(), began, ended);
    tx.span(step.of_kind(SpanKind::Producer).linked(current_span()));
    signal(&mut tx, &booking.facilities());
    tx.commit().await?;
    Ok(())
}

/// Says yes to a request, in one transaction: it opens doors from now on. The booking is as the caller read it in `tx`,
/// locked.
pub async fn approve(
    mut tx: TenantTx,
    ports: &Ports,
    booking: &Booking,
    ruling: Ruling<'_>,
) -> Result<(), BookError> {
    decision::approve(&mut tx, booking.id, ruling).await?;
    let opened = opened(&mut tx, booking).await?;
    ports.access.issue(&mut tx, &opened).await?;
    let detail =
        json!({ "number": booking.number, "reason": ruling.reason, "delegation": ruling.delegation });
    tx.audit(Actor::Person(ruling.by), "booking.approved", Some(booking.id.uuid()), &detail).await?;
    tx.emit(&BookingConfirmed { booking: booking.id }).await?;
    tx.commit().await?;
    Ok(())
}

/// Says no to a request, in one transaction: its times are free again.
pub async fn refuse(mut tx: TenantTx, booking: &Booking, ruling: Ruling<'_>) -> Result<(), BookError> {
    let space = store::parts_of(&mut tx, booking.id).await?;
    store::lock_parts(&mut tx, &space).await?;
    decision::refuse(&mut tx, booking.id, ruling).await?;
    freed::tell(&mut tx, &booking.times).await?;
    let detail =
        json!({ "number": booking.number, "reason": ruling.reason, "delegation": ruling.delegation });
    tx.audit(Actor::Person(ruling.by), "booking.refused", Some(booking.id.uuid()), &detail).await?;
    signal(&mut tx, &booking.facilities());
    tx.emit(&BookingRefused { booking: booking.id }).await?;
    tx.commit().await?;
    Ok(())
}

/// What all times cost together; nothing is said where the list is silent about one of them.
pub async fn price(
    tx: &mut TenantTx,
    ports: &Ports,
    place: &Place,
    customer: &Customer,
    times: &[Time],
) -> Result<Option<i64>, PortError> {
    let quotes = quotes(tx, ports, place, customer, times).await?;
    Ok(quotes.iter().try_fold(0_i64, |sum, quote| sum.checked_add(quote.as_ref()?.total_ore)))
}

/// What each of these times costs, with why: one question, however many there are.
pub async fn quotes(
    tx: &mut TenantTx,
    ports: &Ports,
    place: &Place,
    customer: &Customer,
    times: &[Time],
) -> Result<Vec<Option<Quote>>, PortError> {
    let wanted = times.iter().map(|time| Priced {
        resource: time.resource,
        price_group: customer.price_group.as_deref(),
        on: place.date_of(time.span.starts_at()),
        minutes: time.span.minutes(),
    });
    ports.prices.quotes(tx, &wanted.collect::<Vec<_>>()).await
}

/// A request that finds its time taken may be the second of two equal ones: then the first one's booking is the
/// answer.
async fn or_earlier(
    kernel: &Kernel,
    tenant: TenantId,
    wish: &Wish,
    otherwise: Outcome,
) -> Result<Outcome, BookError> {
    let mut tx = kernel.begin(tenant).await?;
    let earlier = store::by_request_key(&mut tx, wish.booker, wish.key()).await?;
    Ok(earlier.map_or(otherwise, outcome_of))
}

fn clash(times: &[NewTime<'_>], without_room: &BTreeSet<OccurrenceId>) -> Outcome {
    let clashes = times.iter().enumerate().filter(|(_, time)| without_room.contains(&time.id));
    Outcome::Clash { occurrences: clashes.map(|(index, _)| index).collect() }
}

/// Times as access is asked to open them, by one code and for nobody else.
pub fn to_open(booking: BookingId, number: u64, times: &[Time]) -> BookingToOpen {
    let occurrences = times.iter().map(|time| OccurrenceToOpen {
        occurrence: time.id,
        resource: time.resource,
        starts_at: time.span.starts_at(),
        ends_at: time.span.ends_at(),
    });
    let occurrences = occurrences.collect();
    BookingToOpen { booking, number, occurrences, code_each_time: false, guests: Vec::new() }
}
