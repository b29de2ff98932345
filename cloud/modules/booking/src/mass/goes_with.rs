//! What goes with times that are moved, put back, or taken instead of others: all of it that can be had.

use std::collections::{BTreeMap, BTreeSet};

use booking_domain::Accessory;
use cloud_contracts::Facility;
use cloud_kernel::TenantTx;
use protocols_ids::{BookingId, EquipmentId, OccurrenceId};

use crate::extras;
use crate::store::extras::{self as rows, Lending};
use crate::store::{StoreError, Time};

/// A time that takes the place of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Successor {
    /// Of which booking.
    pub booking: BookingId,
    /// The time that was given up.
    pub old: OccurrenceId,
    /// The time that came instead, as it is written.
    pub new: Time,
}

/// Whether something that went with a time can be had where another one is.
pub fn can_be_had(facilities: &[Facility], time: &Time, accessory: &Accessory) -> bool {
    extras::lendings(facilities, &[*time], &[*accessory]).is_ok()
}

/// Lends to new times what went with the old ones and is `wanted` there, booking by booking in the order given. Says of
/// which bookings there is too little of what: they do without it.
pub async fn carry(
    tx: &mut TenantTx,
    successors: &[Successor],
    wanted: impl Fn(&Time, &Accessory) -> bool,
) -> Result<BTreeMap<BookingId, BTreeSet<EquipmentId>>, StoreError> {
    let old: Vec<OccurrenceId> = successors.iter().map(|one| one.old).collect();
    let went = rows::of_times(tx, &old).await?;
    let mut lendings: Vec<(BookingId, Vec<Lending>)> = Vec::new();
    for one in successors {
        let goes = went.get(&one.old).into_iter().flatten().filter(|accessory| wanted(&one.new, accessory));
        let goes = goes.map(|accessory| Lending {
            occurrence: one.new.id,
            span: one.new.span,
            accessory: *accessory,
        });
        match lendings.iter_mut().find(|(booking, _)| *booking == one.booking) {
            Some((_, known)) => known.extend(goes),
            None => lendings.push((one.booking, goes.collect())),
        }
    }
    // All stock at once, in order of its ids, as everybody locks it.
    let stock = lendings.iter().flat_map(|(_, lendings)| lendings).map(|one| one.accessory.equipment);
    let stock: BTreeSet<EquipmentId> = stock.collect();
    if stock.is_empty() {
        return Ok(BTreeMap::new());
    }
    rows::lock_stock(tx, &Vec::from_iter(stock)).await?;
    let mut without = BTreeMap::new();
    for (booking, mut own) in lendings {
        let short = extras::lend(tx, &own).await?;
        if short.is_empty() {
            continue;
        }
        let short: BTreeSet<EquipmentId> = short.into_iter().map(|one| one.equipment).collect();
        let times: Vec<OccurrenceId> = own.iter().map(|one| one.occurrence).collect();
        rows::clear(tx, &times).await?;
        own.retain(|one| !short.contains(&one.accessory.equipment));
        rows::put(tx, &own).await?;
        without.insert(booking, short);
    }
    Ok(without)
}
