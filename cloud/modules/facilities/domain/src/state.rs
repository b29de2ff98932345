//! What was said of something in the register at a time: what is kept when it changes, so that it can be told and brought
//! back, and what becomes of it when two change it at once.

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::calendar::{RegularHours, clock_words, hours_words};
use crate::facts::{Change, EquipmentFacts, FacilityFacts, ResourceFacts};

/// All that was said of one thing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "about", content = "said", rename_all = "snake_case")]
pub enum State {
    /// A facility.
    Facility(FacilityFacts),
    /// When a facility is open in an ordinary week.
    Hours(Vec<RegularHours>),
    /// Something that can be booked.
    Resource(ResourceState),
    /// Equipment or a service.
    Equipment(EquipmentFacts),
    /// Other hours on some dates.
    Exception(ExceptionState),
}

/// A resource with its place among the others.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceState {
    /// The short name of the whole that it is a part of; empty is none.
    pub parent: String,
    /// The codes of its parts, in order.
    pub parts: Vec<String>,
    /// Its place in the schedule.
    pub position: i32,
    /// What is known of it.
    pub facts: ResourceFacts,
}

/// Other hours on a span of dates.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExceptionState {
    /// The short name of the resource that it is about; empty is the facility.
    pub resource: String,
    /// Its first date.
    pub first: Date,
    /// Its last date.
    pub last: Date,
    /// From and until, in minutes after midnight; empty is closed.
    pub hours: Vec<(u16, u16)>,
    /// Why, for everybody to read.
    pub reason: String,
}

impl State {
    /// What sort of thing it is about, as the database writes it.
    pub const fn about(&self) -> &'static str {
        match self {
            Self::Facility(_) => "facility",
            Self::Hours(_) => "hours",
            Self::Resource(_) => "resource",
            Self::Equipment(_) => "equipment",
            Self::Exception(_) => "exception",
        }
    }

    /// What was said, where it is about a facility.
    pub const fn facility(&self) -> Option<&FacilityFacts> {
        if let Self::Facility(facts) = self { Some(facts) } else { None }
    }

    /// What was said, where it is about a resource.
    pub const fn resource(&self) -> Option<&ResourceState> {
        if let Self::Resource(resource) = self { Some(resource) } else { None }
    }

    /// What was said, where it is about equipment.
    pub const fn equipment(&self) -> Option<&EquipmentFacts> {
        if let Self::Equipment(facts) = self { Some(facts) } else { None }
    }

    /// Everything as pairs of key and words.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Facility(facts) => facts.fields(),
            Self::Hours(hours) => vec![("opening_hours", hours_words(hours))],
            Self::Resource(resource) => {
                let mut all = resource.facts.fields();
                all.extend([
                    ("parent", resource.parent.clone()),
                    ("parts", resource.parts.join(" ")),
                    ("order", resource.position.to_string()),
                ]);
                all
            }
            Self::Equipment(facts) => facts.fields(),
            Self::Exception(exception) => {
                let clocks: Vec<String> =
                    exception.hours.iter().map(|(from, to)| clock_words(*from, *to)).collect();
                vec![
                    ("resource", exception.resource.clone()),
                    ("dates", format!("{}–{}", exception.first, exception.last)),
                    ("hours", if clocks.is_empty() { "closed".to_owned() } else { clocks.join(" ") }),
                    ("reason", exception.reason.clone()),
                ]
            }
        }
    }
}

