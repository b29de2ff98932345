//! The register as text to be found by.

use cloud_contracts::{Facilities, Facility, PortError, Resource, ResourceKind};
use cloud_kernel::TenantTx;
use search_domain::{Kind, activity_words};

use crate::store::{self, Entry};

/// Makes the tenant's index anew from the register, in the caller's transaction.
pub async fn rebuild(tx: &mut TenantTx, register: &dyn Facilities) -> Result<(), PortError> {
    let facilities = register.all(tx).await?;
    let entries: Vec<Entry> = facilities
        .iter()
        .flat_map(|facility| facility.resources.iter().map(|resource| entry(facility, resource)))
        .collect();
    store::replace(tx, &entries).await.map_err(PortError::database)
}

/// Makes it where there is none: a tenant that has just begun to use search has a register that does not change.
pub async fn rebuild_where_empty(tx: &mut TenantTx, register: &dyn Facilities) -> Result<(), PortError> {
    if store::is_empty(tx).await.map_err(PortError::database)? {
        rebuild(tx, register).await?;
    }
    Ok(())
}

fn entry(facility: &Facility, resource: &Resource) -> Entry {
    let whole = resource.parent.and_then(|parent| facility.resource(parent));
    let mut name = vec![facility.name.as_str()];
    name.extend(whole.map(|whole| whole.name.as_str()));
    name.push(&resource.name);
    let kind = kind_of(&resource.kind).words();
    let (mut swedish, mut english) = (kind.swedish.to_vec(), kind.english.to_vec());
    for activity in &resource.activities {
        match activity_words(activity) {
            Some(words) => {
                swedish.extend(words.swedish);
                english.extend(words.english);
            }
            // Without words of its own it is found by its key.
            None => english.push(activity),
        }
    }
    let equipment = facility.equipment.iter().filter(|one| goes_with(&one.resources, resource));
    let mut more: Vec<&str> = equipment.map(|one| one.name.as_str()).collect();
    more.extend(facility.address.as_deref());
    Entry {
        resource: resource.id,
        facility: facility.id,
        name: name.join(" "),
        words_sv: swedish.join(" "),
        words_en: english.join(" "),
        more: more.join(" "),
    }
}

/// Whether equipment for these resources can be had with this one; for none in particular is for all.
pub(crate) fn goes_with(resources: &[protocols_ids::ResourceId], resource: &Resource) -> bool {
    resources.is_empty() || resources.contains(&resource.id)
}

/// The kind in the words of the domain.
pub(crate) const fn kind_of(kind: &ResourceKind) -> Kind {
    match kind {
        ResourceKind::Hall => Kind::Hall,
        ResourceKind::Pitch => Kind::Pitch,
        ResourceKind::Room => Kind::Room,
        ResourceKind::Premises => Kind::Premises,
        ResourceKind::Lodging => Kind::Lodging,
        ResourceKind::Vehicle { .. } => Kind::Vehicle,
        ResourceKind::Berth { .. } => Kind::Berth,
        ResourceKind::Other => Kind::Other,
    }
}
