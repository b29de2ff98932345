//! Personal numbers: the one name of a human being that every Swedish register agrees on.

use jiff::civil::Date;

/// A personal number or coordination number, twelve digits. Never shown, logged or compared in the clear.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PersonalNumber(String);

impl PersonalNumber {
    /// Reads `YYYYMMDDNNNN` or `YYYYMMDD-NNNN` whose date can be one and whose check digit is right.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = match text.trim().split_once('-') {
            Some((date, rest)) if date.len() == 8 && rest.len() == 4 => format!("{date}{rest}"),
            Some(_) => return None,
            None => text.trim().to_owned(),
        };
        let values: Vec<u32> = digits.chars().map(|digit| digit.to_digit(10)).collect::<Option<_>>()?;
        let number: [u32; 12] = values.try_into().ok()?;
        let [_, _, _, _, m1, m2, d1, d2, ..] = number;
        // The day of a coordination number is 60 more than the day of birth.
        let (month, day) = (m1 * 10 + m2, d1 * 10 + d2);
        let is_date = (1..=12).contains(&month) && ((1..=31).contains(&day) || (61..=91).contains(&day));
        (is_date && luhn(number.get(2..)?)).then_some(Self(digits))
    }

    /// The day of birth; `None` for one that no calendar has. The day of a coordination number is 60 more.
    pub(crate) fn birth_date(&self) -> Option<Date> {
        let number = |range: std::ops::Range<usize>| self.0.get(range)?.parse::<i16>().ok();
        let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
        let day = if day > 60 { day - 60 } else { day };
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    /// The twelve digits.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PersonalNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonalNumber(…)")
    }
}

/// The check of ISO/IEC 7812-1 annex B over ten digits, the last of which is the check digit.
fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, double) => double / 10 + double % 10,
            (_, _) => *digit,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::PersonalNumber;

    #[test]
    fn a_personal_number_is_read_with_and_without_its_hyphen() {
        // From the tax agency's published test numbers.
        let plain = PersonalNumber::parse("189001019802").unwrap();
        assert_eq!(PersonalNumber::parse(" 18900101-9802 "), Some(plain.clone()));
        assert_eq!(plain.digits(), "189001019802");
    }

    #[test]
    fn what_cannot_be_a_personal_number_is_none() {
        for wrong in [
            "",
            "189001019803",   // check digit
            "189013019802",   // month
            "189001419802",   // day
            "9001019802",     // century left out
            "18900101-98021", // too long
            "1890-01019802",  // hyphen elsewhere
            "18900101980é",
        ] {
            assert_eq!(PersonalNumber::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_coordination_number_is_one_too() {
        // 1 + 60 as day; the check digit follows from it.
        assert!((0..10).any(|check| PersonalNumber::parse(&format!("19700161239{check}")).is_some()));
    }

    #[test]
    fn it_is_not_printed() {
        let number = PersonalNumber::parse("189001019802").unwrap();
        assert!(!format!("{number:?}").contains("9802"));
    }
}
