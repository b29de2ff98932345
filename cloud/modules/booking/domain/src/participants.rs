use serde::{Deserialize, Serialize};

/// People at a booking at most: more than the largest arena holds.
pub const PERSONS_MAX: u32 = 50_000;

/// Who takes part, as far as it was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Participants {
    /// How many.
    pub persons: Option<u32>,
    /// How old.
    pub age_group: Option<AgeGroup>,
    /// Girls and women, boys and men, or both.
    pub gender: Option<Gender>,
}

/// How old most of them are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeGroup {
    /// Up to 12 years.
    Children,
    /// 13 to 20 years.
    Youth,
    /// 21 to 64 years.
    Adults,
    /// 65 years and more.
    Seniors,
    /// Of all ages.
    Mixed,
}

impl AgeGroup {
    /// All of them, youngest first.
    pub const ALL: [Self; 5] = [Self::Children, Self::Youth, Self::Adults, Self::Seniors, Self::Mixed];

    /// As forms and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Children => "children",
            Self::Youth => "youth",
            Self::Adults => "adults",
            Self::Seniors => "seniors",
            Self::Mixed => "mixed",
        }
    }

    /// The group with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.key() == key)
    }
}

/// Whom the activity is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gender {
    /// Girls and women.
    GirlsWomen,
    /// Boys and men.
    BoysMen,
    /// All.
    Mixed,
}

impl Gender {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::GirlsWomen, Self::BoysMen, Self::Mixed];

    /// As forms and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::GirlsWomen => "girls_women",
            Self::BoysMen => "boys_men",
            Self::Mixed => "mixed",
        }
    }

    /// The one with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gender| gender.key() == key)
    }
}
