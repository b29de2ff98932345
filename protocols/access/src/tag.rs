//! A tag's number as it comes from a reader, byte by byte.

use hmac::digest::zeroize::Zeroize;
use protocols_fieldbus::nodes::TAG_BYTES_MAX;

use crate::{PAUSE_MS, STALE_MS};

/// Characters of the longest number.
const CHARACTERS_MAX: usize = 20;

/// A number being read at one reader. Bytes are overwritten when it is whole, and never printed.
///
/// ```text
///            tag of n bytes             the n-th byte
///   Nothing ────────────────▶ Reading ────────────────▶ whole, or stale if any of it was
///      ▲                        │  │
///      └── a pause in between ──┘  └── another tag: begin again
/// ```
#[derive(Clone, Default)]
pub struct TagLine {
    text: [u8; CHARACTERS_MAX],
    characters: usize,
    /// Bytes that are still to come.
    missing: u8,
    stale: bool,
    read_ms: u64,
}

/// A tag that was read.
#[derive(Clone, PartialEq, Eq)]
pub enum TagRead {
    /// Whole.
    Number(TagNumber),
    /// Read more than [`STALE_MS`] after it was shown: not to be decided on.
    Stale,
}

/// A tag's number; wiped when dropped. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct TagNumber {
    text: [u8; CHARACTERS_MAX],
    characters: usize,
}

impl TagNumber {
    /// Upper-case hexadecimal, two characters a byte: what its seal covers.
    pub fn as_str(&self) -> &str {
        self.text.get(..self.characters).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl Drop for TagNumber {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl TagLine {
    /// A tag was shown at `shown_ms` (monotonic, milliseconds) and read `age_ms` later; so many bytes follow.
    pub fn begin(&mut self, bytes: u8, shown_ms: u64, age_ms: u32) {
        self.clear();
        if bytes <= TAG_BYTES_MAX {
            self.missing = bytes;
            self.stale = age_ms > STALE_MS;
            self.read_ms = shown_ms;
        }
    }

    /// The next byte. Answers when the number is whole.
    pub fn byte(&mut self, byte: u8, shown_ms: u64, age_ms: u32) -> Option<TagRead> {
        if shown_ms.saturating_sub(self.read_ms) > PAUSE_MS {
            self.clear();
        }
        self.missing = self.missing.checked_sub(1)?;
        self.stale |= age_ms > STALE_MS;
        for half in [byte.wrapping_shr(4), byte & 0x0F] {
            let digit = char::from_digit(half.into(), 16).map_or('0', |digit| digit.to_ascii_uppercase());
            if let Some(place) = self.text.get_mut(self.characters) {
                *place = u8::try_from(digit).unwrap_or(b'0');
                self.characters = self.characters.saturating_add(1);
            }
        }
        if self.missing > 0 {
            return None;
        }
        let read = if self.stale {
            TagRead::Stale
        } else {
            TagRead::Number(TagNumber { text: self.text, characters: self.characters })
        };
        self.clear();
        Some(read)
    }

    fn clear(&mut self) {
        self.text.zeroize();
        (self.characters, self.missing, self.stale) = (0, 0, false);
    }
}

impl core::fmt::Debug for TagLine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TagLine").finish_non_exhaustive()
    }
}

impl core::fmt::Debug for TagRead {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Number(_) => f.write_str("Number(..)"),
            Self::Stale => f.write_str("Stale"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &mut TagLine, bytes: &[u8], ages_ms: &[u32]) -> Vec<TagRead> {
        line.begin(u8::try_from(bytes.len()).unwrap(), 1_000, ages_ms[0]);
        bytes
            .iter()
            .zip(&ages_ms[1..])
            .filter_map(|(byte, age_ms)| line.byte(*byte, 1_000, *age_ms))
            .collect()
    }

    fn number(read: &TagRead) -> &str {
        match read {
            TagRead::Number(number) => number.as_str(),
            TagRead::Stale => panic!("stale"),
        }
    }

    #[test]
    fn the_number_is_upper_case_hexadecimal_of_all_its_bytes() {
        let mut line = TagLine::default();
        let read = shown(&mut line, &[0x04, 0xA2, 0x0f, 0xFF], &[0; 5]);
        assert_eq!(read.iter().map(number).collect::<Vec<_>>(), ["04A20FFF"]);
        let read = shown(&mut line, &[0xAB; 10], &[0; 11]);
        assert_eq!(number(&read[0]), "AB".repeat(10));
    }

    #[test]
    fn one_stale_byte_spoils_the_number_and_only_that_one() {
        for stale_at in 0..5 {
            let mut line = TagLine::default();
            let mut ages = [STALE_MS; 5];
            ages[stale_at] = STALE_MS + 1;
            assert_eq!(shown(&mut line, &[1, 2, 3, 4], &ages), [TagRead::Stale], "{stale_at}");
            assert_eq!(number(&shown(&mut line, &[1, 2, 3, 4], &[STALE_MS; 5])[0]), "01020304");
        }
    }

    #[test]
    fn bytes_without_a_tag_and_tags_without_an_end_are_nothing() {
        let mut line = TagLine::default();
        assert_eq!(line.byte(1, 1_000, 0), None);
        line.begin(4, 1_000, 0);
        assert_eq!(line.byte(1, 1_000, 0), None);
        // A new tag begins anew; nothing of the first is left.
        assert_eq!(number(&shown(&mut line, &[9, 9, 9, 9], &[0; 5])[0]), "09090909");
        line.begin(2, 1_000, 0);
        assert_eq!(line.byte(1, 1_000, 0), None);
        assert_eq!(line.byte(2, 1_001 + PAUSE_MS, 0), None, "a pause in between");
        line.begin(11, 1_000, 0);
        assert_eq!(line.byte(1, 1_000, 0), None, "longer than any tag");
    }

    #[test]
    fn a_number_is_never_printed() {
        let mut line = TagLine::default();
        let read = shown(&mut line, &[0x12; 4], &[0; 5]);
        assert_eq!(format!("{line:?} {read:?}"), "TagLine { .. } [Number(..)]");
    }
}
