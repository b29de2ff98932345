//! What goes with times beside their space: equipment and services with counted stock, and what is peculiar to a kind
//! of resource.

use std::collections::BTreeSet;

use booking_domain::{Accessory, Particulars, Peculiar, Reason, Span};
use cloud_contracts::{Equipment, Facility, ResourceKind};
use cloud_kernel::TenantTx;
use protocols_ids::{BookingId, EquipmentId, ResourceId};

use crate::store::extras::{self as rows, Lending};
use crate::store::{StoreError, Time};

/// Of a piece of equipment there are too few left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Short {
    /// Of which.
    pub equipment: EquipmentId,
    /// How many could be had.
    pub left: u32,
}

/// What a resource of this kind asks whoever books it.
pub fn peculiar(kind: &ResourceKind) -> Peculiar {
    match kind {
        ResourceKind::Hall
        | ResourceKind::Pitch
        | ResourceKind::Room
        | ResourceKind::Premises
        | ResourceKind::Other => Peculiar::Nothing,
        ResourceKind::Lodging => Peculiar::Lodging,
        ResourceKind::Vehicle { licence } => Peculiar::Vehicle { licence: licence.clone() },
        ResourceKind::Berth { length_cm, beam_cm, draught_cm: _ } => {
            Peculiar::Berth { length_cm: *length_cm, beam_cm: *beam_cm }
        }
    }
}

/// What a resource among these facilities asks whoever books it.
pub fn peculiar_of(facilities: &[Facility], resource: ResourceId) -> Peculiar {
    let found = facilities.iter().find_map(|facility| facility.resource(resource));
    found.map_or(Peculiar::Nothing, |resource| peculiar(&resource.kind))
}

/// What was said, as far as the resources ask for it.
pub fn asked_of(
    facilities: &[Facility],
    resources: impl Iterator<Item = ResourceId>,
    said: &Particulars,
) -> Particulars {
    resources.fold(Particulars::default(), |all, resource| {
        all.and(peculiar_of(facilities, resource).asked_of(said))
    })
}

/// The equipment that can be had with a resource.
pub fn equipment_of(facility: &Facility, resource: ResourceId) -> impl Iterator<Item = &Equipment> {
    let goes = move |one: &&Equipment| one.resources.is_empty() || one.resources.contains(&resource);
    let here = facility.resource(resource).is_some();
    facility.equipment.iter().filter(move |one| here && goes(one))
}

/// The equipment that can be had with any of these resources, each once, by facility and in the register's order.
pub fn equipment_with(
    facilities: &[Facility],
    resources: impl Iterator<Item = ResourceId>,
) -> Vec<&Equipment> {
    let resources: BTreeSet<ResourceId> = resources.collect();
    let goes = |one: &Equipment, facility: &Facility| {
        let mut here = resources.iter().filter(|resource| facility.resource(**resource).is_some());
        here.any(|resource| one.resources.is_empty() || one.resources.contains(resource))
    };
    let of = |facility| move |one: &&Equipment| goes(one, facility);
    facilities.iter().flat_map(|facility| facility.equipment.iter().filter(of(facility))).collect()
}

/// What goes with which of these times; the reason for one that goes with none of them.
pub fn lendings(
    facilities: &[Facility],
    times: &[Time],
    accessories: &[Accessory],
) -> Result<Vec<Lending>, Reason> {
    let mut all = Vec::new();
    for accessory in accessories {
        let before = all.len();
        for time in times {
            let here = facilities.iter().find(|facility| facility.resource(time.resource).is_some());
            let mut goes = here.into_iter().flat_map(|facility| equipment_of(facility, time.resource));
            if goes.any(|one| one.id == accessory.equipment) {
                all.push(Lending { occurrence: time.id, span: time.span, accessory: *accessory });
            }
        }
        if all.len() == before {
            return Err(Reason::NoSuchEquipment(accessory.equipment));
        }
    }
    Ok(all)
}

/// Gives out what goes with times that have been written, and says of what there are too few: then the caller gives the
/// transaction up. The stock is locked first, so that of two who want the last one the second sees the first.
pub async fn lend(tx: &mut TenantTx, lendings: &[Lending]) -> Result<Vec<Short>, StoreError> {
    if lendings.is_empty() {
        return Ok(Vec::new());
    }
    let equipment: BTreeSet<EquipmentId> = lendings.iter().map(|one| one.accessory.equipment).collect();
    let equipment: Vec<EquipmentId> = equipment.into_iter().collect();
    rows::lock_stock(tx, &equipment).await?;
    rows::put(tx, lendings).await?;
    short(tx, &equipment, lendings).await
}

/// Of what too few are left for what is given out at these times.
pub async fn short(
    tx: &mut TenantTx,
    equipment: &[EquipmentId],
    lendings: &[Lending],
) -> Result<Vec<Short>, StoreError> {
    let spans: BTreeSet<Span> = lendings.iter().map(|one| one.span).collect();
    let spans: Vec<Span> = spans.into_iter().collect();
    let peaks = rows::peaks(tx, equipment, &spans, &[]).await?;
    let over = peaks.into_iter().filter_map(|peak| {
        let stock = peak.stock.filter(|stock| peak.given_out > *stock)?;
        let mine = lendings.iter().filter(|one| one.accessory.equipment == peak.equipment);
        let mine = mine.map(|one| one.accessory.count).max().unwrap_or(0);
        Some(Short {
            equipment: peak.equipment,
            left: stock.saturating_sub(peak.given_out.saturating_sub(mine)),
        })
    });
    Ok(over.collect())
}

/// What a booking's times have, each with the most that one of them has: as people chose it.
pub async fn of_booking(tx: &mut TenantTx, times: &[Time]) -> Result<Vec<Accessory>, StoreError> {
    let ids: Vec<_> = times.iter().map(|time| time.id).collect();
    let found = rows::of_times(tx, &ids).await?;
    let mut all: Vec<Accessory> = Vec::new();
    for accessory in found.into_values().flatten() {
        match all.iter_mut().find(|known| known.equipment == accessory.equipment) {
            Some(known) => known.count = known.count.max(accessory.count),
            None => all.push(accessory),
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// How many of each can be had at these spans; those that are not counted are left out. What the reader holds now does
/// not count: it is theirs to change.
pub async fn left(
    tx: &mut TenantTx,
    equipment: &[EquipmentId],
    spans: &[Span],
    but: &[BookingId],
) -> Result<Vec<Short>, StoreError> {
    if equipment.is_empty() || spans.is_empty() {
        return Ok(Vec::new());
    }
    let peaks = rows::peaks(tx, equipment, spans, but).await?;
    let counted = peaks.into_iter().filter_map(|peak| {
        Some(Short { equipment: peak.equipment, left: peak.stock?.saturating_sub(peak.given_out) })
    });
    Ok(counted.collect())
}
