//! What somebody must know of a place before they go there in a wheelchair, with a hearing aid or a white cane.

use serde::{Deserialize, Serialize};

/// A fact that is true of the place. What is not said is not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accessibility {
    /// Parking for people with a permit, near the entrance.
    Parking,
    /// The entrance has no step.
    StepFreeEntrance,
    /// A door that opens by itself or by a button.
    AutomaticDoor,
    /// All floors are reached without stairs.
    Lift,
    /// A toilet for wheelchairs.
    Toilet,
    /// A changing room and shower for wheelchairs.
    ChangingRoom,
    /// Places for wheelchairs among the spectators.
    SpectatorPlaces,
    /// A hearing loop.
    HearingLoop,
    /// Guide paths or signs that can be felt.
    TactileSigns,
    /// Guide and assistance dogs are welcome.
    AssistanceDogs,
}

impl Accessibility {
    /// All of them, in the order in which one meets them.
    pub const ALL: [Self; 10] = [
        Self::Parking,
        Self::StepFreeEntrance,
        Self::AutomaticDoor,
        Self::Lift,
        Self::Toilet,
        Self::ChangingRoom,
        Self::SpectatorPlaces,
        Self::HearingLoop,
        Self::TactileSigns,
        Self::AssistanceDogs,
    ];

    /// Its key, as files and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Parking => "parking",
            Self::StepFreeEntrance => "step-free-entrance",
            Self::AutomaticDoor => "automatic-door",
            Self::Lift => "lift",
            Self::Toilet => "toilet",
            Self::ChangingRoom => "changing-room",
            Self::SpectatorPlaces => "spectator-places",
            Self::HearingLoop => "hearing-loop",
            Self::TactileSigns => "tactile-signs",
            Self::AssistanceDogs => "assistance-dogs",
        }
    }

    /// The fact with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.key() == key)
    }
}
