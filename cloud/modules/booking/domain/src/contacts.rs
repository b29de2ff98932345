use std::collections::{BTreeMap, BTreeSet};

use protocols_ids::{AuthorityId, ContactId, FacilityId, ResourceId};

use crate::PurposeKind;

/// Contacts of one authority at most: the people of a large municipality's halls.
pub const CONTACTS_MAX: usize = 500;
/// Facilities and resources of one contact at most.
pub const CONTACT_PLACES_MAX: usize = 300;
/// A message to those who must know at most, in characters: a page.
pub const CONTACT_MESSAGE_CHARS_MAX: usize = 2_000;

/// What somebody who must know does there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ContactRole {
    /// Looks after the place.
    Caretaker,
    /// Watches over what goes on.
    Guard,
    /// Receives those who come.
    Host,
    /// Sets up, marks, runs what is technical.
    Operations,
    /// Cleans.
    Cleaner,
}

impl ContactRole {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 5] = [Self::Caretaker, Self::Guard, Self::Host, Self::Operations, Self::Cleaner];

    /// As files, forms and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Caretaker => "caretaker",
            Self::Guard => "guard",
            Self::Host => "host",
            Self::Operations => "operations",
            Self::Cleaner => "cleaner",
        }
    }

    /// The role with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }
}

/// Where a contact is told of every booking.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ContactPlace {
    /// Of all that is there.
    Facility(FacilityId),
    /// Of this.
    Resource(ResourceId),
}

/// Of what a contact is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactDuty {
    /// Whose contact it is.
    pub authority: AuthorityId,
    /// Where; nowhere is told of nothing by itself.
    pub places: BTreeSet<ContactPlace>,
    /// Of which kinds of purpose; empty is of all.
    pub purposes: Vec<PurposeKind>,
}

/// A booking as it concerns contacts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Concern {
    /// Whose facility it is at.
    pub authority: AuthorityId,
    /// Where.
    pub facility: FacilityId,
    /// What.
    pub resources: BTreeSet<ResourceId>,
    /// What for.
    pub purpose: PurposeKind,
}

impl ContactDuty {
    /// Whether a contact is told of a booking by itself.
    fn covers(&self, concern: &Concern) -> bool {
        let is_there = self.places.iter().any(|place| match place {
            ContactPlace::Facility(id) => *id == concern.facility,
            ContactPlace::Resource(id) => concern.resources.contains(id),
        });
        is_there && (self.purposes.is_empty() || self.purposes.contains(&concern.purpose))
    }
}

/// Who must know of a booking: those whose duty it is, and those whom an officer chose, but for those whom an officer left
/// out. Only contacts of the booking's authority: nobody is told of another authority's affairs.
pub fn who_must_know(
    contacts: &BTreeMap<ContactId, ContactDuty>,
    concern: &Concern,
    choices: &BTreeMap<ContactId, bool>,
) -> BTreeSet<ContactId> {
    contacts
        .iter()
        .filter(|(id, duty)| {
            duty.authority == concern.authority
                && choices.get(id).copied().unwrap_or_else(|| duty.covers(concern))
        })
        .map(|(id, _)| *id)
        .collect()
}

/// What has to be remembered so that these and no others must know: nothing of those for whom it follows anyway.
pub fn choices_for(
    contacts: &BTreeMap<ContactId, ContactDuty>,
    concern: &Concern,
    wanted: &BTreeSet<ContactId>,
) -> BTreeMap<ContactId, bool> {
    contacts
        .iter()
        .filter(|(id, duty)| wanted.contains(id) != duty.covers(concern))
        .map(|(id, _)| (*id, wanted.contains(id)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocols_ids::Uuid;

    const OURS: AuthorityId = AuthorityId::new(Uuid::from_u128(1));

    fn contact(number: u128) -> ContactId {
        ContactId::new(Uuid::from_u128(number))
    }

    fn concern() -> Concern {
        Concern {
            authority: OURS,
            facility: FacilityId::new(Uuid::from_u128(50)),
            resources: [ResourceId::new(Uuid::from_u128(60))].into(),
            purpose: PurposeKind::Match,
        }
    }

    fn duty(authority: u128, places: &[ContactPlace], purposes: &[PurposeKind]) -> ContactDuty {
        ContactDuty {
            authority: AuthorityId::new(Uuid::from_u128(authority)),
            places: places.iter().copied().collect(),
            purposes: purposes.to_vec(),
        }
    }

    #[test]
    fn the_place_and_the_purpose_say_who_must_know() {
        let hall = ContactPlace::Facility(FacilityId::new(Uuid::from_u128(50)));
        let pitch = ContactPlace::Resource(ResourceId::new(Uuid::from_u128(60)));
        let other = ContactPlace::Resource(ResourceId::new(Uuid::from_u128(61)));
        let contacts = [
            duty(1, &[hall], &[]),
            duty(1, &[other, pitch], &[PurposeKind::Match, PurposeKind::Event]),
            duty(1, &[hall], &[PurposeKind::Training]),
            duty(1, &[other], &[]),
            duty(1, &[], &[]),
            duty(2, &[hall], &[]),
        ];
        let contacts: BTreeMap<_, _> =
            contacts.into_iter().zip(0..).map(|(duty, id)| (contact(id), duty)).collect();
        let told = who_must_know(&contacts, &concern(), &BTreeMap::new());
        assert_eq!(told, [contact(0), contact(1)].into());
    }

    fn any_duty() -> impl Strategy<Value = ContactDuty> {
        let place = prop_oneof![
            (50_u128..53).prop_map(|id| ContactPlace::Facility(FacilityId::new(Uuid::from_u128(id)))),
            (60_u128..63).prop_map(|id| ContactPlace::Resource(ResourceId::new(Uuid::from_u128(id)))),
        ];
        (1_u128..3, prop::collection::btree_set(place, 0..4), prop::collection::vec(0_usize..8, 0..3))
            .prop_map(|(authority, places, purposes)| ContactDuty {
                authority: AuthorityId::new(Uuid::from_u128(authority)),
                places,
                purposes: purposes.into_iter().map(|index| PurposeKind::ALL[index]).collect(),
            })
    }

    proptest! {
        #[test]
        fn what_an_officer_chose_holds_and_nobody_of_another_authority_is_told(
            duties in prop::collection::vec(any_duty(), 0..8), wanted in prop::collection::btree_set(0_u128..8, 0..8),
        ) {
            let contacts: BTreeMap<_, _> =
                duties.into_iter().zip(0..).map(|(duty, id)| (contact(id), duty)).collect();
            let wanted: BTreeSet<_> = wanted.into_iter().map(contact).collect();
            let choices = choices_for(&contacts, &concern(), &wanted);
            let told = who_must_know(&contacts, &concern(), &choices);
            for (id, duty) in &contacts {
                prop_assert_eq!(told.contains(id), wanted.contains(id) && duty.authority == OURS);
            }
            // What follows anyway is not remembered, so that it follows again when the duty changes.
            let by_duty = who_must_know(&contacts, &concern(), &BTreeMap::new());
            prop_assert!(choices.iter().all(|(id, told)| contacts[id].authority != OURS || by_duty.contains(id) != *told));
        }
    }
}
