//! What somebody without a log-in says is wrong.

use crate::Kind;

/// Characters of what is written about a fault at most: a few sentences. Who has more to say telephones.
pub const TEXT_CHARS_MAX: usize = 1000;
/// Characters of a place's name at most: it is printed below a QR code.
pub const NAME_CHARS_MAX: usize = 60;
/// Characters of an e-mail address at most (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const EMAIL_CHARS_MAX: usize = 254;

/// Why something that was typed cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Wrong {
    /// No sort is chosen.
    #[error("no kind is chosen")]
    NoKind,
    /// Nothing is written where something must be.
    #[error("nothing is written")]
    Missing,
    /// There is more than may be.
    #[error("more than {most} characters")]
    TooLong {
        /// So many may be.
        most: usize,
    },
    /// No letter would arrive there.
    #[error("not an address")]
    NoAddress,
}

/// What was typed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Typed {
    /// The key of a kind.
    pub kind: String,
    /// What is wrong, in words.
    pub words: String,
    /// Where to answer.
    pub email: String,
}

/// A report that can be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Of what sort.
    pub kind: Kind,
    /// In words; may be empty where the sort says enough.
    pub words: String,
    /// Where to answer, where an answer is wanted.
    pub email: Option<String>,
}

impl Report {
    /// Reads what was typed, or says what is wrong with each field. Where it is the same as somebody has reported already,
    /// that one says of what sort it is.
    pub fn read(typed: &Typed, same: Option<Kind>) -> Result<Self, Vec<(&'static str, Wrong)>> {
        let mut wrong = Vec::new();
        let mut keep = |field: &'static str, reason: Wrong| wrong.push((field, reason));
        let kind = same.or_else(|| Kind::parse(&typed.kind));
        if kind.is_none() {
            keep("kind", Wrong::NoKind);
        }
        let words = match text(&typed.words) {
            Ok(words) => words,
            Err(Wrong::Missing) if same.is_some() || kind != Some(Kind::Other) => String::new(),
            Err(reason) => {
                keep("words", reason);
                String::new()
            }
        };
        let email = match typed.email.trim() {
            "" => None,
            typed if is_address(typed) => Some(typed.to_owned()),
            _ => {
                keep("email", Wrong::NoAddress);
                None
            }
        };
        match kind {
            Some(kind) if wrong.is_empty() => Ok(Self { kind, words, email }),
            Some(_) | None => Err(wrong),
        }
    }
}

/// Several lines, as they are kept: line ends of one sort, no other control characters.
pub fn text(typed: &str) -> Result<String, Wrong> {
    let kept = typed.replace("\r\n", "\n").replace(|c: char| c.is_control() && c != '\n', " ");
    bounded(kept.trim(), TEXT_CHARS_MAX)
}

/// One line: a place's name.
pub fn name(typed: &str) -> Result<String, Wrong> {
    let words = typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    bounded(&words.collect::<Vec<_>>().join(" "), NAME_CHARS_MAX)
}

fn bounded(text: &str, most: usize) -> Result<String, Wrong> {
    match text.chars().count() {
        0 => Err(Wrong::Missing),
        chars if chars > most => Err(Wrong::TooLong { most }),
        _ => Ok(text.to_owned()),
    }
}

/// Whether it can be one address, and nothing that would begin another header or another address.
fn is_address(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"".contains(c);
    let Some((to, at)) = text.split_once('@') else { return false };
    text.chars().count() <= EMAIL_CHARS_MAX
        && !text.contains(odd)
        && !to.is_empty()
        && !at.contains('@')
        && at.contains('.')
        && at.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(kind: &str, words: &str, email: &str) -> Typed {
        Typed { kind: kind.to_owned(), words: words.to_owned(), email: email.to_owned() }
    }

    #[test]
    fn one_tap_is_enough_but_for_what_has_no_name() {
        let read = Report::read(&typed("leak", "  ", ""), None).unwrap();
        assert_eq!(read, Report { kind: Kind::Leak, words: String::new(), email: None });
        assert_eq!(Report::read(&typed("other", " ", ""), None), Err(vec![("words", Wrong::Missing)]));
        assert!(Report::read(&typed("other", "En fågel", ""), None).is_ok());
    }

    #[test]
    fn what_is_known_already_needs_neither_a_sort_nor_words() {
        let read = Report::read(&typed("", "", "a@b.example"), Some(Kind::Other)).unwrap();
        assert_eq!((read.kind, read.email.as_deref()), (Kind::Other, Some("a@b.example")));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let long = "x".repeat(TEXT_CHARS_MAX + 1);
        let wrong =
            Report::read(&typed("nothing", &long, "a@b.example\nBcc: c@d.example"), None).unwrap_err();
        let most = TEXT_CHARS_MAX;
        assert_eq!(
            wrong,
            [("kind", Wrong::NoKind), ("words", Wrong::TooLong { most }), ("email", Wrong::NoAddress)]
        );
        for odd in [
            "a",
            "@b.example",
            "a@b",
            "a@.example",
            "a@b@c.example",
            "<a@b.example>",
            "a@b.example,c@d.example",
        ] {
            assert_eq!(
                Report::read(&typed("leak", "", odd), None),
                Err(vec![("email", Wrong::NoAddress)]),
                "{odd}"
            );
        }
    }

    #[test]
    fn every_kind_is_read_back_from_its_key() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.key()), Some(kind));
        }
        assert_eq!(Kind::parse("Leak"), None);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_bounded_and_has_no_control_characters(typed in "\\PC{0,40}[\\x00-\\x1f]{0,8}\\PC{0,1200}") {
            if let Ok(kept) = text(&typed) {
                prop_assert!((1..=TEXT_CHARS_MAX).contains(&kept.chars().count()));
                prop_assert!(!kept.contains(|c: char| c.is_control() && c != '\n'));
            }
            if let Ok(kept) = name(&typed) {
                prop_assert!((1..=NAME_CHARS_MAX).contains(&kept.chars().count()));
                prop_assert!(!kept.contains(char::is_control));
            }
        }
    }
}
