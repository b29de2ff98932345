//! What of a record is masked before others read it.

use std::collections::BTreeSet;

use cloud_contracts::{Fact, Record, Tells};
use protocols_ids::Uuid;

/// Which fact of which record: its type, its id, and its place among the facts.
pub(crate) type Place = (&'static str, Uuid, usize);

/// Whether and why a fact is masked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mask {
    /// It is read.
    Open,
    /// Whoever discloses has masked it.
    Chosen,
    /// It is masked whoever discloses it: a code, or something about a person whose identity is protected.
    Always,
}

/// What is masked of one fact.
pub(crate) fn mask(record: &Record, place: usize, fact: &Fact, chosen: &BTreeSet<Place>) -> Mask {
    let always = match fact.tells {
        Tells::Code => true,
        Tells::Person | Tells::Words => record.protected,
        Tells::Case => false,
    };
    if always {
        Mask::Always
    } else if chosen.contains(&(record.information, record.id, place)) {
        Mask::Chosen
    } else {
        Mask::Open
    }
}

#[cfg(test)]
mod tests {
    use cloud_contracts::FactValue;

    use super::*;

    #[test]
    fn codes_and_protected_people_are_masked_whatever_is_chosen() {
        let record = |protected| Record {
            information: "booking.bookings",
            id: Uuid::from_u128(7),
            name: "1001".to_owned(),
            since: jiff::Timestamp::UNIX_EPOCH,
            over_at: None,
            protected,
            facts: vec![
                Fact::case("records-fact-state", FactValue::Text("x".to_owned())),
                Fact::person("records-fact-booker", "x".to_owned()),
                Fact::words("records-fact-purpose", "x".to_owned()),
                Fact { name: "records-fact-code", value: FactValue::Text(String::new()), tells: Tells::Code },
            ],
        };
        let masks = |protected, chosen: &BTreeSet<Place>| {
            let record = record(protected);
            let facts = record.facts.iter().enumerate();
            facts.map(|(place, fact)| mask(&record, place, fact, chosen)).collect::<Vec<_>>()
        };
        let none = BTreeSet::new();
        assert_eq!(masks(false, &none), [Mask::Open, Mask::Open, Mask::Open, Mask::Always]);
        assert_eq!(masks(true, &none), [Mask::Open, Mask::Always, Mask::Always, Mask::Always]);
        let second = BTreeSet::from([("booking.bookings", Uuid::from_u128(7), 2)]);
        assert_eq!(masks(false, &second), [Mask::Open, Mask::Open, Mask::Chosen, Mask::Always]);
    }
}
