//! Undoes a change: every time is where it was, in the space that it had, by the code that it had; or nothing is done.

use std::collections::BTreeSet;

use booking_domain::{State, Status};
use cloud_kernel::{Actor, TenantTx};
use protocols_ids::{BookingId, OccurrenceId, PersonId};
use serde_json::json;
use uuid::Uuid;

use super::goes_with::{self, Successor};
use crate::Ports;
use crate::book::BookError;
use crate::guests::{follow, opened};
use crate::pages::schedule;
use crate::store::mass::write;
use crate::store::mass::{self as rows, Answer, Change, Changed};
use crate::store::{self, Booking, Time};

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Undone {
    /// All is as it was.
    Done,
    /// It is too late, or was done before.
    Late,
    /// Something was done since that would be lost; nothing was undone.
    Blocked(Vec<Block>),
}

/// What stands in the way of undoing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Block {
    /// Somebody has taken the time that they were offered.
    Taken {
        /// The number of their booking.
        number: u64,
        /// Who.
        customer: String,
    },
    /// Somebody has changed or cancelled the booking.
    Changed {
        /// Its number.
        number: u64,
        /// Whose it is.
        customer: String,
    },
    /// Others have the equipment.
    Lent {
        /// The number of the booking that had it.
        number: u64,
        /// Whose it is.
        customer: String,
    },
    /// Others have the space.
    Occupied {
        /// The number of the booking that had it.
        number: u64,
        /// Whose it is.
        customer: String,
    },
}

/// Undoes it. The caller has seen that the person may, and gives the change as it was read in `tx`, locked.
pub async fn undo(
    mut tx: TenantTx,
    ports: &Ports,
    person: PersonId,
    change: &Change,
) -> Result<Undone, BookError> {
    if !change.is_open(tx.now()) {
        return Ok(Undone::Late);
    }
    let before = rows::before(&mut tx, change.id).await?;
    let ids: BTreeSet<BookingId> = before.iter().map(|before| before.booking).collect();
    rows::lock(&mut tx, &ids).await?;
    let needed = write::parts(&mut tx, change.id).await?;
    store::lock_parts(&mut tx, &needed).await?;
    let changed = rows::changed(&mut tx, Some(change.id), None).await?;
    let bookings = rows::bookings(&mut tx, &ids).await?;
    let blocks: BTreeSet<Block> =
        bookings.values().filter_map(|booking| block(booking, change, &changed)).collect();
    if !blocks.is_empty() {
        return Ok(Undone::Blocked(blocks.into_iter().collect()));
    }
    let restored: Vec<(OccurrenceId, OccurrenceId)> =
        changed.iter().map(|one| (one.time.id, tx.new_id())).collect();
    let without_room = write::undo(&mut tx, change.id, person, &restored, &before).await?;
    if !without_room.is_empty() {
        let occupied = without_room.iter().filter_map(|id| bookings.get(id)).map(|booking| Block::Occupied {
            number: booking.number,
            customer: booking.customer_name.clone(),
        });
        return Ok(Undone::Blocked(occupied.collect()));
    }
    let back = changed.iter().filter_map(|one| {
        let (_, new) = restored.iter().find(|(old, _)| *old == one.time.id)?;
        Some(Successor { booking: one.booking, old: one.time.id, new: Time { id: *new, ..one.time } })
    });
    let back: Vec<Successor> = back.collect();
    let without = goes_with::carry(&mut tx, &back, |_, _| true).await?;
    if !without.is_empty() {
        let lent = without
            .keys()
            .filter_map(|id| bookings.get(id))
            .map(|booking| Block::Lent { number: booking.number, customer: booking.customer_name.clone() });
        return Ok(Undone::Blocked(lent.collect()));
    }
    if let Some(closure) = change.closure {
        ports.closures.open_again(&mut tx, person, change.facility, closure).await?;
    }
    for booking in rows::bookings(&mut tx, &ids).await?.values() {
        if booking.status.state() == State::Confirmed {
            // Guests go back with their times, whether they were let in before the change or since.
            let own = changed.iter().filter(|one| one.booking == booking.id);
            let back = own.flat_map(|one| {
                let new = restored.iter().find(|(old, _)| *old == one.time.id).map(|(_, new)| *new);
                let left = [Some(one.time.id), one.moved_to.map(|to| to.id)];
                left.into_iter().flatten().filter_map(move |left| Some((left, new?)))
            });
            let (given_up, taken): (Vec<_>, Vec<_>) = back.unzip();
            follow(&mut tx, booking, &given_up, &taken).await?;
            let opened = opened(&mut tx, booking).await?;
            ports.access.change(&mut tx, &opened).await?;
        }
    }
    let times = changed.len();
    tx.audit(Actor::Person(person), "booking.mass_undone", Some(change.id), &json!({ "times": times }))
        .await?;
    tx.signal(schedule::topic(change.facility));
    tx.commit().await?;
    Ok(Undone::Done)
}

/// What was done to a booking since the change, if anything.
fn block(booking: &Booking, change: &Change, changed: &[Changed]) -> Option<Block> {
    let own: Vec<&Changed> = changed.iter().filter(|one| one.booking == booking.id).collect();
    let (number, customer) = (booking.number, booking.customer_name.clone());
    if own.iter().any(|one| one.offer.is_some_and(|offer| matches!(offer.answer, Answer::Taken(_)))) {
        return Some(Block::Taken { number, customer });
    }
    let has = |id: OccurrenceId| booking.times.iter().any(|time| time.id == id);
    let as_left = match booking.status {
        // Without times it was cancelled by the change, and by nobody since.
        Status::Cancelled { at } => at == change.made_at && own.iter().all(|one| one.moved_to.is_none()),
        Status::Requested | Status::Confirmed => {
            own.iter().all(|one| one.moved_to.is_none_or(|to| has(to.id)))
        }
        Status::Held { .. } | Status::Refused { .. } => false,
    };
    (!as_left).then_some(Block::Changed { number, customer })
}

/// The change, locked, if it is of one of these authorities.
pub async fn locked(
    tx: &mut TenantTx,
    id: Uuid,
    may: impl Fn(&Change) -> bool,
) -> Result<Option<Change>, BookError> {
    rows::lock_change(tx, id).await?;
    Ok(rows::find(tx, id).await?.filter(|change| may(change)))
}
