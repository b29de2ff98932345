//! What is typed on a keypad, key by key, until it is a line.
//!
//! ```text
//!            digit                  digit: too many
//!   Empty ─────────▶ Typing ──────────────────────▶ Broken(too long)
//!     ▲                │  │ key read too late          │
//!     │                │  └────────────▶ Broken(stale) │
//!     └─── `#`, `*`, or a pause before the next key ◀──┘
//! ```

use protocols_fieldbus::nodes::Key;

/// Digits in a line: off-line PINs have 12, the longest that is foreseen.
pub const DIGITS_MAX: usize = 16;
/// A key that is read later than this after it was pressed is never decided on.
pub const STALE_MS: u32 = 5_000;
/// After a pause this long someone else may be standing there: the line begins anew.
pub const PAUSE_MS: u64 = 10_000;

/// A line being typed at one keypad. Digits are overwritten when it ends, and never printed.
#[derive(Clone, Default)]
pub struct Line {
    digits: [u8; DIGITS_MAX],
    state: State,
    pressed_ms: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Empty,
    Typing {
        digits: usize,
    },
    Broken(Broken),
}

/// Why a line cannot be decided on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// More than [`DIGITS_MAX`] digits.
    TooLong,
    /// A key of it was read more than [`STALE_MS`] after it was pressed.
    Stale,
}

/// A line that was ended with `#`.
#[derive(Clone, PartialEq, Eq)]
pub enum Entered {
    /// Digits, at least one.
    Digits(Digits),
    /// Not to be decided on.
    Broken(Broken),
}

/// The digits of a finished line; wiped when dropped. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Digits {
    digits: [u8; DIGITS_MAX],
    length: usize,
}

impl Digits {
    /// The digits as text.
    pub fn as_str(&self) -> &str {
        self.digits
            .get(..self.length)
            .and_then(|digits| core::str::from_utf8(digits).ok())
            .unwrap_or_default()
    }
}

impl Drop for Digits {
    fn drop(&mut self) {
        hmac::digest::zeroize::Zeroize::zeroize(&mut self.digits);
    }
}

impl Line {
    /// Takes a key that was pressed at `pressed_ms` (monotonic, milliseconds) and read `age_ms` later.
    /// Answers when it ended a line that had something in it.
    pub fn key(&mut self, key: Key, pressed_ms: u64, age_ms: u32) -> Option<Entered> {
        if pressed_ms.saturating_sub(self.pressed_ms) > PAUSE_MS {
            self.clear();
        }
        self.pressed_ms = self.pressed_ms.max(pressed_ms);
        match key {
            Key::Star => {
                self.clear();
                None
            }
            Key::Hash if age_ms > STALE_MS && self.state != State::Empty => {
                self.clear();
                Some(Entered::Broken(Broken::Stale))
            }
            Key::Hash => self.enter(),
            Key::Digit(_) if age_ms > STALE_MS => {
                self.state = State::Broken(Broken::Stale);
                None
            }
            Key::Digit(digit) => {
                self.push(digit);
                None
            }
        }
    }

    fn push(&mut self, digit: u8) {
        let at = match self.state {
            State::Empty => 0,
            State::Typing { digits } => digits,
            State::Broken(_) => return,
        };
        self.state = match (self.digits.get_mut(at), char::from_digit(digit.into(), 10)) {
            (Some(place), Some(_)) => {
                *place = b'0'.saturating_add(digit);
                State::Typing { digits: at.saturating_add(1) }
            }
            (None, _) | (_, None) => State::Broken(Broken::TooLong),
        };
    }

    fn enter(&mut self) -> Option<Entered> {
        let entered = match self.state {
            State::Empty => None,
            State::Typing { digits: length } => Some(Entered::Digits(Digits { digits: self.digits, length })),
            State::Broken(why) => Some(Entered::Broken(why)),
        };
        self.clear();
        entered
    }

    fn clear(&mut self) {
        hmac::digest::zeroize::Zeroize::zeroize(&mut self.digits);
        self.state = State::Empty;
    }
}

impl core::fmt::Debug for Line {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Entered {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Digits(_) => f.write_str("Digits(..)"),
            Self::Broken(why) => f.debug_tuple("Broken").field(why).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> impl Iterator<Item = Key> {
        text.chars().map(|c| match c {
            '*' => Key::Star,
            '#' => Key::Hash,
            digit => Key::Digit(u8::try_from(digit.to_digit(10).unwrap()).unwrap()),
        })
    }

    fn digits(entered: &Entered) -> &str {
        match entered {
            Entered::Digits(digits) => digits.as_str(),
            Entered::Broken(why) => panic!("broken: {why:?}"),
        }
    }

    fn type_at(line: &mut Line, text: &str, from_ms: u64, age_ms: u32) -> Vec<Entered> {
        keys(text).zip(0..).filter_map(|(key, n)| line.key(key, from_ms + n * 300, age_ms)).collect()
    }

    #[test]
    fn digits_count_until_the_hash_and_the_star_begins_again() {
        let mut line = Line::default();
        let lines = type_at(&mut line, "99*123456#7#", 1000, 20);
        assert_eq!(lines.iter().map(digits).collect::<Vec<_>>(), ["123456", "7"]);
    }

    #[test]
    fn a_hash_alone_is_nothing() {
        assert!(type_at(&mut Line::default(), "##*#", 1000, 20).is_empty());
        assert!(type_at(&mut Line::default(), "#", 1000, STALE_MS + 1).is_empty());
    }

    #[test]
    fn what_was_typed_before_a_pause_belongs_to_someone_else() {
        let mut line = Line::default();
        assert!(type_at(&mut line, "12", 1000, 0).is_empty());
        let lines = type_at(&mut line, "3456#", 1300 + PAUSE_MS + 1, 0);
        assert_eq!(lines.iter().map(digits).collect::<Vec<_>>(), ["3456"]);
        assert!(type_at(&mut line, "12", 50_000, 0).is_empty());
        let lines = type_at(&mut line, "3456#", 50_300 + PAUSE_MS, 0);
        assert_eq!(lines.iter().map(digits).collect::<Vec<_>>(), ["123456"]);
    }

    #[test]
    fn one_stale_key_spoils_the_line_and_only_that_line() {
        for stale_at in 0..7 {
            let mut line = Line::default();
            let mut entered = Vec::new();
            for (n, key) in keys("123456#12#").enumerate() {
                let age_ms = if n == stale_at { STALE_MS + 1 } else { STALE_MS };
                entered.extend(line.key(key, 1000 + 100 * u64::try_from(n).unwrap(), age_ms));
            }
            assert_eq!(entered[0], Entered::Broken(Broken::Stale), "key {stale_at}");
            assert_eq!(digits(&entered[1]), "12");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_not_cut_but_broken() {
        let mut line = Line::default();
        let longest = "1".repeat(DIGITS_MAX);
        let lines = type_at(&mut line, &format!("{longest}#{longest}2#5#"), 1000, 0);
        assert_eq!(digits(&lines[0]), longest);
        assert_eq!(lines[1], Entered::Broken(Broken::TooLong));
        assert_eq!(digits(&lines[2]), "5");
    }

    #[test]
    fn what_is_typed_is_never_printed() {
        let mut line = Line::default();
        let lines = type_at(&mut line, "123456#78", 1000, 0);
        assert!(!format!("{line:?} {lines:?}").contains(|c: char| c.is_ascii_digit()));
    }
}
