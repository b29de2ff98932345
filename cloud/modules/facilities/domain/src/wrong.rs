//! What can be wrong with something that people fill in.

/// Why a value cannot be. Forms say it beside the field in the reader's language; files are told in English.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Wrong {
    /// There must be something.
    #[error("must not be empty")]
    Missing,
    /// Too much text.
    #[error("must have at most {most} characters")]
    TooLong {
        /// How many are allowed.
        most: usize,
    },
    /// Characters that cannot stand in a text: control characters.
    #[error("must not have control characters")]
    Unprintable,
    /// No short name.
    #[error("must be 1 to 60 of a–z, 0–9 and hyphens")]
    NoSlug,
    /// A short name that a page of ours has.
    #[error("is a name that a page of the service has")]
    Reserved,
    /// Somebody else has it.
    #[error("stands twice")]
    Taken,
    /// No whole number in the range.
    #[error("must be a whole number from {from} to {to}")]
    NoNumber {
        /// The least.
        from: u32,
        /// The most.
        to: u32,
    },
    /// Not one of those that there are.
    #[error("is not one of those that there are")]
    Unknown,
    /// No time of day.
    #[error("must be a time such as 08:00")]
    NoTime,
    /// No date.
    #[error("must be a date such as 2026-12-24")]
    NoDate,
    /// The end comes before the beginning.
    #[error("must not come before the beginning")]
    Backwards,
    /// More of them than are kept.
    #[error("must be at most {most}")]
    TooMany {
        /// How many are allowed.
        most: usize,
    },
    /// No place on the map.
    #[error("must be degrees, latitude from -90 to 90 and longitude from -180 to 180")]
    NoPosition,
}

/// A name: what fits on a button and in a list.
pub const NAME_CHARS_MAX: usize = 120;
/// A line: an address, a reason.
pub const LINE_CHARS_MAX: usize = 300;
/// A text of some paragraphs: descriptions, rules.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// What no hall exceeds; above it somebody wrote another number.
pub const PERSONS_MAX: u32 = 100_000;
/// Setting up and cleaning: within a day.
pub const BUFFER_MINUTES_MAX: u32 = 24 * 60;
/// More of one thing than this is a mistake of the keyboard.
pub const STOCK_MAX: u32 = 100_000;
/// A boat's measure in centimetres: a hundred metres.
pub const BOAT_CM_MAX: u32 = 10_000;

/// Short names that pages have at the same place in paths.
const RESERVED: [&str; 6] = ["about", "new", "photos", "embed", "live", "rules"];

/// Checks a short name.
pub fn check_slug(slug: &str) -> Result<(), Wrong> {
    let fits = (1..=60).contains(&slug.len())
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !fits {
        Err(Wrong::NoSlug)
    } else if RESERVED.contains(&slug) {
        Err(Wrong::Reserved)
    } else {
        Ok(())
    }
}

/// A short name made of a name: `Sporthallen A` becomes `sporthallen-a`. Empty where nothing of it can stand.
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase).take(60) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            'å' | 'ä' | 'á' | 'à' => slug.push('a'),
            'ö' | 'ø' | 'ó' => slug.push('o'),
            'é' | 'è' | 'ë' => slug.push('e'),
            'ü' => slug.push('u'),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Metres as people write them, `23`, `22,5` or `16–22,5`, as centimetres from and to.
pub fn read_metres(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once(['-', '–']).unwrap_or((text, text));
    let (from, to) = (centimetres(from)?, centimetres(to)?);
    (0 < from && from <= to && to <= LONGEST_CM).then_some((from, to))
}

/// Two kilometres.
const LONGEST_CM: u32 = 200_000;

fn centimetres(text: &str) -> Option<u32> {
    let text = text.trim().trim_end_matches('m').trim_end();
    let (metres, rest) = text.split_once([',', '.']).unwrap_or((text, ""));
    let rest = match rest.len() {
        0 => 0,
        1 => rest.parse::<u32>().ok()?.checked_mul(10)?,
        2 => rest.parse::<u32>().ok()?,
        _ => return None,
    };
    metres.parse::<u32>().ok()?.checked_mul(100)?.checked_add(rest)
}

/// Checks a name, which must be there.
pub fn check_name(name: &str) -> Result<(), Wrong> {
    if name.trim().is_empty() { Err(Wrong::Missing) } else { check_text(name, NAME_CHARS_MAX) }
}

/// Checks a text of at most so many characters; lines may be broken.
pub fn check_text(text: &str, most: usize) -> Result<(), Wrong> {
    if text.chars().nth(most).is_some() {
        return Err(Wrong::TooLong { most });
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Wrong::Unprintable);
    }
    Ok(())
}

/// Reads a whole number as people write it: spaces between thousands are taken out.
pub fn read_number(text: &str, from: u32, to: u32) -> Result<u32, Wrong> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    digits.parse().ok().filter(|number| (from..=to).contains(number)).ok_or(Wrong::NoNumber { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_short_name() {
        assert_eq!(slug_of("Sporthallen A"), "sporthallen-a");
        assert_eq!(slug_of(" Åkerö – konstgräs! "), "akero-konstgras");
        assert_eq!(slug_of("!!!"), "");
        assert_eq!(check_slug("about"), Err(Wrong::Reserved));
        assert_eq!(check_slug("Hallen"), Err(Wrong::NoSlug));
    }

    #[test]
    fn metres_are_read_as_people_write_them() {
        assert_eq!(read_metres("23"), Some((2300, 2300)));
        assert_eq!(read_metres("16–22,5 m"), Some((1600, 2250)));
        for wrong in ["", "0", "22-16", "1,234", "tio", "-1", "9999999999"] {
            assert_eq!(read_metres(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_are_whole_and_in_their_range() {
        assert_eq!(read_number("1 200", 1, 5000), Ok(1200));
        assert_eq!(read_number("-1", 0, 5), Err(Wrong::NoNumber { from: 0, to: 5 }));
        assert_eq!(check_text("a\u{7}", 10), Err(Wrong::Unprintable));
        assert_eq!(check_text("ååå", 2), Err(Wrong::TooLong { most: 2 }));
    }
}
