//! Words of a municipality's own, with places for what differs from letter to letter. Nothing in them is code: a place is
//! a name in braces, and what is filled in is never looked at again.

/// Characters of a subject at most: more than a list of mail shows.
pub const SUBJECT_CHARS_MAX: usize = 120;
/// Characters of a paragraph at most: a letter is read on a telephone.
pub const PARAGRAPH_CHARS_MAX: usize = 1500;

/// What may be filled in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// The booking's number.
    Number,
    /// On whose account it is.
    Customer,
    /// The municipality's name.
    Municipality,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Number, Self::Customer, Self::Municipality];

    /// Its name between the braces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Customer => "customer",
            Self::Municipality => "municipality",
        }
    }
}

/// What is wrong with words.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TemplateError {
    /// Nothing stands there.
    #[error("empty")]
    Empty,
    /// It is too long.
    #[error("longer than {0} characters")]
    Long(usize),
    /// A line break stands in a subject, or a control character anywhere.
    #[error("a character that cannot stand there")]
    Character,
    /// A place that is none of those that can be filled.
    #[error("unknown place {0:?}")]
    Unknown(String),
    /// A brace that opens or closes nothing.
    #[error("a brace without its other")]
    Brace,
}

enum Piece<'a> {
    Text(&'a str),
    Place(Place),
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, more) = after.split_once('}').ok_or(TemplateError::Brace)?;
        if before.contains('}') || name.contains('{') {
            return Err(TemplateError::Brace);
        }
        let place = Place::ALL.into_iter().find(|place| place.name() == name.trim());
        pieces.push(Piece::Text(before));
        pieces.push(Piece::Place(place.ok_or_else(|| TemplateError::Unknown(name.trim().to_owned()))?));
        rest = more;
    }
    if rest.contains('}') {
        return Err(TemplateError::Brace);
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// Whether this may be a subject.
pub fn check_subject(text: &str) -> Result<(), TemplateError> {
    if text.trim().is_empty() {
        return Err(TemplateError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(TemplateError::Character);
    }
    check(text, SUBJECT_CHARS_MAX)
}

/// Whether this may be a paragraph; `required` is not to be empty.
pub fn check_paragraph(text: &str, required: bool) -> Result<(), TemplateError> {
    if text.trim().is_empty() {
        return if required { Err(TemplateError::Empty) } else { Ok(()) };
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\r') {
        return Err(TemplateError::Character);
    }
    check(text, PARAGRAPH_CHARS_MAX)
}

fn check(text: &str, most: usize) -> Result<(), TemplateError> {
    if text.chars().count() > most {
        return Err(TemplateError::Long(most));
    }
    pieces(text).map(|_| ())
}

/// The words with their places filled. Words that were checked are never refused; of others nothing is filled.
pub fn fill(text: &str, value: impl Fn(Place) -> String) -> String {
    match pieces(text) {
        Ok(pieces) => pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Place(place) => value(place),
            })
            .collect(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_are_filled_and_what_is_none_is_named() {
        let value = |place: Place| format!("<{}>", place.name());
        assert_eq!(fill("Bokning { number } för {customer}", value), "Bokning <number> för <customer>");
        assert_eq!(check_subject("Bokning {nummer}"), Err(TemplateError::Unknown("nummer".to_owned())));
        for odd in ["a { b", "a } b", "{number", "{{number}}", "number}"] {
            assert_eq!(check_subject(odd), Err(TemplateError::Brace), "{odd}");
        }
        assert_eq!(check_subject(" "), Err(TemplateError::Empty));
        assert_eq!(check_subject("a\nBcc: x@y.se"), Err(TemplateError::Character));
        assert_eq!(check_subject(&"a".repeat(121)), Err(TemplateError::Long(120)));
        assert_eq!(check_paragraph("", false), Ok(()));
        assert_eq!(check_paragraph("", true), Err(TemplateError::Empty));
    }

    proptest! {
        #[test]
        fn what_is_filled_in_is_never_read_as_words_again(text in "[a-z{} ]{0,40}", value in "\\PC{0,20}") {
            let filled = fill(&text, |_| value.clone());
            if check_paragraph(&text, false).is_err() {
                prop_assert_eq!(filled, text);
                return Ok(());
            }
            let literal = Place::ALL
                .iter()
                .fold(text.clone(), |text, place| text.replace(&format!("{{{}}}", place.name()), "\u{1}"));
            // Places with spaces inside the braces are filled too.
            if !literal.contains('{') {
                prop_assert_eq!(filled, literal.replace('\u{1}', &value));
            }
        }
    }
}
