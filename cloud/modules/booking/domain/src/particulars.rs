//! What is peculiar to kinds of resources: who drives a vehicle, which boat lies in a berth, how many sleep somewhere.

use serde::{Deserialize, Serialize};

use crate::Reason;

/// A name of a driver or a boat at most, in characters.
const NAME_CHARS_MAX: usize = 80;
/// The longest boat that is believed, in centimetres: longer ones do not lie in municipal berths.
const BOAT_CM_MAX: u32 = 10_000;

/// What a kind of resource asks whoever books it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Peculiar {
    /// Nothing more.
    Nothing,
    /// How many sleep there.
    Lodging,
    /// Who drives, and that they have the licence.
    Vehicle {
        /// Its class, where the register says one.
        licence: Option<String>,
    },
    /// Which boat, and whether it fits.
    Berth {
        /// The longest, where that is measured.
        length_cm: Option<u32>,
        /// The broadest, where that is measured.
        beam_cm: Option<u32>,
    },
}

/// What was answered.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Particulars {
    /// Who drives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<Driver>,
    /// Which boat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boat: Option<Boat>,
}

/// Who drives a vehicle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// Their name.
    pub name: String,
    /// Whether it was confirmed that they have the licence that the vehicle takes.
    pub licensed: bool,
}

/// A boat.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boat {
    /// What it is called, or its make.
    pub name: String,
    /// From stem to stern.
    pub length_cm: u32,
    /// Across.
    pub beam_cm: u32,
}

/// Why an answer is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParticularsError {
    /// There is nothing to read in it.
    #[error("is blank")]
    Blank,
    /// It is too long.
    #[error("has more than {most} characters")]
    TooLong {
        /// How many it may have.
        most: usize,
    },
    /// No boat is so long, or so broad.
    #[error("is not the measure of a boat")]
    NoMeasure,
}

/// A name on one line, as it was typed but for white space.
fn name(typed: &str) -> Result<String, ParticularsError> {
    let words = typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let text = words.collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(ParticularsError::Blank),
        1..=NAME_CHARS_MAX => Ok(text),
        _ => Err(ParticularsError::TooLong { most: NAME_CHARS_MAX }),
    }
}

impl Driver {
    /// From what was typed.
    pub fn parse(typed: &str, licensed: bool) -> Result<Self, ParticularsError> {
        Ok(Self { name: name(typed)?, licensed })
    }
}

impl Boat {
    /// From what was typed.
    pub fn parse(typed: &str, length_cm: u32, beam_cm: u32) -> Result<Self, ParticularsError> {
        Ok(Self { name: name(typed)?, length_cm, beam_cm })
    }
}

/// Metres as people write them, `7,5` or `7.52` or `8`, in centimetres; `None` for anything else, for nothing, and for
/// more than any boat has.
pub fn centimetres(typed: &str) -> Option<u32> {
    let typed = typed.trim().trim_end_matches('m').trim_end();
    let (whole, part) = typed.split_once([',', '.']).unwrap_or((typed, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 {
        return None;
    }
    let whole = whole.parse::<u32>().ok()?.checked_mul(100)?;
    let part = part.parse::<u32>().ok()?.checked_mul(if part.len() == 1 { 10 } else { 1 })?;
    whole.checked_add(part).filter(|cm| (1..=BOAT_CM_MAX).contains(cm))
}

impl Peculiar {
    /// What of it was not answered, or does not fit.
    pub fn reasons(&self, persons: Option<u32>, said: &Particulars) -> Vec<Reason> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Lodging => persons.is_none().then_some(Reason::PersonsMissing).into_iter().collect(),
            Self::Vehicle { licence } => match &said.driver {
                None => vec![Reason::DriverMissing],
                Some(driver) if driver.licensed => Vec::new(),
                Some(_) => vec![Reason::LicenceMissing { class: licence.clone() }],
            },
            Self::Berth { length_cm, beam_cm } => {
                let Some(boat) = &said.boat else { return vec![Reason::BoatMissing] };
                let long = length_cm.filter(|most| boat.length_cm > *most);
                let broad = beam_cm.filter(|most| boat.beam_cm > *most);
                let long = long.map(|most_cm| Reason::BoatTooLong { most_cm });
                long.into_iter().chain(broad.map(|most_cm| Reason::BoatTooBroad { most_cm })).collect()
            }
        }
    }

    /// What does not fit: what was not said an officer asks by telephone, or knows.
    pub fn misfits(&self, persons: Option<u32>, said: &Particulars) -> Vec<Reason> {
        let missing = match self {
            Self::Nothing | Self::Lodging | Self::Vehicle { .. } => true,
            Self::Berth { .. } => said.boat.is_none(),
        };
        if missing { Vec::new() } else { self.reasons(persons, said) }
    }

    /// What was said, without what this does not ask for: nothing is kept of people that nobody needs.
    #[must_use]
    pub fn asked_of(&self, said: &Particulars) -> Particulars {
        match self {
            Self::Nothing | Self::Lodging => Particulars::default(),
            Self::Vehicle { .. } => Particulars { driver: said.driver.clone(), boat: None },
            Self::Berth { .. } => Particulars { driver: None, boat: said.boat.clone() },
        }
    }
}

