use serde::{Deserialize, Serialize};

/// The sort of thing that a booking is for, as rules and prices know it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PurposeKind {
    /// Practice.
    Training,
    /// A match or a competition.
    Match,
    /// Something for an audience, a camp, a fair.
    Event,
    /// Teaching.
    School,
    /// A meeting, a course, a conference.
    Meeting,
    /// A party and other private things.
    Private,
    /// To sleep there.
    Overnight,
    /// Anything else.
    Other,
}

impl PurposeKind {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 8] = [
        Self::Training,
        Self::Match,
        Self::Event,
        Self::School,
        Self::Meeting,
        Self::Private,
        Self::Overnight,
        Self::Other,
    ];

    /// Its key, as rules, forms and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Match => "match",
            Self::Event => "event",
            Self::School => "school",
            Self::Meeting => "meeting",
            Self::Private => "private",
            Self::Overnight => "overnight",
            Self::Other => "other",
        }
    }

    /// The kind with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// The longest purpose, in characters: a line in a list, not a letter.
pub const PURPOSE_CHARS_MAX: usize = 120;

/// What a booking is for, in the booker's words: one line, not blank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Purpose(String);

/// Why a text is no purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PurposeError {
    /// There is nothing to read in it.
    #[error("purpose is blank")]
    Blank,
    /// It is too long.
    #[error("purpose has {chars} characters, at most {most}")]
    TooLong {
        /// How long it is.
        chars: usize,
        /// How long it may be.
        most: usize,
    },
}

impl Purpose {
    /// Reads what was typed; white space of any kind becomes single spaces.
    pub fn parse(typed: &str) -> Result<Self, PurposeError> {
        let text = typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let text = text.collect::<Vec<_>>().join(" ");
        let chars = text.chars().count();
        match chars {
            0 => Err(PurposeError::Blank),
            1..=PURPOSE_CHARS_MAX => Ok(Self(text)),
            _ => Err(PurposeError::TooLong { chars, most: PURPOSE_CHARS_MAX }),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