/// What differs between two states of one thing; `None` is that it is not there.
pub fn differences(before: Option<&State>, after: Option<&State>) -> Vec<Change> {
    let fields = |state: Option<&State>| state.map(State::fields).unwrap_or_default();
    let (before, after) = (fields(before), fields(after));
    let longer = if before.len() >= after.len() { &before } else { &after };
    let said = |fields: &[(&'static str, String)], wanted: &str| {
        let found = fields.iter().find(|(key, _)| *key == wanted);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    longer
        .iter()
        .map(|(key, _)| Change { key, from: said(&before, key), to: said(&after, key) })
        .filter(|change| change.from != change.to)
        .collect()
}

/// What two people made of the same thing at once: of what `mine` left as it was at `base`, what `theirs` says; of what
/// it changed, its own. `None` where the three have not the same shape.
pub fn merged<T: Serialize + DeserializeOwned>(base: &T, mine: &T, theirs: &T) -> Option<T> {
    let object = |value: &T| match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => Some(fields),
        Ok(_) | Err(_) => None,
    };
    let (base, mut both, theirs) = (object(base)?, object(mine)?, object(theirs)?);
    for (key, value) in &mut both {
        if base.get(key) == Some(value)
            && let Some(new) = theirs.get(key)
        {
            new.clone_into(value);
        }
    }
    serde_json::from_value(Value::Object(both)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Accessibility, Boat, DayHours, DayKind, Position, ResourceKind, Size};

    fn facility() -> FacilityFacts {
        FacilityFacts {
            name: "Strand".to_owned(),
            position: Some(Position { latitude: 59.48, longitude: 18.3 }),
            accessibility: vec![Accessibility::StepFreeEntrance],
            other_ids: [("karta".to_owned(), "4711".to_owned())].into(),
            ..FacilityFacts::default()
        }
    }

    #[test]
    fn what_is_kept_of_each_kind_of_thing_is_read_as_it_was() {
        let berth = ResourceKind::Berth(Boat { length: Some(700), beam: None, draught: None });
        let resource = ResourceState {
            parts: vec!["A1".to_owned()],
            facts: ResourceFacts {
                kind: berth,
                size: Some(Size { width: (1, 2), length: (3, 3), ceiling: None }),
                ..ResourceFacts::default()
            },
            ..ResourceState::default()
        };
        let exception = ExceptionState {
            resource: String::new(),
            first: Date::constant(2026, 12, 24),
            last: Date::constant(2026, 12, 26),
            hours: vec![(600, 840)],
            reason: "Jul".to_owned(),
        };
        let hours = DayHours { weekday: 1, opens_minute: 480, closes_minute: 1320 };
        for state in [
            State::Facility(facility()),
            State::Hours(vec![RegularHours { on: DayKind::Holiday, hours }]),
            State::Resource(resource),
            State::Equipment(EquipmentFacts { stock: Some(4), ..EquipmentFacts::default() }),
            State::Exception(exception),
        ] {
            let kept = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<State>(&kept).unwrap(), state, "{kept}");
        }
    }

    #[test]
    fn what_was_kept_before_a_fact_was_known_is_read_without_it() {
        let old = r#"{ "about": "resource", "said": { "facts": { "name": "Hallen" } } }"#;
        let State::Resource(read) = serde_json::from_str(old).unwrap() else { panic!("a resource") };
        assert_eq!((read.facts.name.as_str(), read.facts.kind), ("Hallen", ResourceKind::Hall));
    }

    #[test]
    fn something_new_differs_from_nothing_in_all_that_is_said_of_it() {
        let new = State::Equipment(EquipmentFacts { name: "Mål".to_owned(), ..EquipmentFacts::default() });
        let name = Change { key: "name", from: String::new(), to: "Mål".to_owned() };
        assert_eq!(differences(None, Some(&new)), [name]);
        assert_eq!(differences(Some(&new), Some(&new)), []);
    }

    proptest! {
        #[test]
        fn of_two_who_change_at_once_nobodys_own_change_is_lost(
            mine in any::<(bool, bool, bool)>(),
            theirs in any::<(bool, bool, bool)>(),
        ) {
            let base = facility();
            let change = |(name, address, position): (bool, bool, bool), who: &str| {
                let mut facts = base.clone();
                if name { facts.name = who.to_owned(); }
                if address { facts.address = who.to_owned(); }
                if position { facts.position = None; }
                facts
            };
            let both = merged(&base, &change(mine, "jag"), &change(theirs, "de")).unwrap();
            let expected = |mine: bool, theirs: bool, old: &str| {
                if mine { "jag".to_owned() } else if theirs { "de".to_owned() } else { old.to_owned() }
            };
            prop_assert_eq!(both.name, expected(mine.0, theirs.0, "Strand"));
            prop_assert_eq!(both.address, expected(mine.1, theirs.1, ""));
            prop_assert_eq!(both.position.is_none(), mine.2 || theirs.2);
        }
    }
}
