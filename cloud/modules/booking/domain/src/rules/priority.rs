//! Who goes first among those who ask.

use serde::{Deserialize, Serialize};

use super::{Asker, Who};
use crate::{AgeGroup, PurposeKind};

/// A group that goes before those after it in the list. Where a list is empty it says nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Priority {
    /// What people call it: `Barn och ungdom`.
    pub name: String,
    /// Customers of these sorts or price groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<Who>,
    /// For these purposes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<PurposeKind>,
    /// For participants of these ages; where nobody said who comes it does not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ages: Vec<AgeGroup>,
}

impl Priority {
    fn includes(&self, asker: &Asker, purpose: PurposeKind, age: Option<AgeGroup>) -> bool {
        let of_who = self.who.is_empty()
            || self.who.iter().any(|who| who.includes(asker.kind, asker.group.as_deref()));
        let of_purpose = self.purposes.is_empty() || self.purposes.contains(&purpose);
        let of_age = self.ages.is_empty() || age.is_some_and(|age| self.ages.contains(&age));
        of_who && of_purpose && of_age
    }
}

/// The first group of the list that a request belongs to, with its place from 1; `None` is after all of them.
pub fn priority<'a>(
    groups: &'a [Priority],
    asker: &Asker,
    purpose: PurposeKind,
    age: Option<AgeGroup>,
) -> Option<(usize, &'a Priority)> {
    let found = groups.iter().enumerate().find(|(_, group)| group.includes(asker, purpose, age));
    found.map(|(index, group)| (index.saturating_add(1), group))
}
