//! Makes some of a booking's times a booking of their own, with a number of its own: for the same booker and customer,
//! in one transaction. The times are given up by the one and taken by the other under the locks of their parts, as a
//! change gives up and takes, so that nobody else gets between.

use booking_domain::{Asked, Purpose, State};
use cloud_kernel::TenantTx;
use protocols_ids::BookingId;
use serde_json::json;
use uuid::Uuid;

use crate::Ports;
use crate::book::{BookError, conclude, price};
use crate::change::{Change, Changed, asked_of, finish, told};
use crate::extras;
use crate::guests::{go_along, opened};
use crate::place::place_at;
use crate::places::Places;
use crate::store::{self, Booking, NewBooking, NewTime, Time, change as rows, extras as goes_with, guests};

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Split {
    /// The times are this booking's, now or since it was asked before.
    Done(BookingId),
    /// Nothing was changed.
    Not(Changed),
}

/// Splits off the times that the change gives up. Rules are not asked again: nobody gets more than they had.
pub async fn split(
    mut tx: TenantTx,
    ports: &Ports,
    id: BookingId,
    wanted: &Change,
) -> Result<Split, BookError> {
    store::lock(&mut tx, id).await?;
    let Some(mut old) = store::find(&mut tx, id).await? else { return Ok(Split::Not(Changed::Gone)) };
    let key = key_of(wanted);
    if let Some(earlier) = store::by_request_key(&mut tx, old.booker, key).await? {
        return Ok(Split::Done(earlier.booking));
    }
    let (mine, kept): (Vec<Time>, Vec<Time>) =
        old.times.iter().partition(|time| wanted.give_up.contains(&time.id));
    let approved = old.status.state() == State::Confirmed;
    let can_be = approved || old.status.state() == State::Requested;
    if !can_be || mine.len() != wanted.give_up.len() || mine.is_empty() || kept.is_empty() {
        return Ok(Split::Not(Changed::Gone));
    }
    if mine.iter().any(|time| time.span.ends_at() <= tx.now()) {
        return Ok(Split::Not(Changed::TooLate));
    }
    let places = Places::of_booking(&mut tx, ports, &old).await?;
    let asked: Vec<Asked> = mine.iter().map(asked_of).collect();
    let place = place_at(&mut tx, ports.facilities.as_ref(), places.all(), &asked).await?;
    let customer = if wanted.officer {
        ports.customers.by_id(&mut tx, old.customer).await?
    } else {
        ports.customers.acted_for(&mut tx, wanted.person, old.customer).await?
    };
    let (Some(place), Some(customer)) = (place, customer) else { return Ok(Split::Not(Changed::Gone)) };
    // What was an error when it was typed cannot have been stored.
    let Ok(purpose) = Purpose::parse(&old.purpose) else { return Ok(Split::Not(Changed::Gone)) };

    let space = store::parts_of(&mut tx, id).await?;
    store::lock_parts(&mut tx, &space).await?;
    // The space is what the times have, not what the register would give them now.
    let held = rows::space_of(&mut tx, &wanted.give_up).await?;
    let times: Vec<NewTime<'_>> = mine
        .iter()
        .filter_map(|time| {
            let (occupies, space) = held.get(&time.id)?;
            Some(NewTime {
                id: tx.new_id(),
                resource: time.resource,
                facility: time.facility,
                span: time.span,
                occupies: *occupies,
                parts: space,
            })
        })
        .collect();
    if times.len() != mine.len() {
        return Ok(Split::Not(Changed::Gone));
    }
    let new_times: Vec<Time> = times.iter().map(NewTime::time).collect();
    let old_ids: Vec<_> = mine.iter().map(|time| time.id).collect();
    let goes = goes_with::of_times(&mut tx, &old_ids).await?;
    let lendings = mine.iter().zip(&new_times).flat_map(|(old, new)| {
        let accessories = goes.get(&old.id).into_iter().flatten();
        accessories.map(|accessory| goes_with::Lending {
            occurrence: new.id,
            span: new.span,
            accessory: *accessory,
        })
    });
    let lendings: Vec<goes_with::Lending> = lendings.collect();
    rows::give_up(&mut tx, id, &wanted.give_up).await?;
    if !store::occupy(&mut tx, &times, None).await?.is_empty() {
        return Ok(Split::Not(Changed::Gone));
    }
    let reasons: &[String] = if approved { &[] } else { &old.approval_reasons };
    let new = NewBooking {
        id: tx.new_id(),
        authority: old.authority,
        facility: new_times.first().map_or(old.facility, |time| time.facility),
        customer: old.customer,
        customer_name: &old.customer_name,
        booker: old.booker,
        purpose: &purpose,
        purpose_kind: old.purpose_kind,
        participants: old.participants,
        approval_reasons: reasons,
        decide_by: if approved { None } else { old.decide_by },
        price_ore: price(&mut tx, ports, &place, &customer, &new_times).await?,
        request_key: key,
    };
    let old_price_ore = price(&mut tx, ports, &place, &customer, &kept).await?;
    let Some(number) = store::insert(&mut tx, &new, &times).await? else {
        return Ok(Split::Not(Changed::Gone));
    };
    let said = goes_with::said(&mut tx, id).await?;
    if !said.is_empty() {
        goes_with::say(&mut tx, new.id, &said).await?;
    }
    let short = extras::lend(&mut tx, &lendings).await?;
    if !short.is_empty() {
        return Ok(Split::Not(Changed::Short(short)));
    }
    rows::add(&mut tx, id, &[], old_price_ore).await?;

    let facilities = old.facilities();
    let old_number = old.number;
    old.times = kept;
    let what = json!({ "number": old_number, "given_up": told(&mine), "split_off": number });
    let made = Booking { id: new.id, number, times: new_times.clone(), ..old.clone() };
    if approved {
        let pairs: Vec<_> = old_ids.iter().copied().zip(new_times.iter().map(|time| time.id)).collect();
        go_along(&mut tx, ports, &old, &made, &pairs).await?;
        if made.times.len() > 1 && guests::code_each_time(&mut tx, id).await? {
            guests::set_code_each_time(&mut tx, made.id, true).await?;
        }
    }
    finish(&mut tx, ports, &old, (wanted.person, &what), &facilities).await?;
    let detail =
        json!({ "number": number, "customer": made.customer, "times": made.times.len(), "from": old_number });
    let opened = opened(&mut tx, &made).await?;
    conclude(&mut tx, ports, wanted.person, (&opened, approved), &detail).await?;
    tx.commit().await?;
    Ok(Split::Done(made.id))
}

/// The same for a repetition: a time is split off once.
fn key_of(wanted: &Change) -> Uuid {
    let mut times: Vec<String> = wanted.give_up.iter().map(ToString::to_string).collect();
    times.sort_unstable();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("split {}", times.join(" ")).as_bytes())
}
