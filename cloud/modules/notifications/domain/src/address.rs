//! Addresses as people write them.

use std::fmt;

/// Characters of an e-mail address at most (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const EMAIL_CHARS_MAX: usize = 254;
/// Digits of a number at most, with the country's (ITU-T E.164 §6.2.1).
const DIGITS_MAX: usize = 15;
/// Fewer digits than this no mobile telephone has, anywhere.
const DIGITS_MIN: usize = 8;

/// It is no address that something can be sent to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an address")]
pub struct NoAddress;

/// An e-mail address, one and whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads one; whether it leads to anybody only a letter tells.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let text = text.trim();
        let (name, host) = text.rsplit_once('@').ok_or(NoAddress)?;
        let plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.ends_with('.')
                && !part.contains("..")
                && part
                    .chars()
                    .all(|c| !c.is_control() && !c.is_whitespace() && !"@<>()[]\\,;:\"".contains(c))
        };
        let holds =
            plain(name) && plain(host) && host.contains('.') && text.chars().count() <= EMAIL_CHARS_MAX;
        holds.then(|| Self(text.to_owned())).ok_or(NoAddress)
    }

    /// As it is written to.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A mobile telephone's number, as networks write it: `+46701234567`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MobileNumber(String);

impl MobileNumber {
    /// Reads a number with or without the country's, which is Sweden's then, with whatever people put between digits.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let kept: String = text.trim().chars().filter(|c| !" -–/().\u{a0}".contains(*c)).collect();
        let digits = if let Some(rest) = kept.strip_prefix('+') {
            rest.to_owned()
        } else if let Some(rest) = kept.strip_prefix("00") {
            rest.to_owned()
        } else if let Some(rest) = kept.strip_prefix('0') {
            format!("46{rest}")
        } else {
            return Err(NoAddress);
        };
        // `+46 (0)70 …` is how many write it.
        let digits = match digits.strip_prefix("460") {
            Some(rest) => format!("46{rest}"),
            None => digits,
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit())
            || digits.starts_with('0')
            || !(DIGITS_MIN..=DIGITS_MAX).contains(&digits.len())
        {
            return Err(NoAddress);
        }
        // Mobile numbers of the Swedish plan: 070, 072, 073, 076, 079 and seven digits (PTS, the telephony plan).
        if let Some(own) = digits.strip_prefix("46")
            && (own.len() != 9 || !["70", "72", "73", "76", "79"].iter().any(|begin| own.starts_with(begin)))
        {
            return Err(NoAddress);
        }
        Ok(Self(format!("+{digits}")))
    }

    /// As networks write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MobileNumber {
    /// As Swedes write it: `070-123 45 67`; numbers of other countries as networks do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(own) = self.0.strip_prefix("+46") else { return f.write_str(&self.0) };
        match (own.get(..2), own.get(2..5), own.get(5..7), own.get(7..)) {
            (Some(net), Some(first), Some(second), Some(last)) => {
                write!(f, "0{net}-{first} {second} {last}")
            }
            _ => f.write_str(&self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_read_however_it_is_written_and_only_a_mobile_one() {
        for written in
            ["070-123 45 67", "0701234567", "+46 70 123 45 67", "0046701234567", "+46 (0)70-1234567"]
        {
            let number = MobileNumber::parse(written).unwrap();
            assert_eq!((number.as_str(), number.to_string().as_str()), ("+46701234567", "070-123 45 67"));
        }
        assert_eq!(MobileNumber::parse("+47 912 34 567").unwrap().as_str(), "+4791234567");
        for none in
            ["", "08-123 456 78", "070-123 45 6", "070-123 45 678", "+0701234567", "7012345", "+46", "070-x"]
        {
            assert_eq!(MobileNumber::parse(none), Err(NoAddress), "{none}");
        }
    }

    #[test]
    fn an_e_mail_address_is_one_and_whole_and_has_no_second_line() {
        assert_eq!(EmailAddress::parse(" åsa@förening.example ").unwrap().as_str(), "åsa@förening.example");
        for none in [
            "",
            "a",
            "a@b",
            "@b.se",
            "a@b.se, c@d.se",
            "a b@c.se",
            "a@c.se\nBcc: x@y.se",
            "A <a@b.se>",
            "a@b..se",
        ] {
            assert_eq!(EmailAddress::parse(none), Err(NoAddress), "{none}");
        }
        assert_eq!(EmailAddress::parse(&format!("{}@b.se", "a".repeat(300))), Err(NoAddress));
    }

    proptest! {
        #[test]
        fn whatever_is_written_a_number_is_a_plus_and_digits_and_reads_itself(text in "\\PC{0,24}") {
            if let Ok(number) = MobileNumber::parse(&text) {
                let digits = number.as_str().strip_prefix('+').unwrap();
                prop_assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert_eq!(MobileNumber::parse(number.as_str()), Ok(number.clone()));
                prop_assert_eq!(MobileNumber::parse(&number.to_string()), Ok(number));
            }
        }
    }
}
