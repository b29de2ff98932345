//! Organisation numbers, as the Swedish Tax Agency gives them out to legal persons.

use std::fmt;

/// An organisation number: ten digits of which the third is at least 2 and the last is a check digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrganisationNumber(String);

/// What was written is none. A personal number is none either: a sole trader has the owner's, which belongs in no
/// register that is published.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an organisation number")]
pub struct NotANumber;

/// The digits after which the hyphen stands.
const BEFORE_HYPHEN: usize = 6;

impl OrganisationNumber {
    /// Reads `802400-1234`, `8024001234`, and the same with the century prefix 16.
    pub fn parse(text: &str) -> Result<Self, NotANumber> {
        let text = text.trim();
        let (head, tail) = match text.split_once('-') {
            Some((head, tail)) if tail.len() == 4 => (head, tail),
            Some(_) => return Err(NotANumber),
            None => (text, ""),
        };
        let written = format!("{head}{tail}");
        let digits = match (written.len(), written.strip_prefix("16")) {
            (12, Some(rest)) => rest,
            (10, _) => written.as_str(),
            _ => return Err(NotANumber),
        };
        let values: Vec<u32> =
            digits.chars().map(|digit| digit.to_digit(10)).collect::<Option<_>>().ok_or(NotANumber)?;
        let third = values.get(2).copied().unwrap_or(0);
        if values.len() != 10 || third < 2 || values.first() == Some(&0) || !checks(&values) {
            return Err(NotANumber);
        }
        Ok(Self(digits.to_owned()))
    }

    /// The ten digits, as they are stored.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganisationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_at_checked(BEFORE_HYPHEN) {
            Some((head, tail)) => write!(f, "{head}-{tail}"),
            None => f.write_str(&self.0),
        }
    }
}

/// The check of ISO/IEC 7812-1 annex B.
fn checks(digits: &[u32]) -> bool {
    let sum = digits.iter().enumerate().fold(0_u32, |sum, (place, digit)| {
        let doubled = if place.is_multiple_of(2) { digit.saturating_mul(2) } else { *digit };
        sum.saturating_add(if doubled > 9 { doubled.saturating_sub(9) } else { doubled })
    });
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_read_with_and_without_hyphen_and_century() {
        // The tax agency's own number, which it publishes.
        let number = OrganisationNumber::parse("202100-5448").unwrap();
        for written in ["2021005448", " 16202100-5448 ", "162021005448"] {
            assert_eq!(OrganisationNumber::parse(written), Ok(number.clone()), "{written}");
        }
        assert_eq!((number.digits(), number.to_string().as_str()), ("2021005448", "202100-5448"));
    }

    #[test]
    fn what_is_no_organisation_number_is_refused_a_personal_number_too() {
        for wrong in [
            "",
            "202100-5449",
            "2021-005448",
            "172021005448",
            "20210054480",
            "202100-544é",
            "189001019802",
            "9001019802",
        ] {
            assert_eq!(OrganisationNumber::parse(wrong), Err(NotANumber), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn exactly_one_check_digit_fits_and_what_is_written_out_is_read_again(
            head in 100_000_000_u64..1_000_000_000
        ) {
            let fitting: Vec<OrganisationNumber> =
                (0..10).filter_map(|check| OrganisationNumber::parse(&format!("{head}{check}")).ok()).collect();
            let third = head / 1_000_000 % 10;
            prop_assert_eq!(fitting.len(), usize::from(third >= 2));
            for number in fitting {
                prop_assert_eq!(OrganisationNumber::parse(&number.to_string()), Ok(number.clone()));
                prop_assert_eq!(OrganisationNumber::parse(&format!("16{}", number.digits())), Ok(number));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,20}") {
            _ = OrganisationNumber::parse(&text);
        }
    }
}
