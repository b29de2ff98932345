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
