//! What sorts of things can be booked, and what is peculiar to each.

use serde::{Deserialize, Serialize};

use crate::wrong::{BOAT_CM_MAX, Wrong};

/// What sort of thing a resource is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// A sports hall, a gymnasium.
    #[default]
    Hall,
    /// A pitch, a rink, a track.
    Pitch,
    /// A meeting room, a classroom, an aula.
    Room,
    /// Premises for parties and conferences.
    Premises,
    /// Rooms to sleep in, by night and person.
    Lodging,
    /// A car, a bus, a trailer, with the driving licence that it takes.
    Vehicle {
        /// `B`, `BE`; empty where none is named.
        licence: String,
    },
    /// A place for a boat, with the largest that it takes.
    Berth(Boat),
    /// Anything else that is lent.
    Other,
}

/// The largest boat, in centimetres, as far as it is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Boat {
    /// From stem to stern.
    pub length: Option<u32>,
    /// Across.
    pub beam: Option<u32>,
    /// Below the water line.
    pub draught: Option<u32>,
}

/// Longer than any class of licence.
const LICENCE_CHARS_MAX: usize = 20;

impl ResourceKind {
    /// The keys of all kinds, in the order of lists.
    pub const KEYS: [&'static str; 8] =
        ["hall", "pitch", "room", "premises", "lodging", "vehicle", "berth", "other"];

    /// Its key, as files and the database write it.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Hall => "hall",
            Self::Pitch => "pitch",
            Self::Room => "room",
            Self::Premises => "premises",
            Self::Lodging => "lodging",
            Self::Vehicle { .. } => "vehicle",
            Self::Berth(_) => "berth",
            Self::Other => "other",
        }
    }

    /// The kind with this key; licence and boat go where they belong and are left out elsewhere.
    pub fn with(key: &str, licence: &str, boat: Boat) -> Option<Self> {
        match key {
            "hall" => Some(Self::Hall),
            "pitch" => Some(Self::Pitch),
            "room" => Some(Self::Room),
            "premises" => Some(Self::Premises),
            "lodging" => Some(Self::Lodging),
            "vehicle" => Some(Self::Vehicle { licence: licence.trim().to_owned() }),
            "berth" => Some(Self::Berth(boat)),
            "other" => Some(Self::Other),
            _ => None,
        }
    }

    /// The licence that it takes; empty for all but vehicles.
    pub fn licence(&self) -> &str {
        match self {
            Self::Vehicle { licence } => licence,
            Self::Hall
            | Self::Pitch
            | Self::Room
            | Self::Premises
            | Self::Lodging
            | Self::Berth(_)
            | Self::Other => "",
        }
    }

    /// The largest boat; nothing for all but berths.
    pub fn boat(&self) -> Boat {
        match self {
            Self::Berth(boat) => *boat,
            Self::Hall
            | Self::Pitch
            | Self::Room
            | Self::Premises
            | Self::Lodging
            | Self::Vehicle { .. }
            | Self::Other => Boat::default(),
        }
    }

    /// What is wrong with what is peculiar to it, by key.
    pub(crate) fn problems(&self) -> Vec<(&'static str, Wrong)> {
        let boat = self.boat();
        let measures =
            [("boat_length_cm", boat.length), ("boat_beam_cm", boat.beam), ("boat_draught_cm", boat.draught)];
        let mut found: Vec<_> = measures
            .into_iter()
            .filter(|(_, cm)| cm.is_some_and(|cm| cm == 0 || cm > BOAT_CM_MAX))
            .map(|(key, _)| (key, Wrong::NoNumber { from: 1, to: BOAT_CM_MAX }))
            .collect();
        if let Err(wrong) = crate::wrong::check_text(self.licence(), LICENCE_CHARS_MAX) {
            found.push(("licence", wrong));
        }
        found
    }
}
