use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

/// Where a list goes on: after what had this number. Programs give it back as they got it and read nothing in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The number of the last that was shown.
    pub after: u64,
}

/// A text that is no cursor of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is no cursor that a list gave")]
pub struct CursorError;

/// The shape of what is in it.
const SHAPE: u8 = 1;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![SHAPE];
        bytes.extend_from_slice(&self.after.to_be_bytes());
        f.write_str(&BASE64URL_NOPAD.encode(&bytes))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| CursorError)?;
        match bytes.split_first() {
            Some((&SHAPE, after)) => {
                Ok(Self { after: u64::from_be_bytes(after.try_into().map_err(|_| CursorError)?) })
            }
            Some(_) | None => Err(CursorError),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_given(after: u64) {
            let cursor = Cursor { after };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn no_text_makes_reading_a_cursor_fail_otherwise(text in ".{0,40}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }
}
