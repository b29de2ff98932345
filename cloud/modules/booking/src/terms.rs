//! What cancelling costs by the rules as they stand now, and whether the booker still does it by themselves. Nothing is
//! charged here.

use booking_domain::{
    Cancellation, CancelledTime, Due, RuleBook, Rules, State, cancel_step, cancellation, free_until,
};
use cloud_contracts::Priced;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff::civil::Date;
use protocols_ids::ResourceId;

use crate::Ports;
use crate::book::BookError;
use crate::change::latest_change;
use crate::place::rule_books;
use crate::places::Places;
use crate::store::{Booking, Time, fee};

/// How it stands with cancelling some times of a booking.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// What it costs now.
    pub cost: Cancellation,
    /// Whether the booker is too late to do it by themselves.
    pub too_late: bool,
    /// The last day on which all of them are cancelled free of charge, where a later one costs.
    pub free_until: Option<Date>,
}

/// How it stands with cancelling these times of a booking; those that are over are not looked at.
pub async fn standing(
    tx: &mut TenantTx,
    ports: &Ports,
    booking: &Booking,
    times: &[Time],
) -> Result<Standing, BookError> {
    // What nobody has said yes to is taken back free of charge, whenever that is.
    if booking.status.state() != State::Confirmed {
        return Ok(Standing {
            cost: Cancellation { ore: Some(0), steps: Vec::new() },
            ..Standing::default()
        });
    }
    let now = tx.now();
    let coming: Vec<Time> = times.iter().filter(|time| time.span.ends_at() > now).copied().collect();
    let resources: Vec<ResourceId> = coming.iter().map(|time| time.resource).collect();
    let places = Places::of(tx, ports, &resources).await?;
    let books = rule_books(tx, places.all()).await?;
    let nothing = RuleBook::new(&[]);
    let of = |time: &Time| -> (&Rules, Date, Date) {
        let date = |at: Timestamp| match places.at(time.resource) {
            Some(facility) => facility.time_zone.to_datetime(at).date(),
            None => jiff::tz::TimeZone::UTC.to_datetime(at).date(),
        };
        let day = date(time.span.starts_at());
        (books.get(&time.resource).unwrap_or(&nothing).on(day), day, date(now))
    };
    let customer = ports.customers.by_id(tx, booking.customer).await?;
    let purpose = booking.purpose_kind;
    let mut cancelled = Vec::with_capacity(coming.len());
    let (mut wanted, mut priced) = (Vec::new(), Vec::new());
    let mut standing = Standing::default();
    for time in &coming {
        let (rules, day, today) = of(time);
        standing.too_late |=
            latest_change(time.span.starts_at(), rules.cancel_minutes) <= now && rules.cancel_minutes > 0;
        let until = free_until(rules, purpose, day);
        standing.free_until = standing.free_until.into_iter().chain(until).min();
        let step = cancel_step(rules, purpose, day, today);
        // What a share is of is asked for all of them at once.
        if let (Some((step, Due::OfPrice { .. })), Some(customer)) =
            (step.map(|step| (step, step.due())), &customer)
        {
            let price_group = step.group(customer.price_group.as_deref());
            let minutes = time.span.minutes();
            wanted.push(Priced { resource: time.resource, price_group, on: day, minutes });
            priced.push(cancelled.len());
        }
        cancelled.push(CancelledTime { step, price_ore: None });
    }
    for (index, quote) in priced.into_iter().zip(ports.prices.quotes(tx, &wanted).await?) {
        if let Some(one) = cancelled.get_mut(index) {
            one.price_ore = quote.and_then(|quote| u64::try_from(quote.total_ore).ok());
        }
    }
    let earlier = fee::of(tx, booking.id).await?.map(|before| before.steps).unwrap_or_default();
    standing.cost = cancellation(&cancelled, &earlier);
    Ok(standing)
}