impl Particulars {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.driver.is_none() && self.boat.is_none()
    }

    /// What both say.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { driver: self.driver.or(other.driver), boat: self.boat.or(other.boat) }
    }

    /// The same with names that were read anew; an error for one that is none. What another program sends has been
    /// through no form.
    pub fn checked(self) -> Result<Self, ParticularsError> {
        let driver = self.driver.map(|driver| Driver::parse(&driver.name, driver.licensed)).transpose()?;
        let boat = self.boat.map(|boat| {
            let boat = Boat::parse(&boat.name, boat.length_cm, boat.beam_cm)?;
            let fits = |cm: u32| (1..=BOAT_CM_MAX).contains(&cm);
            if fits(boat.length_cm) && fits(boat.beam_cm) {
                Ok(boat)
            } else {
                Err(ParticularsError::NoMeasure)
            }
        });
        Ok(Self { driver, boat: boat.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BERTH: Peculiar = Peculiar::Berth { length_cm: Some(800), beam_cm: Some(300) };

    fn boat(length_cm: u32, beam_cm: u32) -> Particulars {
        Particulars { driver: None, boat: Some(Boat::parse("Vega", length_cm, beam_cm).unwrap()) }
    }

    #[test]
    fn a_boat_is_measured_against_its_berth() {
        assert_eq!(BERTH.reasons(None, &Particulars::default()), [Reason::BoatMissing]);
        assert_eq!(BERTH.reasons(None, &boat(800, 300)), []);
        assert_eq!(
            BERTH.reasons(None, &boat(801, 301)),
            [Reason::BoatTooLong { most_cm: 800 }, Reason::BoatTooBroad { most_cm: 300 }]
        );
        let unmeasured = Peculiar::Berth { length_cm: None, beam_cm: None };
        assert_eq!(unmeasured.reasons(None, &boat(2_000, 600)), []);
    }

    #[test]
    fn a_vehicle_asks_who_drives_and_lodging_how_many_sleep() {
        let bus = Peculiar::Vehicle { licence: Some("D1".to_owned()) };
        let driver =
            |licensed| Particulars { driver: Some(Driver::parse("Bo Ek", licensed).unwrap()), boat: None };
        assert_eq!(bus.reasons(None, &Particulars::default()), [Reason::DriverMissing]);
        assert_eq!(
            bus.reasons(None, &driver(false)),
            [Reason::LicenceMissing { class: Some("D1".to_owned()) }]
        );
        assert_eq!(bus.reasons(None, &driver(true)), []);
        assert_eq!(Peculiar::Lodging.reasons(None, &driver(true)), [Reason::PersonsMissing]);
        assert_eq!(Peculiar::Lodging.reasons(Some(4), &driver(true)), []);
        // An officer books without asking, and cannot make a boat fit.
        assert_eq!(bus.misfits(None, &Particulars::default()), []);
        assert_eq!(BERTH.misfits(None, &Particulars::default()), []);
        assert_eq!(BERTH.misfits(None, &boat(801, 300)), [Reason::BoatTooLong { most_cm: 800 }]);
        // Who drives is not kept of a booking that needs no driver.
        assert!(Peculiar::Lodging.asked_of(&driver(true)).is_empty());
    }

    #[test]
    fn metres_are_read_as_people_write_them() {
        for (typed, cm) in [
            ("7,5", Some(750)),
            ("7.52", Some(752)),
            (" 8 m", Some(800)),
            ("0,01", Some(1)),
            ("", None),
            ("0", None),
            ("-3", None),
            ("7,555", None),
            ("7,", None),
            ("sju", None),
            ("99999999999", None),
            ("100,01", None),
        ] {
            assert_eq!(centimetres(typed), cm, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_a_short_name_on_one_line_or_none(typed in any::<String>()) {
            if let Ok(driver) = Driver::parse(&typed, true) {
                let chars = driver.name.chars().count();
                prop_assert!((1..=NAME_CHARS_MAX).contains(&chars));
                prop_assert!(!driver.name.chars().any(char::is_control));
            }
            let _cm = centimetres(&typed);
        }

        #[test]
        fn a_berth_takes_every_boat_that_is_no_larger_and_no_other(length in 1_u32..2_000, beam in 1_u32..800) {
            let fits = length <= 800 && beam <= 300;
            prop_assert_eq!(BERTH.reasons(None, &boat(length, beam)).is_empty(), fits);
        }
    }
}
